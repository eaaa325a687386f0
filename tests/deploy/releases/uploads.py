"""What stands in for Vercel's command line, which takes seconds to start and has tests of its own."""

from collections.abc import Mapping

from deploy.clients.vercel_cli import CommandLineError
from tests.deploy.releases.production import Production

VERSION = "0123abc-4711-1"


class Uploads:
    """Makes the deployments that the command line would make."""

    def __init__(self, production: Production) -> None:
        self.production = production
        self.made: list[str] = []
        self.fails_before = False
        self.fails_after = False

    def upload(self, *_where: object, meta: Mapping[str, str], **_rest: object) -> str:
        if self.fails_before:
            raise CommandLineError("Vercel's command line ended with 1: Error")
        self.made.append(self.production.deploy(meta["version"], ready=False, meta=dict(meta)))
        if self.fails_after:
            raise CommandLineError("Vercel's command line ended with 1: connection lost")
        return self.production.state.collection("vercel.deployments")[self.made[-1]]["url"]

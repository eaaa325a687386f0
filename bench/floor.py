"""The floor of a rollback: look at the project, ask, then look until Vercel says that it serves.

`python3 floor.py dpl_…`, run like the deploy package itself: by the system's Python, with the package on its path. It
checks nothing of the target, tells nobody and asks the domain nothing.
"""

import os
import sys

from deploy.clients.vercel import Vercel
from deploy.clock import Clock
from deploy.console import Console
from deploy.http_client import HttpClient
from deploy.settings import Settings


def main(target: str) -> None:
    """Roll back to a deployment, by its ID."""
    settings = Settings(os.environ)
    vercel = Vercel(HttpClient(Console(os.environ, as_json=False), Clock()), settings)
    vercel.project()
    vercel.roll_back(target, "floor")
    while (serving := vercel.project().serving) is None or serving.id != target:
        pass


if __name__ == "__main__":
    main(sys.argv[1])

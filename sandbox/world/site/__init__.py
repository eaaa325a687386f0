"""The deployed sites as visitors reach them: the Host header decides which deployment answers.

A site has its real name at the edge, and `NAME.localhost` in the browser of whoever sits at this machine.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world.service import Request, Service
from sandbox.world.site import visits


def _anyone(_request: Request) -> Mapping[str, Any]:
    """Whether a visitor may see a deployment is the deployment's own question."""
    return {}


SITE = Service(
    name="site",
    subjects=(visits.routes,),
    authenticate=_anyone,
    error_body=lambda _status, message: message,
)

"""Who asks: an API key sends data, an application key as well reads and configures.

Source: https://docs.datadoghq.com/account_management/api-app-keys/ and the security of each call in Datadog's OpenAPI.
"""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.world.datadog.errors import error
from sandbox.world.service import Request

API_KEYS = "datadog.api_keys"
"""By key: `{"name"}`."""
APPLICATION_KEYS = "datadog.application_keys"
"""By key: `{"name", "handle"}`; the handle is whose configuration the key writes."""
_API_KEY_IS_ENOUGH = re.compile(r"GET /api/v1/validate|POST /api/v1/events|POST /api/v2/dora/(?:deployment|failure)")


def authenticate(request: Request) -> Mapping[str, Any]:
    """The application key's document, or an empty one where the API key is enough; 403 for a key that is not known."""
    api_key = request.headers.get("dd-api-key")
    if not api_key:
        raise error(403, "API key required")
    if api_key not in request.state.collection(API_KEYS):
        raise error(403, "Forbidden")
    if _API_KEY_IS_ENOUGH.fullmatch(f"{request.method} {request.path}"):
        return {}
    application_key = request.headers.get("dd-application-key", "")
    known = request.state.collection(APPLICATION_KEYS)
    if application_key not in known:
        raise error(403, "Forbidden")
    return known[application_key]


def creator(request: Request) -> dict[str, Any]:
    """Whose key it is, as Datadog shows who created something."""
    handle = request.identity["handle"]
    return {"id": 1, "handle": handle, "name": None, "email": handle}

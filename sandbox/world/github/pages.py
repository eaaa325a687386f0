"""How GitHub answers reads: lists in pages, and any answer conditionally on its ETag."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sandbox.world.github.identifiers import api_url
from sandbox.world.service import Request, Response

DEFAULT_SIZE = 30
LARGEST_SIZE = 100


def found(request: Request, body: Any, headers: dict[str, str] | None = None) -> Response:
    """200 with an ETag, or 304 when the client already has this very answer.

    Source: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
    """
    etag = f'W/"{hashlib.sha256(json.dumps(body).encode()).hexdigest()}"'
    headers = {"ETag": etag, **(headers or {})}
    known = request.headers.get("if-none-match", "")
    if known and known.removeprefix("W/") == etag.removeprefix("W/"):
        return Response(304, None, headers)
    return Response(200, body, headers)


def select_page(
    request: Request, items: Sequence[Any], default: int = DEFAULT_SIZE, largest: int = LARGEST_SIZE
) -> tuple[Sequence[Any], dict[str, str]]:
    """The items that `per_page` and `page` ask for, and the Link header that leads to the others.

    Source: https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api.
    """
    size = min(_number(request, "per_page", default), largest)
    page = _number(request, "page", 1)
    last = max(1, -(-len(items) // size))
    targets = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    wanted = [
        name
        for name in targets
        if (name in ("prev", "first") and page > 1) or (page < last and name not in ("prev", "first"))
    ]
    links = [
        f'<{api_url(request, request.path)}?{urlencode({**request.query, "page": targets[name]})}>; rel="{name}"'
        for name in wanted
    ]
    return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default

"""Slack's incoming webhooks: https://api.slack.com/messaging/webhooks."""

import json
import time
from collections.abc import Mapping
from typing import Any

from sandbox.world.service import Request, Response, Routes, Service

routes = Routes()


@routes.add("POST", "/services/{team}/{app}/{token}")
def post_message(request: Request) -> Response:
    """Post a message. Slack answers in plain text: `ok`, or the reason."""
    hooks = request.state.collection("slack.webhooks")
    hook = "/".join(request.parameters[name] for name in ("team", "app", "token"))
    if hook not in hooks:
        return Response(404, "no_service")
    try:
        message = json.loads(request.body)
    except ValueError:
        return Response(400, "invalid_payload")
    if not isinstance(message, dict) or not (
        message.get("text") or message.get("blocks") or message.get("attachments")
    ):
        return Response(400, "no_text")
    # A message's `ts` is its time in seconds, as text (https://docs.slack.dev/messaging/retrieving-messages).
    kept = {"channel": hooks[hook]["channel"], **message, "ts": f"{time.time():.6f}"}
    request.state.collection("slack.messages").add(kept)
    return Response(200, "ok")


def _anyone(_request: Request) -> Mapping[str, Any]:
    """A webhook's address is its credential."""
    return {}


SLACK = Service(name="slack", subjects=(routes,), authenticate=_anyone, error_body=lambda _status, message: message)

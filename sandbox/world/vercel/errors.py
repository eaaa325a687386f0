"""Errors in Vercel's shape: `{"error": {"code", "message", …}}` (https://vercel.com/docs/rest-api/errors)."""

from typing import Any

from sandbox.world.service import ServiceError


def error(status: int, code: str, message: str, **more: Any) -> ServiceError:
    """An error to raise; `more` goes beside the message, as Vercel puts what a client needs to recover."""
    return ServiceError(status, {"error": {"code": code, "message": message, **more}})


def bad_request(message: str, **more: Any) -> ServiceError:
    """400 with the code that Vercel gives to every invalid body or query."""
    return error(400, "bad_request", message, **more)


def not_found(what: str) -> ServiceError:
    """404 for an object that does not exist in the team that was asked."""
    return error(404, "not_found", f"{what} not found")

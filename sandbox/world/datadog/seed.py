"""What exists at Datadog before a stack is created: an organisation's keys."""

from sandbox.world.datadog.authentication import API_KEYS, APPLICATION_KEYS
from sandbox.world.state import State


def seed(state: State, api_key: str, app_key: str) -> None:
    """Make sure that both keys are known."""
    state.collection(API_KEYS)[api_key] = {"name": "sandbox"}
    state.collection(APPLICATION_KEYS)[app_key] = {"name": "sandbox", "handle": "owner@ai-tools.example.com"}

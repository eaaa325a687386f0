"""Renders a monitor's message as Datadog does for one state.

Source: https://docs.datadoghq.com/monitors/notify/variables/#conditional-variables.
"""

import re

_BLOCK = re.compile(r"\{\{#is_(?P<state>\w+)\}\}(?P<text>.*?)\{\{/is_(?P=state)\}\}", re.DOTALL)


def rendered(message: str, state: str) -> str:
    """What is left of a message in a state: `alert`, `warning`, `no_data`, `recovery`."""
    return _BLOCK.sub(lambda block: block["text"] if block["state"] == state else "", message).strip()

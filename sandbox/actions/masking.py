"""Keeps secret values out of logs, in the forms in which GitHub's runner knows them too.

Source: https://github.com/actions/runner/blob/main/src/Runner.Common/HostContext.cs (the value encoders).
"""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
_SHIFTS = range(3)


class Masker:
    """Replaces secrets in text."""

    def __init__(self, values: Iterable[str]) -> None:
        """Know these values, and each line of those with several."""
        forms: set[str] = set()
        for value in values:
            for part in {value, *value.splitlines()}:
                if part.strip():
                    forms |= _forms(part.strip("\r\n"))
        # The longest first, so that none leaves a part of another behind.
        self._forms = sorted(forms, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def is_in(self, text: str) -> bool:
        """Whether one of them is in the text."""
        return any(form in text for form in self._forms)


def _forms(value: str) -> set[str]:
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe="")}
    raw = value.encode()
    for shift in _SHIFTS:
        # In the middle of other text in base64, a value looks one of three ways; its outermost characters vary.
        encoded = base64.b64encode(raw[shift:]).decode().rstrip("=")
        forms.add(encoded[:-1] if len(raw[shift:]) % 3 else encoded)
    least = 6
    return {form for form in forms if form == value or len(form) >= least}

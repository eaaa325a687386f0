"""Reads single configuration keys and gathers what is wrong with them, so that one error can say it all."""

import json
import re
from typing import Any

import pulumi
from pulumi.runtime import is_config_secret


class ConfigKeys:
    """Reads configuration keys and gathers what is wrong with them. Bare keys belong to the project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._problems: list[tuple[str, str]] = []

    def wrong(self, problem: str, fix: str) -> None:
        """Note a problem and the command that fixes it."""
        self._problems.append((problem, fix))

    def raw(self, key: str) -> str | None:
        """The key's value as the engine hands it over: text, or JSON where it is structured."""
        namespace, _, name = key.rpartition(":")
        return pulumi.Config(namespace or self._project).get(name)

    def is_secret(self, key: str) -> bool:
        """Whether the stack's configuration keeps the key encrypted."""
        return is_config_secret(key if ":" in key else f"{self._project}:{key}")

    def structured(self, key: str) -> Any:
        """The key's value as JSON; None where it is unset, the bare text where it is not JSON."""
        raw = self.raw(key)
        if raw is None:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            return raw

    def text(self, key: str, pattern: str, example: str, *, default: str | None = None) -> str:
        """A text that matches the whole pattern; required unless it has a default."""
        raw = self.raw(key)
        value = default if raw is None else raw
        fix = f"pulumi config set {key} {example}"
        if value is None:
            self.wrong(f"{key} is missing", fix)
        elif not re.fullmatch(pattern, value):
            self.wrong(f"{key} is {value!r}, which does not look like {example!r}", fix)
        return value or ""

    def choice(self, key: str, choices: tuple[str, ...], *, default: str | None = None) -> str:
        """One of a few texts; required unless it has a default. The fix proposes the last."""
        raw = self.raw(key)
        value = default if raw is None else raw
        fix = f"pulumi config set {key} {choices[-1]}"
        if value is None:
            self.wrong(f"{key} is missing", fix)
        elif value not in choices:
            self.wrong(f"{key} is {value!r}, not one of {', '.join(choices)}", fix)
        return value if value in choices else choices[-1]

    def percent(self, key: str, example: str, *, required: bool) -> float | None:
        """A number between 0 and 100, both left out; None where it is unset or wrong."""
        raw = self.raw(key)
        fix = f"pulumi config set {key} {example}"
        if raw is None:
            if required:
                self.wrong(f"{key} is missing", fix)
            return None
        if not re.fullmatch(r"\d{1,2}(\.\d+)?", raw) or not float(raw):
            self.wrong(f"{key} is {raw!r}, not a number between 0 and 100", fix)
            return None
        return float(raw)

    def whole(self, key: str, *, default: int) -> int:
        """A whole number above 0, of at most six digits."""
        value = self.text(key, r"[1-9]\d{0,5}", str(default), default=str(default))
        return int(value) if value.isascii() and value.isdigit() else default

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self.raw(key)
        if value not in (None, "true", "false"):
            self.wrong(f"{key} is {value!r}, neither true nor false", f"pulumi config set {key} true")
        return default if value is None else value == "true"

    def texts(self, key: str, pattern: re.Pattern[str], example: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts that each match the whole pattern."""
        value = self.structured(key)
        fix = f"pulumi config set --path '{key}[0]' {example!r}"
        if value is None:
            if required:
                self.wrong(f"{key} is missing", fix)
            return ()
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            self.wrong(f"{key} is not a list of texts", f"pulumi config rm {key}; {fix}")
            return ()
        for index, entry in enumerate(value):
            if not pattern.fullmatch(entry):
                self.wrong(
                    f"{key}[{index}] is {entry!r}, which does not look like {example!r}",
                    f"pulumi config set --path '{key}[{index}]' {example!r}",
                )
        if required and not value:
            self.wrong(f"{key} is empty", fix)
        return tuple(value)

    def secret(self, key: str, pattern: str, *, required: bool) -> pulumi.Output[str] | None:
        """A secret; what it is never appears in a problem."""
        value = self.raw(key)
        fix = f"pulumi config set --secret {key}"
        if value is None:
            if required:
                self.wrong(f"{key} is missing", fix)
            return None
        if not self.is_secret(key):
            self.wrong(f"{key} is stored as plain text: replace the value wherever it came from, then", fix)
        elif not re.fullmatch(pattern, value):
            self.wrong(f"{key} is malformed (its value is not shown)", fix)
        return pulumi.Output.secret(value)

    def raise_problems(self, stack: str) -> None:
        """End the program with everything noted so far.

        Raises:
            pulumi.RunError: if there is any problem.
        """
        if not self._problems:
            return
        lines = [f"  - {problem}\n      {fix} -s {stack}" for problem, fix in self._problems]
        raise pulumi.RunError(
            f"The configuration of stack {stack} has {len(lines)} problem{'s' if len(lines) > 1 else ''}. "
            "Nothing was changed. Fix each with the command below it, then run `pulumi up` again.\n" + "\n".join(lines)
        )

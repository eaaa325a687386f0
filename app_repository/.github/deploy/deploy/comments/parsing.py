"""What a comment asks for: a command, nothing, or something that is refused with what to write instead.

A comment is data. It is a command when it begins with `@workflow:`, so that quotes and code blocks never are. One
comment is one command.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.comments.catalogue import CATALOGUE, PREFIX
from deploy.errors import WrongUsageError
from deploy.release import rollback_target
from deploy.release.environments import ENVIRONMENTS, PRODUCTION, STAGING

TYPES = ("standard", "hotfix")
LONGEST_REASON = 500
"""Characters of a reason, which is shown in Slack, at Vercel and in the answer."""
_TARGET = re.compile(
    r"previous|dpl_[A-Za-z0-9]+|(?:https://)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.vercel\.app/?", re.IGNORECASE
)
_LIKE_A_TARGET = re.compile(r"dpl[_-]|https?://", re.IGNORECASE)
_BEFORE_A_NAME = ("to", "on", "in", "the", "for")
_AFTER_A_NAME = ".,:;!"
_OTHERS = (*(name for name in ENVIRONMENTS if name != PRODUCTION.name), STAGING.branch, "preview", "previews")
"""What somebody who means another environment writes."""
_IN_A_REASON = re.compile(r"\bdpl_[A-Za-z0-9]+|\.vercel\.app\b", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_NOT_SHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters that change how text looks, or mean nothing: never part of a reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What a comment asks for.

    Attributes:
        name: a name of the catalogue.
        environment: what it is about; empty for `status` and `help`, which are about all.
        kind: `standard` or `hotfix`, for `deploy` alone.
        target: what to roll back to, for `rollback` alone: `previous`, an ID or a host name.
        reason: why; empty where none was given.
    """

    name: str
    environment: str = ""
    kind: str = ""
    target: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The command as it is written, with everything said that was left out."""
        place = self.environment if self.name in ("lock", "unlock") else ""
        words = (self.kind, self.target, place, self.reason)
        return " ".join([f"{PREFIX}{self.name}", *(word for word in words if word)])


class RefusedError(WrongUsageError):
    """A command that cannot be meant, or that is not carried out. Nothing was started."""


def parse(comment: str) -> Command | None:
    """The command of a comment.

    Args:
        comment: its whole text, whatever it is.

    Returns:
        The command; None where the comment is none.

    Raises:
        RefusedError: it begins like a command, but is none or more than one; the error says what to write.
    """
    if not _is_one(comment):
        return None
    lines = re.split(r"\r\n|\r|\n", comment)
    if any(_is_one(line) for line in _outside_code(lines[1:])):
        raise RefusedError("There are several commands in one comment.", "write one command a comment.")
    name, rest = _first(_visible(lines[0][len(PREFIX) :]))
    name = name.lower()
    if name not in CATALOGUE:
        raise _unknown(name)
    return _READERS[name](rest)


def _is_one(line: str) -> bool:
    return line[: len(PREFIX)].lower() == PREFIX


def _outside_code(lines: list[str]) -> Iterator[str]:
    """The lines that are in no fenced code block (https://spec.commonmark.org/0.31.2/#fenced-code-blocks)."""
    fence = ""
    for line in lines:
        found = _FENCE.fullmatch(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
        else:
            yield line


def _visible(text: str) -> str:
    """The text in words one space apart, without characters that are not seen."""
    shown = "".join(" " if sign.isspace() else sign for sign in text)
    return " ".join("".join(sign for sign in shown if unicodedata.category(sign) not in _NOT_SHOWN).split())


def _first(text: str) -> tuple[str, str]:
    """The first word, and what follows it."""
    word, _, rest = text.partition(" ")
    return word, rest.lstrip(" ")


def _deploy(rest: str) -> Command:
    word, after = _first(rest)
    is_said = word.lower() in TYPES
    kind, reason = (word.lower(), after) if is_said else ("standard", rest)
    if not is_said:
        _refuse_other_environment(
            rest, "deploy", "It follows pushes to develop; a pull request has `@workflow:preview`."
        )
    elif reason.lower().rstrip(_AFTER_A_NAME) in _OTHERS:
        _refuse_other_environment(reason, "deploy", "A reason says why.")
    if kind == "hotfix" and not reason:
        raise RefusedError("A hotfix passes the deployment window, so it needs a reason.", _usage("deploy"))
    return Command(name="deploy", environment=PRODUCTION.name, kind=kind, reason=_reason(reason))


def _rollback(rest: str) -> Command:
    word, after = _first(_named(rest, (PRODUCTION.name,)))
    word = word.rstrip(_AFTER_A_NAME)
    target, reason = rollback_target.PREVIOUS, rest
    if _TARGET.fullmatch(word) or _LIKE_A_TARGET.match(word):
        target, reason = _target(word), after
    else:
        _refuse_other_environment(rest, "rollback", "Push a fix to develop.")
    if not reason:
        raise RefusedError("A rollback needs a reason.", _usage("rollback"))
    if target == rollback_target.PREVIOUS and word.lower() != target and _IN_A_REASON.search(reason):
        raise RefusedError("There is a deployment in the reason, and no target before it.", _usage("rollback"))
    return Command(name="rollback", environment=PRODUCTION.name, target=target, reason=_reason(reason))


def _target(word: str) -> str:
    try:
        if _TARGET.fullmatch(word):
            return rollback_target.parse(word)
    except WrongUsageError:
        pass
    raise RefusedError(
        f"{word[:100]!r} is no deployment's ID or address.",
        "write dpl_…, an address that ends in .vercel.app, or previous; then the reason.",
    )


def _lock(rest: str) -> Command:
    word, after = _first(_named(rest))
    name = word.lower().rstrip(_AFTER_A_NAME)
    environment, reason = (name, after) if name in ENVIRONMENTS else (PRODUCTION.name, rest)
    if not reason:
        raise RefusedError("A lock needs a reason, so that others know when it may go.", _usage("lock"))
    return Command(name="lock", environment=environment, reason=_reason(reason))


def _unlock(rest: str) -> Command:
    environment = _named(rest.lower()).rstrip(_AFTER_A_NAME) or PRODUCTION.name
    if environment not in ENVIRONMENTS:
        raise RefusedError(f"There is no environment {rest[:100]!r}.", f"name {' or '.join(ENVIRONMENTS)}.")
    return Command(name="unlock", environment=environment)


def _preview(rest: str) -> Command:
    _refuse_more(rest, "preview")
    return Command(name="preview", environment=STAGING.name)


def _status(rest: str) -> Command:
    _refuse_more(rest, "status")
    return Command(name="status")


def _help(_rest: str) -> Command:
    return Command(name="help")


_READERS = {
    "deploy": _deploy,
    "preview": _preview,
    "rollback": _rollback,
    "status": _status,
    "lock": _lock,
    "unlock": _unlock,
    "help": _help,
}


def _refuse_other_environment(reason: str, name: str, instead: str) -> None:
    """Refuse `staging` or `to staging`, which would otherwise be taken for a reason, and move production."""
    named = _first(_named(reason.lower()))[0].rstrip(_AFTER_A_NAME)
    if named in _OTHERS:
        raise RefusedError(f"`{PREFIX}{name}` is about production, not {named}.", instead)


def _named(text: str, also: tuple[str, ...] = ()) -> str:
    """The text from where a name can stand: without `to the` and the like before it."""
    words = text.split()
    while words and words[0].lower() in (*_BEFORE_A_NAME, *also):
        del words[0]
    return " ".join(words)


def _refuse_more(rest: str, name: str) -> None:
    if rest:
        raise RefusedError(f"`{PREFIX}{name}` takes nothing more, and there is {rest[:100]!r}.", _usage(name))


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise RefusedError(
            f"The reason has {len(text)} characters.", f"write it in {LONGEST_REASON}; a link can hold the rest."
        )
    return text


def _unknown(name: str) -> RefusedError:
    if not name:
        return RefusedError("There is no command after the colon.", "`@workflow:help` lists them.")
    near = max(CATALOGUE, key=lambda known: difflib.SequenceMatcher(None, name[:50], known).ratio())
    return RefusedError(
        f"There is no command {name[:50]!r}.",
        f"the nearest is `{CATALOGUE[near].usage}`; `@workflow:help` lists them.",
    )


def _usage(name: str) -> str:
    return f"write `{CATALOGUE[name].usage}`."

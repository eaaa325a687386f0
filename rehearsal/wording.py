"""The sentences by which a step says what it sees."""

from collections.abc import Sequence

from rehearsal.team import Team

COLUMNS = ("affiliate_revenue", "conversion_rate")
BEFORE, AFTER = "posts has no revenue yet", "posts has affiliate_revenue and conversion_rate"
WELL = "ok, database ok"
MERGE = "the pull request"
SERVER_ERROR = 500


def schema(team: Team, stack: str, names: Sequence[str] = COLUMNS) -> str:
    """Which of the columns the stack's table of posts has."""
    present = team.columns(stack)
    return f"posts has {' and '.join(name for name in names if name in present) or 'no revenue yet'}"


def part(text: str, words: str) -> str:
    """The words, where a text has them; else the text."""
    return words if words in text else text


def told(team: Team, words: str) -> tuple[str, ...]:
    """What Slack was told last: the words, where it has them."""
    last = team.messages[-1] if team.messages else "nothing"
    return (f"Slack was told: {part(last, words)}",)

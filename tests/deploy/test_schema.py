"""How far a release may take the database, and which deployments live with it then."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.clients.vercel import Deployment
from deploy.errors import FailedError
from deploy.release.revisions import Revision
from deploy.release.schema import Schema, decide, schema_at, schema_of
from tests.deploy.migrations_folder import Steps, name

KEEP = 3


def history(steps: Steps) -> tuple[Revision, ...]:
    """A history without files."""
    return tuple(
        Revision(
            id=name(number),
            number=number,
            down_revision=name(number - 1) if number > 1 else None,
            kind="expand" if needed is None else "contract",
            description=f"Step {number}",
            compatible_with=None if needed is None else name(needed),
            path=Path(f"{name(number)}.py"),
            checksum="0" * 64,
        )
        for number, needed in enumerate(steps, start=1)
    )


def deployment(
    created: int,
    schema: Schema | None = None,
    *,
    substate: str = "PROMOTED",
    meta: Mapping[str, str] | None = None,
) -> Deployment:
    return Deployment(
        id=f"dpl_{created}",
        host=f"{created}.vercel.app",
        project_id="prj",
        target="production",
        state="READY",
        substate=substate,
        created=created,
        can_serve_again=substate == "PROMOTED",
        meta=(schema.meta if schema else {}) if meta is None else meta,
    )


def served(*numbers: int, steps: Steps) -> list[Deployment]:
    """Deployments that have served, newest first, with the schemas of these numbers."""
    past = history(steps)
    return [deployment(100 - place, schema_at(past, number)) for place, number in enumerate(numbers)]


@st.composite
def histories(draw: st.DrawFn) -> Steps:
    size = draw(st.integers(1, 8))
    return [draw(st.one_of(st.none(), st.integers(0, number))) for number in range(size)]


@given(histories())
def test_a_schema_is_read_back_from_a_deployment_as_it_was_written(steps: Steps) -> None:
    for number in range(len(steps) + 1):
        schema = schema_at(history(steps), number)
        assert schema_of(deployment(1, schema)) == schema
        assert schema.oldest <= number


@given(histories())
def test_the_oldest_is_the_strictest_of_the_contracts_so_far_and_names_one_of_them(steps: Steps) -> None:
    for number in range(len(steps) + 1):
        schema = schema_at(history(steps), number)
        assert schema.oldest == max((needed for needed in steps[:number] if needed is not None), default=0)
        assert not schema.oldest or steps[int(schema.contract[:4]) - 1] == schema.oldest


@pytest.mark.parametrize(
    "meta",
    [{}, {"schemaNumber": "-3"}, {"schemaNumber": "5.0"}, {"schemaNumber": "٣"}, {"schemaNumber": "9" * 50}],
    ids=str,
)
def test_metadata_that_says_nothing_brings_nothing(meta: Mapping[str, str]) -> None:
    assert schema_of(deployment(1, meta=meta)).number == 0


def test_without_a_contract_the_database_goes_to_the_head_whatever_serves() -> None:
    steps = [None, None, None]
    decision = decide(history(steps), None, [], keep=KEEP)
    assert decision.schema == Schema(id=name(3), number=3)
    assert decide(history(steps), deployment(1), [deployment(1)], keep=KEEP).schema == decision.schema


def test_a_contract_at_the_end_waits_until_as_many_releases_as_are_kept_do_without_what_it_removes() -> None:
    steps = [None, None, 2]
    releases: list[Deployment] = served(1, steps=steps)
    reached = []
    for created in range(200, 206):
        decision = decide(history(steps), releases[0], releases, keep=KEEP)
        assert [revision.id for revision in decision.waiting] == ([name(3)] if decision.schema.number == 2 else [])
        reached.append(decision.schema.number)
        releases.insert(0, deployment(created, decision.schema))
    assert reached == [2, 2, 2, 2, 3, 3]


def test_a_contract_that_waits_names_who_still_needs_what_it_removes() -> None:
    steps = [None, None, 2]
    releases = served(2, 1, 2, steps=steps)
    decision = decide(history(steps), releases[0], releases, keep=KEEP)
    assert [held.id for held in decision.holding] == ["dpl_99"]


def test_all_contracts_at_the_end_wait_for_the_first_of_them() -> None:
    steps = [None, None, 2, 0]
    releases = served(1, steps=steps)
    decision = decide(history(steps), releases[0], releases, keep=KEEP)
    assert (decision.schema.number, len(decision.waiting)) == (2, 2)


def test_an_unsafe_contract_with_a_later_revision_refuses_the_release() -> None:
    steps = [None, None, 2, None]
    releases = served(2, 1, steps=steps)
    with pytest.raises(FailedError) as refused:
        decide(history(steps), releases[0], releases, keep=KEEP)
    text = str(refused.value)
    assert all(word in text for word in (name(3), name(4), "dpl_99", name(1)))
    assert "dpl_100" not in text
    assert decide(history(steps), releases[0], releases, keep=0).schema.number == 4


def test_only_what_has_served_is_kept() -> None:
    steps = [None, None, 2]
    (serving,) = served(2, steps=steps)
    staged = deployment(99, substate="STAGED")
    assert decide(history(steps), serving, [serving, staged], keep=KEEP).schema.number == 3
    assert decide(history(steps), serving, [serving, deployment(99)], keep=KEEP).schema.number == 2


def test_a_contract_that_a_deployment_which_served_brought_along_has_run_and_holds_nothing_up() -> None:
    steps = [None, None, 2, None]
    releases = [*served(3, 2, steps=steps), deployment(50)]
    assert decide(history(steps), releases[0], releases, keep=KEEP).schema.number == 4


def test_a_database_that_was_taken_back_below_a_contract_does_not_get_it_again_at_once() -> None:
    # A person went down and rolled back to the first, which could not serve with the contract.
    steps = [None, None, 2]
    releases = served(3, 2, 2, 1, steps=steps)
    assert decide(history(steps), releases[-1], releases, keep=KEEP).schema.number == 2


def test_a_release_that_is_older_than_the_database_is_refused() -> None:
    steps = [None, None, 2]
    releases = served(3, 2, steps=steps)
    with pytest.raises(FailedError, match="the database has gone on: 0003_step removed"):
        decide(history(steps[:1]), releases[0], releases, keep=KEEP)
    assert decide(history(steps[:2]), releases[0], releases, keep=KEEP).schema.number == 2


@given(steps=histories(), numbers=st.lists(st.integers(0, 8), max_size=6), keep=st.integers(0, 4))
def test_whatever_must_stay_able_to_serve_lives_with_the_database_that_is_decided(
    steps: Steps, numbers: Sequence[int], keep: int
) -> None:
    # None of these has run a contract, so whatever the decision lets run is its own doing.
    releases = [
        deployment(100 - place, Schema(id="x", number=number) if number else None)
        for place, number in enumerate(numbers)
    ]
    serving = releases[0] if releases else None
    reached = max(numbers, default=0)
    try:
        decision = decide(history(steps), serving, releases, keep=keep)
    except FailedError:
        return
    ran = schema_at(history(steps), decision.schema.number)
    before = schema_at(history(steps), min(reached, decision.schema.number))
    for kept in releases[: keep + 1]:
        assert schema_of(kept).number >= ran.oldest or ran.oldest == before.oldest
    if serving is not None:
        assert schema_of(serving).number >= ran.oldest

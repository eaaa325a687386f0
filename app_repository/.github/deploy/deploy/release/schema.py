"""Which schema of the database a deployment brings, and how far a release may take the database.

An application that brings the schema number n lives with a database whose oldest is at most n. Each deployment carries
both numbers in its own metadata, so that whoever moves traffic can tell without opening the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deploy.clients.vercel import Deployment
from deploy.errors import FailedError
from deploy.release.revisions import BASE, Revision, number_of, oldest_application

SERVED = "PROMOTED"
"""Vercel's word for a deployment that has served production."""
LONGEST_NUMBER = 6
"""Digits that are read of a number; there are no more revisions than that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """The database once a release's migrations have run.

    Attributes:
        id: the revision that it is at; empty where nothing is known, or there is none.
        number: the revision's number; 0 where there is none.
        oldest: the number of the oldest schema whose application still lives with it; 0 where any does.
        contract: the revision that made it so; empty where any application lives with it.
    """

    id: str = ""
    number: int = 0
    oldest: int = 0
    contract: str = ""

    @property
    def meta(self) -> dict[str, str]:
        """As a deployment carries it; nothing where there are no migrations."""
        if not self.number:
            return {}
        written = {"schema": self.id, "schemaNumber": str(self.number), "schemaOldest": str(self.oldest)}
        return {**written, **({"schemaContract": self.contract} if self.contract else {})}

    def __str__(self) -> str:
        return f"{self.id} ({self.number})" if self.number else BASE


def schema_of(deployment: Deployment | None) -> Schema:
    """What a deployment's metadata says; one without any brings number 0, and asks for nothing."""
    meta = deployment.meta if deployment else {}
    return Schema(
        id=meta.get("schema", ""),
        number=_number(meta, "schemaNumber"),
        oldest=_number(meta, "schemaOldest"),
        contract=meta.get("schemaContract", ""),
    )


def schema_at(history: Sequence[Revision], number: int) -> Schema:
    """The schema of a history after so many of its revisions."""
    oldest = oldest_application(history, number)
    contracts = [revision for revision in history[:number] if revision.kind == "contract"]
    made = [revision.id for revision in contracts if number_of(history, revision.compatible_with) == oldest]
    return Schema(
        id=history[number - 1].id if number else "",
        number=number,
        oldest=oldest,
        contract=made[0] if oldest and made else "",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """How far a release takes the database.

    Attributes:
        schema: where it is then.
        waiting: the contracts that are left for a later release.
        holding: the deployments that still need what the first of them removes.
    """

    schema: Schema
    waiting: Sequence[Revision] = ()
    holding: Sequence[Deployment] = ()


def decide(
    history: Sequence[Revision], serving: Deployment | None, deployments: Iterable[Deployment], *, keep: int
) -> Decision:
    """How far a release may take the database: as far as what must stay able to serve lives with it.

    That is what serves, and the newest of those that have served. A contract that a deployment which served brought
    along has run, unless what serves could not live with it: then somebody took the database back.

    Args:
        history: the release's revisions; at least one.
        serving: what serves, if anything does.
        deployments: the production deployments, newest first.
        keep: how many of those that have served must stay able to serve, beside the one that does.

    Raises:
        FailedError: when a contract cannot run yet and revisions follow it, or what the release brings is older than
            the database.
    """
    served = [deployment for deployment in deployments if deployment.substate == SERVED]
    others = [deployment for deployment in served if serving is None or deployment.id != serving.id]
    kept = [*([serving] if serving else []), *others[:keep]]
    reached = max(schema_of(deployment).number for deployment in (serving, *others))
    _refuse_what_is_older(history, serving, served)
    for revision in history:
        needed = number_of(history, revision.compatible_with) if revision.kind == "contract" else 0
        holding = [deployment for deployment in kept if schema_of(deployment).number < needed]
        has_run = revision.number <= reached and (serving is None or schema_of(serving).number >= needed)
        if not holding or has_run:
            continue
        behind = history[revision.number :]
        if all(later.kind == "contract" for later in behind):
            return Decision(
                schema=schema_at(history, revision.number - 1), waiting=(revision, *behind), holding=holding
            )
        raise FailedError(
            f"The contract {revision.id} cannot run yet, and {behind[0].id} follows it: it removes what "
            f"{named(holding)} still {'needs' if len(holding) == 1 else 'need'}.",
            state="Nothing was uploaded, and the database is as it was: what served before serves.",
            following=f"release {behind[0].id} and what follows it without the contract, which comes back as the "
            f"last one. It runs once what serves and the {keep} before it bring "
            f"{revision.compatible_with} or later: each release that is promoted is one more.",
        )
    return Decision(schema=schema_at(history, len(history)))


def named(deployments: Sequence[Deployment]) -> str:
    """Deployments in words, each with the schema that it brings."""
    return ", ".join(f"{deployment} with the schema {schema_of(deployment)}" for deployment in deployments)


def _refuse_what_is_older(history: Sequence[Revision], serving: Deployment | None, served: list[Deployment]) -> None:
    """Refuse a release whose application the database has left behind, such as one of an old branch."""
    strictest = max(
        (schema_of(deployment) for deployment in served), key=lambda schema: schema.oldest, default=Schema()
    )
    # What serves lives with the database, so whatever is not older does as well.
    oldest = min(strictest.oldest, schema_of(serving).number) if serving else strictest.oldest
    if len(history) < oldest:
        raise FailedError(
            f"The migrations of this release end at {history[-1].id} ({len(history)}), and the database has gone on: "
            f"{strictest.contract or 'a contract'} removed what an application older than the schema {oldest} needs.",
            state="Nothing was uploaded: what served before serves.",
            following="release a commit that has the migrations which production has.",
        )


def _number(meta: Mapping[str, str], name: str) -> int:
    text = meta.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0

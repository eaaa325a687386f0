"""The environments, each a stack: the branch it follows and the workflow file that releases to it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment."""

    name: str
    branch: str
    workflow: str
    """The file in `.github/workflows` that releases to it."""

    def __str__(self) -> str:
        return self.name


PRODUCTION = Environment("production", "main", "production.yml")
STAGING = Environment("staging", "develop", "staging.yml")
ENVIRONMENTS = {environment.name: environment for environment in (PRODUCTION, STAGING)}

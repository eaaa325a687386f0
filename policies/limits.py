"""How much a stack may consist of and cost. Raise a limit in the change that needs it, so that a reviewer sees it."""

MOST_RESOURCES = 260
"""Of one stack. Each delivered file is one, and a commit of its own in every first delivery."""

MOST_SYNTHETIC_DOLLARS = 100.0
"""For the synthetic tests of one stack in 30 days, in USD."""

DOLLARS_PER_SYNTHETIC_RUN = 5 / 10_000
"""An API test billed yearly, without retries: https://www.datadoghq.com/pricing/."""

"""Rules that every stack must meet, run on mocks, on a plan, and by the engine itself (docs/policies.md)."""

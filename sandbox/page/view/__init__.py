"""What the page shows of a world: pure functions from what was read of it."""

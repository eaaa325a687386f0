"""What several commands do to a release: check its health, move traffic, tell the team."""

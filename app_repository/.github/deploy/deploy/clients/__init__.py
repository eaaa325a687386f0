"""The services that the release talks to, one a file."""

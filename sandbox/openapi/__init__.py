"""Holds the sandbox to the services' own OpenAPI documents."""

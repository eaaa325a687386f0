"""`deploy migrate`: the app's database, moved by the app's own Alembic revisions.

The one part of this program that needs packages (../requirements-migrate.txt): its job installs them, no other does.
Alembic gives the graph, the operations and their SQL; when to run what, under which locks, and what is remembered is
decided here.
"""

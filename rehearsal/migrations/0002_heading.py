"""Add the heading of a post"""
# ruff: noqa: D103, D415, INP001

import sqlalchemy as sa
from alembic import op

revision = "0002_heading"
down_revision = "0001_add_revenue_tracking"
kind = "expand"


def up() -> None:
    op.add_column("posts", sa.Column("heading", sa.Text()))


def down() -> None:
    op.drop_column("posts", "heading")

"""Drop the title of a post"""
# ruff: noqa: D103, D415, INP001

import sqlalchemy as sa
from alembic import op

revision = "0005_drop_title"
down_revision = "0004_title_unused"
kind = "contract"
compatible_with = "0004_title_unused"


def up() -> None:
    op.drop_column("posts", "title")


def down() -> None:
    op.add_column("posts", sa.Column("title", sa.Text()))

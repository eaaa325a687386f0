"""Let a post have no title: no application reads it any more"""
# ruff: noqa: D103, D415, INP001

from alembic import op

revision = "0004_title_unused"
down_revision = "0003_fill"
kind = "expand"
allow = {"ban-drop-not-null": "since 0003 nothing reads it"}


def up() -> None:
    op.alter_column("posts", "title", nullable=True)


def down() -> None:
    op.alter_column("posts", "title", nullable=False)

"""Add revenue tracking fields to posts table

The columns have a constant default, so PostgreSQL writes no row. An application that does not know them lives on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_add_revenue_tracking"
down_revision = None
kind = "expand"

COLUMNS = {"affiliate_revenue": sa.Numeric(10, 2), "conversion_rate": sa.Numeric(5, 4)}


def up() -> None:
    for name, type_ in COLUMNS.items():
        op.add_column("posts", sa.Column(name, type_, server_default=sa.text("0")))


def down() -> None:
    for name in COLUMNS:
        op.drop_column("posts", name)


def validate_before(connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table("posts")


def validate_after(connection: sa.Connection) -> bool:
    present = {column["name"] for column in sa.inspect(connection).get_columns("posts")}
    return present >= COLUMNS.keys()

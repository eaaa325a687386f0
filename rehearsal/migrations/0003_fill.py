"""Let each post's title be its heading"""
# ruff: noqa: D415, INP001

revision = "0003_fill"
down_revision = "0002_heading"
kind = "backfill"

table, key = "posts", "id"
up = "UPDATE posts SET heading = title WHERE id BETWEEN :first AND :last AND heading IS NULL"

"""The tables of the first released version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them all."""
    op.create_table(
        "meta",
        sa.Column("key", STRING, primary_key=True),
        sa.Column("value", STRING, nullable=False),
    )
    op.create_table(
        "submission",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("uuid", STRING, nullable=False),
        sa.Column("root_uuid", STRING, nullable=False),
        sa.Column("version", STRING, nullable=False),
        sa.Column("status", STRING, nullable=False),
        sa.Column("status_at", INTEGER, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("month", STRING, nullable=False),
        sa.Column("service", STRING, nullable=False),
        sa.Column("code", STRING, nullable=False),
        sa.Column("late", INTEGER, nullable=False),
        sa.Column("document", TEXT),
    )
    op.create_index("submission_service", "submission", ["service", "month"])
    op.create_index("submission_state", "submission", ["form", "state"])
    op.create_index("submission_status", "submission", ["form", "status_at", "id"])
    op.create_index("submission_code", "submission", ["code"])
    op.create_table(
        "problem",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("number", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("field", STRING, nullable=False),
        sa.Column("rule", STRING, nullable=False),
        sa.Column("what", STRING, nullable=False),
        sa.Column("remedy", STRING, nullable=False),
    )
    op.create_table(
        "free_text",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("question", STRING, primary_key=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("mark", STRING, nullable=False),
        sa.Column("role", STRING, nullable=False),
    )
    op.create_table(
        "service_link",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("root_uuid", STRING, primary_key=True),
        sa.Column("mark", STRING, nullable=False),
        sa.Column("service", STRING, nullable=False),
    )
    op.create_table(
        "hold",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("id", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("asked_at", INTEGER, nullable=False),
        sa.Column("set_at", INTEGER, nullable=False),
    )
    op.create_table(
        "tombstone",
        sa.Column("hash", STRING, primary_key=True),
        sa.Column("month", STRING, nullable=False),
        sa.Column("code", STRING, nullable=False, server_default=""),
    )
    op.create_table(
        "watermark",
        sa.Column("form", STRING, primary_key=True),
        sa.Column("asset", STRING, nullable=False),
        sa.Column("last_id", INTEGER, nullable=False),
        sa.Column("looked_at", INTEGER, nullable=False),
        sa.Column("swept_at", INTEGER, nullable=False),
    )
    op.create_table(
        "closed_round",
        sa.Column("name", STRING, primary_key=True),
        sa.Column("closed_at", sa.Float, nullable=False),
        sa.Column("details", TEXT, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("round", STRING, primary_key=True),
        sa.Column("number", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("bases", TEXT, nullable=False),
    )
    op.create_table(
        "frozen",
        sa.Column("round", STRING, primary_key=True),
        sa.Column("kind", STRING, primary_key=True),
        sa.Column("code", STRING, primary_key=True),
        sa.Column("result", TEXT, nullable=False),
    )
    op.create_table(
        "flag_review",
        sa.Column("service", STRING, primary_key=True),
        sa.Column("round", STRING, primary_key=True),
        sa.Column("indicator", STRING, primary_key=True),
        sa.Column("number", INTEGER, primary_key=True, autoincrement=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("decided_on", STRING, nullable=False),
        sa.Column("what", STRING, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("late", INTEGER, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("number", INTEGER, primary_key=True, autoincrement=True),
        sa.Column("form", STRING, nullable=False),
        sa.Column("started", sa.Float, nullable=False),
        sa.Column("finished", sa.Float),
        sa.Column("outcome", STRING, nullable=False),
        sa.Column("read", INTEGER, nullable=False),
        sa.Column("accepted", INTEGER, nullable=False),
        sa.Column("refused", INTEGER, nullable=False),
        sa.Column("quarantined", INTEGER, nullable=False),
        sa.Column("edited", INTEGER, nullable=False),
        sa.Column("restated", INTEGER, nullable=False),
        sa.Column("deleted", INTEGER, nullable=False),
        sa.Column("released", INTEGER, nullable=False),
    )
    op.create_table(
        "score",
        sa.Column("service", STRING, primary_key=True),
        sa.Column("round", STRING, primary_key=True),
        sa.Column("framework_version", STRING, nullable=False),
        sa.Column("result", TEXT, nullable=False),
    )
    op.create_table(
        "stale",
        sa.Column("service", STRING, primary_key=True),
        sa.Column("month", STRING, primary_key=True),
        sa.Column("removed", INTEGER, nullable=False, server_default="0"),
    )
    op.execute("INSERT INTO meta (key, value) VALUES ('schema', '2')")

"""The tables. Nothing of a submission is kept that no column here names."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

SCHEMA_VERSION = 1

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

# One row a submission. `state`: accepted, refused (no consent: nothing but version, month and ending was sent) or
# quarantined. `document` is the typed record without free text, and NULL in quarantine: what is wrong is not kept.
submission = Table(
    "submission",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("uuid", String, nullable=False),
    Column("root_uuid", String, nullable=False),
    Column("version", String, nullable=False),
    Column("status", String, nullable=False),
    Column("state", String, nullable=False),
    Column("month", String, nullable=False),
    Column("service", String, nullable=False),
    Column("document", Text),
    Index("submission_service", "service", "month"),
    Index("submission_state", "form", "state"),
)

# Why a submission is in quarantine: never a value, only its shape.
problem = Table(
    "problem",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("field", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("what", String, nullable=False),
    Column("remedy", String, nullable=False),
)

# A person's own words; nothing publishes this table.
free_text = Table(
    "free_text",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("question", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("state", String, nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    Column("form", String, primary_key=True),
    Column("asset", String, nullable=False),
    Column("last_id", Integer, nullable=False),
)

run = Table(
    "run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("form", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("finished", Float),
    Column("outcome", String, nullable=False),
    Column("read", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
)

score = Table(
    "score",
    metadata,
    Column("service", String, primary_key=True),
    Column("round", String, primary_key=True),
    Column("framework_version", String, nullable=False),
    Column("result", Text, nullable=False),
)

# Services whose scores are older than their answers: written with the answers, cleared with the score, so that a run
# that is killed between the two leaves nothing unscored.
stale = Table(
    "stale",
    metadata,
    Column("service", String, primary_key=True),
    Column("month", String, primary_key=True),
)

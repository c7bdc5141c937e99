"""The tables. Nothing of a submission is kept that no column here names."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary, MetaData, Table
from sqlalchemy import Integer as SmallInteger
from sqlalchemy import String as AnyString
from sqlalchemy import Text as AnyText

MARK = "2"  # in every store since before there were steps: one without it, or with another, is not of this program
REVISION = "0001"  # the newest step of kobo_sync.store.migrations: whoever changes a table here adds one there
REVISION_TABLE = "schema_revision"  # Alembic's own table, outside `metadata`

# The same order of texts and the same range of numbers, wherever the store lies.
String = AnyString().with_variant(AnyString(collation="C"), "postgresql")
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
Integer = BigInteger().with_variant(SmallInteger(), "sqlite")

metadata = MetaData()


def revision_table(of: MetaData) -> Table:
    """Return the table in which Alembic keeps the revision."""
    return Table(REVISION_TABLE, of, Column("version_num", AnyString(32), primary_key=True))


meta = Table(
    "meta",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)

# One row a submission. `state`: accepted, refused (no consent: nothing but version, month and ending was sent),
# quarantined, or retired (its time to be kept is over, or she withdrew, and the server keeps it all the same: of it the
# id alone stays, and when its status was set: counts of those that have one must agree with the server's).
# `document` is the typed record without free text, and NULL in quarantine: what is wrong is not kept. `status_at` is
# when the validation status was set, in seconds since 1970 by the server's clock, 0 for none. `code` is the keyed hash
# of her withdrawal code, "" for none. `late` is 1 where it came after its round was closed: kept, and in no score.
submission = Table(
    "submission",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("uuid", String, nullable=False),
    Column("root_uuid", String, nullable=False),
    Column("version", String, nullable=False),
    Column("status", String, nullable=False),
    Column("status_at", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("month", String, nullable=False),
    Column("service", String, nullable=False),
    Column("code", String, nullable=False),
    Column("late", Integer, nullable=False),
    Column("document", Text),
    Index("submission_service", "service", "month"),
    Index("submission_state", "form", "state"),
    Index("submission_status", "form", "status_at", "id"),
    Index("submission_code", "code"),
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

# A person's own words; nothing publishes this table but what is "reviewed", and never a row whose `role` is that of a
# service's name. `state`: awaiting redaction (`text` is what she said), reviewed (`text` is the redacted wording) or
# discarded (`text` is empty). `mark` is the keyed hash of what she said: by it a submission that is read again is known
# to hold the same words, so that they stay reviewed and what she said does not come back.
free_text = Table(
    "free_text",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("question", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("mark", String, nullable=False),
    Column("role", String, nullable=False),
)

# Which service a submission is about that named one that was not on the list (kobo_sync.store.links): `mark` is the
# keyed hash of the name, which itself is gone. Keyed by the root uuid, so that edits and copies find it.
service_link = Table(
    "service_link",
    metadata,
    Column("form", String, primary_key=True),
    Column("root_uuid", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("service", String, nullable=False),
)

# What this program marked "on hold" on the server while it is in quarantine. `asked_at` is the server's time just
# before it asked for that, `set_at` the time that the server gave the status, 0 for "not known yet", both in seconds
# since 1970: only a status that is still this one is ever taken back.
hold = Table(
    "hold",
    metadata,
    Column("form", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("asked_at", Integer, nullable=False),
    Column("set_at", Integer, nullable=False),
)

# What is left of a submission that is gone: a keyed hash of its root uuid, and its month (instrument, section 4). She
# who withdrew and a submission that was deleted on the server give different hashes (kobo_sync.store.seal). `code` is
# the keyed hash of her withdrawal code where the server lost it without her asking, "" for none: if she asks later,
# copies that a phone sends again must be turned away.
tombstone = Table(
    "tombstone",
    metadata,
    Column("hash", String, primary_key=True),
    Column("month", String, nullable=False),
    Column("code", String, nullable=False, server_default=""),
)

# How far the replica of a form has come. `last_id`: every submission up to it was read once; `looked_at`: the server's
# time, in seconds since 1970, when the last whole look for changes began, at first when the first reading began;
# `swept_at`: the same of the last full sweep.
watermark = Table(
    "watermark",
    metadata,
    Column("form", String, primary_key=True),
    Column("asset", String, nullable=False),
    Column("last_id", Integer, nullable=False),
    Column("looked_at", Integer, nullable=False),
    Column("swept_at", Integer, nullable=False),
)

# Rounds that were closed: their scores are frozen. `details` is JSON: versions, seed and whatever else a reader needs
# to make the figures again.
closed_round = Table(
    "closed_round",
    metadata,
    Column("name", String, primary_key=True),
    Column("closed_at", Float, nullable=False),
    Column("details", Text, nullable=False),
)

# What was published, for ever: never changed, never deleted. `content` holds the bytes as they were published; `bases`
# is JSON and private: keyed hashes of the interviews that each part was made of, to hold later releases against.
release = Table(
    "release",
    metadata,
    Column("round", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Float, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("bases", Text, nullable=False),
)

# What was computed when a round was closed and cannot be made again once its answers are gone: `kind` "change" (a
# service against the closed round before), "area" (a place) or "basis" (what an area rests on), `code` that of the
# service or place, `result` JSON.
frozen = Table(
    "frozen",
    metadata,
    Column("round", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("result", Text, nullable=False),
)

# What the safety focal point decided about a red flag: "reviewed" or "resolved", when, why, and what the flag was then
# (kobo_sync.scoring.flags.Flag.what). One row a decision, the last one holds. `late` is 1 where the round was closed by
# then: the decision is seen in the inbox and enters no score. `reason` is a person's words; it goes with the answers.
flag_review = Table(
    "flag_review",
    metadata,
    Column("service", String, primary_key=True),
    Column("round", String, primary_key=True),
    Column("indicator", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String, nullable=False),
    Column("decided_on", String, nullable=False),
    Column("what", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("late", Integer, nullable=False),
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
    Column("edited", Integer, nullable=False),
    Column("restated", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("released", Integer, nullable=False),
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
# that is killed between the two leaves nothing unscored. `removed` is 1 where an interview that counted is gone: then
# even the score of a closed round is made again, from what remains.
stale = Table(
    "stale",
    metadata,
    Column("service", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("removed", Integer, nullable=False, server_default="0"),
)

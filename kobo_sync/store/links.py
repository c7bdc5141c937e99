"""Which service a submission is about that named one that was not on the list: decided once, kept by root uuid.

The name itself is gone then. Whenever the submission is read again, edited or not, the same name (by its keyed hash)
stands for the same service, and is not kept; another name is a new question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, select, update

from kobo_sync.store import tables
from kobo_sync.store.closing import closed_months
from kobo_sync.store.engines import upsert
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.store import ACCEPTED, Store, mark_stale, parts
from kobo_sync.store.words import AWAITING_REDACTION, DISCARDED, SERVICE_NAME

_text = tables.free_text.c
_row = tables.submission.c
_link = tables.service_link.c


@dataclass(frozen=True, slots=True)
class Named:
    """A submission that names a service that is not on the list. `words` are what was typed, `mark` its keyed hash."""

    form: str
    id: int
    root_uuid: str
    version: str
    month: str
    question: str
    words: str
    mark: str
    document: Mapping[str, object]

    def __repr__(self) -> str:  # whatever prints it, the words do not come along
        return f"Named({self.form}, {self.id})"


@dataclass(frozen=True, slots=True)
class Link:
    """The decision: a submission with this root uuid that names a service so (`mark`) is about `service`."""

    mark: str
    service: str


def names_waiting(store: Store) -> tuple[Named, ...]:
    """Return what services were called that are not on the list, where nobody has decided yet, by form and id."""
    both = (_row.form == _text.form) & (_row.id == _text.id)
    columns = (_row.form, _row.id, _row.root_uuid, _row.version, _row.month, _text.question, _text.text, _text.mark)
    with store.read() as connection:
        found = connection.execute(
            select(*columns, _row.document)
            .join(tables.free_text, both)
            .where(_text.role == SERVICE_NAME, _text.state == AWAITING_REDACTION, _row.state == ACCEPTED)
            .order_by(_row.form, _row.id)
        ).all()
    return tuple(Named(*row[:-1], orjson.loads(row.document)) for row in found)


def links_of(store: Store, form: str, roots: Collection[str]) -> dict[str, Link]:
    """Return the decisions about these submissions, by root uuid."""
    found: dict[str, Link] = {}
    with store.read() as connection:
        for some in parts(sorted(roots)):
            wanted = select(_link.root_uuid, _link.mark, _link.service).where(
                _link.form == form, _link.root_uuid.in_(some)
            )
            found |= {row.root_uuid: Link(row.mark, row.service) for row in connection.execute(wanted)}
    return found


def link(store: Store, decided: Iterable[tuple[Named, Link, Mapping[str, object]]]) -> tuple[int, int]:
    """Let submissions be about a service; each comes with the decision and its document as it is from now on.

    The names go in the same transaction, and their bytes are to be purged. What counted in a closed round, or came too
    late for it, stays where it is: its name goes all the same. Returns how many are linked, and how many stayed. One
    that was edited or deleted meanwhile is left alone.
    """
    linked = stayed = 0
    with store.write() as connection:
        closed = closed_months(connection)
        for named, made, document in decided:
            if not _take_name(connection, named):
                continue
            if named.month in closed:
                stayed += 1
                continue
            linked += 1
            values = {"mark": made.mark, "service": made.service}
            new = upsert(connection, tables.service_link).values(form=named.form, root_uuid=named.root_uuid, **values)
            connection.execute(new.on_conflict_do_update(index_elements=["form", "root_uuid"], set_=values))
            here = (_text.form == named.form, _text.id == named.id, _text.role == SERVICE_NAME)
            connection.execute(delete(tables.free_text).where(*here))
            connection.execute(
                update(tables.submission)
                .where(_row.form == named.form, _row.id == named.id)
                .values(service=made.service, document=orjson.dumps(dict(document)).decode())
            )
            mark_stale(connection, {(made.service, named.month)})
        if linked or stayed:
            owe_purge(connection)
    return linked, stayed


def dismiss(store: Store, decided: Iterable[Named]) -> int:
    """Remove names for good; what was said of that service counts for none. Returns how many were removed."""
    with store.write(submissions=False) as connection:
        done = sum(_take_name(connection, named) for named in decided)
        if done:
            owe_purge(connection)
    return done


def _take_name(connection: Connection, named: Named) -> bool:
    """Remove one name, if it is still what it was."""
    done = connection.execute(
        update(tables.free_text)
        .where(
            _text.form == named.form,
            _text.id == named.id,
            _text.question == named.question,
            _text.state == AWAITING_REDACTION,
            _text.mark == named.mark,
        )
        .values(text="", state=DISCARDED)
    )
    return bool(done.rowcount)

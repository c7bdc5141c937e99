"""The store: one file, every change a transaction.

Errors that a person can cause (a damaged file, a full disk, another program holding it) leave as StoreError.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from sqlalchemy import Connection, delete, exists, func, insert, or_, select
from sqlalchemy.exc import DBAPIError

from kobo_sync.errors import KoboSyncError
from kobo_sync.store import tables
from kobo_sync.store.closing import Place, closed_months, places
from kobo_sync.store.columns import as_columns, insert_all, problem_columns
from kobo_sync.store.engines import Durability, Where, named, open_engine, upsert
from kobo_sync.store.migrate import MadeByAnother, bring_up_to_date
from kobo_sync.store.notes import forget_counts, leave_note, owe_purge
from kobo_sync.store.trouble import LOST, in_words
from kobo_sync.store.words import Words, as_kept, settled

ACCEPTED, REFUSED, QUARANTINED, RETIRED = "accepted", "refused", "quarantined", "retired"
_A_STATEMENT = 500  # ids that one statement names

if TYPE_CHECKING:
    from kobo_sync.store.seal import Seal

_T = TypeVar("_T")


class StoreError(KoboSyncError):
    """The store cannot be read or written; nothing half-done was kept."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for quarantine: the field, the rule's name, what is wrong (never the value), and the remedy."""

    field: str
    rule: str
    what: str
    remedy: str


class Row(NamedTuple):
    """One judged submission, as the store keeps it.

    `document` is None in quarantine; `texts` are a person's own words; `status_at` when the status was set, in seconds
    since 1970, 0 for none; `code` the keyed hash of the withdrawal code, "" for none.
    """

    id: int
    uuid: str
    root_uuid: str
    version: str
    status: str
    state: str
    month: str = ""
    service: str = ""
    document: dict[str, Any] | None = None
    texts: tuple[Words, ...] = ()
    problems: tuple[Problem, ...] = ()
    status_at: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What one run did: new submissions read and what became of them, and what changed of those known before.

    `edited` answers changed, `restated` validation statuses set or cleared, `deleted` gone on the server and so here,
    `released` out of quarantine.
    """

    read: int = 0
    accepted: int = 0
    refused: int = 0
    quarantined: int = 0
    edited: int = 0
    restated: int = 0
    deleted: int = 0
    released: int = 0


class Store:
    """The replica of one workspace. Use as a context manager."""

    def __init__(self, place: Where) -> None:
        """Name where it lies: a file, or the address of a database. Raises StoreError and ConfigError."""
        self.place = place
        try:
            self._engine = open_engine(place)
        except OSError as error:
            raise StoreError(
                f"The store {place} cannot be made ({error.strerror}). May this folder be written to?"
            ) from error

    @property
    def path(self) -> Path | None:
        """The store's file, None where it is a database."""
        return self.place if isinstance(self.place, Path) else None

    @property
    def name(self) -> str:
        """Where it lies, for people."""
        return named(self.place)

    def __enter__(self) -> Self:
        """Make the tables, or bring those of an earlier version up to date.

        Raises StoreError when the file is not a store of this program, or of a version that it does not know.
        """
        try:
            self._begin()
        except BaseException:
            self._engine.dispose()
            raise
        return self

    def _begin(self) -> None:
        try:
            with self.write(submissions=False) as connection:
                bring_up_to_date(connection)
        except MadeByAnother:
            raise StoreError(
                f"{self.name} was made by another version of this program. Install that version. A new store would "
                f"read the interviews anew, but {LOST}."
            ) from None

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def write(self, *, lasting: bool = True, submissions: bool | str = True) -> Iterator[Connection]:
        """Open a transaction that may write; rolled back when anything is raised. Raises StoreError.

        Not `lasting`: a power cut may undo it as a whole, since the next run does the same again. `submissions`: of
        which form it may add, change or remove some (True: of any), so that what was counted of them is forgotten.
        """
        options = {"write": True, "lasting": lasting, "submissions": submissions}
        with self._errors(), self._engine.connect().execution_options(**options) as connection, connection.begin():
            if submissions:
                forget_counts(connection, "" if submissions is True else submissions)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that reads one consistent state. Raises StoreError."""
        with self._errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            # The driver's own text shows statements with their values: answers.
            raise StoreError(in_words(self.place, error)) from None

    @contextmanager
    def bare(self) -> Iterator[Any]:
        """Open the driver's own connection outside any transaction, for what cannot be done inside one.

        Raises StoreError.
        """
        with self._errors(), closing(self._engine.raw_connection()) as connection:
            driver = connection.driver_connection
            if self.path is None:
                driver.autocommit = True  # type: ignore[union-attr]  # of psycopg; SQLite's is so from the start
            else:
                connection.detach()  # what is set on it is no other's: it is closed at the end
                driver.execute(f"PRAGMA synchronous={Durability.lasting}")  # type: ignore[union-attr]  # of sqlite3
            try:
                yield driver
            finally:
                if self.path is None:
                    driver.autocommit = False  # type: ignore[union-attr]

    def watermark(self, form: str, asset: str) -> int:
        """Return the highest id read so far of this form on this asset; 0 when none, or when the asset is another."""
        with self.read() as connection:
            found = connection.execute(
                select(tables.watermark.c.asset, tables.watermark.c.last_id).where(tables.watermark.c.form == form)
            ).one_or_none()
        return int(found.last_id) if found is not None and found.asset == asset else 0

    def asset_of(self, form: str) -> str:
        """Return the asset that the stored submissions of this form came from, "" when there is none."""
        with self.read() as connection:
            return connection.scalar(select(tables.watermark.c.asset).where(tables.watermark.c.form == form)) or ""

    def save_page(
        self,
        form: str,
        asset: str,
        rows: Sequence[Row],
        last_id: int | None,
        *,
        notes: Mapping[str, str] | None = None,
        seal: Seal | None = None,
    ) -> None:
        """Keep a page of judged submissions and, with it, the watermark (None: leave that as it is) and notes.

        A submission that is known already is replaced whole, but counts where it counted when its round was closed
        (`kobo_sync.store.closing.places`); the bytes of its former content are to be purged. Without the `seal`, one
        that counted, was deleted and is back is not known to be back.
        """
        with self.write(lasting=False, submissions=form) as connection:
            rows, late = _placed(connection, form, rows, seal)
            ids = [row.id for row in rows]
            there = holds_any(connection, form, ids)  # of a page that is new, nothing can be settled or replaced
            before = settled(connection, form, ids) if there else {}
            if there:
                drop(connection, form, ids)
            mark_stale(connection, {(row.service, row.month) for row in rows if row.state == ACCEPTED})
            insert_all(connection, tables.submission, [as_columns(form, row, late.get(row.id, 0)) for row in rows])
            problems = [
                problem_columns(form, row.id, number, p) for row in rows for number, p in enumerate(row.problems)
            ]
            insert_all(connection, tables.problem, problems)
            texts = [as_kept(form, row.id, Words(*words), before) for row in rows for words in row.texts]
            insert_all(connection, tables.free_text, texts)
            if last_id is not None:
                mark = {"form": form, "asset": asset, "last_id": last_id}
                statement = upsert(connection, tables.watermark).values(mark | {"looked_at": 0, "swept_at": 0})
                connection.execute(statement.on_conflict_do_update(index_elements=["form"], set_=mark))
            for key, value in (notes or {}).items():
                leave_note(connection, key, value)

    def forget(self, form: str, ids: Iterable[int]) -> None:
        """Remove all that is kept of these submissions; their bytes are to be purged."""
        with self.write(submissions=form) as connection:
            drop(connection, form, list(ids))

    def ids(self, form: str) -> list[int]:
        """Return the ids of all submissions of the form, in order."""
        with self.read() as connection:
            return list(
                connection.scalars(
                    select(tables.submission.c.id)
                    .where(tables.submission.c.form == form)
                    .order_by(tables.submission.c.id)
                )
            )

    def quarantined(self, form: str | None = None) -> list[tuple[str, int, tuple[Problem, ...]]]:
        """Return (form, id, problems) of each submission in quarantine, in order."""
        with self.read() as connection:
            forms = list(_forms(connection)) if form is None else [form]
            wanted = select(tables.submission.c.form, tables.submission.c.id).where(
                tables.submission.c.state == QUARANTINED, tables.submission.c.form.in_(forms)
            )
            found = connection.execute(wanted.order_by(tables.submission.c.form, tables.submission.c.id + 0)).all()
            reasons: dict[tuple[str, int], list[Problem]] = {}
            for row in connection.execute(select(tables.problem).order_by(tables.problem.c.number)):
                reasons.setdefault((row.form, row.id), []).append(Problem(row.field, row.rule, row.what, row.remedy))
        return [(row.form, row.id, tuple(reasons.get((row.form, row.id), ()))) for row in found]

    def states(self, form: str) -> dict[str, int]:
        """Return how many submissions of the form are in each state; those retired are in none."""
        with self.read() as connection:
            found = connection.execute(
                select(tables.submission.c.state, func.count())
                .where(tables.submission.c.form == form, tables.submission.c.state != RETIRED)
                .group_by(tables.submission.c.state)
            ).all()
        return {row[0]: row[1] for row in found}

    def quarantine_size(self, form: str) -> int:
        """Return how many submissions of the form are in quarantine."""
        row = tables.submission.c
        with self.read() as connection:
            return connection.scalar(select(func.count()).where(row.form == form, row.state == QUARANTINED)) or 0

    def note(self, key: str) -> str:
        """Return a note that the program left for itself, "" when there is none."""
        with self.read() as connection:
            return connection.scalar(select(tables.meta.c.value).where(tables.meta.c.key == key)) or ""

    def leave_note(self, key: str, value: str) -> None:
        """Leave such a note."""
        with self.write(submissions=False) as connection:
            leave_note(connection, key, value)

    def take_note(self, key: str, value: str | None = None) -> None:
        """Take such a note away; with a `value`, only if that is still what it says."""
        same = [] if value is None else [tables.meta.c.value == value]
        with self.write(submissions=False) as connection:
            connection.execute(delete(tables.meta).where(tables.meta.c.key == key, *same))

    def save_run(self, form: str, started: float, finished: float, outcome: str, counts: RunCounts) -> None:
        """Remember a run: counts per form, no service and no answer."""
        with self.write(lasting=False, submissions=False) as connection:
            connection.execute(
                insert(tables.run).values(
                    form=form, started=started, finished=finished, outcome=outcome, **asdict(counts)
                )
            )


def _forms(connection: Connection) -> Iterator[str]:
    """Yield the forms of which there are submissions, by one look each: their state is then found by its index."""
    column = tables.submission.c.form
    found = connection.scalar(select(func.min(column)))
    while found is not None:
        yield found
        found = connection.scalar(select(func.min(column)).where(column > found))


def _placed(
    connection: Connection, form: str, rows: Sequence[Row], seal: Seal | None
) -> tuple[Sequence[Row], dict[int, int]]:
    """Give rows the service and month that they count in, and say which are late; what is back counts again."""
    if not closed_months(connection):
        return rows, {}
    marks = {seal.counted(form, row.id, row.root_uuid): row.id for row in rows if row.root_uuid} if seal else {}
    found, back = places(
        connection,
        form,
        {row.id: Place(row.service, row.month) for row in rows},
        refused={row.id for row in rows if row.state == REFUSED},
        marks=marks,
    )
    if back:
        mark_stale(connection, {found[id_][:2] for id_ in back}, removed=True)
        stone = tables.tombstone.c
        connection.execute(
            delete(tables.tombstone).where(stone.hash.in_([m for m, id_ in marks.items() if id_ in back]))
        )
    placed = [
        row
        if found[row.id][:2] == (row.service, row.month)
        else row._replace(service=found[row.id].service, month=found[row.id].month)
        for row in rows
    ]
    return placed, {id_: place.late for id_, place in found.items()}


def holds_any(connection: Connection, form: str, ids: Sequence[int]) -> bool:
    """Whether anything at all is kept with a number between the least and the greatest of these: one look a table."""
    if not ids:
        return False
    least, greatest = min(ids), max(ids)
    there = (
        exists().where(table.c.form == form, table.c.id.between(least, greatest))
        for table in (tables.submission, tables.problem, tables.free_text)
    )
    return bool(connection.scalar(select(or_(*there))))


def drop(connection: Connection, form: str, ids: Sequence[int]) -> None:
    """Remove all that is kept of these submissions, mark what they were scored in as stale, and owe their purge."""
    row, text = tables.submission.c, tables.free_text.c
    for some in parts(ids):
        chosen = (row.form == form, row.id.in_(some))
        before = connection.execute(
            select(row.service, row.month).where(*chosen, row.state == ACCEPTED).distinct()
        ).all()
        mark_stale(connection, {(found.service, found.month) for found in before})
        held = select(row.id).where(*chosen, (row.document.is_not(None)) | (row.code != ""))
        words = select(text.id).where(text.form == form, text.id.in_(some))
        if connection.execute(held.union_all(words).limit(1)).first() is not None:
            owe_purge(connection)
        for table in (tables.submission, tables.problem, tables.free_text):
            connection.execute(delete(table).where(table.c.form == form, table.c.id.in_(some)))


def parts(ids: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut a list into parts that one statement takes."""
    for start in range(0, len(ids), _A_STATEMENT):
        yield ids[start : start + _A_STATEMENT]


def mark_stale(connection: Connection, pairs: Iterable[tuple[str, str]], *, removed: bool = False) -> None:
    """Remember, in the transaction that changes answers, the (service, month) pairs that are to be scored anew.

    `removed`: even those of closed rounds.
    """
    values: list[dict[str, Any]] = [
        {"service": service, "month": month} for service, month in sorted(pairs) if service and month
    ]
    if not values:
        return
    statement = upsert(connection, tables.stale)
    if removed:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["service", "month"], set_={"removed": 1}),
            [{**value, "removed": 1} for value in values],
        )
    else:
        connection.execute(statement.on_conflict_do_nothing(), values)

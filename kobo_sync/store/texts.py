"""People's own words: what waits for a trained woman, what she decided, and what may ever leave the store.

Once she has decided, what was said is gone: the redacted wording, or nothing, stands in its place, and the bytes leave
the disk with the next purge.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from kobo_sync.errors import UserError
from kobo_sync.store import tables
from kobo_sync.store.notes import owe_purge
from kobo_sync.store.scores import NOT_APPROVED
from kobo_sync.store.store import ACCEPTED, Store
from kobo_sync.store.words import AWAITING_REDACTION, DISCARDED, REVIEWED, SERVICE_NAME

_text = tables.free_text.c
_submission = tables.submission.c


@dataclass(frozen=True, slots=True)
class Text:
    """One text. `words` are what was said while it waits, the redacted wording once reviewed, "" once discarded."""

    form: str
    id: int
    question: str
    role: str
    state: str
    words: str
    mark: str

    @property
    def names_service(self) -> bool:
        """Whether it is what a service is called that is not on the list: never a quote, whatever it says."""
        return self.role == SERVICE_NAME

    def __repr__(self) -> str:  # whatever prints it, the words do not come along
        return f"Text({self.form}, {self.id}, {self.question}, {self.state})"


def waiting_texts(store: Store, id_: int | None = None) -> tuple[Text, ...]:
    """Return what awaits redaction, of one submission or of all, in the order of form, id and question."""
    return _found(store, _text.state == AWAITING_REDACTION, *(() if id_ is None else (_text.id == id_,)))


def settled_texts(store: Store, id_: int) -> tuple[Text, ...]:
    """Return the reviewed texts of a submission: their wording can be written anew, or taken back."""
    return _found(store, _text.state == REVIEWED, _text.id == id_)


def texts_of(store: Store, id_: int) -> tuple[Text, ...]:
    """Return every text of a submission, in the order of form and question."""
    return _found(store, _text.id == id_)


def text_counts(store: Store) -> dict[str, dict[str, int]]:
    """Return how many texts there are by form and state."""
    with store.read() as connection:
        found = connection.execute(
            select(_text.form, _text.state, func.count()).group_by(_text.form, _text.state).order_by(_text.form)
        ).all()
    counts: dict[str, dict[str, int]] = {}
    for form, state, number in found:
        counts.setdefault(form, {})[state] = number
    return counts


def reviewed_texts(store: Store) -> tuple[Text, ...]:
    """Return the only texts that may ever leave the store: reviewed, of accepted interviews, no service's name.

    What somebody marked as "not approved" in KoboToolbox stays out, and so does what came after its round was closed.
    """
    return _found(
        store,
        _text.state == REVIEWED,
        _text.role != SERVICE_NAME,
        _submission.state == ACCEPTED,
        _submission.status != NOT_APPROVED,
        _submission.late == 0,
    )


def settle(store: Store, text: Text, wording: str | None) -> None:
    """Put the redacted wording in the place of what was said, or with None nothing at all; the bytes are to be purged.

    A wording that was written before is replaced, or taken back, the same way. Raises UserError when the submission was
    edited or deleted meanwhile, or a service's name would be made a quote.
    """
    if wording is not None and text.names_service:
        raise UserError(
            "The name of a service is never quoted. Add it to your list, or match or dismiss it: kobo-sync services "
            "proposed"
        )
    with store.write(submissions=False) as connection:
        done = connection.execute(
            update(tables.free_text)
            .where(
                _text.form == text.form,
                _text.id == text.id,
                _text.question == text.question,
                _text.state == text.state,
                _text.state != DISCARDED,
                _text.text == text.words,
                _text.mark == text.mark,
            )
            .values(text=wording or "", state=DISCARDED if wording is None else REVIEWED)
        )
        if not done.rowcount:
            raise UserError(
                f"Submission {text.id} was edited or deleted meanwhile; nothing was kept of your wording. Look at it "
                f"again: kobo-sync texts show {text.id}"
            )
        owe_purge(connection)


def purge_service_name(store: Store, form: str, id_: int) -> int:
    """Remove what a service was called, once it is known which listed one it is; returns how many texts that were.

    A submission that is edited to name a listed service needs no such call: its name is then not kept at all.
    """
    with store.write(submissions=False) as connection:
        done = connection.execute(
            update(tables.free_text)
            .where(_text.form == form, _text.id == id_, _text.role == SERVICE_NAME, _text.state != DISCARDED)
            .values(text="", state=DISCARDED)
        )
        if done.rowcount:
            owe_purge(connection)
    return done.rowcount


def _found(store: Store, *conditions: ColumnElement[bool]) -> tuple[Text, ...]:
    both = (_submission.form == _text.form) & (_submission.id == _text.id)
    with store.read() as connection:
        found = connection.execute(
            select(_text.form, _text.id, _text.question, _text.role, _text.state, _text.text, _text.mark)
            .join(tables.submission, both)
            .where(*conditions)
            .order_by(_text.form, _text.id, _text.question)
        ).all()
    return tuple(Text(*row) for row in found)

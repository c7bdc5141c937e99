"""The full narrow sweep: every submission is held against the server's, 1,000 a request, now and then.

It finds what no cheaper question can: an edit that names no former self, a status set by a clock that was wrong, a
submission that was deleted at the very moment when another, older one appeared.
"""

from __future__ import annotations

from kobo_sync.store.replica import Watermark
from kobo_sync.store.store import Store
from kobo_sync.sync.changes import MARGIN
from kobo_sync.sync.gone import Gone, walk
from kobo_sync.sync.keep import Keeper

DAY = 86400  # seconds


def is_due(store: Store, form: str, mark: Watermark, now: int, every: int) -> bool:
    """Whether the last sweep is `every` seconds ago, one was broken off, or the server's clock went back since."""
    went_back = now < max(mark.swept_at, mark.looked_at) - MARGIN
    return now - mark.swept_at >= every or went_back or bool(store.note(_note(form)))


def sweep(keeper: Keeper, upto: int, now: int, gone: Gone, *, anew: bool) -> int:
    """Sweep the submissions up to `upto`, or the rest where a sweep was broken off and this is not one `anew`.

    Returns when it began, by the server's clock, for `over`. What is gone is collected, not deleted. Up to where it
    came is noted page after page, so that after a crash one page at most is listed twice; but not past what is
    collected and not deleted yet. Raises RefusedForSafety and KoboError.
    """
    began, after = (now, 0) if anew else _broken_off(keeper.store.note(_note(keeper.form))) or (now, 0)
    for high in walk(keeper, after, upto, gone):
        if not gone.pending:
            keeper.store.leave_note(_note(keeper.form), f"{began} {high}")
    gone.confirm()
    return began


def over(store: Store, form: str) -> None:
    """Forget how far a sweep came, once it is through and what it found is deleted."""
    store.take_note(_note(form))


def _note(form: str) -> str:
    return f"sweep:{form}"


def _broken_off(note: str) -> tuple[int, int] | None:
    began, _, after = note.partition(" ")
    return (int(began), int(after)) if began.isdecimal() and after.isdecimal() else None

"""The team's pages and exports after a deletion: made again without it, or removed where nothing may be shown any more.

The store remembers where reports were written and of which round, and, in the transaction that deletes, that they are
due. Folders inside the workspace are remembered by their place in it, so that it can be moved.
"""

from __future__ import annotations

import logging
from pathlib import Path

import orjson
from sqlalchemy import delete

from kobo_sync.errors import ConfigError
from kobo_sync.report.folder import is_report, made_as, remove_folder
from kobo_sync.store import tables
from kobo_sync.store.rights import REPORTS_DUE
from kobo_sync.store.scores import rounds, stale_pairs
from kobo_sync.store.store import Store
from kobo_sync.workspace import Workspace, kept_place

_log = logging.getLogger(__name__)

_NOTE = "reports"
PREVIEWS = "preview"  # a folder a service, for it to see first; never made again by itself


def remember_report(workspace: Workspace, store: Store, out: Path, round_: str) -> None:
    """Remember that a report of this round lies in the folder `out`."""
    known = _known(store)
    known[kept_place(workspace, out)] = round_
    store.leave_note(_NOTE, orjson.dumps(known).decode())


def unremember_report(workspace: Workspace, store: Store, out: Path) -> None:
    """Forget that the team's report lay in this folder: a public release lies there now, which is never made again."""
    known = _known(store)
    if known.pop(kept_place(workspace, out), None) is not None:
        store.leave_note(_NOTE, orjson.dumps(known).decode())


def refresh_reports(workspace: Workspace, store: Store) -> None:
    """Make the reports and exports again that exist, if a deletion since they were made asks for it.

    A folder that is gone is forgotten; a report of a round that has no scores any more is removed. Raises ConfigError
    when one cannot be replaced, after all the others; it stays due, and the next run tries again.
    """
    from kobo_sync.export.refresh import refresh_exports

    if not store.note(REPORTS_DUE) or stale_pairs(store):  # the scores come first
        return
    left, failures = {}, []
    failures += _without_previews(workspace)
    for name, round_ in _known(store, default=_default(workspace)).items():
        out = workspace.root / name  # a whole path stays what it is
        if not is_report(out):
            continue
        try:
            if _again(workspace, store, out, round_):
                left[name] = round_
        except ConfigError as error:
            failures.append(error)
            left[name] = round_
    store.leave_note(_NOTE, orjson.dumps(left).decode())
    failures += refresh_exports(workspace, store)
    if failures:
        raise ConfigError(
            f"A report or an export still shows figures with answers that were deleted. {failures[0]} Until then, show "
            "it to nobody."
        )
    with store.write(submissions=False) as connection:
        connection.execute(delete(tables.meta).where(tables.meta.c.key == REPORTS_DUE))


def _without_previews(workspace: Workspace) -> list[ConfigError]:
    """Remove the previews, which rest on answers that may be gone; returns what stood in the way."""
    failures = []
    for folder in sorted((workspace.root / PREVIEWS).glob("*")):
        try:
            if is_report(folder):
                remove_folder(folder)
        except ConfigError as error:
            failures.append(error)
    return failures


def _again(workspace: Workspace, store: Store, out: Path, round_: str) -> bool:
    """Write one report again, with all that it has; returns whether there is still one."""
    from kobo_sync.report.charts.files import can_draw
    from kobo_sync.report.gather import gather
    from kobo_sync.report.pdf import can_print
    from kobo_sync.report.site import write_site

    there = rounds(store)
    if not there or (round_ and round_ not in there):
        remove_folder(out)
        return False
    had = made_as(out)
    # Without its library what was there still has to go, which the new folder takes care of.
    charts, pdf = had.charts and can_draw(), had.pdf and can_print()
    for gone, kind, extra in (
        (had.charts and not charts, "charts", "charts"),
        (had.pdf and not pdf, "PDF files", "pdf"),
    ):
        if gone:
            _log.warning(
                "The report in %s was made again without its %s, which showed answers that were deleted: the library "
                "that makes them is not installed here. Install it with: pip install 'a-gender-monitor[%s]'. Then run "
                "kobo-sync report --%s again.",
                out,
                kind,
                extra,
                extra,
            )
    languages = had.languages or workspace.languages
    write_site(gather(workspace, round_), out, languages, charts=charts, pdf=pdf, processes=None)
    return True


def _known(store: Store, default: dict[str, str] | None = None) -> dict[str, str]:
    return (default or {}) | dict(orjson.loads(store.note(_NOTE) or "{}"))


def _default(workspace: Workspace) -> dict[str, str]:
    """Return the report in its usual place, which a store that was made anew does not know; of the last round."""
    return {kept_place(workspace, workspace.report): ""}

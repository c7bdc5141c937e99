"""One export from the store to its files: which tables, under which names, and what to tell the coordinator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kobo_sync.errors import RefusedForSafety, UserError
from kobo_sync.export.answers import (
    ANSWERS,
    HARMS,
    OWN,
    own_answers,
    own_table,
    restricted_answers,
    restricted_texts,
    team_answers,
)
from kobo_sync.export.codebook import codebook, framework_labels
from kobo_sync.export.files import Made, write_export
from kobo_sync.export.public import last_release, method_table, public_tables
from kobo_sync.export.refresh import remember_export
from kobo_sync.export.rows import FormRows, Reader
from kobo_sync.export.table import Table, with_labels
from kobo_sync.export.team import team_tables
from kobo_sync.export.writers import files_of
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.gather import gather
from kobo_sync.store.scores import rounds
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import Workspace

TEAM, PUBLIC, RESTRICTED = "team", "public", "restricted"

MEANING = (
    "--restricted writes, one by one, the answers to all service-quality questions with the reasons for missing ones; "
    "what women said about harms and red flags, by area and never by service; and the reviewed wording of own words. "
    "From such rows, somebody who knows a woman can find out what she said, and a service what was said against it. "
    "Who she is, ids, codes, teams and words that nobody reviewed stay out all the same, and so do services with fewer "
    "than five women."
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, how it was asked for, its files, and the tables with their number of rows."""

    folder: Path
    made: Made
    rows: tuple[tuple[str, int], ...]

    def lines(self) -> tuple[str, ...]:
        """Return what to tell the coordinator: what happened, what it means, what to do next."""
        of = f" of the round {self.made.round}" if self.made.round else ""
        said = [f"Wrote {', '.join(self.made.files)}{of}: {self.folder}"]
        if self.made.audience == PUBLIC:
            return (*said, "These are the figures of the frozen release, in another format. They may be passed on.")
        single = [(name, number) for name, number in self.rows if name.startswith((f"{ANSWERS}_", f"{HARMS}_"))]
        said += [f"{name}: {number} rows, a woman or a visit each, shuffled." for name, number in single]
        if any(name == OWN for name, _ in self.rows):
            said.append(
                "Of forms that are no part of the instrument, answers one by one are written by --restricted --force."
            )
        if not single and self.made.round:
            said.append(
                "No answers one by one: no service of the round has five women whose answers may be seen, or the time "
                "to keep the answers is over."
            )
        if self.made.restricted:
            return (*said, "Keep these files on an encrypted disk, pass them to nobody, and delete them after use.")
        if single:
            said.append("Keep one export, not a series: what differs between two is what the women in between said.")
        return (*said, "It is for your team. Do not publish it or pass it on: for that there is --audience public.")


def export(workspace: Workspace, wanted: Made, out: Path | None = None, *, force: bool = False) -> Exported:
    """Write an export and remember it, so that a deletion is carried into its files too.

    `wanted` says how; its prefix and files are filled in here. The folder is export/ in the workspace unless `out` is
    given. Raises RefusedForSafety for what is restricted without `force` or meant for the public, and where nothing was
    released; UserError for a language that is not there; ConfigError, FormError, StoreError, LockHeld.
    """
    if wanted.restricted and wanted.audience == PUBLIC:
        raise RefusedForSafety("Nothing restricted is ever made for the public, so nothing was written.")
    if wanted.restricted and not force:
        raise RefusedForSafety(f"{MEANING} Nothing was written. If that is what you want, say --restricted --force.")
    folder = out or workspace.root / "export"
    with lock(workspace), Store(workspace.store) as store:
        made, tables = tables_of(workspace, store, wanted)
        files = files_of(made.prefix, tables, made.format)
        # Remembered first: a file that is not remembered would outlive a withdrawal.
        remember_export(workspace, store, folder)
        write_export(folder, made, files)
    rows = tuple((table.name, len(table.rows)) for table in tables)
    return Exported(folder, replace(made, files=tuple(sorted(files))), rows)


def tables_of(workspace: Workspace, store: Store, wanted: Made) -> tuple[Made, tuple[Table, ...]]:
    """Return the tables of an export with their codebook, and how it was asked for with round and prefix filled in."""
    language = wanted.labels or "en"
    extra: tuple[Table, ...] = ()
    answers: dict[str, FormRows] = {}
    if wanted.audience == PUBLIC:
        release = last_release(store, wanted.round)
        framework = Reader(workspace, store).framework(release.round)
        _check_language(wanted.labels, framework)
        tables = list(public_tables(release))
        extra = (method_table(release),)
        made = replace(wanted, prefix=PUBLIC, round=release.round)
    else:
        _check_language(wanted.labels, framework_of(workspace))
        reader = Reader(workspace, store)
        own = bool(reader.own_forms())
        # A workspace may have forms outside the instrument alone: then there is no score to wait for.
        data = None if own and not wanted.round and not rounds(store) else gather(workspace, wanted.round)
        framework = data.framework if data else framework_of(workspace)
        made = replace(wanted, prefix=RESTRICTED if wanted.restricted else TEAM, round=data.round if data else "")
        tables = list(team_tables(data)) if data and not wanted.restricted else []
        single = restricted_answers if wanted.restricted else team_answers
        shown = list(single(reader, data.round, wanted.labels)) if data else []
        shown += own_answers(reader, wanted.labels) if wanted.restricted else ()
        for table, found in shown:
            tables.append(table)
            answers[table.name] = found
        tables += [own_table(reader)] if own and not wanted.restricted else []
        if wanted.restricted:
            tables.append(restricted_texts(store))
    labels = framework_labels(framework, language)
    book = codebook(tables, answers, labels, language)
    if wanted.labels:
        tables = [table if table.name in answers else with_labels(table, labels) for table in tables]
    return made, (*tables, book, *extra)


def _check_language(language: str, framework: Framework) -> None:
    if language and language not in framework.languages:
        raise UserError(
            f"There are no labels in the language {language[:20]!r}, so nothing was written. There are: "
            f"{', '.join(framework.languages)}."
        )

"""A public release: reads one closed round from the store, sends it through the wall, keeps and writes what comes out.

Nothing here decides what may be seen: `scoring.release` does. What is written is read from the release alone.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kobo_sync import __version__
from kobo_sync.errors import ConfigError, RefusedForSafety
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.kept_framework import FRAMEWORK, kept_framework
from kobo_sync.places import read_locales
from kobo_sync.practice import read_practice
from kobo_sync.progress import bar
from kobo_sync.report.area_forms import area_forms, choice_labels, counted_rows, question_labels, ticked_choices
from kobo_sync.report.card_files import public_cards
from kobo_sync.report.charts.files import check_pictures
from kobo_sync.report.charts.public import PublicCharts
from kobo_sync.report.folder import PUBLIC, draft_of, publish_folder
from kobo_sync.report.gather import DEMO_MARK
from kobo_sync.report.making import Site, build
from kobo_sync.report.names import page_names
from kobo_sync.report.pdf import Printer
from kobo_sync.report.preview_site import preview_files
from kobo_sync.report.public_site import PublicData, PublicSite
from kobo_sync.report.public_words import public_words
from kobo_sync.report.reached import Labels
from kobo_sync.report.refresh import PREVIEWS, unremember_report
from kobo_sync.scoring.model import CLIENTS
from kobo_sync.scoring.release import NothingToRelease, make_release
from kobo_sync.scoring.release_ends import women_means
from kobo_sync.scoring.release_model import (
    PUBLISHED,
    Identity,
    IdentityCount,
    Known,
    Listed,
    Release,
    Remembered,
    Scored,
)
from kobo_sync.scoring.release_tables import files_of
from kobo_sync.scoring.rounds import months_of
from kobo_sync.scoring.service import resample
from kobo_sync.services import read_services
from kobo_sync.store.releases import Counted, closed_details, releases, save_release
from kobo_sync.store.scores import documents, scores, stale_pairs
from kobo_sync.store.seal import Seal, open_seal
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import versions_of
from kobo_sync.sync.lock import lock
from kobo_sync.sync.scores import answer_sheets
from kobo_sync.workspace import Workspace

_LOCALES = "L"


@dataclass(frozen=True, slots=True)
class Published:
    """What was written: where, and which release; not `new` where it was released before and stays as it was."""

    folder: Path
    release: Release
    new: bool

    def lines(self) -> tuple[str, ...]:
        """Return what to tell the coordinator: what happened, what it means, what to do next."""
        services = self.release.content["services"]
        shown = sum(block["status"] == PUBLISHED for block in services)
        name = f"release {self.release.number} of the round {self.release.round}"
        if not self.new:
            return (
                f"The round is released already. Wrote {name} again, unchanged: {self.folder}",
                "Made anew before enough of its interviews have changed, it would show what single women said.",
            )
        return (
            f"Wrote {name}: {self.folder}",
            f"{shown} of {len(services)} services have figures in it. Of the others it says they are not published.",
            "A service needs enough women, no flag that waits for its review, and its women_band in services.csv.",
            "It is frozen from now on. Read it through with women who use drugs before you pass it on,",
            "and give the services ten working days to reply.",
        )


def publish(
    workspace: Workspace,
    round_: str,
    out: Path | None = None,
    now: dt.datetime | None = None,
    *,
    charts: bool = False,
    pdf: bool = False,
) -> Published:
    """Release a closed round and write its files as a folder (public/ROUND in the workspace unless `out` is given).

    Pages in each language stand beside the data files; charts for slides and PDF files of the scorecards where they
    are wanted. A round that was
    released before is released again only where enough has changed; else the files of its last release are written
    again. Raises RefusedForSafety when the round is not closed or the thresholds are too low, ConfigError when the
    scores are not up to date or the folder cannot be written, UserError where what makes charts or PDF files is not
    installed, and FormError, StoreError, LockHeld. RefusedForSafety too where a row of actions.csv or replies.csv that
    is to be public holds what may not be; nothing is released then.
    """
    # Before anything is released: a release is for ever, and its files shall come with it.
    if charts:
        check_pictures()
    if pdf:
        Printer()
    moment = now or dt.datetime.now(tz=dt.UTC)
    words = public_words(workspace)
    with lock(workspace), Store(workspace.store) as store:
        made, remembered = _make(workspace, store, round_, moment)
        if remembered is not None:
            save_release(store, remembered, moment.timestamp())
        folder = out or workspace.root / "public" / round_
        labels, demo = _labels(workspace), (workspace.root / DEMO_MARK).exists()
        framework = _framework(workspace, round_)
        where = read_locales(workspace.locales_file) if workspace.locales_file.exists() else {}
        all_made = tuple(one.release for one in releases(store))
        data = PublicData(made, framework, labels, all_made, words, where, demo)
        sites: list[Site] = [PublicSite(data, pdf=pdf), public_cards(data, pdf=pdf)]
        sites += [PublicCharts(made, framework, demo=demo)] if charts else []
        with draft_of(folder, PUBLIC) as draft, bar("Pages") as progress:
            build(sites, draft, progress=progress)
            for name, content in files_of(made).items():
                draft.put(name, content)
        unremember_report(workspace, store, folder)
    return Published(folder, made, remembered is not None)


def preview(workspace: Workspace, round_: str, service: str, now: dt.datetime | None = None) -> Path:
    """Write what a service gets to see before its closed round is published, under public rules; keeps no release.

    Returns the first page, in preview/SERVICE of the workspace. Raises ConfigError when the list has no such service,
    and what `publish` raises.
    """
    listed = read_services(workspace.services_file)
    if service not in listed:
        raise ConfigError(f"{service} is not in services.csv. There are: {', '.join(sorted(listed))}.")
    words = public_words(workspace)
    with lock(workspace), Store(workspace.store) as store:
        made, _ = _make(workspace, store, round_, now or dt.datetime.now(tz=dt.UTC))
    if service not in {block["code"] for block in made.content["services"]}:
        raise ConfigError(f"The release of {round_} does not list {service}, which came into services.csv after it.")
    folder = workspace.root / PREVIEWS / Path(page_names([service])[service]).stem
    framework, demo = _framework(workspace, round_), (workspace.root / DEMO_MARK).exists()
    data = PublicData(made, framework, _labels(workspace), words=words, demo=demo)
    publish_folder(preview_files(data, service), folder)
    return folder / "index.html"


def _make(workspace: Workspace, store: Store, round_: str, moment: dt.datetime) -> tuple[Release, Remembered | None]:
    """Return the release of a round, and what is to be kept of it where it is a new one."""
    details = _closed(store, round_)
    earlier = releases(store)
    last = next((one.release for one in reversed(earlier) if one.release.round == round_), None)
    if last is not None and details.get("retired"):
        return last, None  # the answers are gone: nothing can be made of them again
    known, framework = _known(workspace, store, round_, details, moment.date())
    try:
        remembered = make_release(known, earlier, framework)
    except NothingToRelease as nothing:
        return nothing.release, None
    return remembered.release, remembered


def _framework(workspace: Workspace, round_: str) -> Framework:
    """Return the framework that a round was scored with."""
    return kept_framework(workspace.rounds, round_) or read_framework(workspace.xlsform / FRAMEWORK)


def _labels(workspace: Workspace) -> Labels:
    choices = {**choice_labels(workspace.xlsform, "barrier"), **choice_labels(workspace.xlsform, "identity")}
    return Labels(choices, question_labels(workspace.xlsform, "identity"))


def _closed(store: Store, round_: str) -> dict[str, Any]:
    details = closed_details(store, round_) if round_ else None
    if details is None:
        raise RefusedForSafety(
            f"{f'The round {round_} is not closed' if round_ else 'No round was named'}. Public files are made of "
            "closed rounds only: from figures that still change, anybody could work out what the last women "
            "said. Close the round first, then name it with --round."
        )
    return details


def _known(
    workspace: Workspace, store: Store, round_: str, details: Mapping[str, Any], today: dt.date
) -> tuple[Known, Framework]:
    framework = _framework(workspace, round_)
    months = tuple(details.get("months") or months_of(round_, framework.round_months))
    if stale_pairs(store):
        raise ConfigError(
            "Answers changed since the scores were made, so nothing was published. First: kobo-sync score"
        )
    versions, seal = versions_of(workspace), open_seal(workspace.key_file, store)
    practice = {row.service: row for row in read_practice(workspace.root / "practice.csv") if row.round == round_}
    listed = read_services(workspace.services_file)
    locales = read_locales(workspace.locales_file) if workspace.locales_file.exists() else {}
    approved = workspace.not_approved_counts
    scored = []
    for score in scores(store, round_):
        sheets = answer_sheets(documents(store, score.service, months, not_approved=approved), framework, versions)
        draws = resample(score, framework, sheets) if sheets else None
        scored.append(Scored(score, draws, practice.get(score.service), women_means(sheets, framework)))
    women = _Women(seal)
    for form, row in counted_rows(store, versions, months, CLIENTS, not_approved=approved):
        women.add(form, row)
    return Known(
        round=round_,
        made_on=today.isoformat(),
        services=tuple(Listed(one.code, one.label, one.locale, one.women_band) for one in listed.values()),
        locales={code: locale.label for code, locale in locales.items()},
        scored=tuple(scored),
        forms=area_forms(counted_rows(store, versions, months, _LOCALES, not_approved=approved)),
        variables=tuple(women.variables.values()),
        identities=women.counts(),
        records=women.records,
        not_lawful=workspace.not_lawful,
        versions={"a-gender-monitor": __version__, "numpy": str(details.get("numpy") or np.__version__)},
    ), framework


class _Women:
    """Counts the interviews with women: by service, and by service and identity."""

    def __init__(self, seal: Seal) -> None:
        self.records: dict[str, dict[str, str]] = {}
        self.variables: dict[str, Identity] = {}
        self._seal = seal
        self._answered: Counter[tuple[str, str]] = Counter()
        self._counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, form: Form, row: Counted) -> None:
        """Count one interview."""
        hashes = self.records.setdefault(row.service, {})
        hashes[self._seal.released(row.root_uuid)] = self._seal.released(row.uuid)
        for question in form.questions:
            if question.role != "identity":
                continue
            categories = self._categories(question)
            ticked = set(ticked_choices(row.document.get(question.name))) & set(categories)
            if ticked:
                self._answered[question.name, row.service] += 1
                self._counts[question.name, row.service].update(ticked)

    def counts(self) -> tuple[IdentityCount, ...]:
        """Return what was counted."""
        return tuple(
            IdentityCount(variable, service, self._answered[variable, service], dict(counts))
            for (variable, service), counts in sorted(self._counts.items())
        )

    def _categories(self, question: Question) -> tuple[str, ...]:
        known = self.variables.get(question.name)
        names = (*(known.categories if known else ()), *(c.name for c in question.choices if c.missing is None))
        made = Identity(question.name, tuple(dict.fromkeys(names)), question.multiple)
        self.variables[question.name] = made
        return made.categories

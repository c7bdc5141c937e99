"""From the store to a report: gathers what one round's pages are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from kobo_sync import __version__
from kobo_sync.errors import ConfigError
from kobo_sync.followup import ACTIONS, REPLIES, read_actions, read_replies
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.kept_framework import FRAMEWORK, kept_framework
from kobo_sync.practice import read_practice
from kobo_sync.progress import bar
from kobo_sync.report.area_forms import choice_labels, places_of, question_labels
from kobo_sync.report.model import Earlier, Fieldwork, ReportData, ServiceInfo
from kobo_sync.report.reached import Labels, Reached, last_release, reached_in
from kobo_sync.report.refresh import remember_report
from kobo_sync.report.site import write_site
from kobo_sync.scoring.changes import Changes
from kobo_sync.scoring.rounds import months_of, round_of
from kobo_sync.store.closing import closed_rounds
from kobo_sync.store.frozen import CHANGE, frozen
from kobo_sync.store.releases import releases
from kobo_sync.store.scores import RoundCounts, are_scores_due, method_of, round_counts, rounds, scores
from kobo_sync.store.store import Store
from kobo_sync.workspace import CONFIG, Workspace, read_services

DEMO_MARK = ".demo"  # lies in the workspace of a demonstration, so that its pages say what they are


def write_report(
    workspace: Workspace,
    round_: str = "",
    out: Path | None = None,
    languages: Sequence[str] = (),
    *,
    charts: bool = False,
    pdf: bool = False,
) -> Path:
    """Write the team's report of a round (the last one, if none is named) and return its first page.

    `languages` are the codes of those to write; none means those of the workspace, or all. `charts` puts charts for
    slides beside the pages; with `pdf`, scorecards are PDF files too.

    Raises ConfigError when there is nothing to report, no such round, a language in kobo-sync.toml that the framework
    lacks, or the folder cannot be written; UserError where what makes charts or PDF files is not installed.
    """
    data, folder = gather(workspace, round_), out or workspace.report
    if unknown := [code for code in workspace.languages if code not in data.framework.languages]:
        there = read_framework(workspace.xlsform / FRAMEWORK).languages  # a closed round may have fewer
        if unknown[0] not in there:
            raise ConfigError(
                f"{workspace.root / CONFIG}: languages: there is no {unknown[0]!r}. There are: {', '.join(there)}."
            )
    with Store(workspace.store) as store:
        # Remembered first: a report that is not remembered would outlive a withdrawal.
        remember_report(workspace, store, folder, data.round)
    with bar("Pages") as progress:
        return write_site(
            data, folder, languages or workspace.languages, charts=charts, pdf=pdf, processes=None, progress=progress
        )


def gather(workspace: Workspace, round_: str = "", today: dt.date | None = None) -> ReportData:
    """Read one round from the store. Raises ConfigError when there is no score, or none of that round."""
    framework = read_framework(workspace.xlsform / FRAMEWORK)
    made_on = today or dt.datetime.now(tz=dt.UTC).date()
    with Store(workspace.store) as store:
        there = rounds(store)
        if not there:
            raise ConfigError("There are no scores yet. Read the interviews first: kobo-sync sync")
        if round_ and round_ not in there:
            raise ConfigError(f"There are no scores of the round {round_!r}. There are: {', '.join(there)}.")
        if are_scores_due(store, method_of(framework.fingerprint, not_approved=workspace.not_approved_counts)):
            raise ConfigError("Answers or the framework changed since the scores were made. First: kobo-sync score")
        now = round_of(f"{made_on:%Y-%m}", framework.round_months)
        chosen = round_ or max((name for name in there if name <= now), default=there[-1])
        found = scores(store, chosen)
        with store.read() as connection:
            all_closed = closed_rounds(connection)
        closed = all_closed.get(chosen)
        months = closed.months if closed else months_of(chosen, framework.round_months)
        counts = round_counts(store, months)
        if closed:  # shown by the rules that it was scored with
            framework = kept_framework(workspace.rounds, chosen) or framework
        listed = read_services(workspace.services_file)
        places = places_of(
            workspace, store, framework, round_=chosen, months=months, scores=found, listed=listed, closed=closed
        )
        earlier = _earlier(workspace, store, framework, [name for name in all_closed if name < chosen], chosen)
        reached = _reached(workspace, store, chosen)
    if closed and closed.retired:
        counts = RoundCounts(closed.count("accepted"), closed.count("refused"), closed.count("quarantined"))
    known = (set(listed), set(places.labels))
    return ReportData(
        framework=framework,
        round=chosen,
        scores=found,
        services={
            service.code: ServiceInfo(
                service.code,
                service.label,
                places.labels.get(service.locale, service.locale),
                service.type,
                service.locale,
            )
            for service in listed.values()
        },
        fieldwork=Fieldwork(counts.accepted, counts.refused, counts.quarantined, late=counts.late),
        made_on=made_on,
        tool_version=framework.version,
        program_version=__version__,
        demo=(workspace.root / DEMO_MARK).exists(),
        closed=closed is not None,
        practice=read_practice(workspace.root / "practice.csv"),
        earlier=earlier,
        places=places,
        actions=read_actions(workspace.root / ACTIONS, *known),
        replies=read_replies(workspace.root / REPLIES, *known),
        reached=reached,
    )


def _reached(workspace: Workspace, store: Store, round_: str) -> Reached | None:
    """Return who was hardly reached, as the last release up to this round tells."""
    found = last_release([one.release for one in releases(store)], round_)
    if found is None:
        return None
    labels = Labels(choice_labels(workspace.xlsform, "identity"), question_labels(workspace.xlsform, "identity"))
    return reached_in(found, labels)


def _earlier(
    workspace: Workspace, store: Store, framework: Framework, before: list[str], round_: str
) -> Earlier | None:
    """Return the closed round that the changes kept with this one are against; None where there are none."""
    changes = frozen(store, round_, CHANGE, Changes)
    if not changes or not before:
        return None
    name = before[-1]
    return Earlier(
        round=name,
        scores={score.service: score for score in scores(store, name)},
        framework=kept_framework(workspace.rounds, name) or framework,
        changes={code: change for code, change in changes.items() if change.before == name},
    )

"""What a round's closing freezes beside the scores: how services changed, and what is known of places (3.9, 3.10).

Both need the answers themselves (each resample draws women anew), which are deleted some time after the closing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.places import read_locales
from kobo_sync.scoring.areas import Area, AreaAnswers, area_of
from kobo_sync.scoring.changes import Changes, Round, compare
from kobo_sync.scoring.items import area_answers
from kobo_sync.scoring.model import AnswerSheet, ServiceScore
from kobo_sync.scoring.service import resample
from kobo_sync.scoring.uncertainty import Floats
from kobo_sync.services import read_services
from kobo_sync.store.closing import Closed, change_details, closed_rounds
from kobo_sync.store.frozen import AREA, CHANGE, freeze, frozen, unfreeze
from kobo_sync.store.scores import documents, form_documents, has_all, scores
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import answer_sheets, by_source
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace

_AREAS = "L"
_FORMS = "area_forms"  # in the details of a closed round: the numbers of the forms about places, by form


@dataclass(frozen=True, slots=True)
class Figures:
    """What is frozen of one round: changes by service, places by code, and the forms about places that they rest on."""

    changes: Mapping[str, Changes]
    areas: Mapping[str, Area]
    forms: Mapping[str, list[int]]


NO_FIGURES = Figures({}, {}, {})


@dataclass(frozen=True)
class Answers:
    """Where figures are made from: a store that is open under the lock, and what its answers are read with."""

    workspace: Workspace
    store: Store
    framework: Framework
    versions: Mapping[str, Versions]

    def sheets(self, service: str, months: tuple[str, ...]) -> list[AnswerSheet]:
        """Lay out what was answered about a service in these months."""
        approved = self.workspace.not_approved_counts
        found = documents(self.store, service, months, not_approved=approved)
        return answer_sheets(found, self.framework, self.versions)


def figures_of(answers: Answers, name: str, months: tuple[str, ...]) -> Figures:
    """Compute what the closing of a round freezes, from the answers that the store holds.

    A service's change is against the closed round before; there is none where that round's answers are gone. Raises
    ConfigError, FormError and StoreError.
    """
    now = {score.service: score for score in scores(answers.store, name)}
    sheets = {code: answers.sheets(code, months) for code in now}
    forms, told = _about_places(answers, months)
    return Figures(
        changes=_changes(answers, name, now, sheets), areas=_areas(answers, name, now, sheets, told), forms=forms
    )


def write_figures(connection: Connection, name: str, figures: Figures) -> None:
    """Keep the figures of a closed round in place of the former ones."""
    for kind, results in ((CHANGE, figures.changes), (AREA, figures.areas)):
        unfreeze(connection, name, kind)
        freeze(connection, name, kind, results)
    change_details(connection, name, {_FORMS: figures.forms, "figures": True})


def mend_figures(
    workspace: Workspace, store: Store, versions: Mapping[str, Versions], touched: Collection[tuple[str, str]]
) -> None:
    """Make the figures of closed rounds anew that rest on answers which are gone now.

    `touched` the (service, closed round) of which scores were made anew. A round whose answers were deleted because
    their time was over stays as it is, and so do the other services' changes against it. Raises as `figures_of`.
    """
    with store.read() as connection:
        closed = list(closed_rounds(connection).values())
    for before, one in zip([None, *closed], closed, strict=False):
        if one.retired or not one.details.get("figures"):
            continue
        names = {one.name, before.name} if before else {one.name}
        services = {service for service, name in touched if name in names}
        if services or not _whole(store, one):
            framework = kept_framework(workspace.rounds, one.name)
            if framework is not None:
                figures = figures_of(Answers(workspace, store, framework, versions), one.name, one.months)
                known = frozen(store, one.name, CHANGE, Changes)
                others = {service: change for service, change in known.items() if service not in services}
                figures = replace(figures, changes={**figures.changes, **others})
                with store.write() as connection:
                    write_figures(connection, one.name, figures)


def _whole(store: Store, closed: Closed) -> bool:
    """Whether all forms about places that a round's figures rest on are still here."""
    return all(has_all(store, form, ids) for form, ids in closed.details.get(_FORMS, {}).items())


def _changes(
    answers: Answers, name: str, now: Mapping[str, ServiceScore], sheets: Mapping[str, list[AnswerSheet]]
) -> dict[str, Changes]:
    with answers.store.read() as connection:
        earlier = [closed for closed in closed_rounds(connection).values() if closed.name < name]
    if not earlier or earlier[-1].retired:
        return {}
    before = earlier[-1]
    made: dict[str, Changes] = {}
    for score in scores(answers.store, before.name):
        if score.service in now and sheets[score.service]:
            then = answers.sheets(score.service, before.months)
            if then:
                one, two = Round(score, then), Round(now[score.service], sheets[score.service])
                made[score.service] = compare(one, two, answers.framework)
    return made


def _areas(
    answers: Answers,
    name: str,
    now: Mapping[str, ServiceScore],
    sheets: Mapping[str, list[AnswerSheet]],
    told: Mapping[str, list[AreaAnswers]],
) -> dict[str, Area]:
    workspace, framework = answers.workspace, answers.framework
    if framework.method.gaps is None:
        return {}
    listed = read_services(workspace.services_file) if workspace.services_file.exists() else {}
    places = read_locales(workspace.locales_file) if workspace.locales_file.exists() else {}
    made: dict[str, Area] = {}
    for code in sorted({*places, *told}):
        here = [score for score in now.values() if score.service in listed and listed[score.service].locale == code]
        drawn: dict[str, Floats] = {
            score.service: resample(score, framework, sheets[score.service]).overall
            for score in here
            if score.rated and sheets[score.service]
        }
        made[code] = area_of(
            code, name, told.get(code, []), here, framework, resampled=drawn, not_lawful=workspace.not_lawful
        )
    return made


def _about_places(
    answers: Answers, months: tuple[str, ...]
) -> tuple[dict[str, list[int]], dict[str, list[AreaAnswers]]]:
    """Return the forms about places, by form, and what they say, by the code of the place."""
    forms: dict[str, list[int]] = {}
    told: dict[str, list[AreaAnswers]] = {}
    for name, kept in answers.versions.items():
        if kept.source != _AREAS:
            continue
        found = form_documents(answers.store, name, months, not_approved=answers.workspace.not_approved_counts)
        for form, document, id_ in by_source(found, answers.versions, (_AREAS,)).get(_AREAS, []):
            question = form.with_role("locale")
            place = document.get(question.name) if question else None
            if place:
                forms.setdefault(name, []).append(id_)
                told.setdefault(str(place), []).append(area_answers(form, document))
    return forms, told

"""What a round's closing freezes beside the scores: how services changed, and what is known of places (3.9, 3.10).

Both need the answers themselves (each resample draws women anew), which are deleted some time after the closing. Kept
with a place is what its figures rest on (`Basis`), so that only a withdrawal of that touches it, and neither a service
that was listed elsewhere since nor another place. Answers are read a place at a time: memory does not grow with the
number of services.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import orjson
from sqlalchemy import Connection

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.places import read_locales
from kobo_sync.scoring.areas import Area, AreaAnswers, area_of
from kobo_sync.scoring.changes import Changes, Round, compare
from kobo_sync.scoring.items import area_answers
from kobo_sync.scoring.model import AnswerSheet, ServiceScore
from kobo_sync.scoring.service import resample, score_service
from kobo_sync.scoring.uncertainty import Floats
from kobo_sync.services import read_services
from kobo_sync.store.closing import Closed, change_details, closed_rounds
from kobo_sync.store.frozen import AREA, BASIS, CHANGE, freeze, frozen, unfreeze
from kobo_sync.store.scores import documents, form_documents, has_all, score_of, scored_services
from kobo_sync.store.store import Store
from kobo_sync.sync.scores import answer_sheets, by_source
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import CONFIG, Workspace

_AREAS = "L"
_DUE = "figures due"  # the note of the (service, closed round) whose frozen figures rest on answers that are gone
Pairs = Collection[tuple[str, str]]
_Told = dict[str, dict[int, tuple[str, AreaAnswers]]]  # forms about places: by form and number, its code, what it says


@dataclass(frozen=True, slots=True)
class Basis:
    """What the figures of one place rest on: services, and the numbers of the forms about it, by form.

    `listed` whether it stood in locales.csv: one that does not is known from its forms alone.
    """

    listed: bool = False
    services: tuple[str, ...] = ()
    forms: tuple[tuple[str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What is frozen of one round: changes by service, places and what they rest on by code.

    `before` the closed round that services were compared with, "" for none; `not_lawful` the gaps left out.
    """

    changes: Mapping[str, Changes] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    bases: Mapping[str, Basis] = field(default_factory=dict)
    before: str = ""
    not_lawful: tuple[str, ...] = ()


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
    workspace, gaps = answers.workspace, answers.framework.method.gaps
    unknown = sorted(set(workspace.not_lawful) - set(gaps.lawful_only if gaps else ()))
    if unknown:  # a slip of the pen there would call a place severely lacking
        raise ConfigError(
            f"{workspace.root / CONFIG}: not_lawful: {unknown[0]!r} is no gap that may be unlawful to close. "
            f"There are: {', '.join(gaps.lawful_only if gaps else ()) or 'none'}. Nothing was closed."
        )
    services = scored_services(answers.store, name)
    before = _before(answers.store, months)
    told = _about_places(answers, months) if gaps else {}
    bases = _bases(workspace, services, told) if gaps else {}
    made = _Making(answers, name, months, before, workspace.not_lawful, set(services), told)
    for code, basis in bases.items():
        made.area(code, basis)
    made.services(services)
    return Figures(made.changes, made.areas, bases, before.name if before else "", workspace.not_lawful)


def write_figures(connection: Connection, name: str, figures: Figures) -> None:
    """Keep the figures of a round, in the transaction that closes it."""
    for kind, results in ((CHANGE, figures.changes), (AREA, figures.areas), (BASIS, figures.bases)):
        freeze(connection, name, kind, results)
    kept = {"figures": True, "compared_with": figures.before, "not_lawful": figures.not_lawful}
    change_details(connection, name, kept)


def owe_figures(store: Store, touched: Pairs) -> None:
    """Remember, before their scores are made anew, the (service, closed round) of which an answer is gone.

    Killed before `mend_figures` is through, the next run does it.
    """
    if touched:
        store.leave_note(_DUE, orjson.dumps(sorted({*_owed(store), *touched})).decode())


def mend_figures(workspace: Workspace, store: Store, framework: Framework, versions: Mapping[str, Versions]) -> None:
    """Make those figures of closed rounds anew that rest on answers which are gone now (`owe_figures`), no others.

    `framework` is used where that of a round was not kept. A round whose answers were deleted because their time was
    over stays as it is; a change against it that can no longer be made goes. Raises as `figures_of`.
    """
    touched = _owed(store)
    with store.read() as connection:
        closed = closed_rounds(connection)
    for one in closed.values():
        if one.details.get("figures") and not one.retired:
            _mend(workspace, store, one, closed, touched, framework, versions)
    if touched:
        store.take_note(_DUE)


def _owed(store: Store) -> set[tuple[str, str]]:
    return {(service, round_) for service, round_ in orjson.loads(store.note(_DUE) or "[]")}


def _mend(  # noqa: PLR0917 -- what one closed round is made from
    workspace: Workspace,
    store: Store,
    one: Closed,
    closed: Mapping[str, Closed],
    touched: Pairs,
    framework: Framework,
    versions: Mapping[str, Versions],
) -> None:
    before = closed.get(one.details.get("compared_with", ""))
    own = {service for service, round_ in touched if round_ == one.name}
    compared = {service for service, round_ in touched if before and round_ == before.name}
    bases = frozen(store, one.name, BASIS, Basis)
    whole = _whole(store, bases.values())
    stale = {
        code: basis
        for code, basis in bases.items()
        if own & set(basis.services) or not (whole or _whole(store, [basis]))
    }
    if not own | compared | stale.keys():
        return
    answers = Answers(workspace, store, kept_framework(workspace.rounds, one.name) or framework, versions)
    told = _about_places(answers, one.months) if stale else {}
    new = _without_gone(store, one.name, stale, told)
    usable = before if before and not before.retired else None
    not_lawful = tuple(one.details.get("not_lawful", ()))
    made = _Making(answers, one.name, one.months, usable, not_lawful, own | compared, told)
    for code, basis in new.items():
        made.area(code, basis)
    made.services(sorted(own | compared))
    with store.write(submissions=False) as connection:
        unfreeze(connection, one.name, CHANGE, own | compared)
        freeze(connection, one.name, CHANGE, made.changes)
        for kind, results in ((AREA, made.areas), (BASIS, new)):
            unfreeze(connection, one.name, kind, stale.keys())
            freeze(connection, one.name, kind, results)


def _whole(store: Store, bases: Iterable[Basis]) -> bool:
    """Whether all forms about places that figures rest on are still here."""
    wanted: dict[str, list[int]] = {}
    for basis in bases:
        for form, ids in basis.forms:
            wanted.setdefault(form, []).extend(ids)
    return all(has_all(store, form, ids) for form, ids in wanted.items())


def _without_gone(store: Store, name: str, stale: Mapping[str, Basis], told: _Told) -> dict[str, Basis]:
    """Return what places rest on now: of their services and forms those that are left.

    A place that was known from forms alone, and of which none is left, is known no more.
    """
    there = set(scored_services(store, name))
    made: dict[str, Basis] = {}
    for code, basis in stale.items():
        left = [(form, tuple(id_ for id_ in ids if id_ in told.get(form, {}))) for form, ids in basis.forms]
        now = Basis(
            basis.listed, tuple(s for s in basis.services if s in there), tuple(some for some in left if some[1])
        )
        if now.listed or now.forms:
            made[code] = now
    return made


def _before(store: Store, months: tuple[str, ...]) -> Closed | None:
    """Return the closed round before, None where there is none or its answers are gone."""
    with store.read() as connection:
        earlier = [closed for closed in closed_rounds(connection).values() if closed.months < months]
    return earlier[-1] if earlier and not earlier[-1].retired else None


class _Making:
    """Makes figures of one round, of `wanted` services and of places, reading each service's answers once."""

    def __init__(  # noqa: PLR0917 -- see the class
        self,
        answers: Answers,
        name: str,
        months: tuple[str, ...],
        before: Closed | None,
        not_lawful: tuple[str, ...],
        wanted: set[str],
        told: _Told,
    ) -> None:
        self.changes: dict[str, Changes] = {}
        self.areas: dict[str, Area] = {}
        self._answers, self._name, self._months = answers, name, months
        self._before, self._not_lawful, self._wanted = before, not_lawful, wanted
        self._told = told

    def area(self, code: str, basis: Basis) -> None:
        """Make the figures of a place, and on the way the changes of its services."""
        answers, scores, drawn = self._answers, [], {}
        for service in basis.services:
            score, sheets = self._service(service)
            if score is None:
                continue
            scores.append(score)
            if score.rated and sheets:
                drawn[service] = resample(score, answers.framework, sheets).overall
        told = [self._told[form][id_][1] for form, ids in basis.forms for id_ in ids]
        resampled: dict[str, Floats] = drawn
        self.areas[code] = area_of(
            code, self._name, told, scores, answers.framework, resampled=resampled, not_lawful=self._not_lawful
        )

    def services(self, codes: Iterable[str]) -> None:
        """Make the changes of those services that no place was made with."""
        for code in codes:
            if code in self._wanted:
                self._service(code)

    def _service(self, code: str) -> tuple[ServiceScore | None, list[AnswerSheet]]:
        score = score_of(self._answers.store, code, self._name)
        sheets = self._answers.sheets(code, self._months) if score is not None else []
        if code in self._wanted:
            self._wanted.discard(code)
            if score is not None and sheets and self._before is not None:
                self._compare(score, sheets, self._before)
        return score, sheets

    def _compare(self, score: ServiceScore, sheets: list[AnswerSheet], before: Closed) -> None:
        answers = self._answers
        was = score_of(answers.store, score.service, before.name)
        then = answers.sheets(score.service, before.months) if was is not None else []
        if was is None or not then:
            return
        if before.details.get("fingerprint") != answers.framework.fingerprint:  # both rounds by one framework (3.9)
            measured = score_service(was.service, was.round, answers.framework, then)
            was = replace(measured, flags=was.flags)
        self.changes[score.service] = compare(Round(was, then), Round(score, sheets), answers.framework)


def _bases(workspace: Workspace, services: Collection[str], told: _Told) -> dict[str, Basis]:
    """Return what places rest on: all that are listed, or that a form is about; with the scored services there."""
    listed = read_services(workspace.services_file) if workspace.services_file.exists() else {}
    places = read_locales(workspace.locales_file) if workspace.locales_file.exists() else {}
    here: dict[str, list[str]] = {}
    for service in sorted(services):
        if service in listed:
            here.setdefault(listed[service].locale, []).append(service)
    forms: dict[str, dict[str, list[int]]] = {}
    for form, found in told.items():
        for id_, (place, _) in found.items():
            forms.setdefault(place, {}).setdefault(form, []).append(id_)
    return {
        code: Basis(
            code in places,
            tuple(here.get(code, ())),
            tuple((form, tuple(ids)) for form, ids in sorted(forms.get(code, {}).items())),
        )
        for code in sorted({*places, *forms})
    }


def _about_places(answers: Answers, months: tuple[str, ...]) -> _Told:
    """Return the forms about places."""
    told: _Told = {}
    for name, kept in answers.versions.items():
        if kept.source != _AREAS:
            continue
        found = form_documents(answers.store, name, months, not_approved=answers.workspace.not_approved_counts)
        for form, document, id_ in by_source(found, answers.versions, (_AREAS,)).get(_AREAS, []):
            question = form.with_role("locale")
            place = document.get(question.name) if question else None
            if place:
                told.setdefault(name, {})[id_] = (str(place), area_answers(form, document))
    return told

"""The forms about places of one round, from the store: their gaps, and the barriers that were ticked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.outline import language_code
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.places import read_locales
from kobo_sync.report.model import Places
from kobo_sync.scoring.areas import Area, area_of
from kobo_sync.scoring.items import area_answers
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.release_areas import sound_barriers
from kobo_sync.scoring.release_model import LocaleForm
from kobo_sync.services import Service
from kobo_sync.store.closing import Closed
from kobo_sync.store.frozen import AREA, frozen
from kobo_sync.store.releases import Counted, counted
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import versions_of
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace

LOCALES = "L"


def places_of(
    workspace: Workspace,
    store: Store,
    framework: Framework,
    *,
    round_: str,
    months: tuple[str, ...],
    scores: tuple[ServiceScore, ...],
    listed: Mapping[str, Service],
    closed: Closed | None,
) -> Places:
    """Return what is known of the places in a round: what its closing froze, or else what the forms say by now.

    Without the resamples that a closing draws, a place's score has no interval yet.
    """
    where = read_locales(workspace.locales_file) if workspace.locales_file.exists() else {}
    labels = {code: one.label for code, one in where.items()}
    rules = framework.method.gaps
    if rules is None:
        return Places(labels, where=where)
    rows = counted_rows(store, versions_of(workspace), months, LOCALES, not_approved=workspace.not_approved_counts)
    forms = area_forms(rows)
    areas: dict[str, Area] = {}
    if closed and closed.details.get("figures"):
        areas = frozen(store, round_, AREA, Area)
    else:
        for code in sorted({*labels, *forms}):
            here = [s for s in scores if s.service in listed and listed[s.service].locale == code]
            said = [form.answers for form in forms.get(code, ())]
            areas[code] = area_of(code, round_, said, here, framework, not_lawful=workspace.not_lawful)
    barriers = {code: tuple(sound_barriers(told, rules)) for code, told in forms.items()}
    return Places(labels, areas, barriers, choice_labels(workspace.xlsform, "barrier"), workspace.not_lawful, where)


def choice_labels(xlsform: Path, role: str) -> dict[str, dict[str, str]]:
    """Return the labels of the choices of questions with a role, by choice and language code ("en")."""
    found: dict[str, dict[str, str]] = {}
    for path in form_files(xlsform):
        for question in read_form(path, path.stem).questions:
            if question.role == role:
                for choice in question.choices:
                    texts = {language_code(spoken) or "en": text for spoken, text in choice.labels.items()}
                    found.setdefault(choice.name, texts)
    return found


def question_labels(xlsform: Path, role: str) -> dict[str, dict[str, str]]:
    """Return the labels of the questions with a role, by name and language code."""
    return {
        question.name: {language_code(spoken) or "en": text for spoken, text in question.labels.items()}
        for path in form_files(xlsform)
        for question in read_form(path, path.stem).questions
        if question.role == role
    }


def counted_rows(
    store: Store, versions: Mapping[str, Versions], months: tuple[str, ...], source: str, *, not_approved: bool
) -> Iterator[tuple[Form, Counted]]:
    """Yield what counts of the forms of one source, each with the form as it was filled in."""
    for row in counted(store, list(versions), months, not_approved=not_approved):
        validator = versions[row.form].validator(row.version)
        if validator is not None and validator.form.source == source:
            yield validator.form, row


def area_forms(rows: Iterable[tuple[Form, Counted]]) -> dict[str, tuple[LocaleForm, ...]]:
    """Return what the forms about places say, by the code of the place."""
    found: defaultdict[str, list[LocaleForm]] = defaultdict(list)
    for form, row in rows:
        barriers = [name for one in form.questions if one.role == "barrier" for name in _told(one, row.document)]
        place = form.with_role("locale")
        area = "".join(ticked_choices(row.document.get(place.name))) if place else ""
        found[area].append(LocaleForm(area_answers(form, row.document), tuple(barriers)))
    found.pop("", None)
    return {area: tuple(forms) for area, forms in found.items()}


def _told(question: Question, document: Mapping[str, Any]) -> list[str]:
    known = {choice.name for choice in question.choices if choice.missing is None}
    return [name for name in ticked_choices(document.get(question.name)) if name in known]


def ticked_choices(value: object) -> list[str]:
    """Return an answer as a list of choice names: none, one, or those that were ticked."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value)] if value else []

"""From the store to answers one by one, through the wall (scoring.item_level): what exports and frames are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.kept_framework import kept_framework
from kobo_sync.scoring.disclosure import TeamService, team_view
from kobo_sync.scoring.item_level import (
    AnswerRow,
    Interview,
    harm_rows,
    is_own,
    is_quality,
    is_sensitive,
    own_rows,
    quality_rows,
    team_rows,
)
from kobo_sync.services import read_services
from kobo_sync.store.closing import closed_rounds
from kobo_sync.store.releases import counted
from kobo_sync.store.scores import all_months, scores
from kobo_sync.store.store import Store
from kobo_sync.sync.all_forms import framework_of, versions_of
from kobo_sync.sync.scores import SCORED, rounds_of
from kobo_sync.sync.versions import Versions
from kobo_sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FormRows:
    """What may be seen of one form: its versions, the newest first, the questions shown, and the rows."""

    forms: tuple[Form, ...]
    questions: tuple[Question, ...]
    rows: tuple[AnswerRow, ...]

    @property
    def name(self) -> str:
        """What the workspace calls the form."""
        return self.forms[0].name


class Reader:
    """Reads one workspace's answers, a form and a round at a time.

    Raises ConfigError and FormError when services.csv, the framework or a kept version cannot be read, StoreError.
    """

    def __init__(self, workspace: Workspace, store: Store) -> None:
        self.workspace, self.store = workspace, store

    @cached_property
    def versions(self) -> Mapping[str, Versions]:
        """The kept versions of each form."""
        return versions_of(self.workspace)

    @cached_property
    def _now(self) -> Framework:
        return framework_of(self.workspace)

    @cached_property
    def _areas(self) -> dict[str, str]:
        path = self.workspace.services_file
        return {one.code: one.locale for one in read_services(path).values()} if path.exists() else {}

    def framework(self, round_: str) -> Framework:
        """Return the framework that holds for a round: the one that it was closed with, else today's."""
        return kept_framework(self.workspace.rounds, round_) or self._now

    def forms(self, form: str) -> tuple[Form, ...]:
        """Return the versions of a form, the newest first. Raises ConfigError where there is none."""
        found = self.versions[form].forms() if form in self.versions else ()
        if not found:
            there = ", ".join(sorted(self.versions)) or "none yet"
            raise ConfigError(
                f"There is no form {form[:60]!r} that was deployed from this workspace. There is: {there}."
            )
        return found

    def scored_forms(self) -> tuple[str, ...]:
        """Return the forms whose answers are about a service."""
        return tuple(form for form, kept in self.versions.items() if kept.source in SCORED)

    def team(self, form: str, round_: str) -> FormRows:
        """Return what the team may see of one form in one round."""
        framework = self.framework(round_)
        rows = team_rows(self._interviews(form, round_), self._views(round_), framework)
        return FormRows(self.forms(form), self._quality(form, framework, averaged=True), rows)

    def quality(self, form: str, round_: str) -> FormRows:
        """Return all service-quality answers of one form in one round: restricted."""
        framework = self.framework(round_)
        rows = quality_rows(self._interviews(form, round_), self._views(round_), framework)
        return FormRows(self.forms(form), self._quality(form, framework, averaged=False), rows)

    def harms(self, form: str, round_: str) -> FormRows:
        """Return what can report a harm, by area: restricted."""
        framework = self.framework(round_)
        forms = self.forms(form)
        questions = merged(forms, lambda question, of: is_sensitive(question, of.source, framework))
        return FormRows(forms, questions, harm_rows(self._interviews(form, round_), framework))

    def own_forms(self) -> tuple[str, ...]:
        """Return the deployed forms that are no part of the instrument: their workbooks say nobody's word."""
        return tuple(form for form, kept in self.versions.items() if kept.forms() and not kept.source)

    def own(self, form: str) -> FormRows:
        """Return what may be seen of a form that is no part of the instrument: restricted."""
        kept, found = self.versions[form], []
        for row in counted(self.store, [form], all_months(self.store), not_approved=self.workspace.not_approved_counts):
            known = kept.validator(row.version)
            if known is not None:
                found.append(Interview(known.form, "", "", row.document))
        questions = merged(self.forms(form), lambda question, _form: is_own(question))
        return FormRows(self.forms(form), questions, own_rows(found, self._now))

    def _quality(self, form: str, framework: Framework, *, averaged: bool) -> tuple[Question, ...]:
        def shown(question: Question, of: Form) -> bool:
            wanted = is_quality(question, of.source, framework)
            return wanted and (not averaged or framework.by_code[question.indicator].averaged)

        return merged(self.forms(form), shown)

    def _views(self, round_: str) -> dict[str, TeamService]:
        framework = self.framework(round_)
        return {score.service: team_view(score, framework) for score in scores(self.store, round_)}

    def _interviews(self, form: str, round_: str) -> list[Interview]:
        """Return what counts in a round; nothing once its answers began to be deleted because their time was over."""
        with self.store.read() as connection:
            closed = closed_rounds(connection).get(round_)
        if closed is not None and closed.retired:
            return []
        months = rounds_of(self.store, self._now).months(round_)
        kept = self.versions[form]
        found = []
        for row in counted(self.store, [form], months, not_approved=self.workspace.not_approved_counts):
            known = kept.validator(row.version)
            if known is not None:
                area = self._areas.get(row.service, "")
                found.append(Interview(known.form, row.service, area, row.document))
        return found


def merged(forms: Sequence[Form], wanted: Callable[[Question, Form], bool]) -> tuple[Question, ...]:
    """Return the wanted questions of all versions once each: as the newest has them, then what only older ones had."""
    found: dict[str, Question] = {}
    for form in forms:
        for question in form.questions:
            if wanted(question, form):
                known = found.setdefault(question.name, question)
                names = {choice.name for choice in known.choices}
                older = tuple(choice for choice in question.choices if choice.name not in names)
                if older:
                    found[question.name] = replace(known, choices=(*known.choices, *older))
    return tuple(found.values())

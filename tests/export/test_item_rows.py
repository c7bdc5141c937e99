"""The wall around answers one by one: which cells of which rows there are, whatever was answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from export_world import chance, client, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from workspaces import ROOT

from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.scoring.disclosure import TeamService, team_view
from kobo_sync.scoring.item_level import (
    AnswerRow,
    Interview,
    harm_rows,
    is_quality,
    is_sensitive,
    quality_rows,
    team_rows,
)
from kobo_sync.scoring.items import lay_out
from kobo_sync.scoring.service import score_service


@pytest.fixture(scope="module")
def form() -> Form:
    return client()


def interviews(form: Form, women: dict[str, int], random: Random, *, content: bool = False) -> list[Interview]:
    return [
        Interview(form, service, "D1", drawn(form, random, content=content))
        for service, n in women.items()
        for _ in range(n)
    ]


def views(found: list[Interview], framework: Framework) -> dict[str, TeamService]:
    made = {}
    for service in {one.service for one in found}:
        answers = [(one.form, one.document, n) for n, one in enumerate(found) if one.service == service]
        sheets, flags = lay_out(framework, {"C": answers})
        score = score_service(service, "2026-H1", framework, sheets, flag_sheets=flags)
        made[service] = team_view(score, framework)
    return made


def told(rows: tuple[AnswerRow, ...]) -> list[tuple[str, str, str]]:
    return [(row.place, name, choice) for row in rows for name, names in row.answers.items() for choice in names]


def test_questions_are_of_one_kind_or_none(form: Form, framework: Framework) -> None:
    """A question is of service quality, or sensitive, or neither; identities, texts, teams and months are neither."""
    for question in form.questions:
        quality, sensitive = (is_a(question, "C", framework) for is_a in (is_quality, is_sensitive))
        assert not (quality and sensitive)
        if question.role not in {"", "followup"} or not question.choices:
            assert not quality
            assert not sensitive
        if question.indicator and not question.role:
            assert sensitive == framework.by_code[question.indicator].harm
    assert sum(is_quality(question, "C", framework) for question in form.questions) > 30


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 9), min_size=1, max_size=4), st.booleans())
def test_team_rows_hold_only_what_the_page_shows(seed: int, sizes: list[int], content: bool) -> None:  # noqa: FBT001 -- drawn
    """Whatever women answer: a cell is there only where the team's page shows its figure, from five women or more."""
    form, framework = client(), _framework()
    found = interviews(form, {f"S{n}": size for n, size in enumerate(sizes)}, chance(seed), content=content)
    seen = views(found, framework)
    rows = team_rows(found, seen, framework)
    shown = {
        (service, item.code): item.percent
        for service, view in seen.items()
        for domain in view.domains
        for item in domain.items
    }
    missing = {(q.name, c.name): c.missing for q in form.questions for c in q.choices}
    values = Counter(
        (row.place, name)
        for row in rows
        for name, names in row.answers.items()
        if any(missing[name, one] is None for one in names)
    )
    for place, name, choice in told(rows):
        question = form.by_name[name]
        assert shown.get((place, question.indicator)) is not None
        assert not framework.by_code[question.indicator].harm
        assert missing[name, choice] in {None, "dk"}
        assert values[place, name] >= 5
    assert all(n >= 5 for n in Counter(row.place for row in rows).values())
    assert all(seen[row.place].n is not None for row in rows)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_restricted_rows_keep_harms_and_services_apart(seed: int, sizes: list[int]) -> None:
    """Restricted: no harm in a row with a service; harms by area from ten women of two services; never who she is."""
    form, framework = client(), _framework()
    found = interviews(form, {f"S{n}": size for n, size in enumerate(sizes)}, chance(seed))
    quality, harms = quality_rows(found, views(found, framework), framework), harm_rows(found, framework)
    assert not any(is_sensitive(form.by_name[name], "C", framework) for _, name, _ in told(quality))
    assert not any(is_quality(form.by_name[name], "C", framework) for _, name, _ in told(harms))
    roles = {form.by_name[name].role for _, name, _ in (*told(quality), *told(harms))}
    assert roles <= {"", "followup"}
    assert all(n >= 5 for n in Counter(row.place for row in quality).values())
    assert not harms or len(harms) >= 10
    if sum(size > 0 for size in sizes) < 2:
        assert not harms


def test_a_harm_cannot_be_worked_out_by_subtraction(form: Form, framework: Framework) -> None:
    """A domain with an averaged harm has no rows at all: with all its other answers known, the harm would be too."""
    found = interviews(form, {"S1": 12}, chance(3), content=True)
    rows = team_rows(found, views(found, framework), framework)
    with_harm = {one.domain for one in framework.indicators if one.harm and one.averaged}
    there = {framework.by_code[form.by_name[name].indicator].domain for _, name, _ in told(rows)}
    assert there
    assert with_harm
    assert not there & with_harm


def test_a_rule_of_the_service_is_no_harm_that_a_woman_reports(form: Form, framework: Framework) -> None:
    """Who is welcome is a flag only where a provider has a rule against it: what women say of it is no report."""
    asked = [q for q in form.scored if framework.by_code[q.indicator].flag and not framework.by_code[q.indicator].harm]
    assert asked
    assert all(is_quality(question, "C", framework) for question in asked)
    followups = [question for question in form.questions if question.role == "followup"]
    assert followups
    assert all(is_sensitive(question, "C", framework) for question in followups)


def test_answers_that_no_choice_stands_for_never_pass(form: Form, framework: Framework) -> None:
    """A value that is no choice of the form, whoever wrote it there, is in no row."""
    found = interviews(form, {"S1": 12}, chance(4), content=True)
    for one in found:
        assert isinstance(one.document, dict)
        one.document.update({question.name: "typed by somebody" for question in form.scored[::2]})
    assert "typed by somebody" not in {
        choice for _, _, choice in told(quality_rows(found, views(found, framework), framework))
    }


def test_rows_are_shuffled_anew_each_time(form: Form, framework: Framework) -> None:
    """The order of the rows is not that of the interviews, and another one each time."""
    found = interviews(form, {"S1": 40}, chance(5))
    seen = views(found, framework)
    orders: list[Any] = [
        [tuple(sorted(row.answers.items())) for row in team_rows(found, seen, framework)] for _ in range(3)
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]


def test_chance_is_not_to_be_repeated(form: Form, framework: Framework, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shuffle takes its chance from the operating system: there is no seed that gives the order back."""
    from kobo_sync.scoring import item_level

    used = []
    monkeypatch.setattr(
        item_level, "SystemRandom", lambda: SimpleNamespace(shuffle=lambda rows: used.append(len(rows)))
    )
    found = interviews(form, {"S1": 8}, chance(6))
    quality_rows(found, views(found, framework), framework)
    assert used == [8]


@cache
def _framework() -> Framework:
    """Return the committed framework without resamples: the wall has nothing to do with intervals."""
    read = read_framework(ROOT / "xlsform" / "framework.yaml")
    return replace(read, method=replace(read.method, resamples=0))

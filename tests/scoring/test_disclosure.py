"""The wall: what the team may see, checked for all kinds of scores, and by solving for what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.instrument.framework import Domain, Framework, Indicator, Validity
from kobo_sync.scoring.disclosure import (
    DOMAIN_REASONS,
    SERVICE_REASONS,
    TeamService,
    team_count,
    team_total,
    team_view,
    whole_percent,
    withheld,
)
from kobo_sync.scoring.model import DomainScore, ItemScore, ServiceScore

CODES = ("a", "b", "c", "d")


def _indicator(code: str, *, harm: bool = False, core: bool = True) -> Indicator:
    return Indicator(
        code=code,
        domain=code[0],
        core=core,
        sources=("C", "O"),
        scale="neg" if harm else "ypn",
        kind="mixed",
        averaged=True,
        flag="",
        label={"en": code},
        source=("INF",),
    )


def _framework(*, weights: dict[str, float] | None = None) -> Framework:
    """Four domains of three questions, the third a harm; an overall figure needs two of them, "a" among these."""
    return Framework(
        version="1",
        note="",
        languages={},
        sources={},
        domains=tuple(Domain(code, number, {"en": code}) for number, code in enumerate(CODES, start=1)),
        indicators=tuple(
            _indicator(f"{code}{number}", harm=number == 3, core=number == 1) for code in CODES for number in (1, 2, 3)
        ),
        core_weight=2.0,
        other_weight=1.0,
        domain_weights=weights or dict.fromkeys(CODES, 1.0),
        kinds={"mixed": {"C": 0.4, "O": 0.6}},
        validity=Validity((2, 3), (3, 5), 2, 1, 2, ("a",), ("b", "c"), 5),
        suppress_below=5,
        public_from=10,
        round_months=6,
    )


FRAMEWORK = _framework()


def _item(code: str, y: float | None, n: int, *, dk: int = 0) -> ItemScore:
    return ItemScore(
        code=code,
        y=y,
        n=n,
        n_by_source=(("C", n), ("O", 2), ("P", 1)),
        has_data=y is not None,
        offered=True,
        na_for_all=False,
        asked=n + dk,
        dk=dk,
        pns=0,
    )


def _service(
    items: dict[str, tuple[float, int]],
    *,
    n: int = 20,
    women: dict[str, int] | None = None,
    invalid: frozenset[str] = frozenset(),
    framework: Framework = FRAMEWORK,
    dk: int = 0,
) -> ServiceScore:
    """Score `items` (code → figure and women) by the arithmetic of the project."""
    domains = []
    for code in CODES:
        mine = {name: value for name, value in items.items() if name[0] == code}
        valid = bool(mine) and code not in invalid
        weights = {name: 2.0 if framework.by_code[name].core else 1.0 for name in mine}
        mean = sum(weights[name] * mine[name][0] for name in mine) / sum(weights.values()) if valid else None
        most = max((count for _, count in mine.values()), default=0)
        why = "" if valid else "few_core" if mine else "no_average"
        domains.append(DomainScore(code, mean, valid, why, (women or {}).get(code, most), tuple(mine)))
    values = {domain.code: domain.value for domain in domains if domain.value is not None}
    valid = n >= 5 and len(values) >= 2 and "a" in values and bool({"b", "c"} & set(values))
    weight = framework.domain_weights
    return ServiceScore(
        service="s",
        round="r",
        value=sum(weight[c] * v for c, v in values.items()) / sum(weight[c] for c in values) if valid else None,
        valid=valid,
        why_not="" if valid else "few_domains",
        n=n,
        lowest=min(values, key=lambda code: values[code], default=""),
        domains=tuple(domains),
        items=tuple(_item(name, y, count, dk=dk) for name, (y, count) in items.items()),
        framework_version="1",
    )


@st.composite
def services(draw: st.DrawFn, framework: Framework = FRAMEWORK) -> ServiceScore:
    """Draw a service-round with any mixture of small, sensitive, invalid and whole domains."""
    n = draw(st.integers(0, 30))
    chosen = draw(st.lists(st.sampled_from([i.code for i in framework.indicators]), unique=True))
    items = {code: (draw(st.integers(0, 100)) / 100, draw(st.integers(0, n))) for code in sorted(chosen)}
    women = {}
    for code in CODES:
        counts = [count for name, (_, count) in items.items() if name[0] == code]
        if counts:
            women[code] = draw(st.integers(max(counts), min(n, sum(counts))))
    invalid = draw(st.frozensets(st.sampled_from(CODES)))
    return _service(items, n=n, women=women, invalid=invalid, framework=framework, dk=draw(st.integers(0, 9)))


def _domain(team: TeamService, code: str) -> tuple[int | None, str, int | None]:
    domain = next(domain for domain in team.domains if domain.code == code)
    return domain.percent, domain.why, domain.n


def _determined(equations: list[dict[str, float]], wanted: str) -> bool:
    """Whether linear equations among unknowns (unknown → factor) pin the wanted one down."""
    names = sorted({name for equation in equations for name in equation} | {wanted})
    matrix = np.array([[equation.get(name, 0.0) for name in names] for equation in equations] or [[0.0] * len(names)])
    target = np.array([[1.0 if name == wanted else 0.0 for name in names]])
    return bool(np.linalg.matrix_rank(matrix) == np.linalg.matrix_rank(np.vstack([matrix, target])))


def _equations(score: ServiceScore, team: TeamService, framework: Framework) -> list[dict[str, float]]:
    """All that a reader who knows the method can write down: how figures are made, and which she has been told."""
    equations: list[dict[str, float]] = []
    for domain in score.domains:
        if domain.valid:
            weights = {name: 2.0 if framework.by_code[name].core else 1.0 for name in domain.items}
            equations.append({f"D{domain.code}": -sum(weights.values()), **weights})
    for shown in team.domains:
        if shown.percent is not None:
            equations.append({f"D{shown.code}": 1.0})
        equations.extend({item.code: 1.0} for item in shown.items if item.percent is not None)
    if team.percent is not None:
        equations.append({f"D{shown.code}": framework.domain_weights[shown.code] for shown in team.shown})
    return equations


def _secrets(score: ServiceScore, framework: Framework) -> set[str]:
    secret = {i.code for i in score.items if 0 < i.n < 5 or framework.by_code[i.code].harm or score.n < 5}
    for domain in score.domains:
        lone_harm = len(domain.items) == 1 and framework.by_code[domain.items[0]].harm
        if domain.valid and (domain.n < 5 or score.n < 5 or lone_harm):
            secret.add(f"D{domain.code}")
    return secret


def test_small_service_shows_nothing() -> None:
    """Of a service with fewer than five women neither a figure nor the number of women is shown."""
    team = team_view(_service({"a1": (0.77, 4), "b1": (0.5, 4)}, n=4), FRAMEWORK)
    assert (team.percent, team.n, team.lowest, team.why) == (None, None, "", "small")
    assert {_domain(team, code) for code in CODES} == {(None, "small", None)}
    assert all(domain.items == () and domain.unknown is None for domain in team.domains)


def test_five_women_are_enough() -> None:
    """With five women a valid service has its figures."""
    team = team_view(_service({"a1": (0.5, 5), "a2": (0.5, 5), "b1": (1.0, 5), "b2": (0.4, 5)}, n=5), FRAMEWORK)
    assert (team.n, team.percent, team.lowest) == (5, 65, "a")


@given(st.integers(0, 4), services())
def test_small_services_look_alike(n: int, score: ServiceScore) -> None:
    """Whatever fewer than five women said, and whether there were any at all, their service looks the same."""
    assert team_view(replace(score, n=n), FRAMEWORK) == withheld("s", "r", FRAMEWORK)


@given(services(), st.floats(0, 1), st.booleans())
def test_small_domain_leaves_no_trace(score: ServiceScore, value: float, valid: bool) -> None:  # noqa: FBT001 -- drawn by hypothesis
    """What fewer than five women said about a domain changes nothing that is shown, the overall figure included."""
    other = tuple(
        replace(domain, value=value if valid else None, valid=valid, why_not="" if valid else "few_core")
        if domain.n < 5
        else domain
        for domain in score.domains
    )
    one, two = team_view(score, FRAMEWORK), team_view(replace(score, domains=other, value=value), FRAMEWORK)
    assert one == two


@given(services())
def test_hidden_figures_cannot_be_solved_for(score: ServiceScore) -> None:
    """No harm, no small question and no hidden domain follows from the figures that are shown."""
    team = team_view(score, FRAMEWORK)
    equations = _equations(score, team, FRAMEWORK)
    given_away = {secret for secret in _secrets(score, FRAMEWORK) if _determined(equations, secret)}
    assert not given_away


def test_solver_finds_what_a_leak_would_give_away() -> None:
    """The check above does find a hidden domain if the mean of all valid domains were shown."""
    score = _service({"a1": (0.5, 9), "a2": (0.4, 9), "b1": (0.7, 9), "b2": (0.6, 9), "c3": (0.2, 9)})
    team = team_view(score, FRAMEWORK)
    assert _domain(team, "c") == (None, "sensitive", 9)
    equations = _equations(score, team, FRAMEWORK)
    assert not _determined(equations, "Dc")
    assert _determined([*equations, {"Da": 1.0, "Db": 1.0, "Dc": 1.0}], "Dc")
    assert _determined([*equations, {"Da": 1.0, "Db": 1.0, "Dc": 1.0}], "c3")


@given(services())
def test_overall_is_the_mean_of_what_is_shown(score: ServiceScore) -> None:
    """The overall figure is made of the shown domains only, and is the score where no valid domain is hidden."""
    team = team_view(score, FRAMEWORK)
    shown = {domain.code for domain in team.shown}
    values = [domain.value for domain in score.domains if domain.code in shown and domain.value is not None]
    if team.percent is not None:
        assert team.percent == whole_percent(sum(values) / len(values))
        assert score.valid
        if shown == {domain.code for domain in score.domains if domain.valid}:
            assert score.value is not None
            assert team.percent == whole_percent(score.value)


@given(services())
def test_each_absence_has_its_reason(score: ServiceScore) -> None:
    """A figure is shown, or a known reason stands in its place; never both, never neither."""
    team = team_view(score, FRAMEWORK)
    assert (team.percent is None) == (team.why in SERVICE_REASONS)
    for domain in team.domains:
        assert (domain.percent is None) == (domain.why in DOMAIN_REASONS)
        assert domain.n is None or domain.n >= 5
        assert all(item.n is None or item.n == 0 or item.n >= 5 for item in domain.items)
    assert not team.lowest or team.lowest in {domain.code for domain in team.shown}


def test_hidden_domain_is_left_out_of_the_overall_figure() -> None:
    """A valid domain that is hidden counts neither in the overall figure nor as the lowest."""
    score = _service({"a1": (0.5, 9), "a2": (0.5, 9), "b1": (0.7, 9), "b2": (0.7, 9), "c3": (0.0, 9)})
    assert score.value == pytest.approx(0.4)
    assert score.lowest == "c"
    team = team_view(score, FRAMEWORK)
    assert (team.percent, team.lowest) == (60, "a")


def test_weights_of_the_community_count() -> None:
    """The overall figure uses the community's weights over the domains that count."""
    framework = _framework(weights={"a": 3.0, "b": 1.0, "c": 1.0, "d": 1.0})
    items = {"a1": (1.0, 9), "a2": (1.0, 9), "b1": (0.0, 9), "b2": (0.0, 9)}
    assert team_view(_service(items, framework=framework), framework).percent == 75


def test_harm_hides_the_figures_beside_it() -> None:
    """In a domain with a harm its questions are named without figures, and the domain keeps its own."""
    team = team_view(_service({"a1": (0.5, 9), "a2": (0.5, 9), "a3": (0.9, 9)}), FRAMEWORK)
    first = team.domains[0]
    assert first.percent == 60
    assert [(item.code, item.percent, item.n) for item in first.items] == [(c, None, None) for c in ("a1", "a2", "a3")]


def test_small_question_hides_the_figures_beside_it() -> None:
    """In a domain with a question that four women answered no question has a figure."""
    team = team_view(_service({"a1": (0.5, 9), "a2": (0.5, 4)}), FRAMEWORK)
    assert [item.percent for item in team.domains[0].items] == [None, None]


def test_questions_have_figures_where_all_may() -> None:
    """Questions that at least five women answered and that are no harms are shown with figure, women and sources."""
    team = team_view(_service({"a2": (0.25, 8), "a1": (0.5, 9)}), FRAMEWORK)
    assert [(i.code, i.percent, i.n, i.also) for i in team.domains[0].items] == [
        ("a1", 50, 9, ("O",)),  # the provider has no weight in this kind, so she is not named
        ("a2", 25, 8, ("O",)),
    ]


def test_what_only_observers_saw_has_its_figure() -> None:
    """A question that no woman answered rests on observers alone: it is shown, and hides none of the others."""
    team = team_view(_service({"a1": (0.5, 9), "a2": (0.25, 0)}), FRAMEWORK)
    assert [(i.code, i.percent, i.n, i.also) for i in team.domains[0].items] == [
        ("a1", 50, 9, ("O",)),
        ("a2", 25, 0, ("O",)),
    ]


@pytest.mark.parametrize("few", [1, 4])
def test_observers_do_not_uncover_a_small_question(few: int) -> None:
    """Beside a question that one to four women answered, what observers saw is only named, as all the others are."""
    items = {"a1": (0.5, 9), "a2": (0.25, 0)} | {"a3": (0.0, 9)}
    assert [i.percent for i in team_view(_service(items), FRAMEWORK).domains[0].items] == [None, None, None]
    framework = replace(FRAMEWORK, indicators=(*FRAMEWORK.indicators, _indicator("a4", core=False)))
    score = _service({"a1": (0.5, 9), "a2": (0.25, 0), "a4": (0.9, few)}, framework=framework)
    assert [i.percent for i in team_view(score, framework).domains[0].items] == [None, None, None]


def test_small_harm_hides_its_domain() -> None:
    """A harm that one to four women answered could be read out of its domain's figure, so the domain is not shown."""
    shown = _service({"a1": (0.8, 20), "a3": (1.0, 20)}, n=20)
    assert _domain(team_view(shown, FRAMEWORK), "a")[0] is not None
    for few in (1, 4):
        hidden = _service({"a1": (0.8, 20), "a3": (1.0, few)}, n=20)
        assert _domain(team_view(hidden, FRAMEWORK), "a") == (None, "small", None)


def test_many_small_questions_make_no_figure() -> None:
    """Where each woman answered another question, no figure is shown, however many women there are."""
    scattered = _service({"a1": (0.8, 4), "a2": (0.2, 4)}, n=8, women={"a": 8})
    assert _domain(team_view(scattered, FRAMEWORK), "a") == (None, "small", None)
    enough = _service({"a1": (0.8, 5), "a2": (0.2, 4)}, n=9, women={"a": 9})
    assert _domain(team_view(enough, FRAMEWORK), "a")[0] is not None


def test_lone_harm_is_not_shown_as_a_domain() -> None:
    """A domain that rests on one harm has no figure: it would be that harm's."""
    assert _domain(team_view(_service({"a3": (0.9, 9)}), FRAMEWORK), "a") == (None, "sensitive", 9)


def test_invalid_domain_is_absent_with_its_reason() -> None:
    """A domain without enough information has no figure, says why, and is not a nought."""
    score = _service({"a1": (0.9, 9), "a2": (0.9, 9)}, invalid=frozenset("a"))
    assert _domain(team_view(score, FRAMEWORK), "a") == (None, "few_core", 9)


def test_what_nobody_was_asked_says_so() -> None:
    """A domain that no woman was asked about is told from one that too few answered."""
    team = team_view(_service({"a1": (0.9, 9), "b1": (0.5, 3)}), FRAMEWORK)
    assert _domain(team, "b") == (None, "small", None)
    assert _domain(team, "c") == (None, "not_asked", None)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ({"a1": (0.5, 9)}, "few_domains"),
        ({"b1": (0.5, 9), "c1": (0.5, 9)}, "required_domain"),
        ({"a1": (0.5, 9), "d1": (0.5, 9)}, "one_of"),
        ({"a1": (0.5, 9), "b3": (0.5, 9)}, "few_domains"),
    ],
)
def test_overall_needs_enough_shown_domains(items: dict[str, tuple[float, int]], why: str) -> None:
    """The rules for an overall figure are asked of the domains that are shown."""
    assert team_view(_service(items), FRAMEWORK).why == why


def test_unknown_answers_leave_out_harms_and_small_questions() -> None:
    """The share of don't know counts questions that are no harms and have no, or at least five, women with a value."""
    score = _service({"a1": (0.5, 6), "a2": (0.5, 3), "a3": (0.5, 6)}, dk=6)
    assert team_view(score, FRAMEWORK).domains[0].unknown == 50
    all_unknown = (*score.items[:1], _item("a2", None, 0, dk=12), *score.items[2:])
    assert team_view(replace(score, items=all_unknown), FRAMEWORK).domains[0].unknown == 75


@given(st.integers(0, 1000))
def test_one_to_four_are_not_told(count: int) -> None:
    """Counts of one to four are held back; nought and five or more are told."""
    assert team_count(count, FRAMEWORK) == (None if count in (1, 2, 3, 4) else count)


@given(st.lists(services(), max_size=4), st.integers(0, 20))
def test_total_does_not_give_a_hidden_service_away(scores: list[ServiceScore], blank: int) -> None:
    """From the total of women and the shown services' numbers nobody learns a number of one to four."""
    teams = [team_view(score, FRAMEWORK) for score in scores]
    total = team_total(sum(score.n for score in scores) + blank, teams, FRAMEWORK)
    shown = sum(team.n or 0 for team in teams)
    if any(team.n is None for team in teams):
        assert (total.count, total.exact) == (shown, False)
    assert total.count - shown not in (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("value", "percent"), [(0.0, 0), (0.004, 0), (0.005, 1), (0.285, 29), (0.995, 100), (1.0, 100)]
)
def test_figures_are_whole_percent(value: float, percent: int) -> None:
    """Figures are rounded to whole percent, halves up, whatever the float's last digits are."""
    assert whole_percent(value) == percent
    assert whole_percent(value + 1e-12) == percent

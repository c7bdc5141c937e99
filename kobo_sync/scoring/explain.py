"""From answers to band: the way to one service's figures, as tables that a coordinator can follow.

Only what the team may see (`disclosure.team_view`, and the rules of `team`): nothing from fewer than five women, no
harm one by one, no flag by name, no counts of who reported what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.disclosure import TeamDomain, TeamService, team_view, whole_percent
from kobo_sync.scoring.model import BandResult, DomainScore, GateCheck, Interval, ServiceScore
from kobo_sync.scoring.release_rounding import score_percent
from kobo_sync.scoring.team import is_complete, outward, told_intervals, told_overall

_SOURCES = {"C": "women", "O": "observers", "P": "the provider"}
_WHY = {
    "small": "not shown: fewer than {below} women",
    "not_asked": "nobody was asked",
    "sensitive": "not shown: it would be the figure of one harm",
    "few_core": "not enough information: too few of its core questions have answers",
    "few_items": "not enough information: too few of its questions have answers",
    "one_item": "not enough information: only one question has answers",
    "no_average": "not enough information: no question that counts has answers",
    "few_women": "not enough information: too few women",
    "few_domains": "not enough information: too few domains have a figure",
    "required_domain": "not enough information: a domain that is needed has no figure",
    "one_of": "not enough information: none of the domains of which one is needed has a figure",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One step: what it is, the figure in words, and the rule (section of the scoring method)."""

    label: str
    figure: str
    rule: str


@dataclass(frozen=True, slots=True)
class Table:
    """One stage of the way."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way from the answers to the band of one service in one round, in order."""

    service: str
    round: str
    tables: tuple[Table, ...]


def explain(score: ServiceScore, framework: Framework, language: str = "en") -> Explanation:
    """Return the way from answers to band (3), as far as the team may see it; labels in `language`, else English."""
    team = team_view(score, framework)
    tables = [Table("Who was asked", _asked(score, team, framework))]
    if team.n is not None:
        domains = {domain.code: domain for domain in score.domains}
        complete, intervals = is_complete(score, team), told_intervals(score, framework)
        for one in team.domains:
            domain = replace(domains[one.code], interval=intervals.get(one.code))
            tables.append(_domain(one, domain, framework, language, whole=complete))
        tables.append(Table("Overall", _overall(score, team, framework, whole=complete)))
        if complete and score.band is not None:
            tables.append(Table("Band", _band(score.band, framework, language)))
    return Explanation(score.service, score.round, tuple(tables))


def _asked(score: ServiceScore, team: TeamService, framework: Framework) -> tuple[Row, ...]:
    if team.n is None:
        return (Row("Women", _why("small", framework), "3.8"),)
    sources = dict(score.sources)
    told = [Row("Women with an answer that counts", str(team.n), "3.7")]
    told += [
        Row(f"{name[0].upper()}{name[1:]}", "yes" if sources.get(source) else "none", "3.2")
        for source, name in _SOURCES.items()
        if source != "C"
    ]
    if score.grade:
        told.append(Row("Evidence grade", score.grade, "3.7"))
    community = f"the community's, version {score.weights_version}" if score.weights_version else ""
    told.append(Row("Weights of the domains", community or "those of the framework", "3.4"))
    return (*told, Row("Framework", score.framework_version, "3"))


def _domain(one: TeamDomain, score: DomainScore, framework: Framework, language: str, *, whole: bool) -> Table:
    label = next(domain.label for domain in framework.domains if domain.code == one.code)
    rows = [
        Row(
            f"{_text(framework.by_code[item.code].label, language)} (weight {framework.item_weight(item.code):g})",
            "counts; its figure is not shown"
            if item.percent is None
            else f"{item.percent} %, {_heard(item.n, item.also)}",
            "3.11",
        )
        for item in one.items
    ]
    if one.percent is None:
        rows.append(Row("Domain", _why(one.why, framework), "3.3"))
        return Table(_text(label, language), tuple(rows))
    rows.append(Row("Domain: weighted mean of these", f"{one.percent} %{_between(score.interval)}", "3.4, 3.7"))
    rows += _rounded(score.value, one.n, framework)
    if whole and score.capped is not None and score.value is not None and score.capped < score.value:
        rows.append(Row("Lowered by an open flag to", f"{whole_percent(score.capped)} %", "3.6"))
    return Table(_text(label, language), tuple(rows))


def _overall(score: ServiceScore, team: TeamService, framework: Framework, *, whole: bool) -> tuple[Row, ...]:
    if team.percent is None:
        return (Row("Overall", _why(team.why, framework), "3.3"),)
    rows = [
        Row(
            f"Mean of the {len(team.shown)} domains shown",
            f"{team.percent} %{_between(told_overall(score, team, framework))}",
            "3.4, 3.7",
        )
    ]
    if whole:
        rows += _rounded(score.value, score.n, framework)
    if whole and score.capped is not None and score.value is not None:
        if score.capped < score.value:
            rows.append(Row("Lowered by open flags to", f"{whole_percent(score.capped)} %", "3.6"))
    elif not whole:
        rows.append(Row("Band", "not shown: a domain that it rests on is not shown", "3.8"))
    return tuple(rows)


def _rounded(value: float | None, n: int | None, framework: Framework) -> tuple[Row, ...]:
    """Tell the same figure as it stands in a public release, where so many women are enough for one.

    Whether it is published depends on more than that. The figure above it is the exact one: in whole percent, which is
    the finest that is ever told (3.8).
    """
    if value is None or (n or 0) < framework.public_from:
        return ()
    return (Row("The same, as a public release rounds it", f"{score_percent(value, framework)} %", "3.8"),)


def _band(band: BandResult, framework: Framework, language: str) -> tuple[Row, ...]:
    labels = {one.number: _text(one.label, language) for one in framework.method.bands}
    rows = [Row("By its score", f"{band.by_score} · {labels[band.by_score]}", "3.5")]
    rows += [Row(*_gate(gate, framework, language), "3.5") for gate in band.gates]
    if band.imposed:
        rows.append(Row("Open flags put it into the lowest band", "yes", "3.5"))
    return (*rows, Row("Band", f"{band.number} · {labels[band.number]}", "3.5"))


def _gate(gate: GateCheck, framework: Framework, language: str) -> tuple[str, str]:
    outcome = {"met": "met", "not_met": "not met", "no_data": "not met: no data"}[gate.outcome]
    if gate.kind == "open_r1":
        return f"Gate of band {gate.band}: no open red flag", outcome
    labels = {domain.code: domain.label for domain in framework.domains}
    label = labels[gate.code] if gate.kind == "domain" else framework.by_code[gate.code].label
    return f"Gate of band {gate.band}: {_text(label, language)} at least {whole_percent(gate.at_least)} %", outcome


def _heard(n: int | None, also: tuple[str, ...]) -> str:
    heard = [f"{n} women"] if n else []
    return ", ".join([*heard, *(_SOURCES.get(source, source) for source in also)])


def _between(interval: Interval | None) -> str:
    """Say an interval in whole percent, the bounds outward."""
    if interval is None:
        return ""
    bounds = outward(interval)
    return f" (95 % interval {bounds.low} to {bounds.high} %)"


def _why(why: str, framework: Framework) -> str:
    return _WHY.get(why, why).format(below=framework.suppress_below)


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en", "")

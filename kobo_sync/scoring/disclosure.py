"""What may be seen of a score: the wall between what is known and what is shown (instrument, section 3.8).

Everything that a page, a file or a chart shows of a score is read from the values made here, and from nothing else.
The rules, each with its source; the numbers stand in the framework file:

1. Nothing from fewer than `suppress_below` women anywhere: no figure, no number of women, no reason that depends on
   what they said (3.8; UKHSA and California mask small counts in the same way).
2. What is not valid is absent, with its reason, and never a nought (3.3).
3. Harms and gates are never shown one by one. A domain that rests on one such question *is* its figure, so it is not
   shown either (3.6 and 3.8: sensitive answers have no figures of a single service).
4. Questions of a domain have figures only where each averaged question with data may have one. Otherwise the figure
   of the one left out could be worked out from the domain's and the others' (complementary suppression, 3.8). One that
   no woman answered rests on what observers saw: it may have its figure, as nobody's answer is in it.
5. The overall figure and the lowest domain are made of the *shown* domains alone, by the rules of 3.3 and 3.4. Were a
   valid domain hidden and the mean of all of them shown, it could be worked out; of two hidden ones the sum would be
   known, which at its ends gives both. So made, the overall figure says nothing that the bars do not say already.
   Where no valid domain is hidden, it is the score itself. (Our convention.)
6. Figures are rounded to whole percent (3.8: nothing unrounded travels). 1 to 4 of anything counted are not told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework, Indicator
from kobo_sync.scoring.model import DomainScore, ItemScore, ServiceScore

# Why something is not shown, beside the reasons that the scores themselves give (DomainScore, ServiceScore).
SMALL = "small"
NOT_ASKED = "not_asked"
SENSITIVE = "sensitive"
DOMAIN_REASONS = (SMALL, NOT_ASKED, SENSITIVE, "few_core", "few_items", "one_item", "no_average")
SERVICE_REASONS = (SMALL, "few_women", "few_domains", "required_domain", "one_of")

_WOMEN = "C"  # the source that `n` counts (AnswerSheet.source)


@dataclass(frozen=True, slots=True)
class TeamItem:
    """One averaged question that a domain rests on.

    `percent` 0 to 100 and `n` women (0: observers alone), both None where the question is only named; `also` the other
    sources that count in the figure ("O", "P"), empty where there is none to see.
    """

    code: str
    percent: int | None
    n: int | None
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamDomain:
    """One domain as the team may see it.

    `percent` 0 to 100 or None, then `why` is one of DOMAIN_REASONS; `n` women or None below the threshold; `items`
    what it rests on, in the framework's order; `of_items` how many questions of the domain can count at all;
    `unknown` the share in percent of "don't know" among answers to its questions that are not sensitive, or None.
    """

    code: str
    percent: int | None
    why: str
    n: int | None
    items: tuple[TeamItem, ...]
    of_items: int
    unknown: int | None


@dataclass(frozen=True, slots=True)
class TeamService:
    """One service in one round as the team may see it.

    `percent` 0 to 100 or None, then `why` is one of SERVICE_REASONS; `n` women or None below the threshold; `lowest`
    the code of the lowest domain shown or ""; `domains` all of the framework's, in its order.
    """

    service: str
    round: str
    percent: int | None
    why: str
    n: int | None
    lowest: str
    domains: tuple[TeamDomain, ...]
    framework_version: str

    @property
    def shown(self) -> tuple[TeamDomain, ...]:
        """The domains that have a figure: those that the overall figure is made of."""
        return tuple(domain for domain in self.domains if domain.percent is not None)


@dataclass(frozen=True, slots=True)
class TeamTotal:
    """A number of women over several services; not `exact` where it is only known to be at least that."""

    count: int
    exact: bool


def team_view(score: ServiceScore, framework: Framework) -> TeamService:
    """Return what the team may see of one service in one round (rules 1 to 6 of this module)."""
    if score.n < framework.suppress_below:
        return withheld(score.service, score.round, framework, version=score.framework_version)
    items = {item.code: item for item in score.items}
    scored = {domain.code: domain for domain in score.domains}
    domains = tuple(_domain(scored.get(domain.code), domain.code, items, framework) for domain in framework.domains)
    values = {
        domain.code: value
        for domain in domains
        if domain.percent is not None and (value := scored[domain.code].value) is not None
    }
    why = _why_no_overall(score, values.keys(), framework)
    return TeamService(
        service=score.service,
        round=score.round,
        percent=None if why else whole_percent(_mean(values, framework)),
        why=why,
        n=score.n,
        lowest=min(values, key=lambda code: round(values[code], 9), default=""),
        domains=domains,
        framework_version=score.framework_version,
    )


def withheld(service: str, round_: str, framework: Framework, *, version: str = "") -> TeamService:
    """Return a service of which nothing is shown: none to too few women asked, and nobody can tell which (rule 1)."""
    return TeamService(
        service=service,
        round=round_,
        percent=None,
        why=SMALL,
        n=None,
        lowest="",
        domains=tuple(
            TeamDomain(domain.code, None, SMALL, None, (), _countable(domain.code, framework), None)
            for domain in framework.domains
        ),
        framework_version=version or framework.version,
    )


def team_count(count: int, framework: Framework) -> int | None:
    """Return a count as it may be told: itself, or None for 1 up to the threshold (rule 6)."""
    return None if 0 < count < framework.suppress_below else count


def team_total(total: int, services: Iterable[TeamService], framework: Framework) -> TeamTotal:
    """Return the women of a round over all its services, without giving a hidden service away.

    With the total and the shown services' numbers known, a hidden one's number is their difference. So the total is
    told as it is only where no service is hidden, nor one to four women who answered nothing that counts; else it is
    "at least" the sum of what is shown anyway.
    """
    numbers = [service.n for service in services]
    shown = sum(n for n in numbers if n is not None)
    rest = total - shown
    exact = None not in numbers and (rest == 0 or rest >= framework.suppress_below)
    return TeamTotal(total if exact else shown, exact=exact)


def whole_percent(value: float) -> int:
    """Round a share in [0, 1] to whole percent, halves up; the same for figures that only float noise tells apart."""
    return math.floor(round(value * 100, 6) + 0.5)


def _domain(score: DomainScore | None, code: str, items: dict[str, ItemScore], framework: Framework) -> TeamDomain:
    below = framework.suppress_below
    indicators = framework.of_domain(code)
    countable = _countable(code, framework)
    rests_on = [items[name] for name in score.items if name in items] if score else []
    if score is None or score.n < below or _scarce(rests_on, framework):
        asked = any(items[indicator.code].asked for indicator in indicators if indicator.code in items)
        why = SMALL if asked or (score is not None and score.n) else NOT_ASKED
        return TeamDomain(code, None, why, None, (), countable, None)
    why = _why_no_figure(score, rests_on, framework)
    return TeamDomain(
        code=code,
        percent=None if why or score.value is None else whole_percent(score.value),
        why=why,
        n=score.n,
        items=_items(rests_on, framework),
        of_items=countable,
        unknown=_unknown(indicators, items, below),
    )


def _scarce(rests_on: list[ItemScore], framework: Framework) -> bool:
    """Whether a domain's figure would be that of one to four women, whatever the domain's own n.

    So it is where none of its items has enough answers, each woman having answered another one; and where a harm has
    one to four: who knows that she alone answered it can read her answer out of the figure.
    """
    below = framework.suppress_below
    harms = [item for item in rests_on if framework.by_code[item.code].harm]
    return bool(rests_on) and (all(item.n < below for item in rests_on) or any(0 < item.n < below for item in harms))


def _why_no_figure(score: DomainScore, rests_on: list[ItemScore], framework: Framework) -> str:
    """Rules 2 and 3."""
    if not score.valid or score.value is None:
        return score.why_not
    if len(rests_on) == 1 and framework.by_code[rests_on[0].code].harm:
        return SENSITIVE
    return ""


def _items(rests_on: list[ItemScore], framework: Framework) -> tuple[TeamItem, ...]:
    """Rule 4: figures for all of them, or names only."""
    place = {indicator.code: number for number, indicator in enumerate(framework.indicators)}
    in_order = sorted(rests_on, key=lambda item: place[item.code])
    if any(framework.by_code[item.code].harm or 0 < item.n < framework.suppress_below for item in in_order):
        return tuple(TeamItem(item.code, None, None, ()) for item in in_order)
    return tuple(
        TeamItem(
            item.code,
            None if item.y is None else whole_percent(item.y),
            item.n,
            tuple(
                source
                for source, count in item.n_by_source
                if source != _WOMEN and count and framework.kinds[framework.by_code[item.code].kind].get(source)
            ),
        )
        for item in in_order
    )


def _unknown(indicators: tuple[Indicator, ...], items: dict[str, ItemScore], below: int) -> int | None:
    """Share of "don't know" among the women's answers to the questions that are not sensitive.

    A question with a value of one to four women stays out: its "don't know" would tell their number. One that nobody
    could answer counts: that is the finding.
    """
    counted = [
        item
        for indicator in indicators
        if not indicator.harm
        and (item := items.get(indicator.code)) is not None
        and item.asked >= below
        and not 0 < item.n < below
    ]
    asked = sum(item.asked for item in counted)
    return whole_percent(sum(item.dk for item in counted) / asked) if asked else None


def _why_no_overall(score: ServiceScore, shown: Iterable[str], framework: Framework) -> str:
    """Rule 5: the validity of 3.3, asked of the shown domains; they are among the valid ones, so it implies theirs."""
    rule, codes = framework.validity, set(shown)
    if score.n < rule.min_clients:
        return "few_women"
    if len(codes) < rule.min_valid_domains:
        return "few_domains"
    if not codes.issuperset(rule.required_domains):
        return "required_domain"
    if rule.one_of and codes.isdisjoint(rule.one_of):
        return "one_of"
    return "" if score.valid else score.why_not


def _mean(values: dict[str, float], framework: Framework) -> float:
    """3.4: the weighted mean, weights renormalised over the domains that count."""
    weights = {code: framework.domain_weights.get(code, 1.0) for code in values}
    return sum(weights[code] * value for code, value in values.items()) / sum(weights.values())


def _countable(code: str, framework: Framework) -> int:
    """How many of a domain's indicators can count in its figure: those that are averaged."""
    return sum(indicator.averaged for indicator in framework.of_domain(code))

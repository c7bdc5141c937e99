"""The scoring method once more, plain and slow, written from its description alone and without a look at the program.

Answers are words in dictionaries, sums are exact fractions, rules are loops. What is computed here from a service's
answers is held against kobo_sync.scoring by the tests beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

MISSING = ("dk", "pns", "na", "not_observed")

Row = Mapping[str, Any]  # indicator code: the choice's name, how many of a select-several's choices, or one of MISSING
Weights = Mapping[str, int]


def read_rules(path: Path) -> dict[str, Any]:
    """Read the framework file, with every number exact."""

    class Exact(yaml.SafeLoader):
        """Reads 0.67 as 67/100."""

    Exact.add_constructor("tag:yaml.org,2002:float", lambda _loader, node: Fraction(node.value))
    rules: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Exact)  # noqa: S506 -- a safe loader
    return rules


def reaches(figure: Fraction | float, bound: Fraction | float) -> bool:
    """Whether a figure reaches a bound, as far as nine decimals show."""
    return round(float(figure), 9) >= float(bound)


def score_of(rules: Mapping[str, Any], indicator: Mapping[str, Any], source: str, answer: Any) -> Fraction | None:
    """3.11 step 1: what one answer is worth, or None where it is missing."""
    if answer is None or answer in MISSING:
        return None
    if indicator["scale"] == "ms":
        return Fraction(answer, indicator["k"])
    scale = indicator.get("scale_of", {}).get(source, indicator["scale"])
    worth = rules["scales"][scale]["choices"]
    return Fraction(worth[answer]) if answer in worth else None


@dataclass(frozen=True)
class Item:
    """One indicator: its figure, what stands behind it, how women's answers fell out."""

    code: str
    y: Fraction | None
    values: Mapping[str, int]  # by source: how many have a value
    has_data: bool
    offered: bool
    na_for_all: bool
    asked: int
    dk: int
    pns: int
    favourable: int | None


def items_of(rules: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> dict[str, Item]:
    """Every indicator's figure from who answered what (3.1, 3.2, 3.11 steps 1 to 3)."""
    return {indicator["code"]: _item(rules, indicator, rows) for indicator in rules["indicators"]}


def _item(rules: Mapping[str, Any], indicator: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> Item:
    code = indicator["code"]
    given: dict[str, list[Any]] = {}
    x: dict[str, list[Fraction]] = {}
    for source in ("C", "P", "O"):
        given[source] = [row[code] for row in rows.get(source, ()) if code in row]
        scores = [score_of(rules, indicator, source, answer) for answer in given[source]]
        x[source] = [score for score in scores if score is not None]
    heard = given["C"] + given["O"]
    data = bool(x["C"] or x["O"])
    y = None
    if indicator["averaged"] and data:
        weights = rules["kinds"][indicator["kind"]]
        counted = [source for source in weights if weights[source] > 0 and x[source]]
        weight = sum((Fraction(weights[source]) for source in counted), Fraction(0))
        if weight:
            total = sum((weights[source] * mean(x[source]) for source in counted), Fraction(0))
            y = total / weight
    return Item(
        code=code,
        y=y,
        values={source: len(found) for source, found in x.items() if found},
        has_data=y is not None if indicator["averaged"] else data,
        offered=any(answer != "na" for answer in heard),
        na_for_all=bool(heard) and all(answer == "na" for answer in heard),
        asked=len(given["C"]),
        dk=given["C"].count("dk"),
        pns=given["C"].count("pns"),
        favourable=sum(score == 1 for score in x["C"]) if indicator["averaged"] else None,
    )


def mean(numbers: Sequence[Fraction]) -> Fraction:
    """Take the plain mean of at least one number."""
    return sum(numbers, Fraction(0)) / len(numbers)


@dataclass(frozen=True)
class Domain:
    """One domain: its figure, whether it is valid or else which conditions fail, women behind it, its items."""

    code: str
    value: Fraction | None
    failed: tuple[str, ...]
    women: int
    averaged: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no condition fails."""
        return not self.failed


def domain_of(rules: Mapping[str, Any], code: str, items: Mapping[str, Item], women: Sequence[Row]) -> Domain:
    """3.3 and 3.11 step 4."""
    mine = [indicator for indicator in rules["indicators"] if indicator["domain"] == code]
    averaged = [indicator for indicator in mine if items[indicator["code"]].y is not None]
    validity = rules["validity"]
    core = have_core = offered = have = 0
    for indicator in mine:
        item = items[indicator["code"]]
        if not {"C", "O"} & set(indicator["sources"]) or item.na_for_all or indicator["kind"] == "context":
            continue
        core += indicator["core"]
        have_core += indicator["core"] and item.has_data
        offered += item.offered
        have += item.has_data
    failed = []
    if validity["core_share"][1] * have_core < validity["core_share"][0] * core:
        failed.append("core")
    if validity["offered_share"][1] * have < validity["offered_share"][0] * offered:
        failed.append("offered")
    if have < validity["min_items"]:
        failed.append("two")
    if len(averaged) < validity["min_averaged"]:
        failed.append("averaged")
    weights = [Fraction(rules["weights"]["core" if indicator["core"] else "other"]) for indicator in averaged]
    value = weighted([items[indicator["code"]].y for indicator in averaged], weights)
    asked = [indicator for indicator in mine if indicator["averaged"]]
    return Domain(
        code=code,
        value=value,
        failed=tuple(failed),
        women=sum(has_value(rules, asked, row) for row in women),
        averaged=tuple(indicator["code"] for indicator in averaged),
    )


def weighted(numbers: Iterable[Fraction | None], weights: Iterable[Fraction]) -> Fraction | None:
    """Take the weighted mean of the numbers that are there; None where none is."""
    pairs = [(number, weight) for number, weight in zip(numbers, weights, strict=True) if number is not None]
    if not pairs:
        return None
    total = sum((number * weight for number, weight in pairs), Fraction(0))
    return total / sum((weight for _, weight in pairs), Fraction(0))


def has_value(rules: Mapping[str, Any], indicators: Iterable[Mapping[str, Any]], row: Row) -> bool:
    """Whether a woman gave a value on any of these indicators."""
    return any(
        score_of(rules, indicator, "C", row.get(indicator["code"])) is not None
        for indicator in indicators
        if "C" in indicator["sources"]
    )


@dataclass(frozen=True)
class Overall:
    """A service's figure, and which parts of 3.3 fail."""

    value: Fraction | None
    failed: tuple[str, ...]
    women: int
    lowest: str


def overall_of(
    rules: Mapping[str, Any], domains: Mapping[str, Domain], women: Sequence[Row], weights: Weights
) -> Overall:
    """3.3 and 3.4: S over the valid domains, if enough of them are."""
    validity = rules["validity"]
    valid = [code for code, domain in domains.items() if domain.valid]
    counted = sum(has_value(rules, [one for one in rules["indicators"] if one["averaged"]], row) for row in women)
    failed = []
    if len(valid) < validity["min_valid_domains"]:
        failed.append("domains")
    if any(code not in valid for code in validity["required_domains"]):
        failed.append("required")
    if not set(validity["one_of"]) & set(valid):
        failed.append("one_of")
    if counted < validity["min_clients"]:
        failed.append("clients")
    value = None
    if not failed:
        value = weighted([domains[code].value for code in valid], [Fraction(weights[code]) for code in valid])
    lowest = min(((domains[code].value or Fraction(0), code) for code in valid), default=(Fraction(0), ""))[1]
    return Overall(value, tuple(failed), counted, lowest)


@dataclass(frozen=True)
class Gap:
    """What the provider says minus what women say on one item."""

    code: str
    provider: Fraction
    women: Fraction
    n: int


def gaps_of(rules: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> list[Gap]:
    """3.2: where they differ by the bound or more and enough women answered."""
    bound = rules["uncertainty"]["says_does_gap"]
    found = []
    for indicator in rules["indicators"]:
        if not indicator["averaged"] or is_harm(indicator):
            continue
        women, provider = (_values(rules, indicator, source, rows) for source in ("C", "P"))
        if len(women) < bound["clients"] or not provider:
            continue
        if reaches(abs(mean(provider) - mean(women)), bound["from"]):
            found.append(Gap(indicator["code"], mean(provider), mean(women), len(women)))
    return found


def says_of(rules: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> dict[str, tuple[Fraction | None, str]]:
    """3.1 and 3.2: what only the provider answered, and her own "don't know" and "prefer not to say"."""
    said: dict[str, tuple[Fraction | None, str]] = {}
    for indicator in rules["indicators"]:
        gate = not indicator["averaged"] and indicator["kind"] not in ("declared", "context")
        if gate or is_harm(indicator):
            continue
        code = indicator["code"]
        values = _values(rules, indicator, "P", rows)
        if values:
            if not any(_values(rules, indicator, source, rows) for source in ("C", "O")):
                said[code] = (mean(values), "")
            continue
        given = {row[code] for row in rows.get("P", ()) if code in row}
        for reason in ("dk", "pns"):
            if reason in given:
                said[code] = (None, reason)
                break
    return said


def _values(
    rules: Mapping[str, Any], indicator: Mapping[str, Any], source: str, rows: Mapping[str, Sequence[Row]]
) -> list[Fraction]:
    scores = [score_of(rules, indicator, source, row.get(indicator["code"])) for row in rows.get(source, ())]
    return [score for score in scores if score is not None]


def is_harm(indicator: Mapping[str, Any]) -> bool:
    """Whether answers to this question by themselves tell of a harm."""
    flag = indicator["flag"]
    return bool(flag) and bool(flag["raised_by"] or flag["confirmed_by"] or flag["in_policy"])


def unsafe_of(rules: Mapping[str, Any], items: Mapping[str, Item]) -> list[str]:
    """3.1: questions that so many women prefer not to answer that they may be unsafe."""
    share = rules["thresholds"]["pns_warning"]
    few = rules["thresholds"]["suppress_below"]
    return [code for code, item in items.items() if item.asked >= few and item.pns >= share * item.asked]

"""What the adversary reads out of published files: every figure, word and gap in them, as facts for the puzzle.

She knows the method by heart: weights, thresholds, how figures are rounded, which services there are. On top of that
she is given more than anybody would have: which questions have data, what the observers saw and the manager said (so
she knows their part of every figure), and how many women answered each question.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from attack_puzzle import Puzzle
from attack_worlds import AGE, WHO, Site, World, framework

from kobo_sync.scoring.model import ServiceScore

Version = tuple[str, int]  # round and release
EDGE = 1e-7  # what is rounded up from a half is not rounded down


@dataclass(frozen=True)
class Known:
    """What the adversary is given beside the files: the world without its women's answers."""

    sites: Mapping[str, Site]
    scores: Mapping[str, ServiceScore]


def given(world: World) -> Known:
    """Return what the adversary is given of a round."""
    return Known({site.code: site for site in world.sites}, world.scores)


def read_files(
    puzzle: Puzzle,
    files: Mapping[str, str],
    version: Version,
    known: Known,
    before: Mapping[str, str] | None = None,
) -> None:
    """Add what stands in all files of one release, of all formats.

    `before` the same of the release that was made again: a figure that is in both may have moved by a step unseen.
    """
    content = orjson.loads(files["release.json"])
    there = {(row["service"], row["of"], row["percent"]) for row in rows(before["scores.csv"])} if before else set()
    for block in content["services"]:
        if block["status"] == "published":
            _service(puzzle, block, version, known, there)
    for row in rows(files["scores.csv"]):
        if row["percent"]:
            name = (
                ("S", version, row["service"]) if row["of"] == "overall" else ("D", version, row["service"], row["of"])
            )
            stays = (row["service"], row["of"], row["percent"]) in there
            puzzle.fact({puzzle.unknown(name): 1.0}, *figure(int(row["percent"]), unseen=stays))
    for row in rows(files["questions.csv"]):
        _share(puzzle, row, version, known)
    for row in rows(files["areas.csv"]):
        if row["percent"]:
            _area(puzzle, row, content, version)
    _identity(puzzle, rows(files["who_was_asked.csv"]), version, known)


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(text)))


def figure(percent: int, *, unseen: bool = False) -> tuple[float, float]:
    """Return between which scores a published one lies: 5 and 95 are open to their end; `unseen` a step more."""
    around, last = (7.5, 10) if unseen else (2.5, 5)
    low = 0.0 if percent <= last else (percent - around) / 100 - EDGE
    return low, 1.0 if percent >= 100 - last else (percent + around) / 100 - EDGE


def part_of(site: Site, code: str) -> tuple[float, float]:
    """Return (factor, constant) of y = factor · women's mean + constant: observers and manager are known to her."""
    fw = framework()
    column = fw.indicators.index(fw.by_code[code])
    weights = fw.kinds[fw.by_code[code].kind]
    present = {"C": site.women, "O": site.observers, "P": site.provider}
    means = {s: x[:, column] for s, x in present.items() if len(x) and not np.isnan(x[:, column]).all()}
    total = sum(weights.get(source, 0.0) for source in means)
    others = sum(weights.get(s, 0.0) * float(np.nanmean(x)) for s, x in means.items() if s != "C")
    return (weights.get("C", 0.0) / total if "C" in means else 0.0), others / total


def _service(
    puzzle: Puzzle, block: Mapping[str, Any], version: Version, known: Known, there: set[tuple[str, str, str]]
) -> None:
    fw, code = framework(), str(block["code"])
    rests_on = {domain.code: domain.items for domain in known.scores[code].domains}
    shown = [str(domain["code"]) for domain in block["domains"]]
    for domain in block["domains"]:
        percent = domain["figure"]["percent"]
        told = figure(percent, unseen=(code, domain["code"], str(percent)) in there)
        _domain(puzzle, code, domain, rests_on[domain["code"]], told, version, known)
    if block["overall"] is None:
        return
    weights = {domain: fw.domain_weights[domain] for domain in shown}
    overall = puzzle.unknown(("S", version, code))
    terms: dict[Hashable, float] = {("told", version, code, domain): w for domain, w in weights.items()}
    puzzle.fact({overall: -sum(weights.values()), **terms}, 0.0, 0.0)
    if block["flags"] or (code, "overall", str(block["overall"]["percent"])) in there:
        return
    number = block["band"]["number"]
    bands = [one for one in fw.method.bands if one.number <= number]
    puzzle.fact({overall: 1.0}, bands[-1].start - 1e-6, 1.0)
    for gate in bands[-1].gates:
        if gate.kind == "item":
            factor, rest = part_of(known.sites[code], gate.code)
            puzzle.fact({puzzle.unknown(("m", version, code, gate.code)): factor}, gate.at_least - rest - 1e-6, 1.0)
    if block["tier"] == "good" and fw.method.tiers:
        puzzle.fact({overall: 1.0}, fw.method.tiers.good_score, 1.0)
        for domain in shown:
            puzzle.fact({("told", version, code, domain): 1.0}, fw.method.tiers.no_domain_below, 1.0)
    if block["tier"] == "lacking":
        puzzle.fact({overall: 1.0}, 0.0, 0.45)


def _domain(  # noqa: PLR0917 -- what is told, and all that she knows beside it
    puzzle: Puzzle,
    code: str,
    domain: Mapping[str, Any],
    items: Iterable[str],
    span: tuple[float, float],
    version: Version,
    known: Known,
) -> None:
    """Read a domain, told within a span: it is its figure but for a margin at both ends, which she can work out.

    D = constant + sum of factor · women's mean. Told is D between the ends; at an end it may be anything beyond.
    """
    fw, name = framework(), domain["code"]
    total = sum(fw.item_weight(item) for item in items)
    constant, factors, numbers = 0.0, dict[str, float](), dict[str, int]()
    for item in items:
        factor, rest = part_of(known.sites[code], item)
        constant += fw.item_weight(item) * rest / total
        factors[item] = fw.item_weight(item) * factor / total
        numbers[item] = next(one.n for one in known.scores[code].items if one.code == item)
    rooms = {one["indicator"]: _room(one, numbers[one["indicator"]]) for one in domain["questions"]}
    low = constant + sum(factor * rooms.get(item, (0.0, 1.0))[0] for item, factor in factors.items())
    high = constant + sum(factor * rooms.get(item, (0.0, 1.0))[1] for item, factor in factors.items())
    women = sum(factors.values())
    margin = max([0.05 * women, *(factor / numbers[item] for item, factor in factors.items() if factor)])
    margin = min(margin, (high - low) / 2)
    low, high = low + margin, high - margin
    figure_ = puzzle.unknown(("D", version, code, name))
    means: dict[Hashable, float] = {puzzle.unknown(("m", version, code, one)): f for one, f in factors.items()}
    puzzle.fact({figure_: -1.0, **means}, -constant, -constant)
    told = puzzle.unknown(("told", version, code, name), low, high)
    least, most = span
    puzzle.fact({told: 1.0}, least, most)
    for end, beyond, sign in ((high, most >= high, 1.0), (low, least <= low, -1.0)):
        if not beyond:
            puzzle.fact({figure_: sign, told: -sign}, -1.0, 0.0)
            continue
        # Either told is the end and the figure may be anything beyond, or the two are the same.
        at_end = puzzle.unknown(("end", version, code, name, sign), 0, 1, whole=True)
        puzzle.fact({figure_: sign, told: -sign, at_end: -1.0}, -2.0, 0.0)
        puzzle.fact({told: sign, at_end: -1.0}, sign * end - 1.0, 2.0)


def _best(share: str | int, n: int) -> tuple[int, int]:
    """Return how many of n women at least and at most gave the best answer."""
    if share == "few_or_none":
        return 0, 4
    if share == "most_or_all":
        return n - 4, n
    step = 10 if n < 20 else 5
    low = 5 if int(share) == step else max(5, math.ceil((int(share) - step / 2) * n / 100 - 1e-6))
    high = n - 5 if int(share) == 100 - step else min(n - 5, math.floor((int(share) + step / 2) * n / 100 + 1e-6))
    return low, high


def _second(code: str) -> float:
    return framework().by_code[code].second


def _room(question: Mapping[str, Any], n: int) -> tuple[float, float]:
    low, high = _best(question["share"], n)
    return low / n, (high + _second(question["indicator"]) * (n - high)) / n


def _share(puzzle: Puzzle, row: Mapping[str, str], version: Version, known: Known) -> None:
    """Read a share: it counts the best answer (1); what the others give at most bounds the mean."""
    item = next(one for one in known.scores[row["service"]].items if one.code == row["indicator"])
    low, high = _best(row["share"], item.n)
    count = puzzle.unknown(("best", version, row["service"], item.code), 0, item.n, whole=True)
    mean = puzzle.unknown(("m", version, row["service"], item.code))
    puzzle.fact({count: 1.0}, low, high)
    puzzle.fact({mean: float(item.n), count: -1.0}, 0.0, item.n)
    second = _second(item.code)
    puzzle.fact({mean: float(item.n), count: second - 1.0}, -1.0, second * item.n)


def _area(puzzle: Puzzle, row: Mapping[str, str], content: Mapping[str, Any], version: Version) -> None:
    """Three published services with a figure make an area's score; where there are fewer, she knows that others did."""
    there = [
        block["code"]
        for block in _list(content["services"])
        if block["area"] == row["area"] and block["status"] == "published" and block["overall"]
    ]
    if len(there) >= 3:
        terms = {puzzle.unknown(("S", version, code)): 1 / len(there) for code in there}
        puzzle.fact(terms, *figure(int(row["percent"])))


def _identity(puzzle: Puzzle, found: Iterable[Mapping[str, str]], version: Version, known: Known) -> None:
    for row in found:
        sites = [site for site in known.sites.values() if site.area in row["areas"].split()]
        terms = {count_of(puzzle, version, site, row["variable"], row["category"]): 1.0 for site in sites}
        low, high = (0, 4) if row["women"] == "few_or_none" else (5, 10_000)
        puzzle.fact(terms, low, high)
    for variable in (AGE,):  # she knows how many answered, and that these choices exclude each other
        for site in known.sites.values():
            terms = {count_of(puzzle, version, site, variable.name, one): 1.0 for one in variable.categories}
            puzzle.fact(terms, site.answered(variable), site.answered(variable))


def count_of(puzzle: Puzzle, version: Version, site: Site, variable: str, category: str) -> Hashable:
    """Return the unknown number of women of one service who gave an answer."""
    one = AGE if variable == AGE.name else WHO
    name = ("count", version, site.code, variable, category)
    puzzle.unknown(name, 0, site.answered(one), whole=True)
    return name


def _list(value: object) -> list[dict[str, Any]]:
    assert isinstance(value, list)
    return value

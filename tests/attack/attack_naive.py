"""A release as somebody might make it who only blanks what is small: the adversary has to win against this one.

Exact figures and numbers; services of fewer than ten women and domains of fewer than ten are left out, counts of one to
four are blanked, and nothing else is: areas' means and totals are of everybody; each withdrawal makes a new release.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from attack_puzzle import Puzzle
from attack_reading import Known, Version, count_of, part_of
from attack_worlds import AGE, WHO, World, framework

SMALL = "1-4"


def naive(world: World) -> dict[str, Any]:
    """Return the naive release of a round."""
    world.known()  # scores everything
    areas = sorted({site.area for site in world.sites})
    return {
        "services": {code: _service(world, code) for code, score in world.scores.items() if score.n >= 10},
        "areas": {area: _mean(world, area) for area in areas},
        "identity": {area: _tables(world, [area]) for area in areas},
        "country": _tables(world, areas),
    }


def _service(world: World, code: str) -> dict[str, Any]:
    score = world.scores[code]
    return {
        "n": score.n,
        "overall": score.value,
        "valid": [domain.code for domain in score.domains if domain.valid],
        "domains": {domain.code: domain.value for domain in score.domains if domain.valid and domain.n >= 10},
    }


def _mean(world: World, area: str) -> dict[str, Any]:
    values = {
        site.code: value
        for site in world.sites
        if site.area == area and site.code in world.scores and (value := world.scores[site.code].value) is not None
    }
    return {"of": sorted(values), "mean": sum(values.values()) / len(values) if values else None}


def _tables(world: World, areas: list[str]) -> dict[str, dict[str, int | str]]:
    sites = [site for site in world.sites if site.area in areas]
    made: dict[str, dict[str, int | str]] = {}
    for variable in (AGE, WHO):
        counts = {one: sum(site.count(variable, one) for site in sites) for one in variable.categories}
        made[variable.name] = {one: SMALL if 1 <= count <= 4 else count for one, count in counts.items()}
        made[variable.name]["all"] = sum(site.answered(variable) for site in sites)
    return made


def read_naive(puzzle: Puzzle, content: dict[str, Any], version: Version, known: Known) -> None:
    """Add what stands in a naive release."""
    weights = framework().domain_weights
    for code, block in content["services"].items():
        for domain, value in block["domains"].items():
            puzzle.fact({puzzle.unknown(("D", version, code, domain)): 1.0}, value, value)
            _rests_on(puzzle, code, domain, version, known)
        if block["overall"] is not None:
            total = sum(weights[one] for one in block["valid"])
            terms = {puzzle.unknown(("D", version, code, one)): weights[one] / total for one in block["valid"]}
            puzzle.fact(terms, block["overall"], block["overall"])
            puzzle.fact({puzzle.unknown(("S", version, code)): 1.0}, block["overall"], block["overall"])
    for block in content["areas"].values():
        if block["of"]:
            terms = {puzzle.unknown(("S", version, code)): 1 / len(block["of"]) for code in block["of"]}
            puzzle.fact(terms, block["mean"], block["mean"])
    everywhere = sorted(content["identity"])
    for areas, tables in [
        *(([area], table) for area, table in content["identity"].items()),
        (everywhere, content["country"]),
    ]:
        for variable in (AGE, WHO):
            _cells(puzzle, areas, tables[variable.name], variable.name, version, known)


def _rests_on(puzzle: Puzzle, code: str, domain: str, version: Version, known: Known) -> None:
    fw = framework()
    items = next(one.items for one in known.scores[code].domains if one.code == domain)
    units = {item: fw.item_weight(item) for item in items}
    terms: dict[Hashable, float] = {("D", version, code, domain): -sum(units.values())}
    constant = 0.0
    for item, unit in units.items():
        factor, rest = part_of(known.sites[code], item)
        terms[puzzle.unknown(("m", version, code, item))] = unit * factor
        constant += unit * rest
    puzzle.fact(terms, -constant, -constant)


def _cells(  # noqa: PLR0917 -- what is told, and all that she knows beside it
    puzzle: Puzzle, areas: list[str], cells: dict[str, int | str], variable: str, version: Version, known: Known
) -> None:
    sites = [site for site in known.sites.values() if site.area in areas]
    names = {one: [count_of(puzzle, version, site, variable, one) for site in sites] for one in cells if one != "all"}
    for category, unknowns in names.items():
        value = cells[category]
        low, high = (1, 4) if value == SMALL else (int(value), int(value))
        puzzle.fact(dict.fromkeys(unknowns, 1.0), low, high)
    if variable == AGE.name:
        everyone = [name for unknowns in names.values() for name in unknowns]
        puzzle.fact(dict.fromkeys(everyone, 1.0), int(cells["all"]), int(cells["all"]))

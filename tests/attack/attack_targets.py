"""What the adversary is after, and whether she got it: a secret is recovered where the facts leave one answer only."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from attack_puzzle import Puzzle
from attack_reading import Known, Version, count_of, part_of
from attack_worlds import AGE, WHO, Site, World, framework

from kobo_sync.scoring.model import ItemScore

SURE = 0.2  # a sum of answers is known when it is known to less than the smallest step of a scale


@dataclass(frozen=True)
class Found:
    """One secret that was recovered: what kind, of which service or area, and what it is about."""

    kind: str
    of: str
    what: str


def secrets(puzzle: Puzzle, world: World, version: Version, known: Known) -> list[Found]:
    """Return every secret of a round that the facts give away."""
    return [
        *_identities(puzzle, world, version),
        *_harms_and_women(puzzle, world, version, known),
        *_small_services(puzzle, world, version),
    ]


def _one_to_four(count: float, n: float) -> bool:
    return 1 <= round(count, 6) <= 4 or 1 <= round(n - count, 6) <= 4


def _identities(puzzle: Puzzle, world: World, version: Version) -> Iterator[Found]:
    """Yield counts of one to four, and complements, of services and of areas."""
    areas: dict[str, list[Site]] = {}
    for site in world.sites:
        areas.setdefault(site.area, []).append(site)
    groups = list(areas.items()) + [(site.code, [site]) for site in world.sites]
    for variable in (AGE, WHO):
        for name, sites in groups:
            answered = sum(site.answered(variable) for site in sites)
            for category in variable.categories:
                count = sum(site.count(variable, category) for site in sites)
                if not _one_to_four(count, answered):
                    continue
                terms = {count_of(puzzle, version, site, variable.name, category): 1.0 for site in sites}
                if puzzle.known(terms, 0.5):
                    yield Found("identity", name, f"{variable.name} {category}")


def _harms_and_women(puzzle: Puzzle, world: World, version: Version, known: Known) -> Iterator[Found]:
    """Yield harms that one to four women reported or did not, and questions of which all women's answers are known."""
    fw = framework()
    for site in world.sites:
        for item in known.scores[site.code].items if site.code in known.scores else ():
            if not item.n or item.y is None:
                continue
            column = fw.indicators.index(fw.by_code[item.code])
            total = float(np.nansum(site.women[:, column]))
            name: Hashable = ("m", version, site.code, item.code)
            if name not in puzzle.bounds:
                continue
            if fw.by_code[item.code].harm and _one_to_four(item.n - total, item.n) and _sure(puzzle, name, item):
                yield Found("harm", site.code, item.code)
            if total in {0.0, float(item.n)} and _sure(puzzle, name, item):
                yield Found("every woman", site.code, item.code)
            yield from _best(puzzle, site, item, column, version)


def _best(puzzle: Puzzle, site: Site, item: ItemScore, column: int, version: Version) -> Iterator[Found]:
    """Yield questions to which one to four women, known exactly, gave the best answer, or did not."""
    name: Hashable = ("best", version, site.code, item.code)
    best = float((site.women[:, column] == 1).sum())
    if name in puzzle.bounds and _one_to_four(best, item.n) and puzzle.known({name: 1.0}, 0.5):
        yield Found("few women", site.code, item.code)


def _sure(puzzle: Puzzle, name: Hashable, item: ItemScore) -> bool:
    return puzzle.known({name: float(item.n)}, SURE)


def _small_services(puzzle: Puzzle, world: World, version: Version) -> Iterator[Found]:
    """Yield figures of services with fewer than ten women, and domains of fewer than ten, known to a tenth."""
    for site in world.sites:
        score = world.scores.get(site.code)
        if score is None:
            continue
        if score.n < 10 and score.value is not None and _near(puzzle, ("S", version, site.code)):
            yield Found("small service", site.code, "overall")
        for domain in score.domains:
            small = score.n < 10 or domain.n < 10
            if small and domain.value is not None and _near(puzzle, ("D", version, site.code, domain.code)):
                yield Found("small service" if score.n < 10 else "small domain", site.code, domain.code)


def _near(puzzle: Puzzle, name: Hashable) -> bool:
    return puzzle.known({puzzle.unknown(name): 1.0}, 0.1)


def women_gone(
    puzzle: Puzzle,
    before: World,
    after: World,
    versions: tuple[Version, Version],
    domains: Mapping[str, Sequence[str]],
    *,
    unknown: int = 5,
) -> Iterator[Found]:
    """Yield women who withdrew between two releases and whose answers follow from both.

    She knows both numbers of women, and every answer of those who withdrew but of `unknown` women. `domains` those of
    each service that both releases show with a figure.
    """
    fw = framework()
    for site, later in zip(before.sites, after.sites, strict=True):
        gone = len(site.women) - len(later.women)
        for domain in domains.get(site.code, ()) if gone else ():
            items = next(one.items for one in before.scores[site.code].domains if one.code == domain)
            terms: dict[Hashable, float] = {}
            most = told = 0.0
            for code in items:
                column = fw.indicators.index(fw.by_code[code])
                factor = fw.item_weight(code) * part_of(site, code)[0]
                numbers = [int((~np.isnan(women[:, column])).sum()) for women in (site.women, later.women)]
                terms[puzzle.unknown(("m", versions[0], site.code, code))] = factor * numbers[0]
                terms[puzzle.unknown(("m", versions[1], site.code, code))] = -factor * numbers[1]
                told += factor * float(np.nansum(site.women[unknown:gone, column]))
                most += factor
            columns = [fw.indicators.index(fw.by_code[code]) for code in items]
            asked = [her for her in range(min(unknown, gone)) if not np.isnan(site.women[her, columns]).all()]
            hers = [puzzle.unknown(("her", versions, site.code, domain, number), 0.0, most) for number in asked]
            if not hers:
                continue
            puzzle.fact({**terms, **dict.fromkeys(hers, -1.0)}, told, told)
            if any(puzzle.known({her: 1.0}, SURE * most) for her in hers[:2]):
                yield Found("woman", site.code, domain)

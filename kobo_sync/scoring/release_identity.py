"""Who was asked, as far as it may be published: words for areas, never a count, never a single service (3.8).

Identity is the most sensitive of what women tell. The rules, which leave an adversary with nothing to solve for:

1. One identity question a table. A table is about one area, or about all the areas together that have none of their
   own; so no woman is in two tables of a question, no table is a part or a sum of others, and nothing can be taken away
   from anything. There is no table of the whole country: it is the tables there are.
2. A table needs `sensitive_from` women who answered, from `sensitive_services` services with at least five such women
   in each of them: with one woman from a second service it would be the first one's table. The areas together must be
   two or more.
3. A cell is one of two words: FEW (none to four women) or ENOUGH (five or more). None is told from few; all is told
   from neither. No number of women stands beside a table, and who preferred not to say is no cell.
4. Where one choice excludes the others, a table needs five women for each of its choices. Then whatever the words say,
   every cell of FEW may hold any number from none to four, independently of the others, even for somebody who knows the
   number of women exactly: the women left always suffice to give each cell of ENOUGH five. Without this rule five cells
   of FEW among 20 women would each be four. (Our convention, as are the words.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.release_model import ENOUGH, FEW, Identity, IdentityCount, Known, Plain


@dataclass(frozen=True, slots=True)
class Group:
    """The services of a table: one area's, or those of several areas."""

    areas: tuple[str, ...]
    services: frozenset[str]


def identity_tables(known: Known, framework: Framework) -> list[Plain]:
    """Return the tables of every identity question, in the order of the questions and then of the areas."""
    return [table for variable in known.variables for table in variable_tables(variable, known, framework)]


def variable_tables(variable: Identity, known: Known, framework: Framework) -> list[Plain]:
    """Return the tables of one identity question, none where none may be published."""
    counts = {count.service: count for count in known.identities if count.variable == variable.name}
    groups = _groups(variable, counts, known, framework)
    return [_table(variable, group, _of(group, counts), framework.disclosure.mask_to) for group in groups]


def table_services(areas: Iterable[str], known: Known) -> frozenset[str]:
    """Return the services that a table of these areas is made of."""
    wanted = set(areas)
    return frozenset(service.code for service in known.services if service.locale in wanted)


def _groups(variable: Identity, counts: dict[str, IdentityCount], known: Known, framework: Framework) -> list[Group]:
    """Rule 1: the areas with a table of their own, and the rest of them together where that may have one."""
    areas = sorted({service.locale for service in known.services if service.locale})
    single = [Group((area,), table_services([area], known)) for area in areas]
    own = [group for group in single if _suffices(variable, _of(group, counts), framework)]
    left = tuple(area for area in areas if all(area not in group.areas for group in own))
    rest = Group(left, table_services(left, known))
    together = len(left) > 1 and _suffices(variable, _of(rest, counts), framework)
    return [*own, rest] if together else own


def _suffices(variable: Identity, counts: Sequence[IdentityCount], framework: Framework) -> bool:
    """Rules 2 and 4."""
    rules, five = framework.disclosure, framework.disclosure.mask_to + 1
    least = max(rules.sensitive_from, five if variable.several else five * len(variable.categories))
    answered = sum(count.answered for count in counts)
    return answered >= least and sum(count.answered >= five for count in counts) >= rules.sensitive_services


def _of(group: Group, counts: dict[str, IdentityCount]) -> list[IdentityCount]:
    return [counts[service] for service in sorted(group.services) if service in counts]


def _table(variable: Identity, group: Group, counts: Sequence[IdentityCount], mask_to: int) -> Plain:
    return {
        "variable": variable.name,
        "areas": list(group.areas),
        "cells": {
            category: FEW if sum(count.counts.get(category, 0) for count in counts) <= mask_to else ENOUGH
            for category in variable.categories
        },
    }

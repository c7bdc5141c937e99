"""Made-up services in made-up places: good ones, bad ones, one that few women spoke about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kobo_sync.instrument.framework import Framework


@dataclass(frozen=True, slots=True)
class Service:
    """One made-up service.

    `quality` by domain code, 0 (harmful) to 1 (as good as can be), is what its interviews are drawn from; `women` the
    number of women who take part, refusals not counted.
    """

    code: str
    label: str
    locale: str
    type: str
    quality: Mapping[str, float]
    women: int


# (quality in general, women, place). Two to copy, one of them big enough to say so; one good in all but two domains;
# one in the middle; two that fail women, both in one place; one with 12 women and one with 4, about which nothing may
# be published.
_STORIES = (
    (0.90, 34, 0),
    (0.82, 26, 1),
    (0.74, 24, 0),
    (0.56, 30, 1),
    (0.24, 28, 2),
    (0.14, 22, 2),
    (0.72, 12, 1),
    (0.45, 4, 2),
)
_MIXED = 2  # the story with two domains that are far worse than the rest
_MIXED_DOMAINS, _MIXED_QUALITY = 2, 0.12

_LABELS = (
    "Lantern House", "Blue Door", "Seven Steps", "Marigold Room", "Grey Counter", "Long Corridor", "Kite Corner",
    "Half Moon",
)  # fmt: skip
LOCALES = {"north": "Example District North", "river": "Example District River", "hill": "Example District Hill"}
_TYPES = ("drop-in centre", "needle and syringe programme", "methadone clinic", "outreach team")


def services(framework: Framework, seed: int) -> tuple[Service, ...]:
    """Return eight made-up services in three places, the same for the same seed, in an order that tells nothing."""
    rng = np.random.default_rng((seed, 0))
    domains = [domain.code for domain in framework.domains]
    order = rng.permutation(len(_STORIES))
    made: list[Service] = []
    for number, story in enumerate(order.tolist(), 1):
        general, women, locale = _STORIES[story]
        quality = dict(zip(domains, _around(general, len(domains), rng), strict=True))
        if story == _MIXED:
            told = _told_by_women(framework) or domains
            worst = rng.choice(len(told), size=min(_MIXED_DOMAINS, len(told)), replace=False)
            quality.update({told[index]: _MIXED_QUALITY for index in worst.tolist()})
        made.append(
            Service(
                code=f"S{number:02}",
                label=f"{_LABELS[story]} (made up)",
                locale=list(LOCALES)[locale],
                type=_TYPES[int(rng.integers(len(_TYPES)))],
                quality=quality,
                women=women,
            )
        )
    return tuple(made)


def _told_by_women(framework: Framework) -> list[str]:
    """Return the domains that a short interview with women says enough about to be scored."""
    return [
        domain.code
        for domain in framework.domains
        if sum(i.core and i.averaged and "C" in i.sources for i in framework.of_domain(domain.code))
        >= framework.validity.min_items
    ]


def _around(general: float, count: int, rng: np.random.Generator) -> list[float]:
    return [float(level) for level in np.clip(rng.normal(general, 0.05, count), 0.02, 0.98).round(3)]

"""Random rounds for the adversary: services, women, identities, made up by a seed; and what happens to them later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kobo_sync.instrument.framework import Framework, Indicator, read_framework
from kobo_sync.scoring.model import NOT_ASKED, VALUE, AnswerSheet, ServiceFlag, ServiceScore
from kobo_sync.scoring.naming import Practice
from kobo_sync.scoring.release_ends import women_means
from kobo_sync.scoring.release_model import Identity, IdentityCount, Known, Listed, Scored
from kobo_sync.scoring.service import resample, score_service

ROUNDS = ("2026-H1", "2026-H2")
RESAMPLES = 80
AGE = Identity("age_band", ("a", "b", "c", "d"), several=False)
WHO = Identity("identities", ("t", "u", "v"), several=True)
SCALES: Mapping[str, tuple[float, ...]] = {
    "ypn": (1, 0.5, 0),
    "yn": (1, 0),
    "neg": (1, 0),
    "frq": (1, 0.67, 0.33, 0),
    "mode": (1, 0.5, 0.25, 0),
    "police": (1, 0),
}
Floats = NDArray[np.float64]


@cache
def framework() -> Framework:
    """Return the project's framework with few resamples: the adversary makes no use of more."""
    read = read_framework(Path(__file__).resolve().parents[2] / "xlsform" / "framework.yaml")
    return replace(read, method=replace(read.method, resamples=RESAMPLES))


@dataclass(frozen=True)
class Site:
    """One service in one round, all of it: answers of women (n by indicators), observers, provider; identities.

    `age` the number of the age band, -1 prefers not to say; `who` n by the identities; `ids` of the women.
    """

    code: str
    area: str
    band: str
    women: Floats
    observers: Floats
    provider: Floats
    age: NDArray[np.int64]
    who: NDArray[np.bool_]
    ids: tuple[str, ...]
    waiting: bool = False
    flag: str = ""

    def without(self, gone: int) -> Site:
        """Return the service after its first women have withdrawn."""
        return replace(self, women=self.women[gone:], age=self.age[gone:], who=self.who[gone:], ids=self.ids[gone:])

    def sheets(self) -> list[AnswerSheet]:
        """Return the answers as the scoring takes them."""
        return [
            AnswerSheet(source, x, np.where(np.isnan(x), NOT_ASKED, VALUE).astype(np.int8))
            for source, x in (("C", self.women), ("O", self.observers), ("P", self.provider))
            if len(x)
        ]

    def score(self, round_: str) -> ServiceScore:
        """Score the service; a flag of it is open and reviewed."""
        score = score_service(self.code, round_, framework(), self.sheets())
        flags = (ServiceFlag(self.flag, "R1", by_service=True, in_policy=False, state="reviewed"),) if self.flag else ()
        return replace(score, waiting=self.waiting, flags=flags)

    def count(self, variable: Identity, category: str) -> int:
        """Return how many of the women gave this answer."""
        place = variable.categories.index(category)
        return int(self.who[:, place].sum()) if variable.several else int((self.age == place).sum())

    def answered(self, variable: Identity) -> int:
        """Return how many of the women gave any answer."""
        return int(self.who.any(axis=1).sum()) if variable.several else int((self.age >= 0).sum())


@dataclass(frozen=True)
class World:
    """A round. `complete`: nobody left out an answer."""

    round: str
    sites: tuple[Site, ...]
    complete: bool
    scores: dict[str, ServiceScore] = field(default_factory=dict)

    def known(self) -> Known:
        """Return everything that the wall is told."""
        fw, scored = framework(), []
        for site in self.sites:
            if not len(site.women):
                continue
            score = self.scores.setdefault(site.code, site.score(self.round))
            sheets = site.sheets()
            practice = Practice(site.code, self.round, confirmed_by_women=True, agrees_named=True)
            scored.append(Scored(score, resample(score, fw, sheets), practice, women_means(sheets, fw)))
        return Known(
            round=self.round,
            made_on="2027-01-31",
            services=tuple(Listed(site.code, site.code, site.area, site.band) for site in self.sites),
            scored=tuple(scored),
            variables=(AGE, WHO),
            identities=tuple(
                IdentityCount(
                    variable.name,
                    site.code,
                    site.answered(variable),
                    {category: site.count(variable, category) for category in variable.categories},
                )
                for variable in (AGE, WHO)
                for site in self.sites
            ),
            records={site.code: dict.fromkeys(site.ids, "first") for site in self.sites},
            versions={"numpy": np.__version__},
        )

    def after(self, gone: Mapping[str, int]) -> World:
        """Return the round after so many women of each service have withdrawn."""
        return World(self.round, tuple(site.without(gone.get(site.code, 0)) for site in self.sites), self.complete)


def a_world(seed: int, round_: str) -> World:
    """Make up a round: two to four areas, one to four services each, of very different sizes and quality."""
    rng = np.random.default_rng([seed, ROUNDS.index(round_)])
    complete = bool(rng.random() < 0.4)  # but for parts that few were asked
    sites = []
    for area in range(rng.integers(2, 5)):
        for number in range(rng.integers(1, 5)):
            code = f"S{area}{number}"
            sites.append(_site(code, f"D{area}", round_, rng, complete=complete))
    return World(round_, tuple(sites), complete)


def _site(code: str, area: str, round_: str, rng: np.random.Generator, *, complete: bool) -> Site:
    n = int(rng.integers(0, 10) if rng.random() < 0.35 else rng.integers(10, 36))
    quality = rng.choice([0.03, 0.3, 0.6, 0.9, 0.985])
    women = _answers("C", n, quality, rng)
    if not complete:
        rare = rng.random(women.shape[1]) < 0.12
        women[rng.random(women.shape) < np.where(rare, 0.8, 0.06)] = np.nan
    if rng.random() < 0.35:  # a part of the interview that few were asked
        domain = rng.choice([one.code for one in framework().domains])
        columns = [number for number, one in enumerate(framework().indicators) if one.domain == domain]
        women[int(rng.integers(3, 10)) :, columns] = np.nan
    ages = rng.choice([-1, 0, 1, 2, 3], size=n, p=[0.05, 0.55, 0.2, 0.12, 0.08])
    flags = [one.code for one in framework().indicators if one.flag == "R1" and not one.averaged]
    return Site(
        code=code,
        area=area,
        band=str(rng.choice(["100_or_more", "50_to_99", "20_to_49", ""], p=[0.7, 0.15, 0.1, 0.05])),
        women=women,
        observers=_answers("O", int(rng.integers(0, 3)), quality, rng),
        provider=_answers("P", int(rng.integers(0, 2)), 0.9, rng),
        age=ages.astype(np.int64),
        who=rng.random((n, len(WHO.categories))) < rng.choice([0.05, 0.2, 0.5], size=len(WHO.categories)),
        ids=tuple(f"{round_}-{code}-{number}" for number in range(n)),
        waiting=bool(rng.random() < 0.1),
        flag=str(rng.choice(flags)) if rng.random() < 0.1 else "",
    )


def _answers(source: str, n: int, quality: float, rng: np.random.Generator) -> Floats:
    indicators = framework().indicators
    x = np.full((n, len(indicators)), np.nan)
    for column, indicator in enumerate(indicators):
        if source in indicator.sources:
            x[:, column] = _draw(indicator, n, quality, rng)
    return x


def _draw(indicator: Indicator, n: int, quality: float, rng: np.random.Generator) -> Floats:
    values = SCALES.get(indicator.scale, (1.0, indicator.second, 0.0))
    rest = (1 - quality) / (len(values) - 1)
    weights = [quality, *[rest] * (len(values) - 1)]
    return rng.choice(np.array(values, dtype=np.float64), size=n, p=weights)

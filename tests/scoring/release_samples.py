"""Closed rounds for tests of the wall: services made of plain answers, scored by the whole method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from scoring_samples import Answers, Row, best, framework, scored, sheets, women

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.flags import Review
from kobo_sync.scoring.naming import Practice
from kobo_sync.scoring.release import make_release
from kobo_sync.scoring.release_ends import women_means
from kobo_sync.scoring.release_model import (
    Identity,
    IdentityCount,
    Known,
    Listed,
    LocaleForm,
    Plain,
    Release,
    Remembered,
    Scored,
)
from kobo_sync.scoring.service import resample

ROUND, LATER = "2026-H1", "2026-H2"
RESAMPLES = 60
WIDE = "100_or_more"  # a band in which fewer than fifty women are no small network


def rules() -> Framework:
    """Return the project's framework with few resamples."""
    return framework(RESAMPLES)


def service(
    code: str, answers: Answers, *, reviews: Sequence[Review] = (), round_: str = ROUND, named: bool | None = None
) -> Scored:
    """Score a service from plain answers, with its resamples; `named`: its row in practice.csv says so."""
    score = scored(answers, reviews, resamples=RESAMPLES, service=code, round_=round_)
    draws = resample(score, rules(), sheets(answers))
    practice = None if named is None else Practice(code, round_, confirmed_by_women=named, agrees_named=named)
    return Scored(score, draws, practice, women_means(sheets(answers), rules()))


def mixed(n: int, **changes: Any) -> list[Row]:
    """Return n interviews in which every second woman is content and the others are less so."""
    less: dict[str, Any] = {**best("C"), "acc_hours": "no", "stf_respect": "sometimes", "pkg_nsp": "partly"}
    return [{**(best("C") if number % 2 else less), **changes} for number in range(n)]


@cache
def plain_service(code: str, n: int, round_: str = ROUND) -> Scored:
    """Return a service of n women of mixed views, observed and with a provider."""
    return service(code, {"C": mixed(n), "O": [best("O")] * 2, "P": [best("P")]}, round_=round_)


def records(code: str, n: int, *, gone: int = 0, new: int = 0, edited: int = 0) -> dict[str, str]:
    """Return the hashes of n interviews; the first `gone` are gone, the next `edited` edited, `new` have come."""
    kept = {f"{code}-{number}": "first" for number in range(gone, n)}
    kept |= {f"{code}-{number}": "second" for number in range(gone, gone + edited)}
    return kept | {f"{code}-new-{number}": "first" for number in range(new)}


def listed(*codes: str, area: str = "D1", band: str = WIDE) -> tuple[Listed, ...]:
    """Return lines of services.csv."""
    return tuple(Listed(code, f"Service {code}", area, band) for code in codes)


def known(services: Sequence[Listed], found: Sequence[Scored], **more: Any) -> Known:
    """Return everything about a round; the interviews behind each service count as its women unless told."""
    hashes = {one.score.service: records(one.score.service, one.score.n) for one in found}
    return replace(Known(ROUND, "2026-08-01", tuple(services), scored=tuple(found), records=hashes), **more)


def simple(n: int, **more: Any) -> Known:
    """Return a round with one service of n women."""
    return known(listed("S1"), [plain_service("S1", n)], **more)


def release(round_: Known, earlier: Sequence[Remembered] = (), of: Framework | None = None) -> Remembered:
    """Send a round through the wall."""
    return make_release(round_, earlier, of or rules())


def block(made: Remembered | Release, code: str = "S1") -> Plain:
    """Return what a release says of one service."""
    content = made.release.content if isinstance(made, Remembered) else made.content
    return next(one for one in content["services"] if one["code"] == code)


def area(made: Remembered, code: str = "D1") -> Plain:
    """Return what a release says of one area."""
    return next(one for one in made.release.content["areas"] if one["code"] == code)


def domain(of: Plain, code: str) -> Plain | None:
    """Return one published domain of a service's block, None where it is held back."""
    return next((one for one in of["domains"] if one["code"] == code), None)


def shares(of: Plain, code: str) -> dict[str, int | str]:
    """Return the published shares of a domain's questions."""
    found = domain(of, code)
    return {one["indicator"]: one["share"] for one in found["questions"]} if found else {}


AGE = Identity("age_band", ("young", "middle", "old"), several=False)
WHO = Identity("identities", ("trans", "migrant"), several=True)


def identities(variable: Identity, counts: Mapping[str, Mapping[str, int]], answered: int = 0) -> list[IdentityCount]:
    """Return counts by service; the women who answered are the sum of the cells unless told."""
    return [
        IdentityCount(variable.name, code, answered or sum(cells.values()), dict(cells))
        for code, cells in counts.items()
    ]


def form(team: str, reporters: str, any_hr: str = "", barriers: Sequence[str] = (), **gaps: str) -> LocaleForm:
    """Return one form about an area."""
    from kobo_sync.scoring.areas import AreaAnswers

    return LocaleForm(AreaAnswers(team, reporters, any_hr, gaps), tuple(barriers))


__all__ = [
    "AGE",
    "LATER",
    "ROUND",
    "WHO",
    "area",
    "block",
    "domain",
    "form",
    "identities",
    "known",
    "listed",
    "mixed",
    "plain_service",
    "records",
    "release",
    "rules",
    "service",
    "shares",
    "simple",
    "women",
]

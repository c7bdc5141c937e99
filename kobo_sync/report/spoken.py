"""The community version: what one page with pictures and a script to read aloud say of a service, or of a whole round.

Made of what the team may see and may say aloud, or of a release: nothing here reads a score. Few words: two questions
that women find good, two that have to change.

Our convention: a question stands out from 70 % of women on, or below 50 %, who gave the best answer; core questions
come first where two are alike. Where too few women spoke for shares, the questions of the service's page stand without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.report.pages import Overview, ServiceRow, alphabetical
from kobo_sync.scoring.areas import NO_DATA
from kobo_sync.scoring.naming import GOOD, LACKING
from kobo_sync.scoring.release_model import FEW, MOST, PUBLISHED, Plain

NAMED = 2  # questions of each kind on a page
LISTED = 5  # names in each list of the page about the whole round
_STRONG_FROM, _ASK_BELOW = 70, 50
_R1 = "R1"

Share = int | str


@dataclass(frozen=True, slots=True)
class Told:
    """One question: its indicator, and the share of women who gave the best answer (percent, a word, or None)."""

    code: str
    share: Share | None


@dataclass(frozen=True, slots=True)
class SpokenFlag:
    """An open red flag: its indicator, its level, whether the service caused it (else it is the police's)."""

    indicator: str
    level: str
    by_service: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """One service as its page with pictures tells of it; `page` its file name inside `services/` and `community/`.

    `least` and `most` women were asked: alike where the number is told, `most` None where there is no upper end,
    `least` None where nothing may be told of the service. `percent` of the best possible, or None; `flags` red
    flags that are open; `only` whether it is the only service of its place.
    """

    label: str
    place: str
    page: str
    least: int | None = None
    most: int | None = None
    percent: int | None = None
    band: int | None = None
    tier: str = ""
    good_in: tuple[str, ...] = ()
    strengths: tuple[Told, ...] = ()
    asks: tuple[Told, ...] = ()
    flags: tuple[SpokenFlag, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True)
class SpokenPlace:
    """A place that is severely lacking, and why; `page` its file name inside `places/`."""

    label: str
    page: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpokenRound:
    """A whole round: all services by name, places that are severely lacking, how many places nothing is known of."""

    services: tuple[Spoken, ...]
    places: tuple[SpokenPlace, ...]
    unknown: int
    of_places: int

    @property
    def told(self) -> tuple[Spoken, ...]:
        """The services of which anything may be told."""
        return tuple(one for one in self.services if one.least is not None)

    @property
    def lacking(self) -> tuple[Spoken, ...]:
        """The services that are severely lacking."""
        return tuple(one for one in self.services if one.tier == LACKING)

    @property
    def good(self) -> tuple[Spoken, ...]:
        """The examples of good practice: as a whole first, then in some domains.

        One that is severely lacking is none, whatever it does well: heard aloud, the one would take back the other.
        """
        whole = [one for one in self.services if one.tier == GOOD]
        return (*whole, *(one for one in self.services if one.good_in and one.tier not in (GOOD, LACKING)))


def spoken_row(row: ServiceRow, shares: Mapping[str, Share], framework: Framework) -> Spoken:
    """Return what the team's page with pictures tells of a service; `shares` from `scoring.team_shares`."""
    team, detail = row.team, row.detail
    strengths, asks = stand_out(shares, framework)
    if not shares:
        strengths = tuple(Told(item.code, None) for item in detail.strengths[:NAMED])
        asks = tuple(Told(item.code, None) for item in detail.asks[:NAMED])
    return Spoken(
        label=row.info.label,
        place=row.info.locale,
        page=row.page,
        least=team.n,
        most=team.n,
        percent=team.percent,
        band=detail.band.number if detail.band else None,
        tier=detail.tier,
        good_in=detail.good_in,
        strengths=strengths,
        asks=asks,
        flags=tuple(
            SpokenFlag(flag.indicator, flag.level, flag.by_service)
            for flag in detail.flags
            if flag.is_open and flag.level == _R1
        ),
        only=row.only,
    )


def spoken_round(view: Overview, services: Iterable[Spoken]) -> SpokenRound:
    """Return what the team's page tells of the whole round."""
    places = tuple(SpokenPlace(one.label, one.page, one.area.lacking) for one in view.places_lacking if one.area)
    unknown = sum(not place.has_data for place in view.places)
    return SpokenRound(by_name(services), places, unknown, len(view.places))


def spoken_release(areas: Sequence[Plain], pages: Mapping[str, str], services: Iterable[Spoken]) -> SpokenRound:
    """Return what the public page tells of the whole round; `areas` of the release, `pages` by their codes."""
    places = tuple(
        SpokenPlace(one["label"], pages[one["code"]], tuple(one["lacking"])) for one in areas if one["lacking"]
    )
    unknown = sum(not _knows((one["any_hr"], *one["gaps"].values())) for one in areas)
    return SpokenRound(by_name(services), places, unknown, len(areas))


def spoken_block(block: Plain, place: str, page: str, framework: Framework, *, only: bool) -> Spoken:
    """Return what the public page with pictures tells of a service of a release."""
    if block["status"] != PUBLISHED:
        return Spoken(block["label"], place, page, only=only)
    least, most = _women(block["women"])
    shares = {one["indicator"]: one["share"] for domain in block["domains"] for one in domain["questions"]}
    strengths, asks = stand_out(shares, framework)
    return Spoken(
        label=block["label"],
        place=place,
        page=page,
        least=least,
        most=most,
        percent=block["overall"]["percent"] if block["overall"] else None,
        band=block["band"]["number"] if block["band"] else None,
        tier=block["tier"] or "",
        good_in=tuple(block["good_in"]),
        strengths=strengths,
        asks=asks,
        flags=tuple(
            SpokenFlag(flag["indicator"], flag["level"], flag["by_service"])
            for flag in block["flags"]
            if flag["open"] and flag["level"] == _R1
        ),
        only=only,
    )


def stand_out(shares: Mapping[str, Share], framework: Framework) -> tuple[tuple[Told, ...], tuple[Told, ...]]:
    """Return the questions that women find good and those that have to change, the clearest first."""
    order = [one for one in framework.indicators if one.code in shares]
    best = sorted(order, key=lambda one: (-_rank(shares[one.code]), not one.core))
    worst = sorted(order, key=lambda one: (_rank(shares[one.code]), not one.core))
    return (
        tuple(Told(one.code, shares[one.code]) for one in best if _rank(shares[one.code]) >= _STRONG_FROM)[:NAMED],
        tuple(Told(one.code, shares[one.code]) for one in worst if _rank(shares[one.code]) < _ASK_BELOW)[:NAMED],
    )


def by_name(services: Iterable[Spoken]) -> tuple[Spoken, ...]:
    """Return services in alphabetical order."""
    return tuple(sorted(services, key=lambda one: (*alphabetical(one.label), one.page)))


def _rank(share: Share) -> int:
    return {FEW: -1, MOST: 101}[share] if isinstance(share, str) else share


def _women(band: str) -> tuple[int, int | None]:
    """Read a band of women as `release_rounding.women` writes it."""
    ends = [int(end) for end in re.findall("[0-9]+", band)]
    return ends[0], ends[1] if len(ends) > 1 else None


def _knows(states: Iterable[str]) -> bool:
    """Whether anything is known of a place's gaps."""
    return any(state not in ("", NO_DATA) for state in states)

"""Cards for the tests: of the team's whole round, of a release, and the fullest that can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import release_samples as released
import test_public_pages as public
import whole_samples as whole

from kobo_sync.followup import Reply
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.card import Card, Sheet, sheet_of
from kobo_sync.report.card_public import public_card
from kobo_sync.report.card_team import team_card
from kobo_sync.report.engine import engine
from kobo_sync.report.model import ReportData, ServiceInfo
from kobo_sync.report.pages import ServiceRow, overview
from kobo_sync.report.voice import Voice
from kobo_sync.scoring.bands import band_of
from kobo_sync.scoring.disclosure import TeamDomain, TeamItem
from kobo_sync.scoring.model import ServiceFlag
from kobo_sync.scoring.naming import LACKING
from kobo_sync.scoring.team import Bounds, TeamGap, TeamSays

SIX = ("en", "es", "fr", "id", "ru", "sw")
LONG = "Центр женского здоровья и социального сопровождения женщин, употребляющих наркотики, и их детей " * 3


def voice(framework: Framework, language: str) -> Voice:
    """Return the words of a language."""
    return Voice(engine(framework, language))


def sheet(data: ReportData, say: Voice) -> Sheet:
    """Return what is alike on the team's cards."""
    return sheet_of(
        say,
        round_=data.round,
        made=data.made_on,
        framework=data.framework.version,
        program=data.program_version,
        copy=("Team copy", "team copy"),
        demo=data.demo,
    )


@cache
def rows() -> dict[str, ServiceRow]:
    """Return what the pages show of each service of the whole round."""
    return {row.info.code: row for row in overview(whole.data()).rows}


def team(code: str, language: str = "en", **changes: object) -> Card:
    """Return the card of a service of the whole round; `changes` to its row."""
    data, row = whole.data(), rows()[code]
    say = voice(data.framework, language)
    return team_card(replace(row, **changes), sheet(data, say), data.framework, say)  # type: ignore[arg-type] # fields of a row


def fullest(language: str) -> Card:
    """Return a card on which everything stands that can, with the longest labels there are in this language."""
    data, row = whole.data(), rows()["S02"]
    rules = data.framework
    say = voice(rules, language)
    long = sorted((one for one in rules.indicators if one.averaged), key=lambda one: -len(one.label[language]))
    harms = sorted((one for one in rules.indicators if one.flag), key=lambda one: -len(one.label[language]))
    items = [TeamItem(one.code, 55, 24, ("O", "P")) for one in long]
    domains = tuple(
        TeamDomain(domain.code, 50, "", 24, (), 8, 10)
        if number % 3
        else TeamDomain(domain.code, None, "sensitive", 24, (), 8, 10)
        for number, domain in enumerate(rules.domains, start=1)
    )
    lowest = max((one.code for one in domains if one.percent), key=lambda code: len(say.of("domain_label", code)))
    detail = replace(
        row.detail,
        interval=Bounds(40, 100),
        capped=44,
        band=band_of(0.9, {}, {}, (), rules),
        tier=LACKING,
        because=("interval", "open_r1"),
        good_in=tuple(domain.code for domain in rules.domains),
        intervals={domain.code: Bounds(40, 100) for domain in rules.domains},
        capped_domains={domain.code: 25 for domain in rules.domains},
        strengths=tuple(items[:3]),
        asks=tuple(items[3:6]),
        gaps=tuple(TeamGap(one.code, 100, 0, 24) for one in long[6:12]),
        says=tuple(
            TeamSays(one.code, (100, 50, 0, None)[number % 4], "")
            for number, one in enumerate(rules.indicators)
            if set(one.sources) == {"P"}
        ),
        flags=tuple(ServiceFlag(one.code, "R1", by_service=False, in_policy=True, state="reviewed") for one in harms),
    )
    full = replace(
        row,
        info=ServiceInfo("S02", LONG, LONG, LONG, "D1"),
        team=replace(row.team, domains=domains, percent=50, lowest=lowest),
        detail=detail,
        replies=(Reply("S02", "", data.made_on, LONG * 4),),
        only=True,
        shares={one.code: 65 for one in long},
    )
    return team_card(full, sheet(data, say), rules, say)


def published(language: str = "en", few: int = 4) -> Iterator[Card]:
    """Yield the cards of the sample release."""
    release, rules = public.made(few).release, released.rules()
    say = voice(rules, language)
    made = sheet_of(
        say,
        round_=release.round,
        made=whole.data().made_on,
        framework=rules.version,
        program="0.1.0",
        copy=("Public release", "public release"),
        demo=False,
    )
    for block in release.content["services"]:
        yield public_card(block, "North", made, rules, say, only=False)

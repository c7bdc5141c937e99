"""A service's public scorecard, made of a release alone, and of labels: no score comes near it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kobo_sync.followup import Reply
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.card import Bar, Big, Card, Part, Point, Sheet, band_share_words, finished, plain
from kobo_sync.report.card_team import band_big, findings, flags_part, ladder, reply_lines, verdict
from kobo_sync.report.public_site import because
from kobo_sync.report.voice import Voice
from kobo_sync.scoring.release_model import FEW, MOST, PUBLISHED, Plain
from kobo_sync.scoring.release_rounding import percent_step
from kobo_sync.scoring.team import Bounds

_STAND_OUT = 70  # percent of women from which a question is a strength, and below which it is an ask


def public_card(
    block: Plain,
    area: str,
    sheet: Sheet,
    framework: Framework,
    say: Voice,
    *,
    only: bool,
    replies: Sequence[Reply] = (),
) -> Card:
    """Return the card of one service of a release; where it is not published, one that says so and no more.

    `area` is its place's label; `replies` of the service, those that may stand in public.
    """
    _ = say.gettext
    published = block["status"] == PUBLISHED
    women = block["women"].replace(" or more", "+") if published else ""
    lead = _("What %(women)s women who use drugs said.") % {"women": women}
    if not published:
        neither = _("This says nothing about the service, neither good nor bad.")
        lead = f"{say.words('not_published')}. {neither}"
    number = block["band"]["number"] if published and block["band"] else None
    return finished(
        sheet,
        say,
        code=block["code"],
        label=block["label"],
        kicker=(plain(area, 60), ""),
        lead=lead,
        nothing=() if published else (say.words("not_published"),),
        bigs=_bigs(block, women, say) if published else (),
        ladder=ladder(number, framework, say),
        verdict=verdict(
            block["tier"] or "", because(block) if block["tier"] == "lacking" else (), block["good_in"], say
        )
        if published
        else (),
        bars=_bars(block, framework, say) if published else (),
        parts=_parts(block, women, framework, say) if published else (),
        wide=(),
        only=only,
        rules=(
            _(
                "100%% is the best answer to each question, as women say and peer observers see; a missing answer is "
                "never a no. What the service says of itself is not published."
            )
            % {},
            _(
                "A service has figures from %(public)s women on. They are rounded to %(step)s, their intervals "
                "outward, and numbers of women are bands. Of every other service it says “not published”, "
                "whatever the reason. No harm and no identity is told of a single service."
            )
            % {
                "public": framework.public_from,
                "step": say.percent(percent_step(framework)),
            },
        ),
        reply=reply_lines(replies, say)
        or (_("The service has ten working days to reply; it can correct facts, and has no veto."),),
        reply_empty=not replies,
    )


def _bigs(block: Plain, women: str, say: Voice) -> tuple[Big, ...]:
    _, overall = say.gettext, block["overall"]
    first = Big(_("Overall"), say.words("not_enough"), "", ())
    if overall:
        bounds = Bounds(overall["low"], overall["high"])
        grade = say.of("grade_label", overall["grade"])
        first = Big(_("Overall"), say.percent(overall["percent"]), say.macro("between", bounds), (grade,))
    asked = Big(_("Women asked"), women, "", (_("who chose to take part; not a random sample"),))
    return (first, *band_big(block["band"]["number"] if block["band"] else None, say), asked)


def _bars(block: Plain, framework: Framework, say: Voice) -> tuple[Bar, ...]:
    found: Mapping[str, Plain | None] = {domain["code"]: domain["figure"] for domain in block["domains"]}
    bars = []
    for domain in framework.domains:
        figure = found.get(domain.code)
        label = say.of("domain_label", domain.code)
        if figure is None:
            bars.append(Bar(str(domain.number), label, None, None, None, say.words("not_enough"), "", "", ""))
            continue
        value, low, high = figure["percent"], figure["low"], figure["high"]
        between = say.macro("between", Bounds(low, high))
        bars.append(Bar(str(domain.number), label, value, low, high, say.percent(value), between, "", ""))
    return tuple(bars)


def _parts(block: Plain, women: str, framework: Framework, say: Voice) -> tuple[Part, ...]:
    """Return strengths and asks by the published shares, core questions first where two are alike; and flags."""
    shares = {one["indicator"]: one["share"] for domain in block["domains"] for one in domain["questions"]}
    told = [one for one in framework.indicators if one.code in shares]
    strong = sorted(
        (one for one in told if _rank(shares[one.code]) >= _STAND_OUT),
        key=lambda one: (-_rank(shares[one.code]), not one.core),
    )
    weak = sorted(
        (one for one in told if _rank(shares[one.code]) < _STAND_OUT),
        key=lambda one: (_rank(shares[one.code]), not one.core),
    )
    parts = [
        findings(key, [_point(one.code, shares[one.code], women, say, fixers=key == "asks") for one in chosen], say)
        for key, chosen in (("strengths", strong), ("asks", weak))
    ]
    flags = sorted(block["flags"], key=lambda one: (not one["open"], one["level"]))
    if flags:
        points = [
            Point(
                say.macro("flag", one),
                say.label("flag_state", "reviewed" if one["open"] else "resolved"),
                say.macro("fixers", one["indicator"]),
            )
            for one in flags
        ]
        parts.append(flags_part(points, say))
    return tuple(parts)


def _point(code: str, share: int | str, women: str, say: Voice, *, fixers: bool) -> Point:
    return Point(
        say.of("item_label", code),
        band_share_words(share, women, say),
        say.macro("fixers", code) if fixers else "",
    )


def _rank(share: int | str) -> int:
    return {FEW: -1, MOST: 101}[share] if isinstance(share, str) else share

"""A service's scorecard for the team, made of what its page is made of: nothing here reads a score."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from kobo_sync.followup import Reply
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.card import (
    FLAGS,
    GAPS,
    NAMED,
    REPLY,
    SHORT,
    Bar,
    Big,
    Card,
    Part,
    Point,
    Sheet,
    Step,
    finished,
    plain,
    share_words,
)
from kobo_sync.report.pages import ServiceRow
from kobo_sync.report.voice import Voice
from kobo_sync.scoring.disclosure import TeamDomain, TeamItem
from kobo_sync.scoring.model import BandResult
from kobo_sync.scoring.team import TeamGap, TeamSays

_ALL = 100


def team_card(row: ServiceRow, sheet: Sheet, framework: Framework, say: Voice) -> Card:
    """Return the card of a service; from too few women, one that says so."""
    _, detail, team = say.gettext, row.detail, row.team
    below = {"below": framework.suppress_below}
    nothing: tuple[str, ...] = ()
    if team.n is None:
        nothing = (
            _(
                "Nothing is shown, so that nobody can be recognised. This is neither a good mark nor a bad one: it "
                "only means that too few women could be asked."
            ),
            _("With %(below)s interviews or more, this page fills.") % below,
        )
    shown = team.n is not None
    return finished(
        sheet,
        say,
        code=row.info.code,
        label=row.info.label,
        kicker=(plain(row.info.locale, SHORT), plain(row.info.type, SHORT)),
        lead=_lead(row, framework, say),
        nothing=nothing,
        bigs=_bigs(row, say) if shown else (),
        ladder=ladder(detail.band.number if detail.band else None, framework, say),
        verdict=(*_gates(detail.band, say), *verdict(detail.tier, detail.because, detail.good_in, say)),
        bars=tuple(_bar(domain, row, say) for domain in team.domains) if shown else (),
        parts=_parts(row, say) if shown else (),
        wide=_says(detail.says, say),
        only=row.only,
        rules=(
            _(
                "100%% is the best answer to each question, as women say and peer observers see; a missing answer is "
                "never a no. Nothing from fewer than %(below)s women, and no question about harm, is shown."
            )
            % below,
        ),
        reply=reply_lines(row.replies, say)
        or (_("No reply yet. Whoever is asked has ten working days to reply before anything is published."),),
        reply_empty=not row.replies,
    )


def _lead(row: ServiceRow, framework: Framework, say: Voice) -> str:
    _, ngettext, team = say.gettext, say.ngettext, row.team
    if team.n is None:
        return _("Fewer than %(below)s women were asked about this service in this round.") % {
            "below": framework.suppress_below
        }
    if team.percent is None:
        return ngettext(
            "From the %(n)s woman asked here there is not enough information for an overall figure.",
            "From the %(n)s women asked here there is not enough information for an overall figure.",
            team.n,
        ) % {"n": team.n}
    return ngettext(
        "The %(n)s woman asked here gave answers that come to %(value)s of the best possible.",
        "The %(n)s women asked here gave answers that come to %(value)s of the best possible.",
        team.n,
    ) % {"n": team.n, "value": say.percent(team.percent)}


def _bigs(row: ServiceRow, say: Voice) -> tuple[Big, ...]:
    _, detail, team = say.gettext, row.detail, row.team
    if team.percent is None:
        overall = Big(_("Overall"), _("Not enough information"), "", (say.macro("why_no_overall", team),))
    else:
        lowered = detail.capped
        below = (
            (_("lowered by open red flags to %(value)s") % {"value": say.percent(lowered)},)
            if lowered is not None
            else ()
        )
        counted = _("the mean of the %(shown)s domains with a figure, of %(all)s") % {
            "shown": len(team.shown),
            "all": len(team.domains),
        }
        between = say.macro("between", detail.interval)
        overall = Big(_("Overall"), say.percent(team.percent), between, (*below, counted))
    asked = [_("who chose to take part; not a random sample")]
    if detail.grade:
        asked.insert(0, say.of("grade_label", detail.grade))
    women = Big(_("Women asked"), say.number(team.n), "", tuple(asked))
    return (overall, *band_big(detail.band.number if detail.band else None, say), women)


def band_big(number: int | None, say: Voice) -> tuple[Big, ...]:
    """Return the band with its term, where it is told."""
    _ = say.gettext
    return () if number is None else (Big(_("Band"), say.of("band_label", number), "", (say.of("band_term", number),)),)


def ladder(number: int | None, framework: Framework, say: Voice) -> tuple[Step, ...]:
    """Return all bands from the lowest on, with the service's marked; none where its band is not told."""
    if number is None:
        return ()
    return tuple(Step(say.of("band_label", band.number), band.number == number) for band in framework.method.bands)


def verdict(tier: str, because: Sequence[str], good_in: Iterable[str], say: Voice) -> tuple[str, ...]:
    """Say how the service is named, and why."""
    if not tier:
        return ()
    _ = say.gettext
    told = [f"{say.label('tier', tier)}."]
    if because:
        told.append(_("Why: %(why)s.") % {"why": say.macro("lacking_service", because)})
    if good_in:
        told.append(_("An example in: %(names)s.") % {"names": say.macro("names", good_in)})
    return (" ".join(told),)


def _gates(band: BandResult | None, say: Voice) -> tuple[str, ...]:
    """Say why it is not in the band that its figure reaches."""
    _ = say.gettext
    if band is None:
        return ()
    if band.imposed:
        return (_("Open red flags put it into the lowest band, whatever its figures."),)
    told = []
    for gate in band.gates:
        if gate.outcome == "met":
            continue
        missed = _("a red flag is open")
        if gate.kind != "open_r1":
            label = say.of("domain_label" if gate.kind == "domain" else "item_label", gate.code)
            least = say.percent(_ALL * gate.at_least)
            missed = _("%(label)s would have to reach %(least)s") % {"label": label, "least": least}
        if gate.outcome == "no_data":
            missed = f"{missed} ({say.words('no_data_gate')})"
        band_missed = _("Not “%(band)s”:") % {"band": say.of("band_label", gate.band)}
        told.append(f"{band_missed} {missed}.")
    return (" ".join(told),) if told else ()


def _bar(domain: TeamDomain, row: ServiceRow, say: Voice) -> Bar:
    _, bounds = say.gettext, row.detail.intervals.get(domain.code)
    mark = []
    if domain.code in row.detail.capped_domains:
        mark.append(_("flag: %(value)s") % {"value": say.percent(row.detail.capped_domains[domain.code])})
    if domain.code == row.team.lowest:
        mark.append(_("lowest"))
    shown = domain.percent is not None
    return Bar(
        number=str(say.of("domain_number", domain.code)),
        label=say.of("domain_label", domain.code),
        value=domain.percent,
        low=bounds.low if bounds and shown else None,
        high=bounds.high if bounds and shown else None,
        figure=say.percent(domain.percent) if shown else say.macro("reason_short", domain.why),
        between=say.macro("between", bounds) if bounds and shown else "",
        women="" if domain.n is None else say.number(domain.n),
        mark=" · ".join(mark),
    )


def _parts(row: ServiceRow, say: Voice) -> tuple[Part, ...]:
    _, detail = say.gettext, row.detail
    found = [
        findings("strengths", [_point(item, row, say, fixers=False) for item in detail.strengths], say),
        findings("asks", [_point(item, row, say, fixers=True) for item in detail.asks], say),
    ]
    if detail.flags:
        points = [
            Point(say.macro("flag", one), say.label("flag_state", one.state), say.macro("fixers", one.indicator))
            for one in sorted(detail.flags, key=lambda one: (not one.is_open, one.level))
        ]
        found.append(flags_part(points, say))
    if detail.gaps:
        found.append(_gaps(detail.gaps, say))
    return tuple(found)


def _point(item: TeamItem, row: ServiceRow, say: Voice, *, fixers: bool) -> Point:
    """Return a question: what women say of it first, then its figure, which observers and the service count in too."""
    _, ngettext, women = say.gettext, say.ngettext, item.n or 0
    figure, share = say.percent(item.percent), row.shares.get(item.code)
    also = {
        ("O",): _("also observers"),
        ("P",): _("also the service"),
        ("O", "P"): _("also observers, service"),
    }.get(tuple(sorted(item.also)), "")
    if also:
        figure = f"{figure} ({also})"
    if share is None:
        told = ngettext("%(n)s woman", "%(n)s women", women) % {"n": women}
        detail = f"{figure} · {told}"
    else:
        counted = _("Figure: %(value)s") % {"value": figure}
        detail = f"{share_words(share, women, say)}. {counted}"
    return Point(say.of("item_label", item.code), detail, say.macro("fixers", item.code) if fixers else "")


def findings(key: str, points: Sequence[Point], say: Voice) -> Part:
    """Return strengths or asks, or that nothing stands out."""
    _ = say.gettext
    title = _("Strengths") if key == "strengths" else _("Asks")
    none = () if points else (_("Among the questions that have figures, no one stands out."),)
    return Part(key, title, tuple(points[:NAMED]), none)


def flags_part(points: Sequence[Point], say: Voice) -> Part:
    """Return the red flags, the open ones first; what there is no room for stands on the service's page."""
    _ = say.gettext
    more = (_("More of this stands on the service’s page."),) if len(points) > FLAGS else ()
    return Part("flags", _("Red flags"), tuple(points[:FLAGS]), more)


def _gaps(gaps: Sequence[TeamGap], say: Voice) -> Part:
    """Return where what the service says and what women say are farthest apart."""
    _ = say.gettext
    widest = sorted(gaps, key=lambda gap: -abs(gap.says - gap.women))
    points = [
        Point(
            say.of("item_label", gap.code),
            _("the service says %(says)s, women say %(women)s")
            % {"says": say.percent(gap.says), "women": say.percent(gap.women)},
            "",
        )
        for gap in widest[:GAPS]
    ]
    more = (_("More of this stands on the service’s page."),) if len(widest) > GAPS else ()
    return Part("gaps", _("The service says, women say"), tuple(points), more)


def _says(says: Sequence[TeamSays], say: Voice) -> tuple[Part, ...]:
    """Return what only the service is asked, its answers together: yes, in part, no, and what it did not say."""
    _ = say.gettext
    if not says:
        return ()
    answers = {
        _("yes"): [one for one in says if one.percent == _ALL],
        _("in part"): [one for one in says if one.percent is not None and 0 < one.percent < _ALL],
        _("no"): [one for one in says if one.percent == 0],
        _("does not know or did not say"): [one for one in says if one.percent is None],
    }
    points = tuple(
        Point(answer, "; ".join(say.of("item_label", one.code) for one in found), "")
        for answer, found in answers.items()
        if found
    )
    return (Part("says", say.words("service_says"), points, (_("Asked of the service alone; counts in no figure."),)),)


def reply_lines(replies: Sequence[Reply], say: Voice) -> tuple[str, ...]:
    """Return the last reply, cut where there is no room for it; empty where there is none."""
    if not replies:
        return ()
    _ = say.gettext
    last = max(enumerate(replies), key=lambda one: (one[1].date or dt.date.min, one[0]))[1]
    text = plain(last.text)
    told = [plain(last.text, REPLY)]
    if last.date:
        told.insert(0, say.day(last.date))
    if len(text) > REPLY or len(replies) > 1:
        told.append(_("More of this stands on the service’s page."))
    return tuple(told)

"""What may be published of an area: its gaps, its barriers, whether it is severely lacking, its score (2, 3.8, 3.10).

1. An area's score is made of the published services' figures; services that are small networks join where so many of
   them are rated that they would make a score by themselves: one or two could be worked out by taking away the others.
2. What forms about the area say is published where two teams or five women say it. Anything less looks like no data.
3. Only published services contradict a gap, and an area is severely lacking by its services only where all the services
   listed there are published: of the others nothing shows, not even that there is something.
4. So where one of them is not published, nobody outside can know whether it contradicts, and a gap is "reported" at
   most: it is never said that women reach nothing while the team's own pages say where they do. Which services are
   listed and which of them are published is public, so this tells nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.method import GapRules
from kobo_sync.scoring.areas import CONFIRMED, REPORTED, AreaAnswers, area_of
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.release_model import Known, LocaleForm, Plain
from kobo_sync.scoring.release_rounding import bounds, score_percent
from kobo_sync.scoring.release_services import published_draws, published_ends
from kobo_sync.scoring.uncertainty import seed_of


def area_block(
    area: str,
    known: Known,
    published: Mapping[str, ServiceScore],
    small: Mapping[str, ServiceScore],
    framework: Framework,
) -> Plain:
    """Return what is published of one area.

    `published` and `small` hold the publishable parts of the area's services by code: those that are published, and
    those that are small networks.
    """
    listed = [service.code for service in known.services if service.locale == area]
    block: Plain = {"code": area, "label": known.locales.get(area, area), "only_service": len(listed) == 1}
    forms = known.forms.get(area, ())
    rules = framework.method.gaps
    if rules is None:
        return {**block, "score": None, "any_hr": "", "gaps": {}, "lacking": [], "barriers": []}
    found = area_of(
        area,
        known.round,
        sound_answers([form.answers for form in forms], rules),
        list(published.values()),
        framework,
        not_lawful=known.not_lawful,
    )
    whole = set(listed) == set(published)

    def told(state: str) -> str:
        return REPORTED if state == CONFIRMED and not whole else state

    return {
        **block,
        "score": _score(area, known, {**published, **_joining(small, framework)}, framework),
        "any_hr": told(found.any_hr.state),
        "gaps": {gap.code: told(gap.state) for gap in found.gaps},
        "lacking": [*found.lacking] if whole else [],
        "barriers": sound_barriers(forms, rules),
    }


def sound_answers(forms: Sequence[AreaAnswers], rules: GapRules) -> list[AreaAnswers]:
    """Return the forms without the answers behind which there are neither two teams nor five women (rule 2).

    A gap that enough people report stays contradicted by anybody: that only makes the claim weaker.
    """
    made = list(forms)
    for item in rules.items:
        made = _sound(made, item.code, (rules.gap, rules.contradicts), rules)
    return _sound(made, "", (rules.any_gap, rules.any_contradicts), rules)


def _sound(
    forms: list[AreaAnswers], code: str, answers: tuple[Collection[str], Collection[str]], rules: GapRules
) -> list[AreaAnswers]:
    gap, contradicts = answers
    if _behind([form for form in forms if _answer(form, code) in gap], rules):
        return forms
    kept = contradicts if _behind([form for form in forms if _answer(form, code) in contradicts], rules) else ()
    return [form if _answer(form, code) in kept else _without(form, code) for form in forms]


def _answer(form: AreaAnswers, code: str) -> str:
    """Return the answer about one gap; code "" is whether there is any harm reduction at all."""
    return form.gaps.get(code, "") if code else form.any_hr


def _without(form: AreaAnswers, code: str) -> AreaAnswers:
    return replace(form, gaps={**form.gaps, code: ""}) if code else replace(form, any_hr="")


def _behind(forms: Iterable[AreaAnswers], rules: GapRules) -> bool:
    """Whether two teams or five women stand behind these forms, counted as for a confirmed gap."""
    found = list(forms)
    teams = len({form.team for form in found} - {""})
    return teams >= rules.teams or max((rules.reporters.get(f.reporters, 0) for f in found), default=0) >= rules.women


def sound_barriers(forms: Sequence[LocaleForm], rules: GapRules) -> list[str]:
    """Return the barriers that two teams or five women name, in alphabetical order."""
    named = sorted({barrier for form in forms for barrier in form.barriers})
    return [name for name in named if _behind((form.answers for form in forms if name in form.barriers), rules)]


def _joining(small: Mapping[str, ServiceScore], framework: Framework) -> Mapping[str, ServiceScore]:
    """Rule 1: the small networks, where they are enough of them, else none."""
    rated = {code: part for code, part in small.items() if part.rated}
    tiers = framework.method.tiers
    return rated if tiers is not None and len(rated) >= max(tiers.locale_rated, 3) else {}


def _score(area: str, known: Known, parts: Mapping[str, ServiceScore], framework: Framework) -> Plain | None:
    """3.11.7, of the publishable parts; None where there are too few of them, or the interval cannot be made."""
    draws = {scored.score.service: scored for scored in known.scored}
    made = area_of(
        area,
        known.round,
        (),
        list(parts.values()),
        framework,
        resampled={
            code: published_draws(draws[code], published_ends(draws[code], framework), framework)
            for code, part in parts.items()
            if part.rated
        },
    ).score
    if made.value is None or made.interval is None:
        return None
    shown = score_percent(made.value, framework)
    low, high = bounds(shown, made.interval, framework)
    return {"percent": shown, "low": low, "high": high, "seed": seed_of(area, known.round)}

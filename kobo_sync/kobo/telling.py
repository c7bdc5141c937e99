"""A plan in plain words, line by line: what changes, what it means for the answers, what somebody else did, who may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kobo_sync.kobo.deployment import CHANGE, DRIFT, TAKE, Plan
from kobo_sync.kobo.differences import Difference, listed

_SHOWN = 3


def lines(plan: Plan) -> Iterator[str]:
    """Yield the lines below the sentence of a plan; those of detail are indented."""
    if plan.drift:
        yield from _drift(plan)
    if plan.action == CHANGE and plan.asset is not None and plan.asset.deployed:
        yield from _changes(plan, plan.changes)
    for name in plan.replaced:
        yield f"file     {name}: the server has another one of that name, which this one takes the place of"
    for words in plan.access.in_words():
        yield f"team     {words}"
    if plan.access.others:
        yield (
            f"team     besides, {listed(plan.access.others)} can reach this form and is not in [team]; left as it is "
            "(--only-team takes it away)"
        )
    for words in plan.warnings:
        yield f"WARNING  {words}"


def _changes(plan: Plan, changes: Sequence[Difference]) -> Iterator[str]:
    """Tell breaking changes one by one, the safe ones by kind."""
    breaking = [one for one in changes if one.breaking]
    for kind in dict.fromkeys(one.kind for one in breaking):
        mine = [one for one in breaking if one.kind == kind]
        for one in mine:
            yield f"BREAKING {one.what}"
        yield f"         {mine[0].means}"
    if breaking and plan.asset is not None:
        came = plan.asset.submissions
        count = f"{came} interview{'' if came == 1 else 's'} came in so far" if came else "no interview came in so far"
        yield f"         ({count}; phones that have the old version may still send more of it)"
    safe = [one for one in changes if not one.breaking]
    for kind in dict.fromkeys(one.kind for one in safe):
        mine = [one for one in safe if one.kind == kind]
        yield f"safe     {_some(mine)}. {mine[0].means}"


def _some(mine: Sequence[Difference]) -> str:
    whats = [one.what for one in mine]
    more = f"; and {len(whats) - _SHOWN} more like it" if len(whats) > _SHOWN else ""
    return "; ".join(whats[:_SHOWN]) + more


def _drift(plan: Plan) -> Iterator[str]:
    since = (
        "since it was last sent from here"
        if plan.compared == "before"
        else "in comparison with your workbook (what was sent from here before is not known any more)"
    )
    yield f"drift    in KoboToolbox, {since}:"
    for one in plan.drift:
        yield f"           {one.what}"
    form = plan.wanted.form
    if plan.action == DRIFT:
        yield "         Nothing of it is written over. What to do next:"
        yield f"           to compare, with the server's form beside yours: kobo-sync deploy {form} --take server"
        yield f"           to put your form over it: kobo-sync deploy {form} --take local"
    elif plan.action != TAKE:
        yield "         All of this is written over by your form."

"""What changed between two public releases: worked out of the two published files and nothing else (3.8, 3.9).

Whoever has both files can work out the same, so the words tell nothing that was not published before: no figure here is
made of answers. That is why a change does not stand in the release itself, and why it is told more rarely than the team
sees it. The rules (our conventions, each stricter than 3.9):

1. "Better" or "worse" only where the published intervals lie apart, and the published figures so far that the exact
   ones, each at most half a step away, differ by `min_change` at least. Everything else is "unclear".
2. No word where the rounds were measured differently, as far as the files tell: another framework, other weights or
   thresholds; for a domain, other questions; for the overall figure, other domains, or one of them without a word.
3. Flags are not compared: one that is not listed any more is not known to be gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.changes import BETTER, UNCLEAR, WORSE
from kobo_sync.scoring.release_model import PUBLISHED, Plain, Release
from kobo_sync.scoring.release_rounding import percent_step

NOT_COMPARED = ""
_METHOD = ("framework", "weights_version", "weights", "thresholds")


@dataclass(frozen=True, slots=True)
class PublicChange:
    """One figure in two releases: `code` of the domain, "" overall; both figures as published; the word, or none."""

    code: str
    before: Plain
    after: Plain
    verdict: str


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """What changed of one service that is published in both releases."""

    code: str
    label: str
    overall: PublicChange | None
    domains: tuple[PublicChange, ...]


@dataclass(frozen=True, slots=True)
class ReleaseChanges:
    """What changed since the release of an earlier round; `alike` whether both were made by the same method."""

    before: str
    number: int
    alike: bool
    services: tuple[ServiceChange, ...]


def release_changes(after: Release, releases: Iterable[Release], framework: Framework) -> ReleaseChanges | None:
    """Compare a release with the last one of the round before it; None where no earlier round was released."""
    earlier = [one for one in releases if one.round < after.round]
    if not earlier:
        return None
    before = max(earlier, key=lambda one: (one.round, one.number))
    alike = all(before.content["method"][name] == after.content["method"][name] for name in _METHOD)
    old = {block["code"]: block for block in before.content["services"] if block["status"] == PUBLISHED}
    services = tuple(
        _service(old[block["code"]], block, framework, alike=alike)
        for block in after.content["services"]
        if block["status"] == PUBLISHED and block["code"] in old
    )
    return ReleaseChanges(before.round, before.number, alike, services)


def _service(old: Plain, new: Plain, framework: Framework, *, alike: bool) -> ServiceChange:
    then, now = ({one["code"]: one for one in block["domains"] if one["figure"]} for block in (old, new))
    domains = tuple(
        _change(
            code,
            then[code]["figure"],
            now[code]["figure"],
            framework,
            alike=alike and _same_questions(then[code], now[code]),
        )
        for code in now
        if code in then
    )
    overall = None
    if old["overall"] and new["overall"]:
        same = alike and then.keys() == now.keys() and all(one.verdict != NOT_COMPARED for one in domains)
        overall = _change("", old["overall"], new["overall"], framework, alike=same)
    return ServiceChange(new["code"], new["label"], overall, domains)


def _same_questions(then: Plain, now: Plain) -> bool:
    """Rule 2, as far as the files tell: where a domain's questions are not listed, nobody knows which were asked."""
    asked = [{question["indicator"] for question in domain["questions"]} for domain in (then, now)]
    return not all(asked) or asked[0] == asked[1]


def _change(code: str, before: Plain, after: Plain, framework: Framework, *, alike: bool) -> PublicChange:
    verdict = UNCLEAR if alike else NOT_COMPARED
    # Both figures may be half a step nearer to each other than they are printed: together one step.
    least = round(100 * framework.method.min_change, 6) + percent_step(framework)
    if alike and abs(after["percent"] - before["percent"]) >= least:
        if after["low"] > before["high"]:
            verdict = BETTER
        elif after["high"] < before["low"]:
            verdict = WORSE
    return PublicChange(code, before, after, verdict)

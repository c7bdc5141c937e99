"""Holding a new release against the earlier ones, so that nobody can take one from the other (3.8).

A round that was released before:

1. Each part stays in it as it was, byte for byte, until `after_changes` of the interviews that it was made of have
   changed (gone, new, or edited) since it was made. Where some are gone or new at all, so many must be: with one woman
   gone and four interviews edited in passing, the difference would be hers. (The second half is our convention.)
2. The shares of questions count single women, so they are left out of a part that is made again, unless as many
   interviews changed as a service needs to be published: else they would tell of the few that changed, and somebody who
   knows what all but one of these said could work out what the last one did. (Our convention.)
3. A figure of a service or an area that moves by no more than one step stays as it was, bounds and all; band and tier
   too, where the overall figure and the flags stay. Just above an edge of rounding before and just below it after, the
   figure would tell the sum of what those said who changed, nearly to the point. (Our convention; a larger move tells
   it to within the rounding of both figures times their numbers of women.)
4. So too a service that was held back: with nine women then and ten now, one of them would have made it appear.
5. An area's part is made again only where each of its services is made again with it, or is the same as before; the
   tables of an identity question are made again all together or not at all, so that no woman can be found by areas that
   moved from one table to another, and only where `sensitive_from` interviews behind each have changed, or none.
6. Reviews of flags, practice.csv and bands of women change nothing in a released round by themselves: that a service
   appears without one interview having changed would say that a flag had been waiting.

Other rounds' releases: where a service's interviews of this round overlap with those of an earlier one (the length of
rounds was changed, or months were corrected), what one has and the other lacks must be nothing, or as many women as a
service needs to be published; else it is held back now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.release_model import NOT_PUBLISHED, PUBLISHED, Bases, Plain, Records, Remembered
from kobo_sync.scoring.release_rounding import percent_step

SERVICES, QUESTIONS, AREAS = PARTS = "services", "questions", "areas"


@dataclass(frozen=True, slots=True)
class Change:
    """How many interviews differ between two sets: gone from the first, new in the second, edited in both."""

    gone: int
    new: int
    edited: int

    def none(self) -> bool:
        """Whether nothing changed."""
        return not (self.gone or self.new or self.edited)

    def enough(self, framework: Framework) -> bool:
        """Whether so many changed that what was made of the first set may be made again of the second (rule 1)."""
        return self.reaches(framework.disclosure.after_changes)

    def reaches(self, least: int) -> bool:
        """Whether so many changed, and if any is gone or new, so many of these."""
        moved = self.gone + self.new
        return moved + self.edited >= least and (moved == 0 or moved >= least)


def change(before: Records, now: Records) -> Change:
    """Compare two sets of interviews by their keyed hashes."""
    both = before.keys() & now.keys()
    return Change(len(before) - len(both), len(now) - len(both), sum(before[root] != now[root] for root in both))


def together(bases: Bases, services: Iterable[str]) -> Records:
    """Return the interviews of several services as one set."""
    return {root: version for service in services for root, version in bases.get(service, {}).items()}


def too_close(services: Iterable[str], records: Bases, earlier: Iterable[Remembered], framework: Framework) -> bool:
    """Whether these services' interviews are nearly those of a part of another round's release."""
    wanted = list(services)
    now = together(records, wanted)
    for remembered in earlier:
        for bases in remembered.bases.values():
            before = together(bases, wanted)
            if not before.keys() & now.keys():
                continue
            found, least = change(before, now), framework.public_from
            if any(0 < number < least for number in (found.gone, found.new, found.edited)):
                return True
    return False


@dataclass(frozen=True)
class Merged:
    """The parts of a round that is released again, and the base of each."""

    services: list[Plain]
    areas: list[Plain]
    identity: list[Plain]
    bases: Mapping[str, Bases]


def merge(previous: Remembered, fresh: Plain, records: Bases, framework: Framework) -> Merged:
    """Return what a new release of the same round may hold: the earlier parts, and fresh ones by rules 1 to 6."""
    before = previous.release.content
    services, service_bases = _services(before, fresh, previous.bases, records, framework)
    areas, area_base = _areas(before, fresh, services, previous.bases.get(AREAS, {}), records, framework)
    identity, identity_bases = _identity(before, fresh, previous.bases, records, framework)
    return Merged(services, areas, identity, {**service_bases, AREAS: area_base, **identity_bases})


def _services(
    before: Plain, fresh: Plain, bases: Mapping[str, Bases], records: Bases, framework: Framework
) -> tuple[list[Plain], dict[str, Bases]]:
    old, new = _by_code(before["services"]), _by_code(fresh["services"])
    base, asked = dict(bases.get(SERVICES, {})), dict(bases.get(QUESTIONS, {}))
    made = []
    for code in sorted(old.keys() | new.keys()):
        now = records.get(code, {})
        if code not in new or not change(base.get(code, {}), now).enough(framework):
            made.append(old.get(code) or _held_back(new[code]))
            continue
        block = _settled(old.get(code, {}), new[code], framework)
        if block == old.get(code):
            made.append(block)
            continue
        base[code] = now
        if change(asked.get(code, {}), now).reaches(framework.public_from):
            asked[code] = now
            made.append(block)
        else:
            made.append(_without_questions(block))
    return made, {SERVICES: base, QUESTIONS: asked}


def _settled(old: Plain, new: Plain, framework: Framework) -> Plain:
    """Return a service made again, its figures as they were where they hardly move (rule 3); `old` itself if all do."""
    if old.get("status") != PUBLISHED or new["status"] != PUBLISHED:
        return new
    step = percent_step(framework)
    before = _by_code(old["domains"])
    domains = [
        {**one, "figure": _stays(before.get(one["code"], {}).get("figure"), one["figure"], step)}
        for one in new["domains"]
    ]
    overall = _stays(old["overall"], new["overall"], step)
    block = {**new, "overall": overall, "domains": domains}
    if overall == old["overall"] and new["flags"] == old["flags"]:
        block |= {name: old[name] for name in ("band", "tier", "good_in")}
    same = _without_questions({**block, "women": old["women"]}) == _without_questions(old)
    return old if same else block


def _stays(old: Plain | None, new: Plain | None, step: int) -> Plain | None:
    return old if old and new and abs(old["percent"] - new["percent"]) <= step else new


def _without_questions(block: Plain) -> Plain:
    """Rule 2."""
    if block["status"] == NOT_PUBLISHED:
        return block
    return {**block, "domains": [{**domain, "questions": []} for domain in block["domains"]]}


def _held_back(block: Plain) -> Plain:
    return {**{name: block[name] for name in ("code", "label", "area")}, "status": NOT_PUBLISHED}


def _areas(  # noqa: PLR0917 -- what was, what is, and what each was made of
    before: Plain, fresh: Plain, services: list[Plain], base: Bases, records: Bases, framework: Framework
) -> tuple[list[Plain], Bases]:
    old, new, fresh_services = _by_code(before["areas"]), _by_code(fresh["areas"]), _by_code(fresh["services"])
    merged = _by_code(services)
    made, bases = [], dict(base)
    for code in sorted(old.keys() | new.keys()):
        mine = {
            block["code"] for block in (*before["services"], *fresh["services"], *services) if block["area"] == code
        }
        states = [
            _state(
                merged[service], fresh_services.get(service), base.get(service, {}), records.get(service, {}), framework
            )
            for service in sorted(mine)
        ]
        again = code in new and "held" not in states and "again" in states
        if again:
            bases |= {service: records.get(service, {}) for service in mine}
        if again or code in old:
            score = (
                _stays(old.get(code, {}).get("score"), new[code]["score"], percent_step(framework)) if again else None
            )
            made.append({**new[code], "score": score} if again else old[code])
    return made, bases


def _state(block: Plain, fresh: Plain | None, before: Records, now: Records, framework: Framework) -> str:
    """Return "again", "same" or "held": whether an area may be made again as far as this service is concerned (5)."""
    found = change(before, now)
    if fresh is None or block not in (fresh, _without_questions(fresh)):
        return "held"
    if found.enough(framework):
        return "again"
    unseen = block["status"] == NOT_PUBLISHED and bool(now)
    return "same" if found.none() and not unseen else "held"


def _identity(
    before: Plain, fresh: Plain, bases: Mapping[str, Bases], records: Bases, framework: Framework
) -> tuple[list[Plain], dict[str, Bases]]:
    made, kept = list[Plain](), dict[str, Bases]()
    area_of = {block["code"]: block["area"] for block in (*before["services"], *fresh["services"])}
    names = dict.fromkeys(table["variable"] for table in (*fresh["identity"], *before["identity"]))
    for name in [*names, *(key for key in bases if key not in {*PARTS, *names})]:
        old = [table for table in before["identity"] if table["variable"] == name]
        new = [table for table in fresh["identity"] if table["variable"] == name]
        base = bases.get(name, {})
        found = [change(together(base, group), together(records, group)) for group in _groups((*old, *new), area_of)]
        least = framework.disclosure.sensitive_from
        again = any(one.reaches(least) for one in found) and all(one.none() or one.reaches(least) for one in found)
        made += new if again else old
        kept[name] = records if again else base
    return made, kept


def _groups(tables: Iterable[Plain], area_of: Mapping[str, str]) -> list[list[str]]:
    """Return the services behind each table and of each area, for an area may have had no table."""
    groups = {tuple(sorted(table["areas"])) for table in tables} | {(area,) for area in area_of.values() if area}
    return [sorted(code for code, area in area_of.items() if area in group) for group in sorted(groups)]


def _by_code(blocks: Iterable[Plain]) -> dict[str, Plain]:
    return {block["code"]: block for block in blocks}

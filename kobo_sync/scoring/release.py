"""The wall (3.8): everything that is known of a closed round goes in, what may be published comes out, and no more.

How it holds: what is published is made of parts that enough women stand behind (`release_services`, `release_areas`,
`release_identity`), never by computing everything and blanking some of it afterwards. A figure that is held back enters
nothing that is shown, so nothing shown can give it away: not a sum, not a mean, not a band, not an order, not a length.
Figures are rounded (`release_rounding`), a later release is held against the earlier ones (`release_differencing`), and
at the end the whole is checked against a list of all that a release may hold (`release_shape`).

Every service of services.csv is listed in the order of the codes. One that is not published says so in one word,
whatever the reason: nobody was asked, too few were, a flag waits for its review, it is a small network, it is too close
to an earlier release. Two rounds that differ only in what is held back give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from kobo_sync.errors import RefusedForSafety
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.release_areas import area_block
from kobo_sync.scoring.release_differencing import PARTS, merge, too_close
from kobo_sync.scoring.release_identity import table_services, variable_tables
from kobo_sync.scoring.release_model import Known, Plain, Release, Remembered, canonical, read_release
from kobo_sync.scoring.release_services import enough, public_part, service_block, small_network
from kobo_sync.scoring.release_shape import check

FORMAT = 1
# What 3.8 says. A framework may ask for more women than that, never for fewer.
_FLOORS = (
    ("suppress_below", 5),
    ("public_from", 10),
    ("flags_published_from", 10),
    ("words_below", 20),
    ("mask_to", 4),
    ("sensitive_from", 10),
    ("sensitive_services", 2),
    ("after_changes", 5),
    ("score_step", 0.05),
    ("share_step", 0.05),
    ("small_share_step", 0.1),
)


class NothingToRelease(RefusedForSafety):
    """The round was released before, and too little has changed since; `release` is the one that holds."""

    def __init__(self, message: str, release: Release) -> None:
        super().__init__(message)
        self.release = release


def make_release(known: Known, earlier: Sequence[Remembered], framework: Framework) -> Remembered:
    """Return the release of a closed round, with what to remember of it.

    `earlier` are all releases that were ever made, of this round and of others. Raises RefusedForSafety when the
    framework's thresholds are below those of the method or others than those that the round was released by before, and
    NothingToRelease when it was released before and too little has changed since.
    """
    _refuse_low_thresholds(framework)
    others = [one for one in earlier if one.release.round != known.round]
    fresh = _fresh(known, others, framework)
    before = max(
        (one for one in earlier if one.release.round == known.round), key=lambda one: one.release.number, default=None
    )
    made = _first(fresh, known) if before is None else _again(before, fresh, known, framework)
    check(made.release.content, framework)
    return made


def _first(fresh: Plain, known: Known) -> Remembered:
    bases = dict.fromkeys((*PARTS, *(variable.name for variable in known.variables)), known.records)
    return Remembered(_frozen({**fresh, "number": 1}), bases)


def _again(before: Remembered, fresh: Plain, known: Known, framework: Framework) -> Remembered:
    old = before.release.content
    if old["method"]["thresholds"] != fresh["method"]["thresholds"]:
        raise RefusedForSafety(
            f"The round {known.round} was released with other thresholds than those of the framework now. Two releases "
            "of the same answers by different rules would tell more than either. Put the thresholds back, or leave the "
            "release as it is."
        )
    merged = merge(before, fresh, known.records, framework)
    parts = {"services": merged.services, "areas": merged.areas, "identity": merged.identity}
    if all(old[name] == part for name, part in parts.items()):
        least = framework.disclosure.after_changes
        raise NothingToRelease(
            f"The round {known.round} is released already, and since then fewer than {least} interviews behind any of "
            "its figures have changed, or the figures have hardly moved. Made again now, it would show what single "
            "women said, so the release stays as it is.",
            before.release,
        )
    number = before.release.number + 1
    return Remembered(_frozen({**fresh, **parts, "number": number}), merged.bases)


def _frozen(content: Plain) -> Release:
    """Return the content as whoever reads the file has it, down to the order of its keys."""
    return read_release(canonical(content))


def _fresh(known: Known, others: Sequence[Remembered], framework: Framework) -> Plain:
    """Return the content as if the round had never been released, without a number."""
    scored = {one.score.service: one for one in known.scored}
    listed = {service.code: service for service in known.services}
    parts, small = dict[str, ServiceScore](), dict[str, ServiceScore]()
    for code, service in sorted(listed.items()):
        if code not in scored or not enough(scored[code].score, framework):
            continue
        if too_close([code], known.records, others, framework):
            continue
        part = public_part(scored[code], framework)
        kept = small if small_network(scored[code].score, service.women_band, framework) else parts
        kept[code] = part
    areas = sorted({service.locale for service in listed.values()} | known.locales.keys() | known.forms.keys())
    return {
        "format": FORMAT,
        "round": known.round,
        "made_on": known.made_on,
        "method": _method(known, framework),
        "services": [
            service_block(service, parts.get(code), scored.get(code), framework)
            for code, service in sorted(listed.items())
        ],
        "areas": [
            area_block(area, known, _of(area, parts, known), _of(area, small, known), framework)
            for area in areas
            if area
        ],
        "identity": [
            table
            for variable in known.variables
            for table in variable_tables(variable, known, framework)
            if not too_close(table_services(table["areas"], known), known.records, others, framework)
        ],
    }


def _of(area: str, parts: dict[str, ServiceScore], known: Known) -> dict[str, ServiceScore]:
    mine = table_services([area], known)
    return {code: part for code, part in parts.items() if code in mine}


def _method(known: Known, framework: Framework) -> Plain:
    """Return what anybody needs to understand the figures: versions, weights, thresholds."""
    return {
        "framework": framework.version,
        "weights_version": framework.community.version if framework.community else "",
        "versions": dict(known.versions),
        "resamples": framework.method.resamples,
        "weights": {
            "core": framework.core_weight,
            "other": framework.other_weight,
            "domains": dict(framework.domain_weights),
        },
        "thresholds": _thresholds(framework),
        "not_lawful": _not_lawful(known, framework),
    }


def _not_lawful(known: Known, framework: Framework) -> list[str]:
    """Return the gaps that nobody may close in the country, in the framework's order: they count towards nothing."""
    rules = framework.method.gaps
    return (
        [item.code for item in rules.items if item.code in {*known.not_lawful} & {*rules.lawful_only}] if rules else []
    )


def _thresholds(framework: Framework) -> dict[str, float]:
    rules = framework.disclosure
    return {
        "suppress_below": framework.suppress_below,
        "public_from": framework.public_from,
        "flags_published_from": framework.method.flags_published_from,
        "words_below": rules.words_below,
        "mask_to": rules.mask_to,
        "sensitive_from": rules.sensitive_from,
        "sensitive_services": rules.sensitive_services,
        "after_changes": rules.after_changes,
        "score_step": rules.score_step,
        "share_step": min(entry.step for entry in rules.share_steps),
        "small_share_step": min(
            (entry.step for entry in rules.share_steps if entry.below <= rules.words_below), default=0
        ),
        "small_network": rules.small_network[0] / rules.small_network[1],
    }


def _refuse_low_thresholds(framework: Framework) -> None:
    found = _thresholds(framework)
    low = [f"{name} is {found[name]:g}, at least {floor:g}" for name, floor in _FLOORS if found[name] < floor]
    if found["small_network"] > 0.5:  # noqa: PLR2004 -- half of the women (3.8)
        low.append("small_network is more than a half")
    if low:
        raise RefusedForSafety(
            f"Nothing was published: the thresholds in framework.yaml would expose women ({'; '.join(low)}). Put the "
            "numbers back that a new workspace starts with."
        )

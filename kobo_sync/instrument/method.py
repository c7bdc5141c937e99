"""The scoring method as plain values: bands, flags, evidence, tiers, gaps. The numbers stand in `framework.yaml`.

Without a method (`Method()`) nothing is capped, banded, graded or resampled: a framework may have scores alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]  # by language code
Answers = Mapping[str, tuple[str, ...]]  # choice names by the letter of who was asked


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the answers to a question with the role `followup` mean: "R1", "by_service" or "in_policy" (3.6)."""

    when: Answers
    answers: tuple[str, ...]
    means: str


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Which answers to an indicator count towards a red flag (3.6).

    `level` "R1" or "R2"; `levels` the choices that raise it; `attributed_to` "service" or "police".
    """

    level: str
    raised_by: Answers = field(default_factory=dict)
    confirmed_by: Answers = field(default_factory=dict)
    in_policy: Answers = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    followup: FollowUp | None = None
    attributed_to: str = "service"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of a band (3.5): `kind` "item", "domain" or "open_r1"; `code` what is looked at, "" for flags.

    An item's y or a domain's capped score must be `at_least` so much; of open hard flags there may be none.
    """

    kind: str
    code: str
    at_least: float


@dataclass(frozen=True, slots=True)
class Band:
    """One band (3.5): reached from the capped score `start` on, if all `gates` are met.

    `open_r1` so many different open hard flags that the service caused put it there whatever the score, and
    `open_in_policy` so many of them written in its rules; 0: none do.
    """

    number: int
    code: str
    start: float
    term: Texts
    label: Texts
    gates: tuple[Gate, ...] = ()
    open_r1: int = 0
    open_in_policy: int = 0


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that scores may be under an open flag which the service caused (3.6); None: no cap."""

    domain: float
    overall: float | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """One evidence grade (3.7): so many women at least, an interval no wider than; `audience` who may see it."""

    code: str
    clients: int
    max_width: float | None
    audience: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Tiers:
    """When a service or an area is named (3.10)."""

    good_score: float
    good_lower: float
    good_grades: tuple[str, ...]
    observed: bool
    no_domain_below: float
    confirmed_by_women: bool
    agrees_named: bool
    domain_lower: float
    domain_grades: tuple[str, ...]
    lacking_upper_below: float
    lacking_grades: tuple[str, ...]
    lacking_or_open_r1: bool
    locale_rated: int
    locale_all_lacking: int


@dataclass(frozen=True, slots=True)
class GapItem:
    """One service that the form about an area asks for; `indicator` of a rated service can contradict the gap."""

    code: str
    indicator: str
    lacking: bool
    label: Texts


@dataclass(frozen=True, slots=True)
class GapRules:
    """When a gap is confirmed (2, 3.10); `reporters` maps a band to the least number of women in it."""

    gap: tuple[str, ...]
    contradicts: tuple[str, ...]
    any_gap: tuple[str, ...]
    any_contradicts: tuple[str, ...]
    reporters: Mapping[str, int]
    teams: int
    women: int
    contradicted_from: float
    lacking_from: int
    lawful_only: tuple[str, ...]
    items: tuple[GapItem, ...]


@dataclass(frozen=True)
class Method:
    """Everything of section 3 that is not about domains, items and validity. `resamples` 0: no intervals.

    `labels`: what reports call fixers, flag levels and states, changes, tiers and gap states, by kind and code.
    """

    bands: tuple[Band, ...] = ()
    caps: Mapping[str, Cap] = field(default_factory=dict)
    substantiated_clients: int = 2
    substantiated_client_and: tuple[str, ...] = ("P", "O")
    substantiated_in_policy: bool = True
    flags_published_from: int = 10
    confidence: float = 0.95
    resamples: int = 0
    gap_from: float = 0.25
    gap_clients: int = 5
    grades: tuple[Grade, ...] = ()
    pns_warning: float = 0.2
    min_change: float = 0.1
    tiers: Tiers | None = None
    gaps: GapRules | None = None
    words: Mapping[str, Texts] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)


def read_method(document: Mapping[str, Any]) -> Method:
    """Return the method that stands in a framework document which its schema has accepted."""
    flags, uncertainty, gap = document["flags"], document["uncertainty"], document["uncertainty"]["says_does_gap"]
    substantiated = flags["substantiated_by"]
    return Method(
        bands=tuple(sorted((_band(entry) for entry in document["bands"]), key=lambda band: band.number)),
        caps={level: Cap(cap["domain"], cap.get("overall")) for level, cap in flags["caps"].items()},
        substantiated_clients=substantiated["clients"],
        substantiated_client_and=tuple(substantiated["client_and"]),
        substantiated_in_policy=substantiated["in_policy"],
        flags_published_from=flags["published_from"],
        confidence=uncertainty["confidence"],
        resamples=uncertainty["resamples"],
        gap_from=gap["from"],
        gap_clients=gap["clients"],
        grades=tuple(
            Grade(entry["code"], entry["clients"], entry.get("max_width"), entry["audience"], entry["label"])
            for entry in uncertainty["grades"]
        ),
        pns_warning=document["thresholds"]["pns_warning"],
        min_change=document["rounds"]["min_change"],
        tiers=_tiers(document["tiers"]),
        gaps=_gaps(document["gaps"]),
        words=document["words"],
        labels=_labels(document),
    )


def read_flag(entry: Mapping[str, Any] | None) -> FlagRule | None:
    """Return what an indicator's `flag` says, or None where no answer raises one."""
    if entry is None:
        return None
    followup = entry.get("followup")
    return FlagRule(
        level=entry["level"],
        raised_by=_answers(entry["raised_by"]),
        confirmed_by=_answers(entry["confirmed_by"]),
        in_policy=_answers(entry["in_policy"]),
        levels=entry.get("levels", {}),
        followup=FollowUp(_answers(followup["when"]), tuple(followup["answers"]), followup["means"])
        if followup
        else None,
        attributed_to=entry["attributed_to"],
    )


def _labels(document: Mapping[str, Any]) -> dict[str, dict[str, Texts]]:
    flags = document["flags"]
    kinds = {
        "fixer": document["fixers"],
        "level": flags["levels"],
        "flag_state": flags["states"],
        "change": document["rounds"]["changes"],
        "gap_state": document["gaps"]["states"],
    }
    found = {kind: {code: entry["label"] for code, entry in entries.items()} for kind, entries in kinds.items()}
    return {**found, "tier": document["tiers"]["labels"]}


def _answers(entry: Mapping[str, list[str]]) -> Answers:
    return {source: tuple(choices) for source, choices in entry.items()}


def _band(entry: Mapping[str, Any]) -> Band:
    imposed = entry.get("imposed_by", {})
    return Band(
        number=entry["number"],
        code=entry["code"],
        start=entry["from"],
        term=entry["term"],
        label=entry["label"],
        gates=tuple(_gate(gate) for gate in entry["gate"]),
        open_r1=imposed.get("open_r1", 0),
        open_in_policy=imposed.get("open_in_policy", 0),
    )


def _gate(entry: Mapping[str, Any]) -> Gate:
    kind = next(kind for kind in ("item", "domain", "open_r1") if kind in entry)
    if kind == "open_r1":
        return Gate(kind, "", 0)
    return Gate(kind, entry[kind], entry["at_least"])


def _tiers(entry: Mapping[str, Any]) -> Tiers:
    good, domain, lacking = entry["good"], entry["good_domain"], entry["lacking"]
    return Tiers(
        good_score=good["score"],
        good_lower=good["lower"],
        good_grades=tuple(good["grades"]),
        observed=good["observed"],
        no_domain_below=good["no_domain_below"],
        confirmed_by_women=good["confirmed_by_women"],
        agrees_named=good["agrees_named"],
        domain_lower=domain["lower"],
        domain_grades=tuple(domain["grades"]),
        lacking_upper_below=lacking["upper_below"],
        lacking_grades=tuple(lacking["grades"]),
        lacking_or_open_r1=lacking["or_open_r1"],
        locale_rated=entry["locale_rated"],
        locale_all_lacking=entry["locale_all_lacking"],
    )


def _gaps(entry: Mapping[str, Any]) -> GapRules:
    return GapRules(
        gap=tuple(entry["answers"]["gap"]),
        contradicts=tuple(entry["answers"]["contradicts"]),
        any_gap=tuple(entry["any_hr"]["gap"]),
        any_contradicts=tuple(entry["any_hr"]["contradicts"]),
        reporters=entry["reporters"],
        teams=entry["confirmed_by"]["teams"],
        women=entry["confirmed_by"]["women"],
        contradicted_from=entry.get("contradicted_from", 0.5),
        lacking_from=entry["lacking_from"],
        lawful_only=tuple(entry["lawful_only"]),
        items=tuple(GapItem(one["code"], one["indicator"], one["lacking"], one["label"]) for one in entry["items"]),
    )

"""The framework: domains, indicators, weights, thresholds, as plain values read from `xlsform/framework.yaml`.

Rules and their sources stand in the file itself, beside each number; every number is this project's convention.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.disclosure_rules import Disclosure, read_disclosure
from kobo_sync.instrument.framework_yaml import fits, read_yaml
from kobo_sync.instrument.method import FlagRule, Method, read_flag, read_method
from kobo_sync.instrument.sentences import own_catalogues
from kobo_sync.instrument.weights import WEIGHTS_FILE, CommunityWeights, read_weights

_REMEMBERED = 8
_READ: dict[tuple[str, bytes], Framework] = {}


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the domains (D1 … D12); `label` by language code ("en", "id")."""

    code: str
    number: int
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator.

    `sources` are the letters of who is asked; `flag` is "R1", "R2" or ""; `raised_by` the letters of those whose
    answer raises it; `flag_rule` all that is said of it, or None; `fixers` who may fix it; `second` the score of the
    answer next to the best on its scale, 0 where there is none.
    """

    code: str
    domain: str
    core: bool
    sources: tuple[str, ...]
    scale: str
    kind: str
    averaged: bool
    flag: str
    label: Mapping[str, str]
    source: tuple[str, ...]
    raised_by: tuple[str, ...] = ("C",)
    flag_rule: FlagRule | None = None
    fixers: tuple[str, ...] = ()
    second: float = 0.0

    @property
    def harm(self) -> bool:
        """Whether an answer can report a harm: such items are shown to nobody one by one (3.8)."""
        return self.scale == "neg" or (bool(self.flag) and bool({"C", "O"} & set(self.raised_by)))


@dataclass(frozen=True, slots=True)
class Validity:
    """When a figure may be shown as a score (3.3). Shares are (numerator, denominator), compared as integers."""

    core_share: tuple[int, int]
    offered_share: tuple[int, int]
    min_items: int
    min_averaged: int
    min_valid_domains: int
    required_domains: tuple[str, ...]
    one_of: tuple[str, ...]
    min_clients: int


@dataclass(frozen=True)
class Framework:
    """Everything that concerns several forms. `fingerprint` changes with any change of the files' meaning.

    `domain_weights` are those in force: the community's, where it has set some (`community`), else the file's own.
    """

    version: str
    note: str
    languages: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, str]
    domains: tuple[Domain, ...]
    indicators: tuple[Indicator, ...]
    core_weight: float
    other_weight: float
    domain_weights: Mapping[str, float]
    kinds: Mapping[str, Mapping[str, float]]
    validity: Validity
    suppress_below: int
    public_from: int
    round_months: int
    fingerprint: str = ""
    method: Method = field(default_factory=Method)
    disclosure: Disclosure = field(default_factory=Disclosure)
    community: CommunityWeights | None = None
    catalogues: Mapping[str, str] = field(default_factory=dict, repr=False)  # a country's own sentences, by language

    @cached_property
    def by_code(self) -> Mapping[str, Indicator]:
        """Indicators by code."""
        return {indicator.code: indicator for indicator in self.indicators}

    @property
    def drafts(self) -> tuple[str, ...]:
        """The languages, as forms name them, whose translation nobody of the community has reviewed yet."""
        return tuple(str(entry["name"]) for entry in self.languages.values() if entry.get("status") == "draft")

    def item_weight(self, code: str) -> float:
        """Return u of an indicator within its domain (3.4)."""
        return self.core_weight if self.by_code[code].core else self.other_weight

    def of_domain(self, code: str) -> tuple[Indicator, ...]:
        """Return the domain's indicators in the order of the file."""
        return tuple(indicator for indicator in self.indicators if indicator.domain == code)


def read_framework(path: Path) -> Framework:
    """Read and check `framework.yaml`, and the community's weights beside it (`weights.yaml`), if there are any (3.4).

    Raises FormError naming the place in the file when it is not YAML, has a key twice, does not fit its schema, names a
    domain, kind, scale or source that it does not define, or gives two of them the same code.
    """
    framework = _without_weights(path)
    weights = read_weights(path.with_name(WEIGHTS_FILE), framework.domain_weights)
    own = own_catalogues(path.parent, framework.languages)
    if own:
        framework = replace(framework, catalogues=own)
    return with_weights(framework, weights) if weights else framework


def _without_weights(path: Path) -> Framework:
    """Read the file, or remember what was made of the same bytes: a run reads it several times, at 0.4 s each."""
    try:
        content = path.read_bytes()
    except OSError:
        read_yaml(path)  # says what is wrong
        raise
    key = (path.name, hashlib.sha256(content).digest())
    if key not in _READ:
        document = read_yaml(path, content)
        _check(document, path.name)
        while len(_READ) >= _REMEMBERED:
            _READ.pop(next(iter(_READ)), None)
        _READ[key] = _framework(document)
    return _READ[key]


def with_weights(framework: Framework, weights: CommunityWeights) -> Framework:
    """Return the framework with the community's weights in force (3.4)."""
    fingerprint = hashlib.sha256(f"{framework.fingerprint}{weights.fingerprint}".encode()).hexdigest()
    return replace(framework, domain_weights=weights.domains, community=weights, fingerprint=fingerprint)


def _check(document: object, name: str) -> None:
    from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA

    fits(document, FRAMEWORK_SCHEMA, name)
    assert isinstance(document, dict)  # noqa: S101 -- the schema has just said so; this tells the type checker
    for what in _contradictions(document):
        raise FormError(f"{what}.", file=name, remedy="Correct the name, or add what is missing.")


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what lies across the file: codes that stand in it twice, names that it does not define."""
    domains = [domain["code"] for domain in document["domains"]]
    yield from _twice("domain", domains)
    yield from _twice("domain number", [domain["number"] for domain in document["domains"]])
    yield from _twice("indicator", [indicator["code"] for indicator in document["indicators"]])
    known = {"domain": domains, "kind": document["kinds"], "scale": document["scales"], "source": document["sources"]}
    for indicator in document["indicators"]:
        for what, defined in known.items():
            named = indicator[what] if what == "source" else [indicator[what]]
            yield from _undefined(f"indicator {indicator['code']}", what, named, defined)
    weights = document["weights"]["domains"]
    yield from _undefined("weights → domains", "domain", weights, domains)
    for place in ("required_domains", "one_of"):
        yield from _undefined(f"validity → {place}", "domain", document["validity"][place], domains)
    for domain in domains:
        if domain not in weights:
            yield f"weights → domains has no weight for the domain {domain}"


def _twice(what: str, names: list[Any]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name} stands in it twice"


def _undefined(place: str, what: str, names: Iterable[str], defined: Container[str]) -> Iterator[str]:
    for name in names:
        if name not in defined:
            yield f"{place} names the {what} {name!r}, which the file does not define"


def _framework(document: dict[str, Any]) -> Framework:
    weights, validity, thresholds = document["weights"], document["validity"], document["thresholds"]
    return Framework(
        version=document["version"],
        note=document["note"],
        languages=document["languages"],
        sources=document["sources"],
        domains=tuple(
            Domain(code=entry["code"], number=entry["number"], label=entry["label"]) for entry in document["domains"]
        ),
        indicators=tuple(_indicator(entry, document["scales"]) for entry in document["indicators"]),
        core_weight=weights["core"],
        other_weight=weights["other"],
        domain_weights=weights["domains"],
        kinds=document["kinds"],
        validity=Validity(
            core_share=(validity["core_share"][0], validity["core_share"][1]),
            offered_share=(validity["offered_share"][0], validity["offered_share"][1]),
            min_items=validity["min_items"],
            min_averaged=validity["min_averaged"],
            min_valid_domains=validity["min_valid_domains"],
            required_domains=tuple(validity["required_domains"]),
            one_of=tuple(validity["one_of"]),
            min_clients=validity["min_clients"],
        ),
        suppress_below=thresholds["suppress_below"],
        public_from=thresholds["public_from"],
        round_months=document["rounds"]["months"],
        method=read_method(document),
        disclosure=read_disclosure(thresholds),
        fingerprint=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _indicator(entry: dict[str, Any], scales: Mapping[str, Any]) -> Indicator:
    return Indicator(
        code=entry["code"],
        domain=entry["domain"],
        core=entry["core"],
        sources=tuple(entry["sources"]),
        scale=entry["scale"],
        kind=entry["kind"],
        averaged=entry["averaged"],
        flag=(entry.get("flag") or {}).get("level", ""),
        raised_by=tuple((entry.get("flag") or {}).get("raised_by") or ()),
        flag_rule=read_flag(entry.get("flag")),
        fixers=tuple(entry["fixers"]),
        label=entry["label"],
        source=tuple(entry["source"]),
        second=_second(entry, scales),
    )


def _second(entry: Mapping[str, Any], scales: Mapping[str, Any]) -> float:
    """Return the score next to the best one; of several things that can be ticked, all but one."""
    scale = scales[entry["scale"]]
    if scale.get("multiple"):
        return (entry["k"] - 1) / entry["k"] if entry.get("k") else 0.0
    scores = sorted(set(scale.get("choices", {}).values()), reverse=True)
    return float(scores[1]) if len(scores) > 1 else 0.0

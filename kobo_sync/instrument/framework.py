"""The framework: domains, indicators, weights, thresholds, as plain values read from `xlsform/framework.yaml`.

Rules and their sources stand in the file itself, beside each number; every number is this project's convention.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the domains (D1 … D12); `label` by language code ("en", "id")."""

    code: str
    number: int
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. `sources` are the letters of who is asked; `flag` is "R1", "R2" or ""."""

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

    @property
    def harm(self) -> bool:
        """Whether an answer can report a harm: such items are shown to nobody one by one (3.8)."""
        return bool(self.flag) or self.scale == "neg"


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
    """Everything that concerns several forms. `fingerprint` changes with any change of the file's meaning."""

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

    @cached_property
    def by_code(self) -> Mapping[str, Indicator]:
        """Indicators by code."""
        return {indicator.code: indicator for indicator in self.indicators}

    def of_domain(self, code: str) -> tuple[Indicator, ...]:
        """Return the domain's indicators in the order of the file."""
        return tuple(indicator for indicator in self.indicators if indicator.domain == code)


def read_framework(path: Path) -> Framework:
    """Read and check `framework.yaml`.

    Raises FormError naming the place in the file when it is not YAML, does not fit its schema, names a domain or a
    kind that it does not define, or gives two indicators the same code.
    """
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormError(f"is not readable as YAML: {error}.", file=path.name, remedy="Undo the last change.") from error
    except OSError as error:
        raise FormError(
            "cannot be read.", file=str(path), remedy="Put it back, or make a new workspace with kobo-sync init."
        ) from error
    _check(document, path.name)
    return _framework(document)


def _check(document: object, name: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA

    error = best_match(Draft202012Validator(FRAMEWORK_SCHEMA).iter_errors(document))
    if error is not None:
        raise FormError(f"{_place(document, error.absolute_path)}: {error.message}.", file=name)
    assert isinstance(document, dict)  # noqa: S101 -- the schema has just said so; this tells the type checker
    domains = {domain["code"] for domain in document["domains"]}
    seen: set[str] = set()
    for indicator in document["indicators"]:
        code = indicator["code"]
        if code in seen:
            raise FormError(f"indicator {code} stands in it twice.", file=name, remedy="Retire or rename one.")
        seen.add(code)
        for what, known in (("domain", domains), ("kind", set(document["kinds"])), ("scale", set(document["scales"]))):
            if indicator[what] not in known:
                raise FormError(
                    f"indicator {code} names the {what} {indicator[what]!r}, which the file does not define.", file=name
                )


def _place(document: object, path: Any) -> str:  # noqa: ANN401 -- jsonschema gives a deque of str and int
    """Say a JSON path as a person would: an indicator by its code, not by its number."""
    parts: list[str] = []
    here: Any = document
    for step in path:
        here = here[step]
        named = isinstance(here, dict) and isinstance(step, int) and here.get("code")
        parts.append(str(named or step))
    return " → ".join(parts) or "the file"


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
        indicators=tuple(_indicator(entry) for entry in document["indicators"]),
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
        fingerprint=hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _indicator(entry: dict[str, Any]) -> Indicator:
    return Indicator(
        code=entry["code"],
        domain=entry["domain"],
        core=entry["core"],
        sources=tuple(entry["sources"]),
        scale=entry["scale"],
        kind=entry["kind"],
        averaged=entry["averaged"],
        flag=(entry.get("flag") or {}).get("level", ""),
        label=entry["label"],
        source=tuple(entry["source"]),
    )

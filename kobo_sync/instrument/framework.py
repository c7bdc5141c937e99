"""The framework: domains, indicators, weights, thresholds, as plain values read from `xlsform/framework.yaml`.

Rules and their sources stand in the file itself, beside each number; every number is this project's convention.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError

_DEEPEST = 20  # levels of the file; it needs eight


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
    answer raises it.
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

    @property
    def drafts(self) -> tuple[str, ...]:
        """The languages, as forms name them, whose translation nobody of the community has reviewed yet."""
        return tuple(str(entry["name"]) for entry in self.languages.values() if entry.get("status") == "draft")

    def of_domain(self, code: str) -> tuple[Indicator, ...]:
        """Return the domain's indicators in the order of the file."""
        return tuple(indicator for indicator in self.indicators if indicator.domain == code)


def read_framework(path: Path) -> Framework:
    """Read and check `framework.yaml`.

    Raises FormError naming the place in the file when it is not YAML, has a key twice, does not fit its schema, names a
    domain, kind, scale or source that it does not define, or gives two of them the same code.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        loader = _loader()
        _not_too_deep(yaml.parse(text, loader))
        document = yaml.load(text, loader)  # noqa: S506 -- a subclass of SafeLoader
    except UnicodeDecodeError as error:
        raise FormError("is not in UTF-8.", file=path.name, remedy="Save it from a text editor in UTF-8.") from error
    except yaml.YAMLError as error:
        raise FormError(
            f"is not readable as YAML: {_words(error)}.", file=path.name, remedy="Undo the last change there."
        ) from error
    except OSError as error:
        raise FormError(
            "cannot be read.", file=str(path), remedy="Put it back, or make a new workspace with kobo-sync init."
        ) from error
    _check(document, path.name)
    return _framework(document)


def _loader() -> Any:  # noqa: ANN401 -- a class made here, as yaml is imported late
    """Return YAML's safe loader, which also refuses a key that stands twice (YAML would keep the last)."""
    import yaml

    # Not the faster loader in C: that one ends the whole process on a file that is nested too deep.
    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 -- as in yaml
            seen: set[str] = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands in it twice", key.start_mark
                    )
                seen.add(key.value)
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            return made

    return Loader


def _not_too_deep(events: Iterable[Any]) -> None:
    """Raise YAMLError for brackets in brackets in brackets: building them ends the process, not only the command."""
    import yaml

    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deep", problem_mark=event.start_mark)


def _words(error: Exception) -> str:
    """Say what YAML has to say on one line, with the line where it is."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or " ".join(str(error).split())
    return f"{said} (line {mark.line + 1})" if mark is not None else str(said)


def _check(document: object, name: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA

    for place, what in _not_json(document, ()):
        raise FormError(f"{_place(document, place)}: {what}.", file=name, remedy="Write it in quotes.")
    error = best_match(Draft202012Validator(FRAMEWORK_SCHEMA).iter_errors(document))
    if error is not None:
        raise FormError(
            f"{_place(document, error.absolute_path)}: {error.message}.",
            file=name,
            remedy="Correct it there; the notes at the top of the file say what may stand where.",
        )
    assert isinstance(document, dict)  # noqa: S101 -- the schema has just said so; this tells the type checker
    for what in _contradictions(document):
        raise FormError(f"{what}.", file=name, remedy="Correct the name, or add what is missing.")


def _not_json(node: object, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what YAML reads as something that no JSON has: `no:` as false, a bare date, a number without end."""
    match node:
        case dict():
            for key, value in node.items():
                if isinstance(key, str):
                    yield from _not_json(value, (*place, key))
                else:
                    yield place, f"the key {key!r} is not a text (YAML reads a bare yes or no as true or false)"
        case list():
            for number, value in enumerate(node):
                yield from _not_json(value, (*place, number))
        case float() if not math.isfinite(node):
            yield place, f"{node} is not a number that can be counted with"
        case None | str() | int() | float():
            return
        case _:
            yield place, f"{node} is read as a {type(node).__name__}, not as a text"


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


def _place(document: object, path: Any) -> str:  # noqa: ANN401 -- jsonschema gives a deque of str and int
    """Say a JSON path as a person would: an indicator by its code, not by its number."""
    parts: list[str] = []
    here: Any = document
    for step in path:
        here = here[step]
        named = isinstance(here, dict) and isinstance(step, int) and here.get("code")
        parts.append(str(named or (f"number {step + 1}" if isinstance(step, int) else step)))
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
        raised_by=tuple((entry.get("flag") or {}).get("raised_by") or ()),
        label=entry["label"],
        source=tuple(entry["source"]),
    )

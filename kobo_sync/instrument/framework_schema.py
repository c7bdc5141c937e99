"""The shape of `framework.yaml`: a JSON Schema (2020-12), which `kobo-sync build` also writes to `schemas/`.

It says what may stand where. What lies across the file (does this domain exist?) is for the reader and the checks.
Patterns keep to ASCII, so that every validator reads them alike.
"""

from __future__ import annotations

from typing import Any

_LANGUAGE = "^[a-z]{2,3}$"
_DOMAIN = "^[a-z]{3}$"
_INDICATOR = "^[a-z]{3}_[a-z0-9_]{2,28}$"
_NAME = "^[a-z][a-z0-9_]*$"
_SOURCE_KEY = "^[A-Z][A-Z0-9]*$"
_LETTERS = ["C", "P", "O", "L"]  # whose word: client, provider, observer, locale gap form


def _closed(description: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an object schema that takes these properties only and wants all but the optional ones."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _mapping(description: str, key: str, value: dict[str, Any], *, at_least: int = 0) -> dict[str, Any]:
    """Return an object schema whose keys all fit the pattern `key`."""
    return {
        "type": "object",
        "description": description,
        "patternProperties": {key: value},
        "additionalProperties": False,
        "minProperties": at_least,
    }


def _list(description: str, item: dict[str, Any], *, at_least: int = 1) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": item, "minItems": at_least, "uniqueItems": True}


def _count(description: str, *, at_least: int) -> dict[str, Any]:
    return {"type": "integer", "description": description, "minimum": at_least}


def _share(description: str) -> dict[str, Any]:
    return {
        "type": "array",
        "description": f"{description} [part, whole], two whole numbers.",
        "items": {"type": "integer", "minimum": 1},
        "minItems": 2,
        "maxItems": 2,
    }


_WORDS: dict[str, Any] = {"type": "string", "minLength": 1}
_SCORE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_WEIGHT: dict[str, Any] = {"type": "number", "minimum": 0}
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TEXT: dict[str, Any] = {
    **_mapping("The same text in each language, by language code.", _LANGUAGE, _WORDS, at_least=1),
    "required": ["en"],
}

_LANGUAGES = _mapping(
    "The languages of the forms and reports, by language code.",
    _LANGUAGE,
    _closed(
        "One language.",
        {
            "name": {**_WORDS, "description": "As the forms' columns name it, for example English (en)."},
            "status": {
                "enum": ["source", "draft", "reviewed"],
                "description": "source: translated from; draft: not yet reviewed by women who use drugs; reviewed.",
            },
            "reviewed_by": {"type": ["string", "null"], "description": "A group, never a person's name."},
            "reviewed_on": {
                "anyOf": [{"type": "null"}, {"type": "string", "pattern": _DATE}],
                "description": 'The day, in quotes: "2026-03-31".',
            },
        },
        optional=("reviewed_by", "reviewed_on"),
    ),
    at_least=1,
)

_SCALES = _mapping(
    "Which answers a question offers and what each is worth.",
    _NAME,
    {
        **_closed(
            "One scale.",
            {
                "label": {**_TEXT, "description": "What the scale is called in the codebook."},
                "choices": _mapping("Choice name to score, 1 the best end and 0 the worst.", _NAME, _SCORE),
                "multiple": {"const": True, "description": "Several may be chosen: the share of the listed items."},
            },
            optional=("choices", "multiple"),
        ),
        "oneOf": [{"required": ["choices"]}, {"required": ["multiple"]}],
    },
    at_least=1,
)

_FLAG = {
    "anyOf": [
        {"type": "null"},
        _closed(
            "What counts towards a red flag.",
            {
                "level": {"enum": ["R1", "R2"], "description": "R1: hard red flag; R2: serious concern."},
                "raised_by": {
                    **_mapping("Choice names by the letter of who was asked.", "^[CPO]$", _list("Choices.", _WORDS)),
                    "minProperties": 1,
                },
                "note": {**_WORDS, "description": "In words, for the people who review flags."},
            },
        ),
    ],
    "description": "null: no answer to it raises a flag.",
}

_INDICATOR_SCHEMA: dict[str, Any] = {
    **_closed(
        "One indicator.",
        {
            "code": {"type": "string", "pattern": _INDICATOR, "description": "For ever; retired, never used again."},
            "label": {**_TEXT, "description": "A short noun phrase for readers of a scorecard."},
            "domain": {"type": "string", "pattern": _DOMAIN, "description": "The code of its domain."},
            "core": {"type": "boolean", "description": "Counts double, and decides whether its domain may be shown."},
            "sources": _list("Who is asked.", {"enum": _LETTERS}),
            "scale": {"type": "string", "pattern": _NAME, "description": "One of `scales`."},
            "k": _count("How many items the list has, where several may be chosen.", at_least=1),
            "kind": {"type": "string", "pattern": _NAME, "description": "One of `kinds`: whose word counts."},
            "averaged": {"type": "boolean", "description": "false: a gate, or never scored; stays out of means."},
            "flag": _FLAG,
            "na_when": {
                "anyOf": [{"type": "null"}, _TEXT],
                "description": "When 'not applicable' may be answered; null: never.",
            },
            "source": _list("Keys of `sources`: what it is traced to.", {"type": "string", "pattern": _SOURCE_KEY}),
        },
        optional=("k",),
    ),
    "if": {"properties": {"scale": {"const": "ms"}}},
    "then": {"required": ["k"]},
    "else": {"not": {"required": ["k"]}},
}

_VALIDITY = _closed(
    "When a figure may be shown as a score.",
    {
        "core_share": _share("Of a domain's core items, at least this share has data:"),
        "offered_share": _share("Of the items that some woman or observer could answer:"),
        "min_items": _count("Items with data in a domain, gates included.", at_least=1),
        "min_averaged": _count("Of these, how many are averaged.", at_least=1),
        "min_valid_domains": _count("Valid domains for an overall score.", at_least=1),
        "required_domains": _list("Domains that must be valid.", {"type": "string", "pattern": _DOMAIN}, at_least=0),
        "one_of": _list("Domains of which one must be valid.", {"type": "string", "pattern": _DOMAIN}, at_least=0),
        "min_clients": _count("Women who answered.", at_least=1),
    },
)

FRAMEWORK_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:a-gender-monitor:framework",
    "title": "The framework of A-Gender Monitor",
    **_closed(
        "Domains, indicators, scales, weights and thresholds: what concerns all forms at once.",
        {
            "version": {"type": "string", "pattern": "^[0-9]{4}[.][0-9]+$", "description": "Year and number, quoted."},
            "note": {**_WORDS, "description": "What the numbers are and what they are not; printed with the scores."},
            "languages": _LANGUAGES,
            "sources": _mapping("Where indicators come from: key to title.", _SOURCE_KEY, _WORDS, at_least=1),
            "scales": _SCALES,
            "missing": _mapping(
                "Why an answer has no score.",
                _NAME,
                _closed("One reason.", {"label": {**_TEXT, "description": "The words for it."}}),
                at_least=1,
            ),
            "domains": _list(
                "The domains, in the order of every report.",
                _closed(
                    "One domain.",
                    {
                        "code": {"type": "string", "pattern": _DOMAIN, "description": "Three letters, for ever."},
                        "number": _count("Its place.", at_least=1),
                        "label": {**_TEXT, "description": "For readers of a scorecard."},
                    },
                ),
            ),
            "indicators": _list("The indicators, domain by domain.", _INDICATOR_SCHEMA),
            "weights": _closed(
                "How much items and domains count.",
                {
                    "core": {**_WEIGHT, "exclusiveMinimum": 0, "description": "A core item within its domain."},
                    "other": {**_WEIGHT, "exclusiveMinimum": 0, "description": "Any other item within its domain."},
                    "domains": _mapping("Each domain in the overall mean.", _DOMAIN, _WEIGHT, at_least=1),
                },
            ),
            "kinds": _mapping(
                "Whose word counts how much, by kind of indicator; {}: never scored.",
                _NAME,
                _mapping("Weights by the letter of who was asked.", "^[CPO]$", _SCORE),
                at_least=1,
            ),
            "validity": _VALIDITY,
            "thresholds": _closed(
                "How many women stand behind a figure before it is shown.",
                {
                    "suppress_below": _count("Fewer than this: shown to nobody.", at_least=2),
                    "public_from": _count("From this number on it may be published.", at_least=2),
                },
            ),
            "rounds": _closed("Rounds of interviews.", {"months": _count("Length of a round.", at_least=1)}),
        },
    ),
}

"""The shape of `framework.yaml`: a JSON Schema (2020-12), which `kobo-sync build` also writes to `schemas/`.

It says what may stand where. What lies across the file (does this domain exist?) is for the reader and the checks.
Patterns keep to ASCII, so that every validator reads them alike.
"""

from __future__ import annotations

from typing import Any

from kobo_sync.instrument.framework_bricks import (
    COUNTS,
    DATE,
    DOMAIN,
    INDICATOR,
    LANGUAGE,
    LETTERS,
    NAME,
    SCORE,
    SOURCE_KEY,
    TEXT,
    WORDS,
    closed,
    count,
    labels,
    listing,
    mapping,
    share,
)
from kobo_sync.instrument.framework_method import METHOD, THRESHOLDS

_LANGUAGES = mapping(
    "The languages of the forms and reports, by language code.",
    LANGUAGE,
    closed(
        "One language.",
        {
            "name": {**WORDS, "description": "As the forms' columns name it, for example English (en)."},
            "status": {
                "enum": ["source", "draft", "reviewed"],
                "description": "source: translated from; draft: not yet reviewed by women who use drugs; reviewed.",
            },
            "reviewed_by": {"type": ["string", "null"], "description": "A group, never a person's name."},
            "reviewed_on": {
                "anyOf": [{"type": "null"}, {"type": "string", "pattern": DATE}],
                "description": 'The day, in quotes: "2026-03-31".',
            },
        },
        optional=("reviewed_by", "reviewed_on"),
    ),
    at_least=1,
)

_SCALES = mapping(
    "Which answers a question offers and what each is worth.",
    NAME,
    {
        **closed(
            "One scale.",
            {
                "label": {**TEXT, "description": "What the scale is called in the codebook."},
                "choices": mapping("Choice name to score, 1 the best end and 0 the worst.", NAME, SCORE),
                "multiple": {"const": True, "description": "Several may be chosen: the share of the listed items."},
            },
            optional=("choices", "multiple"),
        ),
        "oneOf": [{"required": ["choices"]}, {"required": ["multiple"]}],
    },
    at_least=1,
)

_ANSWERS = listing("Choices.", WORDS)
_BY_SOURCE = mapping("Choice names by the letter of who was asked.", "^[CPO]$", _ANSWERS)
_FLAG = {
    "anyOf": [
        {"type": "null"},
        closed(
            "What counts towards a red flag.",
            {
                "level": {"enum": ["R1", "R2"], "description": "R1: hard red flag; R2: serious concern."},
                "raised_by": {**_BY_SOURCE, "description": "Answers that report it: a client's."},
                "confirmed_by": {**_BY_SOURCE, "description": "Answers of others that only confirm a client's."},
                "in_policy": {**_BY_SOURCE, "description": "A provider's answers that stand by themselves."},
                "levels": mapping("Answers that raise the level.", NAME, {"const": "R1"}, at_least=1),
                "followup": closed(
                    "What the answers to the question with the role `followup` mean.",
                    {
                        "when": {**_BY_SOURCE, "minProperties": 1, "description": "Answers at which it is asked."},
                        "answers": listing("Answers to it that count.", WORDS),
                        "means": {
                            "enum": ["R1", "by_service", "in_policy"],
                            "description": "R1: the level rises; by_service: the service did it; in_policy: its rule.",
                        },
                    },
                ),
                "attributed_to": {"enum": ["service", "police"], "description": "Who is held to have caused it."},
                "note": {**WORDS, "description": "In words, for the people who review flags."},
            },
            optional=("levels", "followup"),
        ),
    ],
    "description": "null: no answer to it raises a flag.",
}

_INDICATOR_SCHEMA: dict[str, Any] = {
    **closed(
        "One indicator.",
        {
            "code": {"type": "string", "pattern": INDICATOR, "description": "For ever; retired, never used again."},
            "label": {**TEXT, "description": "A short noun phrase for readers of a scorecard."},
            "domain": {"type": "string", "pattern": DOMAIN, "description": "The code of its domain."},
            "core": {"type": "boolean", "description": "Counts double, and decides whether its domain may be shown."},
            "sources": listing("Who is asked.", {"enum": LETTERS}),
            "scale": {"type": "string", "pattern": NAME, "description": "One of `scales`."},
            "scale_of": mapping("Another scale for one source.", "^[CPO]$", {"type": "string", "pattern": NAME}),
            "k": count("How many items the list has, where several may be chosen.", at_least=1),
            "kind": {"type": "string", "pattern": NAME, "description": "One of `kinds`: whose word counts."},
            "averaged": {"type": "boolean", "description": "false: a gate, or never scored; stays out of means."},
            "flag": _FLAG,
            "fixers": listing("Who may fix it: keys of `fixers`.", {"type": "string", "pattern": NAME}),
            "na_when": {
                "anyOf": [{"type": "null"}, TEXT],
                "description": "When 'not applicable' may be answered; null: never.",
            },
            "source": listing("Keys of `sources`: what it is traced to.", {"type": "string", "pattern": SOURCE_KEY}),
        },
        optional=("k", "scale_of"),
    ),
    "if": {"properties": {"scale": {"const": "ms"}}},
    "then": {"required": ["k"]},
    "else": {"not": {"required": ["k"]}},
}

_VALIDITY = closed(
    "When a figure may be shown as a score.",
    {
        "core_share": share("Of a domain's core items, at least this share has data:"),
        "offered_share": share("Of the items that some woman or observer could answer:"),
        "min_items": count("Items with data in a domain, gates included.", at_least=1),
        "min_averaged": count("Of these, how many are averaged.", at_least=1),
        "min_valid_domains": count("Valid domains for an overall score.", at_least=1),
        "required_domains": listing("Domains that must be valid.", {"type": "string", "pattern": DOMAIN}, at_least=0),
        "one_of": listing("Domains of which one must be valid.", {"type": "string", "pattern": DOMAIN}, at_least=0),
        "min_clients": count("Women who answered.", at_least=1),
    },
)

FRAMEWORK_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:a-gender-monitor:framework",
    "title": "The framework of A-Gender Monitor",
    **closed(
        "Domains, indicators, scales, weights and thresholds: what concerns all forms at once.",
        {
            "version": {"type": "string", "pattern": "^[0-9]{4}[.][0-9]+$", "description": "Year and number, quoted."},
            "note": {**WORDS, "description": "What the numbers are and what they are not; printed with the scores."},
            "languages": _LANGUAGES,
            "sources": mapping("Where indicators and rules come from: key to title.", SOURCE_KEY, WORDS, at_least=1),
            "scales": _SCALES,
            "missing": labels("Why an answer has no score."),
            "fixers": labels("Who may fix an issue."),
            "domains": listing(
                "The domains, in the order of every report.",
                closed(
                    "One domain.",
                    {
                        "code": {"type": "string", "pattern": DOMAIN, "description": "Three letters, for ever."},
                        "number": count("Its place.", at_least=1),
                        "label": {**TEXT, "description": "For readers of a scorecard."},
                    },
                ),
            ),
            "indicators": listing("The indicators, domain by domain.", _INDICATOR_SCHEMA),
            "weights": closed(
                "How much items and domains count.",
                {
                    "core": {**COUNTS, "description": "A core item within its domain."},
                    "other": {**COUNTS, "description": "Any other item within its domain."},
                    "domains": mapping("Each domain in the overall mean.", DOMAIN, COUNTS, at_least=1),
                },
            ),
            "kinds": mapping(
                "Whose word counts how much, by kind of indicator; {}: never scored.",
                NAME,
                mapping("Weights by the letter of who was asked.", "^[CPO]$", SCORE),
                at_least=1,
            ),
            "validity": _VALIDITY,
            "thresholds": THRESHOLDS,
            **METHOD,
        },
    ),
}

"""The part of the framework's JSON Schema for the method: forms, bands, flags, evidence, disclosure, gaps."""

from __future__ import annotations

from typing import Any

from kobo_sync.instrument.framework_bricks import (
    DOMAIN,
    INDICATOR,
    LETTERS,
    NAME,
    SCORE,
    SOURCE_KEY,
    TEXT,
    WORDS,
    YES,
    closed,
    count,
    described,
    labels,
    listing,
    mapping,
    share,
)

_GRADES = listing("Evidence grades.", {"enum": ["A", "B", "C", "D"]})
_CODE = {"type": "string", "pattern": NAME}
_ITEM = {"type": "string", "pattern": INDICATOR}
_NOUGHT: dict[str, Any] = {"const": 0}

_RULES = mapping(
    "Why each block says what it says.",
    NAME,
    closed(
        "One block's rule.",
        {
            "section": described(WORDS, "Of the scoring method."),
            "rule": described(WORDS, "In words, for whoever reads a report."),
            "source": listing("Keys of `sources`.", {"type": "string", "pattern": SOURCE_KEY}),
        },
    ),
    at_least=1,
)

_FORMS = mapping(
    "The forms by the name of their workbook.",
    NAME,
    closed(
        "One form.",
        {
            "source": {"enum": LETTERS, "description": "Whose word it is."},
            "consent": described(YES, "Whether somebody has to agree before anything is kept."),
            "unit": described({"enum": ["person", "service", "visit", "area"]}, "What one submission is about."),
            "max_free_text": count("How many questions may be answered in free text.", at_least=0),
            "label": described(TEXT, "What reports call it."),
        },
    ),
    at_least=1,
)

_GATE = {
    "oneOf": [
        closed("An indicator's value.", {"item": _ITEM, "at_least": SCORE}),
        closed("A domain's capped score.", {"domain": {"type": "string", "pattern": DOMAIN}, "at_least": SCORE}),
        closed("No open hard red flag.", {"open_r1": _NOUGHT}),
    ]
}

_BANDS = listing(
    "The bands, the lowest first.",
    closed(
        "One band.",
        {
            "number": count("Its place.", at_least=1),
            "code": described(_CODE, "For files."),
            "from": described(SCORE, "The lowest capped overall score that reaches it."),
            "term": described(TEXT, "The technical name."),
            "label": described(TEXT, "The plain name."),
            "gate": {"type": "array", "items": _GATE, "description": "All must hold, or the band drops by one."},
            "imposed_by": closed(
                "What puts a service into it, whatever its score.",
                {
                    "open_r1": count("So many different open hard flags that the service caused.", at_least=1),
                    "open_in_policy": count("So many of them written in its rules.", at_least=1),
                },
            ),
        },
        optional=("imposed_by",),
    ),
)

_FLAGS = closed(
    "How a report becomes an open flag, and what that does.",
    {
        "substantiated_by": closed(
            "What makes a reported flag a substantiated one; each by itself.",
            {
                "clients": count("So many different clients of the round.", at_least=2),
                "client_and": listing("Or one client and one of these.", {"enum": ["P", "O"]}),
                "in_policy": described(YES, "Or a rule of the provider's."),
            },
        ),
        "open_state": described(_CODE, "The state in which a flag is open."),
        "caps": mapping(
            "The most that scores may be under an open flag of that level which the service caused.",
            "^R[12]$",
            closed("Caps.", {"domain": SCORE, "overall": SCORE}, optional=("overall",)),
            at_least=1,
        ),
        "published_from": count("Women who answered, before the word is published.", at_least=5),
        "states": labels("The states, in order."),
        "levels": mapping("The levels.", "^R[12]$", closed("One level.", {"label": TEXT}), at_least=2),
    },
)

_UNCERTAINTY = closed(
    "Intervals and evidence grades.",
    {
        "confidence": described(SCORE, "Of every interval."),
        "resamples": count("Of the bootstrap.", at_least=100),
        "says_does_gap": closed(
            "When provider minus women is shown.",
            {"from": described(SCORE, "So large a gap."), "clients": count("And so many women.", at_least=5)},
        ),
        "grades": listing(
            "The best first; the first that fits counts.",
            closed(
                "One grade.",
                {
                    "code": {"enum": ["A", "B", "C", "D"]},
                    "clients": count("Women with a value, at least.", at_least=0),
                    "max_width": described(SCORE, "Of the interval."),
                    "audience": described({"enum": ["public", "team", "nobody"]}, "Who may see it."),
                    "label": described(TEXT, "What reports call it."),
                },
                optional=("max_width",),
            ),
        ),
    },
)

_STEP = closed("Below so many women, in such steps.", {"below": count("Women.", at_least=1), "step": SCORE})

THRESHOLDS = closed(
    "How many women stand behind a figure before it is shown.",
    {
        "suppress_below": count("Fewer than this: shown to nobody.", at_least=2),
        "public_from": count("From this number on it may be published.", at_least=2),
        "pns_warning": described(SCORE, "So large a share of 'prefer not to say': the question may be unsafe."),
        "score_step": described(SCORE, "Public scores are rounded to this, bounds outward."),
        "share_steps": listing("How public shares are rounded.", _STEP),
        "words_below": count("Fewer women than this: extremes become words, the number a band.", at_least=2),
        "sensitive": closed(
            "Identity, HIV, harms, flags: never for one service.",
            {
                "mask_from": count("Counts and complements from …", at_least=1),
                "mask_to": count("… to this are masked.", at_least=1),
                "public_from": count("Women.", at_least=5),
                "min_services": count("Services.", at_least=2),
            },
        ),
        "release_after_changes": count("Changed records before a frozen release is made again.", at_least=1),
        "small_network": share("So large a share of the women whom a service sees: its area only."),
        "women_bands": mapping(
            "The private column women_band of services.csv: [from, to], null for no limit.",
            "^[a-z0-9_]+$",
            {"type": "array", "items": {"type": ["integer", "null"]}, "minItems": 2, "maxItems": 2},
            at_least=1,
        ),
    },
)

_TIERS = closed(
    "When a service or an area is named.",
    {
        "good": closed(
            "An example of good practice.",
            {
                "score": SCORE,
                "lower": described(SCORE, "The interval's lower bound."),
                "grades": _GRADES,
                "observed": described(YES, "Whether a visit is needed."),
                "open_r1": _NOUGHT,
                "no_domain_below": SCORE,
                "confirmed_by_women": YES,
                "agrees_named": YES,
            },
        ),
        "good_domain": closed("In one domain.", {"lower": SCORE, "grades": _GRADES, "open_r1": _NOUGHT}),
        "lacking": closed("Severely lacking.", {"upper_below": SCORE, "grades": _GRADES, "or_open_r1": YES}),
        "locale_rated": count("Rated services for an area's score.", at_least=1),
        "locale_all_lacking": count("Rated services, all lacking, for an area to be so.", at_least=1),
        "labels": mapping("What reports call them.", NAME, TEXT, at_least=1),
    },
)

_NAMES = listing("Choices.", WORDS)
_SAYS = closed("What an answer says.", {"gap": _NAMES, "contradicts": _NAMES})
_GAPS = closed(
    "The locale gap form.",
    {
        "answers": {**_SAYS, "description": "Answers to the questions with the role `gap`."},
        "any_hr": {**_SAYS, "description": "Answers to the question with the role `any_hr`."},
        "reporters": mapping("Band to the least number of women.", NAME, {"type": "integer"}, at_least=1),
        "confirmed_by": closed(
            "Either of these, and nothing contradicting.",
            {"teams": count("Independent teams.", at_least=2), "women": count("Women consulted.", at_least=2)},
        ),
        "contradicted_from": described(SCORE, "A rated service whose indicator reaches this contradicts a gap."),
        "lacking_from": count("So many confirmed gaps that count: severely lacking.", at_least=1),
        "lawful_only": listing("Items that count only where lawful.", _ITEM, at_least=0),
        "covers": mapping("Indicators whose letter L these questions answer.", INDICATOR, listing("Items.", _ITEM)),
        "items": listing(
            "The services asked about.",
            closed(
                "One of them; the form names its code in the column `indicator`.",
                {
                    "code": _ITEM,
                    "indicator": described(_ITEM, "The indicator by which a rated service contradicts the gap."),
                    "lacking": described(YES, "Whether it counts towards an area that is severely lacking."),
                    "label": described(TEXT, "For readers."),
                },
            ),
        ),
        "states": labels("The states of a gap on the map."),
    },
    optional=("contradicted_from",),
)

METHOD: dict[str, Any] = {
    "rules": _RULES,
    "forms": _FORMS,
    "modules": closed("The modules of a round.", {"max": count("At most so many for everyone.", at_least=0)}),
    "bands": _BANDS,
    "flags": _FLAGS,
    "uncertainty": _UNCERTAINTY,
    "rounds": closed(
        "Rounds of interviews.",
        {
            "months": count("Length of a round.", at_least=1),
            "min_change": described(SCORE, "Smaller differences are no clear change."),
            "changes": labels("What a difference between rounds is called."),
        },
    ),
    "tiers": _TIERS,
    "gaps": _GAPS,
    "words": mapping("Words of reports, whatever the figure.", NAME, TEXT, at_least=1),
}

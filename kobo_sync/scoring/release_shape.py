"""The list of all that a release may hold: a JSON Schema without a gap, checked before anything leaves.

It is the second lock on the door: nothing that is not named here can be published by mistake, no number that is not on
the grid of rounding, no word that is not one of the known ones.
"""

from __future__ import annotations

from typing import Any

from kobo_sync.errors import RefusedForSafety
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.framework_bricks import closed
from kobo_sync.scoring.release_model import ENOUGH, FEW, MOST, NOT_PUBLISHED, PUBLISHED, Plain
from kobo_sync.scoring.release_rounding import percent_step, share_step, women

_Schema = dict[str, Any]
_TEXT: _Schema = {"type": "string"}
_YES: _Schema = {"type": "boolean"}
_SEED: _Schema = {"type": "integer", "minimum": 0}
_NUMBERS: _Schema = {"type": "object", "additionalProperties": {"type": "number"}}
_METHOD: _Schema = closed(
    "How the figures were made.",
    {
        "framework": _TEXT,
        "weights_version": _TEXT,
        "versions": {"type": "object", "additionalProperties": _TEXT},
        "resamples": {"type": "integer", "minimum": 0},
        "weights": closed("Weights.", {"core": {"type": "number"}, "other": {"type": "number"}, "domains": _NUMBERS}),
        "thresholds": _NUMBERS,
        "not_lawful": {"type": "array", "items": _TEXT},
    },
    optional=("not_lawful",),  # releases from before it was told have none
)
_STATES: _Schema = {"enum": ["confirmed", "reported", "none", "no_data", ""]}


def check(content: Plain, framework: Framework) -> None:
    """Raise RefusedForSafety when the content holds anything that a release does not."""
    from jsonschema_rs import validator_for

    for error in validator_for(schema(framework)).iter_errors(content):
        where = "/".join(str(part) for part in error.instance_path)
        raise RefusedForSafety(
            f"Nothing was published: the release would hold something that no release may hold, at {where}. This is a "
            "fault of the program. Please report it."
        )


def schema(framework: Framework) -> _Schema:
    """Return the JSON Schema (2020-12) of a release by this framework."""
    service = {"code": _TEXT, "label": _TEXT, "area": _TEXT}
    return closed(
        "A public release.",
        {
            "format": {"const": 1},
            "round": _TEXT,
            "number": {"type": "integer", "minimum": 1},
            "made_on": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "method": _METHOD,
            "services": _list(
                {
                    "oneOf": [
                        closed("Held back.", {**service, "status": {"const": NOT_PUBLISHED}}),
                        closed("Published.", {**service, "status": {"const": PUBLISHED}, **_published(framework)}),
                    ]
                }
            ),
            "areas": _list(_area(framework)),
            "identity": _list(
                closed(
                    "Who was asked.",
                    {
                        "variable": _TEXT,
                        "areas": _list(_TEXT),
                        "cells": {"type": "object", "additionalProperties": {"enum": [FEW, ENOUGH]}},
                    },
                )
            ),
        },
    )


def _published(framework: Framework) -> dict[str, _Schema]:
    method = framework.method
    domain = {"enum": [domain.code for domain in framework.domains]}
    quiet = {"enum": [one.code for one in framework.indicators if not one.harm]}
    harms = {"enum": [one.code for one in framework.indicators if one.flag]}
    bands = closed("A band.", {"number": {"type": "integer"}, "code": {"enum": [band.code for band in method.bands]}})
    question = closed("A question.", {"indicator": quiet, "share": {"enum": _shares(framework)}})
    flag = closed(
        "A flag, as a word.", {"indicator": harms, "level": {"enum": ["R1", "R2"]}, "by_service": _YES, "open": _YES}
    )
    figures = {"code": domain, "figure": _figure(framework), "questions": _list(question)}
    return {
        "women": {
            "enum": sorted({women(n, framework) for n in range(framework.public_from, framework.public_from + 200)})
        },
        "overall": {"oneOf": [{"type": "null"}, _figure(framework)]},
        "band": {"oneOf": [{"type": "null"}, bands]},
        "tier": {"enum": ["good", "lacking", "between", None]},
        "good_in": _list(domain),
        "domains": _list(closed("A domain.", figures)),
        "flags": _list(flag),
        "seed": _SEED,
    }


def _area(framework: Framework) -> _Schema:
    score = closed("A score.", {**_grid(framework), "seed": _SEED})
    gaps = {"type": "object", "additionalProperties": _STATES}
    return closed(
        "An area.",
        {
            "code": _TEXT,
            "label": _TEXT,
            "only_service": _YES,
            "score": {"oneOf": [{"type": "null"}, score]},
            "any_hr": _STATES,
            "gaps": gaps,
            "lacking": _list({"enum": ["any_hr", "gaps", "services"]}),
            "barriers": _list(_TEXT),
        },
    )


def _figure(framework: Framework) -> _Schema:
    grades = {"enum": [grade.code for grade in framework.method.grades if grade.audience == "public"]}
    return closed("A score.", {**_grid(framework), "grade": grades})


def _grid(framework: Framework) -> dict[str, _Schema]:
    step = percent_step(framework)
    bound = {"enum": list(range(0, 101, step))}
    return {"percent": {"enum": list(range(step, 101 - step, step))}, "low": bound, "high": bound}


def _shares(framework: Framework) -> list[int | str]:
    steps = {share_step(entry.below - 1, framework) for entry in framework.disclosure.share_steps}
    return [FEW, MOST, *sorted({value for step in steps for value in range(step, 101 - step, step)})]


def _list(item: _Schema) -> _Schema:
    return {"type": "array", "items": item}

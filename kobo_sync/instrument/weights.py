"""The community's own weights of the domains (3.4): `weights.yaml` beside `framework.yaml`, or no such file.

Women who use drugs may say that some domains matter more. What they agreed on has a version and a day, is printed with
every score, and is held against equal weights by `scoring.sensitivity`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.framework_bricks import COUNTS, DATE, DOMAIN, WORDS, closed, described, mapping
from kobo_sync.instrument.framework_yaml import fits, read_yaml

WEIGHTS_FILE = "weights.yaml"

WEIGHTS_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:a-gender-monitor:weights",
    "title": "The community's weights of A-Gender Monitor",
    **closed(
        "How much each domain counts in the overall score, as women who use drugs agreed.",
        {
            "version": {"type": "string", "pattern": "^[0-9]{4}[.][0-9]+$", "description": "Year and number, quoted."},
            "agreed_by": described(WORDS, "A group or a meeting, never a person's name."),
            "agreed_on": {"type": "string", "pattern": DATE, "description": 'The day, in quotes: "2026-03-31".'},
            "note": described(WORDS, "How it was agreed; printed with the scores."),
            "domains": mapping("Every domain's weight: 2 counts twice as much as 1.", DOMAIN, COUNTS, at_least=1),
        },
        optional=("note",),
    ),
}


@dataclass(frozen=True, slots=True)
class CommunityWeights:
    """What the community agreed on. `domains` maps every domain's code to a weight above 0."""

    version: str
    agreed_by: str
    agreed_on: str
    note: str
    domains: Mapping[str, float]
    fingerprint: str


def read_weights(path: Path, domains: Mapping[str, object]) -> CommunityWeights | None:
    """Read the community's weights of these domains; None where there is no such file.

    Raises FormError when it is not YAML, does not fit its schema, leaves a domain out or names an unknown one.
    """
    if not path.exists():
        return None
    document = read_yaml(path)
    fits(document, WEIGHTS_SCHEMA, path.name)
    for what, codes in (
        ("has no weight for", domains.keys() - document["domains"].keys()),
        ("names, and the framework does not define,", document["domains"].keys() - domains.keys()),
    ):
        if codes:
            raise FormError(
                f"domains {what} {', '.join(sorted(codes))}.",
                file=path.name,
                remedy="Give every domain of framework.yaml a weight, and no other: 1 for those that count like most.",
            )
    return CommunityWeights(
        version=document["version"],
        agreed_by=document["agreed_by"],
        agreed_on=document["agreed_on"],
        note=document.get("note", ""),
        domains=document["domains"],
        fingerprint=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(),
    )

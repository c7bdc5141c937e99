"""The numbers of disclosure control (3.8) as plain values; they stand in `framework.yaml` under `thresholds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Limits = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class ShareStep:
    """Below so many women, public shares are rounded to this step in (0, 1]."""

    below: int
    step: float


@dataclass(frozen=True)
class Disclosure:
    """How much of a closed round may be published, beside `suppress_below` and `public_from` of the framework.

    `score_step` in (0, 1]; `mask_to` counts from 1 to it are masked, and complements; `sensitive_from` women of
    `sensitive_services` services for a table of sensitive answers; `after_changes` changed records before a frozen
    release is made again; `small_network` the share (part, whole) of the women whom a service sees; `women_bands` the
    least and the most women (None: no limit) by the word that stands in services.csv.
    """

    score_step: float = 0.05
    share_steps: tuple[ShareStep, ...] = (ShareStep(20, 0.1), ShareStep(50, 0.05))
    words_below: int = 20
    mask_to: int = 4
    sensitive_from: int = 10
    sensitive_services: int = 2
    after_changes: int = 5
    small_network: tuple[int, int] = (1, 2)
    women_bands: Mapping[str, Limits] = field(default_factory=dict)


def read_disclosure(thresholds: Mapping[str, Any]) -> Disclosure:
    """Return the rules that stand in a framework document which its schema has accepted."""
    sensitive, small = thresholds["sensitive"], thresholds["small_network"]
    return Disclosure(
        score_step=thresholds["score_step"],
        share_steps=tuple(
            ShareStep(entry["below"], entry["step"])
            for entry in sorted(thresholds["share_steps"], key=lambda entry: int(entry["below"]))
        ),
        words_below=thresholds["words_below"],
        mask_to=sensitive["mask_to"],
        sensitive_from=sensitive["public_from"],
        sensitive_services=sensitive["min_services"],
        after_changes=thresholds["release_after_changes"],
        small_network=(small[0], small[1]),
        women_bands={name: (low or 0, high) for name, (low, high) in thresholds["women_bands"].items()},
    )

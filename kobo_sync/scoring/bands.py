"""Caps (3.6), the weighted mean (3.4, 3.11.4), bands and their gates (3.5).

Our convention: a figure reaches a bound when, rounded to nine decimals, it is not below it, so that 0.65 made of
thirteen twentieths is 0.65 and not a hair less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.method import Band, Gate
from kobo_sync.scoring.model import BandResult, GateCheck, ServiceFlag

R1 = "R1"
_FLOOR = 0.01  # 3.4: a domain of nought would make every geometric mean nought


def reaches(value: float, bound: float) -> bool:
    """Whether a figure is at least the bound, float noise apart."""
    return round(value, 9) >= round(bound, 9)


def mean_of(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the weighted mean of domains, the weights renormalised over those that there are (3.4, 3.11.4)."""
    return sum(weights[code] * value for code, value in values.items()) / sum(weights[code] for code in values)


def geometric_mean_of(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the weighted geometric mean over max(D, 0.01): what 3.4 holds against the arithmetic one."""
    total = sum(weights[code] for code in values)
    return math.exp(sum(weights[code] * math.log(max(value, _FLOOR)) for code, value in values.items()) / total)


def capped_domains(values: Mapping[str, float], flags: Sequence[ServiceFlag], framework: Framework) -> dict[str, float]:
    """Return D after the caps of the open flags that the service caused (3.6), by domain code."""
    capped = dict(values)
    for flag in _caused(flags):
        cap, domain = framework.method.caps.get(flag.level), framework.by_code[flag.indicator].domain
        if cap is not None and domain in capped:
            capped[domain] = min(capped[domain], cap.domain)
    return capped


def capped_overall(mean: float, flags: Sequence[ServiceFlag], framework: Framework) -> float:
    """Return S after the caps of open flags (3.6): `mean` is already that of the capped domains (3.11.5)."""
    caps = [framework.method.caps[flag.level].overall for flag in _caused(flags) if flag.level in framework.method.caps]
    return min([mean, *(cap for cap in caps if cap is not None)])


def band_of(
    capped: float,
    domains: Mapping[str, float],
    items: Mapping[str, float | None],
    flags: Sequence[ServiceFlag],
    framework: Framework,
) -> BandResult | None:
    """Return the band of a valid service (3.5), or None where the framework has no bands.

    `capped` is the capped S, `domains` the capped D of the valid domains, `items` y by indicator code. A gate that is
    not met, or has no data, costs one band; then the lower band's gate is checked. Open flags can put the service into
    the lowest band whatever its score. (Our convention: "no open R1" counts those attributed to the police too: a place
    where police come in is no model, whoever called them. Only flags that the service caused impose a band.)
    """
    bands = framework.method.bands
    if not bands:
        return None
    place = max((number for number, band in enumerate(bands) if reaches(capped, band.start)), default=0)
    by_score, checks = bands[place].number, list[GateCheck]()
    while True:
        found = [_check(bands[place], gate, domains, items, flags) for gate in bands[place].gates]
        checks += found
        if place == 0 or all(check.outcome == "met" for check in found):
            break
        place -= 1
    for band in bands[: place + 1]:
        imposed = _imposed(band, flags)
        if imposed:
            return BandResult(band.number, band.code, by_score, imposed, tuple(checks))
    return BandResult(bands[place].number, bands[place].code, by_score, "", tuple(checks))


def _caused(flags: Sequence[ServiceFlag]) -> list[ServiceFlag]:
    return [flag for flag in flags if flag.is_open and flag.by_service]


def _imposed(band: Band, flags: Sequence[ServiceFlag]) -> str:
    """Return why open flags put a service into this band: "in_policy", "open_r1" or ""."""
    hard = [flag for flag in _caused(flags) if flag.level == R1]
    written = [flag for flag in hard if flag.in_policy]
    if band.open_in_policy and len(written) >= band.open_in_policy:
        return "in_policy"
    return "open_r1" if band.open_r1 and len(hard) >= band.open_r1 else ""


def _check(
    band: Band,
    gate: Gate,
    domains: Mapping[str, float],
    items: Mapping[str, float | None],
    flags: Sequence[ServiceFlag],
) -> GateCheck:
    if gate.kind == "open_r1":
        number = sum(flag.is_open and flag.level == R1 for flag in flags)
        return GateCheck(band.number, gate.kind, "", 0, float(number), "not_met" if number else "met")
    value = (items if gate.kind == "item" else domains).get(gate.code)
    if value is None:
        return GateCheck(band.number, gate.kind, gate.code, gate.at_least, None, "no_data")
    met = reaches(value, gate.at_least)
    return GateCheck(band.number, gate.kind, gate.code, gate.at_least, value, "met" if met else "not_met")

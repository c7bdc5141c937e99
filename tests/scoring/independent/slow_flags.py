"""Red flags, caps, the band and its gates once more, plain and slow, from the method's description alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slow_rules import Domain, Item, Overall, Row, Weights, reaches, weighted

_RANK = {"R2": 0, "R1": 1}


@dataclass(frozen=True)
class Reviewed:
    """What the safety focal point noted: how the flag was then ("" for any), and whether it is resolved."""

    what: str
    resolved: bool


@dataclass(frozen=True)
class SlowFlag:
    """One flag of a service in a round."""

    level: str
    by_service: bool
    in_policy: bool
    state: str
    clients: int

    @property
    def is_open(self) -> bool:
        """Substantiated, reviewed, unresolved."""
        return self.state == "reviewed"


@dataclass(frozen=True)
class _Say:
    level: str
    blames_staff: bool
    is_rule: bool


def flags_of(
    rules: Mapping[str, Any],
    rows: Mapping[str, Sequence[Row]],
    followups: Mapping[str, Sequence[Mapping[str, str]]],
    reviews: Mapping[str, Reviewed],
) -> dict[str, SlowFlag]:
    """3.6: every flag, reported ones included."""
    found = {}
    for indicator in rules["indicators"]:
        if indicator["flag"]:
            flag = _flag(indicator, rows, followups, reviews.get(indicator["code"]))
            if flag:
                found[indicator["code"]] = flag
    return found


def _flag(
    indicator: Mapping[str, Any],
    rows: Mapping[str, Sequence[Row]],
    followups: Mapping[str, Sequence[Mapping[str, str]]],
    review: Reviewed | None,
) -> SlowFlag | None:
    code, rule = indicator["code"], indicator["flag"]
    told: dict[str, list[_Say]] = {"C": [], "P": [], "O": []}
    for source, said in told.items():
        for row, more in zip(rows.get(source, ()), followups.get(source, ()), strict=True):
            say = _say(rule, source, row.get(code), more.get(code))
            if say:
                said.append(say)
    women, others = told["C"], told["P"] + told["O"]
    stated = [say for say in told["P"] if say.is_rule]
    if not women and not stated:
        return None
    level = rule["level"]
    if level != "R1" and (sum(say.level == "R1" for say in women) >= 2 or any(say.level == "R1" for say in others)):
        level = "R1"
    by_service = rule["attributed_to"] == "service"
    if sum(say.blames_staff for say in women) >= 2 or any(say.blames_staff for say in others):
        by_service = True
    in_policy = any(_RANK[say.level] >= _RANK[level] for say in stated)
    if len(women) >= 2 or (women and others) or stated:
        state = _reviewed(level, review, by_service=by_service, in_policy=in_policy)
    else:
        state = "reported"
    return SlowFlag(level, by_service, in_policy, state, len(women))


def _say(rule: Mapping[str, Any], source: str, choice: Any, more: str | None) -> _Say | None:
    """Hear what one person's answer says of a harm; None where it says nothing of it."""
    if choice is None:
        return None
    speaks = choice in rule["raised_by"].get(source, ()) or choice in rule["confirmed_by"].get(source, ())
    is_rule = choice in rule["in_policy"].get(source, ())
    level = rule.get("levels", {}).get(choice, rule["level"])
    blames = False
    followup = rule.get("followup")
    if followup and choice in followup["when"].get(source, ()) and more in followup["answers"]:
        if followup["means"] == "R1":
            level = "R1"
        blames = followup["means"] == "by_service"
        is_rule = is_rule or followup["means"] == "in_policy"
    return _Say(level, blames, is_rule) if speaks or is_rule else None


def _reviewed(level: str, review: Reviewed | None, *, by_service: bool, in_policy: bool) -> str:
    """Find what became of a substantiated flag; one that is worse now than when it was reviewed waits again."""
    if review is None:
        return "substantiated"
    if review.what:
        was = review.what.split()
        worse = (
            (level == "R1" and "R1" not in was)
            or (by_service and "service" not in was)
            or (in_policy and "policy" not in was)
        )
        if worse:
            return "substantiated"
    return "resolved" if review.resolved else "reviewed"


def capped_domain(rules: Mapping[str, Any], domain: Domain, flags: Mapping[str, SlowFlag]) -> Fraction | None:
    """3.6: a domain's figure under the caps of its open flags that the service caused."""
    value = domain.value
    for indicator in rules["indicators"]:
        flag = flags.get(indicator["code"])
        if value is not None and indicator["domain"] == domain.code and flag and flag.is_open and flag.by_service:
            value = min(value, Fraction(rules["flags"]["caps"][flag.level]["domain"]))
    return value


def capped_overall(
    rules: Mapping[str, Any],
    overall: Overall,
    domains: Mapping[str, Domain],
    flags: Mapping[str, SlowFlag],
    weights: Weights,
) -> Fraction | None:
    """3.11 step 5: the mean of the capped domains, then capped."""
    if overall.value is None:
        return None
    valid = [code for code in domains if domains[code].valid]
    capped = [capped_domain(rules, domains[code], flags) for code in valid]
    value = weighted(capped, [Fraction(weights[code]) for code in valid])
    for flag in flags.values():
        cap = rules["flags"]["caps"][flag.level].get("overall")
        if value is not None and flag.is_open and flag.by_service and cap is not None:
            value = min(value, Fraction(cap))
    return value


@dataclass(frozen=True)
class SlowBand:
    """The band, what the score alone would give, whether open flags impose it, each gate that was looked at."""

    number: int
    by_score: int
    imposed: bool
    gates: tuple[tuple[int, str, str], ...]  # band, code of item or domain or open_r1, outcome


def band_of(
    rules: Mapping[str, Any],
    capped: Fraction | None,
    items: Mapping[str, Item],
    domains: Mapping[str, Domain],
    flags: Mapping[str, SlowFlag],
) -> SlowBand | None:
    """3.5: the band by score, then down as long as a gate is not met, and the lowest where open flags say so."""
    if capped is None:
        return None
    bands = sorted(rules["bands"], key=lambda band: int(band["number"]))
    number = max(int(band["number"]) for band in bands if reaches(capped, band["from"]))
    by_score, looked = number, []
    while True:
        outcomes = [_gate(gate, rules, items, domains, flags) for gate in bands[number - 1]["gate"]]
        looked += [(number, code, outcome) for code, outcome in outcomes]
        if all(outcome == "met" for _, outcome in outcomes):
            break
        number -= 1
    caused = [flag for flag in flags.values() if flag.is_open and flag.by_service and flag.level == "R1"]
    imposed_by = bands[0]["imposed_by"]
    imposed = (
        len(caused) >= imposed_by["open_r1"] or sum(flag.in_policy for flag in caused) >= imposed_by["open_in_policy"]
    )
    return SlowBand(1 if imposed else number, by_score, imposed, tuple(looked))


def _gate(
    gate: Mapping[str, Any],
    rules: Mapping[str, Any],
    items: Mapping[str, Item],
    domains: Mapping[str, Domain],
    flags: Mapping[str, SlowFlag],
) -> tuple[str, str]:
    if "open_r1" in gate:
        count = sum(flag.is_open and flag.level == "R1" for flag in flags.values())
        return "open_r1", "met" if count <= gate["open_r1"] else "not_met"
    if "item" in gate:
        code, value = gate["item"], items[gate["item"]].y
    else:
        code = gate["domain"]
        # A domain that is not valid is "not enough information": no data.
        value = capped_domain(rules, domains[code], flags) if domains[code].valid else None
    if value is None:
        return code, "no_data"
    return code, "met" if reaches(value, gate["at_least"]) else "not_met"

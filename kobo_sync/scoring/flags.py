"""Red flags (3.6): from answers to reports, substantiated, reviewed, resolved. Only open ones cap or gate.

    reported        one woman says so. Nobody but the safety focal point sees it; no figure moves
    substantiated   two different women; or one and an observer or provider; or it is the provider's rule
    reviewed        the safety focal point has looked at it: now it is open
    resolved        and open no more

Where the text leaves room, our conventions are:

1. A flag has one level a round. It is R1 where the indicator is R1 anyway; where it depends on the answer (police
   inside, a register shared with authorities), it is R1 if two different women say so, or an observer or provider whose
   answer confirms or states it does; else R2. So no single woman's word raises a level.
2. Likewise what the police did is the service's doing if two different women say that staff called them or let them
   in, or an observer or provider does.
3. It is *written in policy* where a provider states a rule at the flag's level.
4. A review is of what the flag was then (`Flag.what`). If the flag becomes worse (a harder level, the service's doing,
   written in policy), it waits for review anew. One that became lighter, as when a woman withdrew, stays reviewed: else
   it would lose its cap, and nobody would have looked.
5. An answer of an observer or a provider that reports a harm only ever confirms a woman's; alone it raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kobo_sync.instrument.framework import Framework, Indicator
from kobo_sync.instrument.method import FlagRule
from kobo_sync.scoring.model import CLIENTS, PROVIDERS, ServiceFlag

# What one answer says about a flag. The order is the code in `FlagSheet.said`.
SAID = ("missing", "no", "reports", "confirms", "rule")
MISSING, NO, REPORTS, CONFIRMS, RULE = range(len(SAID))

R1, R2 = "R1", "R2"
REPORTED, SUBSTANTIATED, REVIEWED, RESOLVED = "reported", "substantiated", "reviewed", "resolved"


@dataclass(frozen=True, slots=True)
class FlagSheet:
    """What one source's answers say about flags.

    Shapes: n respondents by k indicators in the framework's order. `said` holds a code of SAID (MISSING too where the
    indicator has no flag); `r1` whether that answer speaks of the hard level; `by_service` whether it says that the
    service caused it. Both are False where the answer neither reports, confirms nor states a rule.
    """

    source: str
    said: NDArray[np.int8]
    r1: NDArray[np.bool_]
    by_service: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlagAnswers:
    """One respondent's answers that flags need: choice names by indicator code, missing answers left out.

    `choices` answers to the indicator's own question, `followups` to the question with the role `followup`.
    """

    choices: Mapping[str, str]
    followups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Review:
    """What the safety focal point did about one indicator's flag of a service in a round.

    `reviewed_on` and `resolved_on` days "YYYY-MM-DD" or ""; `what` is `Flag.what` as it was reviewed ("" covers any).
    """

    indicator: str
    reviewed_on: str = ""
    resolved_on: str = ""
    reason: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a service-round as the focal point's inbox has it, and nobody else.

    `clients` how many women report it; `confirmed_by` the other sources that do; `worst` the hardest level that anybody
    spoke of, which may be above `level`. `state` is one of the four of this module.
    """

    indicator: str
    level: str
    state: str
    clients: int
    confirmed_by: tuple[str, ...]
    in_policy: bool
    by_service: bool
    worst: str
    review: Review | None = None

    @property
    def what(self) -> str:
        """What a review is of: level, who caused it, whether it is a rule. A worse flag has to be reviewed anew."""
        return " ".join(
            [self.level, "service" if self.by_service else "police", *(["policy"] if self.in_policy else [])]
        )


def flag_sheet(source: str, framework: Framework, answers: Sequence[FlagAnswers]) -> FlagSheet:
    """Lay out what one source's answers say about flags: one row a respondent, one column an indicator."""
    shape = (len(answers), len(framework.indicators))
    said, r1, by_service = np.zeros(shape, np.int8), np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for column, indicator in enumerate(framework.indicators):
        rule = indicator.flag_rule
        if rule is None or not _concerns(source, rule):
            continue
        for row, one in enumerate(answers):
            choice = one.choices.get(indicator.code)
            if choice is not None:
                cell = read_answer(source, rule, choice, one.followups.get(indicator.code, ""))
                said[row, column], r1[row, column], by_service[row, column] = cell
    return FlagSheet(source, said, r1, by_service)


def read_answer(source: str, rule: FlagRule, choice: str, followup: str = "") -> tuple[int, bool, bool]:
    """Return (code of SAID, speaks of R1, says the service caused it) of one answer that is not missing (3.6)."""
    further = rule.followup
    yes = further is not None and choice in further.when.get(source, ()) and followup in further.answers
    means = further.means if yes and further is not None else ""
    if choice in rule.in_policy.get(source, ()) or means == "in_policy":
        said = RULE
    elif choice in rule.raised_by.get(source, ()):
        said = REPORTS if source == CLIENTS else CONFIRMS
    elif choice in rule.confirmed_by.get(source, ()):
        said = CONFIRMS
    else:
        return NO, False, False
    r1 = R1 in {rule.level, rule.levels.get(choice), means}
    return said, r1, rule.attributed_to == "service" or means == "by_service"


def find_flags(
    framework: Framework, sheets: Sequence[FlagSheet], reviews: Mapping[str, Review] | None = None
) -> tuple[Flag, ...]:
    """Return every flag of one service-round, reported ones too, in the framework's order: the focal point's inbox.

    `reviews` by indicator code, those of this service and round only.
    """
    found = (
        _flag(framework, indicator, column, sheets, (reviews or {}).get(indicator.code))
        for column, indicator in enumerate(framework.indicators)
        if indicator.flag_rule is not None
    )
    return tuple(flag for flag in found if flag is not None)


def known_flags(flags: Sequence[Flag]) -> tuple[ServiceFlag, ...]:
    """Return the flags that a score may hold: reviewed or resolved, without counts. Reported ones leave no trace."""
    return tuple(
        ServiceFlag(flag.indicator, flag.level, flag.by_service, flag.in_policy, flag.state)
        for flag in flags
        if flag.state in {REVIEWED, RESOLVED}
    )


def any_waiting(flags: Sequence[Flag]) -> bool:
    """Whether a substantiated flag waits for its review: then the service is "not published this round" (3.6)."""
    return any(flag.state == SUBSTANTIATED for flag in flags)


def _concerns(source: str, rule: FlagRule) -> bool:
    asked = {*rule.raised_by, *rule.confirmed_by, *rule.in_policy, *(rule.followup.when if rule.followup else ())}
    return source in asked


def _flag(
    framework: Framework, indicator: Indicator, column: int, sheets: Sequence[FlagSheet], review: Review | None
) -> Flag | None:
    method = framework.method
    told = [
        (sheet.source, int(sheet.said[row, column]), bool(sheet.r1[row, column]), bool(sheet.by_service[row, column]))
        for sheet in sheets
        for row in np.flatnonzero(sheet.said[:, column] >= REPORTS)
    ]
    women = [one for one in told if one[1] == REPORTS]
    others = [one for one in told if one[1] == CONFIRMS and one[0] in method.substantiated_client_and]
    rules = [one for one in told if one[1] == RULE and one[0] == PROVIDERS and method.substantiated_in_policy]
    enough = method.substantiated_clients
    substantiated = len(women) >= enough or bool(women and (others or rules)) or bool(rules)
    if not women and not substantiated:
        return None
    worst = R1 if any(one[2] for one in (*women, *others, *rules)) else R2
    beside = (*others, *rules)
    hard = _level(indicator) == R1 or sum(one[2] for one in women) >= enough or any(one[2] for one in beside)
    level = R1 if hard else R2
    by_service = sum(one[3] for one in women) >= enough or any(one[3] for one in beside)
    flag = Flag(
        indicator=indicator.code,
        level=level,
        state=SUBSTANTIATED if substantiated else REPORTED,
        clients=len(women),
        confirmed_by=tuple(sorted({one[0] for one in beside})),
        in_policy=any(level == R2 or one[2] for one in rules),
        by_service=by_service or not _by_police(indicator),
        worst=worst,
        review=review if substantiated else None,
    )
    return _reviewed(flag, review) if substantiated else flag


def _level(indicator: Indicator) -> str:
    return indicator.flag_rule.level if indicator.flag_rule is not None else ""


def _by_police(indicator: Indicator) -> bool:
    return indicator.flag_rule is not None and indicator.flag_rule.attributed_to == "police"


def _reviewed(flag: Flag, review: Review | None) -> Flag:
    if review is None or not review.reviewed_on or _is_worse(flag, review.what):
        return flag
    return replace(flag, state=RESOLVED if review.resolved_on else REVIEWED)


def _is_worse(flag: Flag, reviewed: str) -> bool:
    """Whether a flag is worse in any way than what was reviewed; "" covers any."""
    was = reviewed.split()
    harder = flag.level == R1 and R1 not in was
    return bool(was) and (
        harder or (flag.by_service and "service" not in was) or (flag.in_policy and "policy" not in was)
    )

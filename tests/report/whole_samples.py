"""A round of the whole framework in three places, from plain answers: bands, flags, gaps, changes, actions."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

from scoring_samples import Answers, Row, best, framework, reviewed, scored, sheets, women, worst

from kobo_sync.followup import Action, Reply
from kobo_sync.report.model import Earlier, Fieldwork, Places, ReportData, ServiceInfo
from kobo_sync.scoring.areas import AreaAnswers, area_of
from kobo_sync.scoring.changes import Round, compare
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.naming import Practice

BEFORE, ROUND, RESAMPLES = "2026-H1", "2026-H2", 60
LONG = "Центр женского здоровья и социального сопровождения женщин и детей"
SERVICES = (
    ServiceInfo("S01", "Kituo cha Mwangaza", "North", "drop-in centre", "D1"),
    ServiceInfo("S02", LONG, "North", "methadone clinic", "D1"),
    ServiceInfo("S03", "Ruang Aman", "North", "clinic", "D1"),
    ServiceInfo("S04", "Outreach at night", "South", "outreach", "D2"),
    ServiceInfo("S05", "Needle exchange", "East", "needle and syringe programme", "D3"),
)


def mixed(n: int, bad: int) -> list[Row]:
    """Return n interviews of which `bad` say the worst of all but harms."""
    return [*women(n - bad), *women(bad, worst("C"))]


def answers(n: int, bad: int) -> Answers:
    """Return interviews, an observation and a manager's words."""
    return {"C": mixed(n, bad), "O": [best("O") if bad * 2 < n else worst("O")], "P": [best("P")]}


@cache
def scores() -> tuple[ServiceScore, ...]:
    """Return the scores: an example, a capped one, one in between, one of too few women, a severely lacking one."""
    harmed: Row = {**women(1)[0], "cnf_breach": "yes"}
    made = (
        scored(answers(31, 2), resamples=RESAMPLES, service="S01"),
        scored(
            {"C": [*mixed(20, 6), harmed, harmed], "O": [best("O")]},
            reviewed("cnf_breach"),
            resamples=RESAMPLES,
            service="S02",
        ),
        scored(answers(14, 7), resamples=RESAMPLES, service="S03"),
        scored(answers(4, 1), resamples=RESAMPLES, service="S04"),
        scored(answers(24, 23), resamples=RESAMPLES, service="S05"),
    )
    return tuple(replace(score, round=ROUND) for score in made)


@cache
def earlier() -> Earlier:
    """Return the round before, with the change of one service."""
    rules = framework(RESAMPLES)
    then = scored(answers(30, 20), resamples=RESAMPLES, service="S01", round_=BEFORE)
    made = compare(Round(then, sheets(answers(30, 20))), Round(scores()[0], sheets(answers(31, 2))), rules)
    return Earlier(BEFORE, {"S01": then}, rules, {"S01": made})


def data() -> ReportData:
    """Return the round."""
    rules = framework(RESAMPLES)
    gone = {item.code: "not_reachable" for item in rules.method.gaps.items} if rules.method.gaps else {}
    told = [AreaAnswers(team, "r1_4", "no", gone) for team in ("t1", "t2")]
    here = {
        code: [s for s, i in zip(scores(), SERVICES, strict=True) if i.place == code] for code in ("D1", "D2", "D3")
    }
    areas = {code: area_of(code, ROUND, told if code == "D2" else (), here[code], rules) for code in here}
    return ReportData(
        framework=rules,
        round=ROUND,
        scores=scores(),
        services={info.code: info for info in SERVICES},
        fieldwork=Fieldwork(95, 7, 3, late=6),
        made_on=dt.date(2027, 1, 12),
        tool_version="2026.3",
        program_version="0.1.0",
        demo=True,
        closed=True,
        practice=(Practice("S01", ROUND, confirmed_by_women=True, agrees_named=True),),
        earlier=earlier(),
        places=Places(
            labels={"D1": "North", "D2": "South", "D3": "East", "D4": "West"},
            areas=areas,
            barriers={"D2": ("police",)},
            barrier_labels={"police": {"en": "The police stand at the door", "ru": "Полиция стоит рядом"}},
        ),
        actions=(
            Action(
                "S05", "", "A woman at the door", "Head of the clinic", "from March on", dt.date(2027, 3, 1), done=False
            ),
            Action("", "D2", "Naloxone in the pharmacy", "Health ministry", "", None, done=True),
        ),
        replies=(Reply("S05", "", dt.date(2027, 1, 10), "We will train all staff."),),
    )

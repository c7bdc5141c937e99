"""The wall around answers one by one: which cells of which interviews an export may hold, and in which order.

A row is what one woman said, so less may be seen than of a figure (design, "Disclosure control is a wall"; instrument,
3.8). The rules, each with its reason:

1. Service-quality questions only: choices, never numbers, dates or words; no harm, no gate, no red flag, nothing about
   her. What may report a harm is told apart by the framework (`Indicator.harm`, `raised_by`), not by a list of names.
2. A question is there for a service only where the team's page shows its figure (disclosure, rule 4). Else a harm that
   is averaged in its domain could be worked out: the domain's figure is known, and so would be all the others.
3. Nothing from fewer than `suppress_below` women: neither a service, nor a question of a service.
4. Why an answer is missing is not told (not asked, does not apply, prefers not to say: all are blank), since it can say
   something about her. "Don't know" stays: it is an answer about the service.
5. No id, no code, no team, no month: a service and a round is all that a row says of itself.
6. The rows are shuffled with chance from the operating system, anew each time and not to be repeated. The store's order
   is that of the interviews: who knows who was asked third would find her row. A seed that is known, or can be tried
   out, would give that order back; and the same order twice would show where a new row was put in.

Asked for more (`restricted`), rules 2 and 4 are lifted, and harms and red flags have rows of their own: never by
service and in no row with other answers, but by area, from `sensitive_from` women of `sensitive_services` services
(3.8). Rules 3, 5 and 6 hold always, and so does this: who she is stands in no row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import Any

from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.disclosure import TeamService

Answers = Mapping[str, tuple[str, ...]]  # by question: the choices that were made, in the form's order

_TOLD = frozenset({None, "dk"})  # the kinds of choice that are an answer about the service (rule 4)


@dataclass(frozen=True, slots=True)
class Interview:
    """One accepted submission: the form as it was filled in, its service and that one's area ("" unknown), answers."""

    form: Form
    service: str
    area: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What may be seen of one interview: the code of its service, or of its area, and the answers by question."""

    place: str
    answers: Answers


def is_quality(question: Question, source: str, framework: Framework) -> bool:
    """Whether a question asks about the quality of a service and cannot report a harm (rule 1).

    `source` is whose word the form is: a rule that only a provider's answer can show is no harm that a woman reports.
    """
    indicator = framework.by_code.get(question.indicator)
    return (
        question.scored
        and _choices_only(question)
        and indicator is not None
        and not _harm(indicator.code, source, framework)
    )


def is_sensitive(question: Question, source: str, framework: Framework) -> bool:
    """Whether a question can report a harm or raise a red flag, or follows one that can."""
    indicator = framework.by_code.get(question.indicator)
    if indicator is None or not _choices_only(question) or not (question.scored or question.role == "followup"):
        return False
    return question.role == "followup" or _harm(indicator.code, source, framework)


def team_rows(
    interviews: Iterable[Interview], views: Mapping[str, TeamService], framework: Framework
) -> tuple[AnswerRow, ...]:
    """Return the rows that the team may see of one form in one round, shuffled (rules 1 to 6).

    `views` what disclosure lets the team see of each service in that round.
    """
    shown = {
        service: {item.code for domain in view.domains for item in domain.items if item.percent is not None}
        for service, view in views.items()
        if view.n is not None
    }

    def allowed(one: Interview, question: Question) -> bool:
        return (
            question.indicator in shown.get(one.service, ())
            and framework.by_code[question.indicator].averaged
            and is_quality(question, one.form.source, framework)
        )

    rows = [_row(one.service, one, allowed, _TOLD) for one in interviews]
    return _enough(rows, framework.suppress_below, 1)


def quality_rows(
    interviews: Iterable[Interview], views: Mapping[str, TeamService], framework: Framework
) -> tuple[AnswerRow, ...]:
    """Return the rows of every service-quality question, reasons for missing answers included: restricted."""

    def allowed(one: Interview, question: Question) -> bool:
        view = views.get(one.service)
        return view is not None and view.n is not None and is_quality(question, one.form.source, framework)

    rows = [_row(one.service, one, allowed) for one in interviews]
    return _enough(rows, framework.suppress_below, 1)


def harm_rows(interviews: Iterable[Interview], framework: Framework) -> tuple[AnswerRow, ...]:
    """Return the rows of what can report a harm, by area and never by service: restricted."""

    def allowed(one: Interview, question: Question) -> bool:
        return is_sensitive(question, one.form.source, framework)

    rows = [_row(one.area, one, allowed) for one in interviews if one.area and one.service]
    limits = framework.disclosure
    return _enough(rows, max(framework.suppress_below, limits.sensitive_from), limits.sensitive_services)


def is_own(question: Question) -> bool:
    """Whether a question of a form outside the instrument may be shown: only among choices, and without a role."""
    return _choices_only(question) and not (question.role or question.indicator or question.repeat)


def own_rows(interviews: Iterable[Interview], framework: Framework) -> tuple[AnswerRow, ...]:
    """Return the rows of a form that is no part of the instrument, of all its time together: restricted.

    What such a form asks is not known here, so that rules 1, 3, 5 and 6 hold as well as they can: choices that stand in
    the form, each given by `suppress_below` or more, no place, no round, shuffled.
    """
    rows = [_row("", replace(one, service="", area=""), lambda _one, question: is_own(question)) for one in interviews]
    return _enough(rows, framework.suppress_below, 1)


def _choices_only(question: Question) -> bool:
    """Whether its answer is among choices that stand in the form: nobody can have typed it."""
    return question.stored and question.type in {"select_one", "select_multiple"} and bool(question.choices)


def _harm(code: str, source: str, framework: Framework) -> bool:
    indicator = framework.by_code[code]
    return indicator.harm or (bool(indicator.flag) and source in indicator.raised_by)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row before it is known whether enough women stand behind it; `valued` the questions with more than a reason."""

    place: str
    service: str
    answers: dict[str, tuple[str, ...]]
    valued: frozenset[str]


def _row(
    place: str,
    one: Interview,
    allowed: Callable[[Interview, Question], bool],
    told: frozenset[str | None] | None = None,
) -> _Row:
    """Return the answers to the allowed questions; only choices of the form, of the kinds in `told` (None: all)."""
    found: dict[str, tuple[str, ...]] = {}
    valued = set()
    for question in one.form.questions:
        if question.repeat or not allowed(one, question):
            continue
        answer = one.document.get(question.name)
        chosen = set(answer) if isinstance(answer, list) else {answer}
        choices = [c for c in question.choices if c.name in chosen and (told is None or c.missing in told)]
        if choices:
            found[question.name] = tuple(choice.name for choice in choices)
        if any(choice.missing is None for choice in choices):
            valued.add(question.name)
    return _Row(place, one.service, found, frozenset(valued))


def _enough(rows: Sequence[_Row], floor: int, services: int) -> tuple[AnswerRow, ...]:
    """Leave out what too few stand behind (rule 3), and shuffle the rest (rule 6).

    A question of a place stays where at least `floor` gave it a value, of at least so many `services`; a row stays
    while anything of it does, and a place while it has `floor` rows.
    """
    count: Counter[tuple[str, str]] = Counter()
    heard: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        for question in row.valued:
            count[row.place, question] += 1
            heard[row.place, question].add(row.service)
    kept = []
    for row in rows:
        cells = ((row.place, question) for question in row.answers)
        stays = {cell[1] for cell in cells if count[cell] >= floor and len(heard[cell]) >= services}
        if stays:
            kept.append(replace(row, answers={name: told for name, told in row.answers.items() if name in stays}))
    size = Counter(row.place for row in kept)
    of: defaultdict[str, set[str]] = defaultdict(set)
    for row in kept:
        of[row.place].add(row.service)
    made = [
        AnswerRow(row.place, row.answers) for row in kept if size[row.place] >= floor and len(of[row.place]) >= services
    ]
    SystemRandom().shuffle(made)
    return tuple(made)

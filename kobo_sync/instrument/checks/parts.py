"""F53: every part with a "go on, pause or skip" can really be paused and skipped, and help is never out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from kobo_sync.instrument.checks.book import RELEVANT, REQUIRED, Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.worlds import GO_ON, LEFT_OUT, MODULES, PART, PAUSE, SKIP, Case
from kobo_sync.instrument.form import Question

HELP = "referrals"
_READ_ONLY = "bind::readonly"


def _with_role(book: Book, role: str) -> tuple[Question, ...]:
    return tuple(one for one in (book.form.questions if book.form is not None else ()) if one.role == role)


def _offers(question: Question, choice: str) -> bool:
    return any(one.name == choice for one in question.choices)


def _resumes(question: Question) -> bool:
    """Whether it is the question after a break, which offers no further break."""
    return question.role == PART and not _offers(question, PAUSE)


def _domain(instrument: Instrument, question: Question) -> str:
    return str(instrument.frame.indicators.get(question.indicator, {}).get("domain", ""))


def part_of(book: Book, instrument: Instrument, opener: Question) -> tuple[Question, ...]:
    """Return the questions that an opener opens: those that follow it, of one domain, up to the next opener."""
    if book.form is None:
        return ()
    after = book.form.questions[book.form.questions.index(opener) + 1 :]
    until = takewhile(lambda one: one.role != PART or _resumes(one), after)
    asked = [one for one in until if one.indicator in instrument.frame.indicators]
    return tuple(takewhile(lambda one: _domain(instrument, one) == _domain(instrument, asked[0]), asked))


def _skipped(book: Book, opener: Question, question: Question) -> tuple[Case, ...]:
    cases = book.walk.cases(opener, question)
    return tuple(case for case in cases if case.answers.get(opener.name) == SKIP)


def _goes(book: Book, opener: Question, question: Question) -> bool:
    """Whether the question is never asked once its part was skipped."""
    return all(case.asked(question) is False for case in _skipped(book, opener, question))


@form_rule(
    "F531",
    ERROR,
    "A part is asked although she skips it",
    why="She was told that she may skip these questions, on violence perhaps, and is asked them all the same.",
    remedy=(
        "Put the whole part into a group with the condition that its opener (role part) is go_on, or is pause and the "
        "question after the break is go_on. Openers offer the choices go_on, pause and skip."
    ),
)
def cannot_skip(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Skip at each opener: nothing of its part, and of what others of its kind can skip, may still be asked."""
    if book.form is None or not instrument.frame.known:
        return
    for opener in _with_role(book, PART):
        if lacking := [name for name in (GO_ON, SKIP) if not _offers(opener, name)]:
            yield Hit(book.at(opener.row, "type"), f"{opener.name!r} does not offer {' and '.join(lacking)}.")
            continue
        part = part_of(book, instrument, opener)
        if not part:
            yield Hit(book.at(opener.row, "name"), f"no part follows {opener.name!r} that it could open.")
        for question in part:
            if not _goes(book, opener, question):
                yield Hit(
                    book.at(question.row, RELEVANT), f"{question.name!r} is asked although {opener.name!r} is skip."
                )
    yield from _escaped(book, instrument)
    for topics in _with_role(book, LEFT_OUT):
        yield from _left_out(book, instrument, topics)


def _left_out(book: Book, instrument: Instrument, topics: Question) -> Iterator[Hit]:
    """Find what is asked of a module although she left out its topic."""
    offered = {choice.name for choice in topics.choices}
    for question in book.form.scored if book.form is not None else ():
        entry = instrument.frame.indicators.get(question.indicator)
        if entry is None or entry["core"] or entry["domain"] not in offered:
            continue
        domain = str(entry["domain"])
        if any(case.asked(question) is not False for case in book.walk.cases(question, given={topics.name: domain})):
            what = f"{question.name!r} is asked although she left out {domain!r} at {topics.name!r}."
            yield Hit(book.at(question.row, RELEVANT), what)


def _escaped(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find what cannot be skipped at all, while the others of its domain, core or not, can be.

    Where women are asked which topics to leave out, every question of a module is one of those that can be skipped.
    """
    openers = {one.name: one for one in _with_role(book, PART) if _offers(one, SKIP)}
    free: dict[tuple[str, bool], list[Question]] = {}
    bound: set[tuple[str, bool]] = set()
    for question in book.form.questions if book.form is not None else ():
        entry = instrument.frame.indicators.get(question.indicator)
        if entry is None:
            continue
        core = bool(entry["core"])
        kind = ("", core) if not core and _with_role(book, LEFT_OUT) else (str(entry["domain"]), core)
        hangs_on = book.walk.depends_on(question) & set(openers)
        if any(_goes(book, openers[name], question) for name in hangs_on):
            bound.add(kind)
        else:
            free.setdefault(kind, []).append(question)
    for kind in bound & set(free):
        for question in free[kind]:
            yield Hit(
                book.at(question.row, RELEVANT), f"{question.name!r} cannot be skipped; others of its part can be."
            )


@form_rule(
    "F532",
    ERROR,
    "A break has no way out, or shows no help",
    why="A woman who needs a break would see nowhere to turn to, or could not say whether she wants to go on.",
    remedy=(
        "Between opener and part, put a group with the condition that the opener is pause. In it, a row of type "
        "select_one_from_file referrals.csv with the role referrals, and a question with the role part (go_on, skip)."
    ),
)
def empty_break(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Pause at each opener: referrals and the question whether to go on must be there, before the part."""
    if book.form is None or not instrument.frame.known:
        return
    for opener in _with_role(book, PART):
        part = part_of(book, instrument, opener)
        if not _offers(opener, PAUSE) or not part:
            continue
        questions = book.form.questions
        between = questions[questions.index(opener) + 1 : questions.index(part[0])]
        for what, found in (
            ("no referrals are shown", [one for one in between if one.role == HELP]),
            ("nobody asks whether to go on", [one for one in between if _resumes(one)]),
        ):
            if not any(_there(book, instrument, opener, one) for one in found):
                yield Hit(book.at(opener.row, "name"), f"{what} when {opener.name!r} is pause.")


def _there(book: Book, instrument: Instrument, opener: Question, question: Question) -> bool:
    every_module = {one.name: " ".join(instrument.frame.domains) for one in _with_role(book, MODULES)}
    cases = book.walk.cases(opener, question, given=every_module)
    return all(case.asked(question) for case in cases if case.answers.get(opener.name) == PAUSE)


@form_rule(
    "F533",
    ERROR,
    "Help at the end is hidden",
    why="Whoever skipped, or said nothing of harm, may need help all the same, and must not have to ask for it.",
    remedy="Show the referrals once more after the last part, on no condition but that she agreed to take part.",
)
def hidden_help(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Look for referrals after the last scored question, shown in every interview."""
    entry = instrument.frame.block("forms").get(book.name) or {}
    shown = _with_role(book, HELP)
    if book.form is None or entry.get("unit") != "person" or not any(one.list_name for one in shown):
        return  # F806 says so where there are none
    last = max((one.row or 0 for one in book.form.scored), default=0)
    at_the_end = [one for one in shown if (one.row or 0) > last]
    if not at_the_end:
        yield Hit(Place(book.file, "survey"), "no referrals are shown after the last scored question.")
    elif not any(all(case.asked(one) for case in book.walk.taking_part(one)) for one in at_the_end):
        what = f"{at_the_end[-1].name!r} is not shown to everybody who took part."
        yield Hit(book.at(at_the_end[-1].row, RELEVANT), what)


@form_rule(
    "F534",
    ERROR,
    "What is only shown can be answered, or has to be",
    why="Which help a woman looked at would be sent along; and where the list is empty, she could not go on.",
    remedy="Write yes into read_only, and nothing into required.",
)
def help_that_asks(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold referrals to being read-only and not required."""
    rows = {number: row for number, row, _kind in book.survey}
    for question in _with_role(book, HELP):
        read_only = rows.get(question.row or 0, {}).get(_READ_ONLY, "")
        if read_only.lower() not in {"yes", "true", "true()"}:
            yield Hit(book.at(question.row, _READ_ONLY), f"{question.name!r} can be answered.")
        if question.required or question.required_when:
            yield Hit(book.at(question.row, REQUIRED), f"{question.name!r} must be answered.")


RULES = (cannot_skip, empty_break, hidden_help, help_that_asks)

"""F55: roles: what the program takes a question for must be what it is, and be there once."""

from __future__ import annotations

from collections.abc import Iterator

from kobo_sync.instrument.checks.book import Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.lists import LOCALES, REFERRALS, SERVICES
from kobo_sync.instrument.form import Question

_CHOSEN = frozenset({"select_one"})
_COMPUTED = frozenset({"calculate"})
_LISTED = frozenset({"select_one_from_file", "select_one"})
# What kind of question may bear a role. A role that is not here may stand at any.
_TYPES = {
    "version": _COMPUTED,
    "month": _COMPUTED,
    "modules": _COMPUTED,
    "withdrawal_code": _COMPUTED,
    "consent": _CHOSEN,
    "screening": _CHOSEN,
    "part": _CHOSEN,
    "quote_consent": _CHOSEN,
    "withdrawal_wish": _CHOSEN,
    "finish": _CHOSEN,
    "decoy": frozenset({"select_one", "select_multiple", "integer", "note"}),
    "identity": frozenset({"select_one", "select_multiple"}),
    "service": _LISTED,
    "locale": _LISTED,
    "team": _LISTED,
    "referrals": frozenset({"select_one_from_file"}),
    "free_text": frozenset({"text"}),
    "service_name": frozenset({"text"}),
    "withdrawal_code_shown": _COMPUTED,
    "left_out": frozenset({"select_multiple"}),
    "gap": _CHOSEN,
    "any_hr": _CHOSEN,
    "reporters": _CHOSEN,
    "nearest_time": _CHOSEN,
    "duty_bearer": _CHOSEN,
    "barrier": frozenset({"select_multiple"}),
}
# The list that a role shows, where its choices come from a file.
_FILES = {"service": SERVICES, "locale": LOCALES, "referrals": REFERRALS}
# The roles without which answers cannot be used: of every form, and of those of a source.
_NEEDED = ("version", "month")
_NEEDED_BY = {"C": ("service",), "P": ("service",), "O": ("service", "team"), "L": ("locale", "team")}
# The roles of which the program reads the first question alone.
_ONCE = frozenset(
    {
        "version", "month", "modules", "consent", "screening", "service", "service_name", "service_listed", "locale",
        "team", "withdrawal_wish", "withdrawal_code", "finish",
    }
)  # fmt: skip


@form_rule(
    "F551",
    ERROR,
    "A role stands at a question that cannot have it",
    why="What protects a question by its role would not fit: an age typed in, say, is no age group.",
    remedy="Correct the role, or make the question of the type that is named.",
)
def wrong_type(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold questions with a role to the types that the role is made for."""
    for question in book.form.questions if book.form is not None else ():
        wanted = _TYPES.get(question.role)
        if wanted is not None and question.type not in wanted:
            what = f"{question.name!r} is a {question.type}; the role {question.role!r} is for: "
            yield Hit(book.at(question.row, "role"), f"{what}{', '.join(sorted(wanted))}.")
        shown = _FILES.get(question.role, "")
        if shown and question.type.endswith("_from_file") and question.list_name != shown:
            what = f"{question.name!r} shows {question.list_name}; the role {question.role!r} is for {shown}."
            yield Hit(book.at(question.row, "type"), what)


@form_rule(
    "F552",
    ERROR,
    "A role stands twice",
    why="Only the first question with this role has its meaning; the second is stored, or let through, without it.",
    remedy="Empty the cell role of the one that is not meant.",
)
def twice(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find a second question with a role that one alone can have."""
    seen: dict[str, Question] = {}
    for question in book.form.questions if book.form is not None else ():
        first = seen.setdefault(question.role, question)
        if question.role in _ONCE and first is not question:
            what = (
                f"{question.name!r} has the role {question.role!r}, as {first.name!r} in row {first.row} has already."
            )
            yield Hit(book.at(question.row, "role"), what)


@form_rule(
    "F553",
    ERROR,
    "A question says neither what it counts for nor what it is",
    why="It would be stored and shown as any other answer: a withdrawal code, or who she is, must not be.",
    remedy="Write an indicator or a role beside it; context, if it is neither scored nor private.",
)
def nothing_said(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find stored questions without indicator and role in the forms that the framework knows."""
    if book.form is None or book.name not in instrument.frame.block("forms"):
        return
    for question in book.form.questions:
        if question.stored and not question.indicator and not question.role and question.name in book.rows:
            yield Hit(book.at(question.row, "role"), f"{question.name!r} has neither.")


@form_rule(
    "F554",
    ERROR,
    "A question is missing that the answers cannot be used without",
    why="Nobody could tell which round, service or team an answer belongs to, or by which version it was asked.",
    remedy="Add the question with that role, as the form had it that came with the program.",
)
def missing_role(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the forms that the framework knows to the roles that their source needs."""
    if book.form is None or book.name not in instrument.frame.block("forms"):
        return
    for role in (*_NEEDED, *_NEEDED_BY.get(book.form.source, ())):
        if book.form.with_role(role) is None:
            yield Hit(Place(book.file, "survey"), f"no question has the role {role}.")


RULES = (wrong_type, twice, nothing_said, missing_role)

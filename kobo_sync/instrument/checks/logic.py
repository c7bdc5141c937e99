"""F3: expressions: what phones refuse, and what phones and web forms come to different results about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from kobo_sync.instrument.checks.book import RELEVANT, REQUIRED, Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.functions import REPLACED, bare, called, known
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.expressions import references
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.grammar import Node, Unsupported, parse

CALCULATE, DEFAULT, COUNT = "bind::calculate", "default", "control::jr:count"
_COLUMNS = (RELEVANT, "bind::constraint", REQUIRED, "bind::readonly", CALCULATE, "choice_filter", COUNT)
_ORDERS = frozenset({"<", "<=", ">", ">="})
_BOOLEANS = frozenset({"not", "true", "false", "selected", "boolean", "contains", "starts-with", "ends-with", "regex"})
_COMPARISONS = _ORDERS | {"=", "!=", "and", "or"}
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")
_REGEX = re.compile(r"\bregex\s*\([^,()]*,\s*('[^']*'|\"[^\"]*\")")


@dataclass(frozen=True, slots=True)
class Expression:
    """One cell with an expression. `node` is None where it is outside the known grammar."""

    row: int
    name: str
    column: str
    text: str
    node: Node | None
    at: Place


def expressions(book: Book) -> Iterator[Expression]:
    """Yield all expressions of the survey sheet."""
    for number, row, kind in book.survey:
        for column in (*_COLUMNS, DEFAULT):
            text = row.get(column, "")
            if not text or (column == DEFAULT and not _dynamic(text, kind.type)):
                continue
            yield Expression(number, row.get("name", ""), column, text, _parsed(text), book.at(number, column))


def _dynamic(text: str, type_: str) -> bool:
    from pyxform.utils import default_is_dynamic

    return bool(default_is_dynamic(text, type_))


def _parsed(text: str) -> Node | None:
    try:
        return parse(text)
    except Unsupported:
        return None


def _nodes(node: Node | None) -> Iterator[Node]:
    if node is not None:
        yield node
        for arg in node.args:
            if isinstance(arg, Node):
                yield from _nodes(arg)


@form_rule(
    "F301",
    ERROR,
    "An expression calls a function that engines do not know",
    why="Form and import pass, and then the form breaks on the phone or in the browser in front of the woman.",
    remedy="Correct the name; the XLSForm documentation lists the functions.",
)
def unknown_function(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find calls of functions that not both engines know."""
    for one in expressions(book):
        for name in called(one.text):
            if name not in known() and name not in REPLACED:
                close = get_close_matches(name, known(), 1, 0.7)
                yield Hit(
                    one.at,
                    f"not both engines know the function {name}().",
                    f"Is {close[0]}() meant? Write that." if close else "",
                )


@form_rule(
    "F302",
    ERROR,
    "A calculation is a bare yes-or-no",
    why="Phones send 1 or 0, web forms true or false: the same answers give different data.",
    remedy="Write if(…, 1, 0) around it.",
)
def bare_boolean(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find calculations whose result is a boolean."""
    for one in expressions(book):
        if one.column in {CALCULATE, DEFAULT} and one.node is not None and _boolean(one.node):
            yield Hit(one.at, f"{one.text!r} is true or false.", f"Write: if({one.text}, 1, 0)")


def _boolean(node: Node) -> bool:
    match node:
        case Node("call", ("if", _, Node() as yes, Node() as no)):
            return _boolean(yes) or _boolean(no)
        case Node("call", ("once" | "coalesce", Node() as first, *rest)):
            return any(_boolean(part) for part in (first, *rest) if isinstance(part, Node))
        case Node("call", (name, *_)):
            return name in _BOOLEANS
        case _:
            return node.op in _COMPARISONS


@form_rule(
    "F303",
    ERROR,
    "A calculation counts with an answer that may be blank",
    why="Where the answer is blank, phones send nothing and web forms send NaN, which is no number.",
    remedy="Write if(${question} = '', '', …) around the calculation.",
)
def counts_with_blank(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find arithmetic on answers that need not be there, without a condition that asks for them."""
    for one in expressions(book):
        if one.column != CALCULATE or one.node is None or book.form is None:
            continue
        this = book.form.by_name.get(one.name)
        for name in dict.fromkeys(_unguarded(one.node, frozenset())):
            if _may_be_blank(book.form, name, this):
                yield Hit(
                    one.at,
                    f"it counts with ${{{name}}}, which may be blank.",
                    f"Write: if(${{{name}}} = '', '', {one.text})",
                )


def _unguarded(node: Node, guarded: frozenset[str]) -> Iterator[str]:
    match node:
        case Node("call", ("if", Node() as condition, Node() as yes, Node() as no)):
            seen = guarded | references(condition)
            yield from _unguarded(condition, guarded)
            yield from _unguarded(yes, seen)
            yield from _unguarded(no, seen)
        case Node(op, args) if op in _ARITHMETIC:
            for arg in args:
                yield from (name for name in _operand(arg) if name not in guarded)
                yield from _unguarded(arg, guarded)
        case _:
            for arg in node.args:
                if isinstance(arg, Node):
                    yield from _unguarded(arg, guarded)


def _operand(node: Node) -> Iterator[str]:
    match node:
        case Node("ref", (str() as name,)):
            yield name
        case Node("call", ("number" | "int" | "round", Node("ref", (str() as name,)), *_)):
            yield name


def _may_be_blank(form: Form, name: str, this: Question | None) -> bool:
    question = form.by_name.get(name)
    if question is None:
        return False
    if question.computed:
        return "''" in question.calculation
    same_conditions = this is None or set(question.relevant) <= set(this.relevant)
    return not (question.required and same_conditions)


@form_rule(
    "F304",
    ERROR,
    "A date is compared with a text",
    why="Phones and web forms come to opposite results.",
    remedy="Write date('2026-06-01') in place of '2026-06-01'.",
)
def date_as_text(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find `<` and `>` beside a date in quotes."""
    for one in expressions(book):
        for node in _nodes(one.node):
            days = [arg.args[0] for arg in node.args if isinstance(arg, Node) and arg.op == "literal"]
            for day in days:
                if node.op in _ORDERS and isinstance(day, str) and _DAY.fullmatch(day):
                    yield Hit(one.at, f"{day!r} is a text to the engines.", f"Write date('{day}').")


@form_rule(
    "F305",
    ERROR,
    "A pattern is not tied to both ends of the answer",
    why="Phones want the whole answer to fit, web forms are content with any part of it.",
    remedy="Begin the pattern with ^ and end it with $; put alternatives in parentheses.",
)
def loose_pattern(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find patterns of regex() without ^ and $."""
    for one in expressions(book):
        for pattern in dict.fromkeys(_patterns(one)):
            if not (pattern.startswith("^") and pattern.endswith("$")) or _loose_alternative(pattern):
                yield Hit(one.at, f"the pattern {pattern!r} may fit a part of the answer.")


def _patterns(one: Expression) -> Iterator[str]:
    if one.node is None:
        yield from (found[1:-1] for found in _REGEX.findall(one.text))
    for node in _nodes(one.node):
        match node:
            case Node("call", ("regex", _, Node("literal", (str() as pattern,)))):
                yield pattern


def _loose_alternative(pattern: str) -> bool:
    """Whether a | stands outside all parentheses: ^a|b$ is “begins with a, or ends with b”."""
    depth = 0
    for sign in re.sub(r"\\.|\[[^\]]*\]", "", pattern):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and depth == 0:
            return True
    return False


@form_rule(
    "F306",
    ERROR,
    "A function that phones do not have",
    why="Web forms know it; KoboCollect cannot open the form.",
    remedy="Use substr() or int().",
)
def web_only_function(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find substring(), floor() and ceiling()."""
    for one in expressions(book):
        for name in dict.fromkeys(called(one.text)):
            if name in REPLACED:
                yield Hit(one.at, f"phones do not know {name}().", f"Use {REPLACED[name]}.")


@form_rule(
    "F307",
    ERROR,
    "A count with a condition inside",
    why="Web forms do not compute it anew when an answer changes.",
    remedy="Put a calculation if(…, 1, 0) into the repeat, and sum() it outside.",
)
def filtered_count(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find count(…[…])."""
    for one in expressions(book):
        if re.search(r"\bcount(-non-empty)?\s*\([^()]*\[", bare(one.text)):
            yield Hit(one.at, f"{one.text!r} counts under a condition.")


@form_rule(
    "F308",
    ERROR,
    "A repeat may be asked for no times at all",
    why="Where the number is 0, phones ask the first one all the same, and web forms do not.",
    remedy="Put the repeat into a group, or the repeat itself, under the condition that the number is above 0.",
)
def repeat_of_none(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find repeats with a count that may be 0 and no condition that looks at it."""
    around: list[str] = []
    for number, row, kind in book.survey:
        if kind.type in {"begin_group", "begin_repeat"}:
            around.append(row.get(RELEVANT, ""))
        elif kind.type in {"end_group", "end_repeat"} and around:
            around.pop()
        count = row.get(COUNT, "") if kind.type == "begin_repeat" else ""
        if count and not re.fullmatch(r"[1-9][0-9]*", count) and not _looked_at(count, around):
            yield Hit(book.at(number, COUNT), f"its number, {count!r}, may be 0.", f"Add the condition {count} > 0.")


def _looked_at(count: str, conditions: Sequence[str]) -> bool:
    wanted = set(_REFERENCE.findall(count))
    return any(wanted & set(_REFERENCE.findall(condition)) for condition in conditions)


@form_rule(
    "F309",
    ERROR,
    "A calculation stores a choice's label",
    why="The data would depend on the language in which the interview was made.",
    remedy="Store the choice's name: refer to the question itself.",
)
def stored_label(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find jr:choice-name() in what is sent."""
    for one in expressions(book):
        if one.column in {CALCULATE, DEFAULT} and "jr:choice-name" in called(one.text):
            yield Hit(one.at, f"{one.text!r} is text in the language of the interview.")


@form_rule(
    "F310",
    ERROR,
    "A condition waits for a choice that is not offered",
    why="It never holds: what should be asked then is never asked, or what should be refused goes through.",
    remedy="Correct the choice's name in the condition, or add the choice to the list.",
)
def choice_not_offered(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find choices compared with, that the question's list does not have."""
    for one in expressions(book) if book.form is not None else ():
        for name, wanted in dict.fromkeys(_compared(one)):
            question = book.form.by_name.get(name) if book.form is not None else None
            offered = [choice.name for choice in question.choices] if question is not None else []
            if wanted and offered and wanted not in offered:
                close = get_close_matches(wanted, offered, 1, 0.6)
                yield Hit(
                    one.at,
                    f"${{{name}}} does not offer {wanted!r}.",
                    f"Is {close[0]!r} meant? Write that." if close else "",
                )


def _compared(one: Expression) -> Iterator[tuple[str, str]]:
    """Yield (question, choice) of all comparisons of an answer with a constant; `.` is the question itself."""
    for node in _nodes(one.node):
        match node:
            case Node("=" | "!=", (left, right)):
                pairs = [(left, right), (right, left)]
            case Node("call", ("selected", left, right)):
                pairs = [(left, right)]
            case _:
                continue
        for side, other in pairs:
            match side, other:
                case Node("ref", (str() as name,)), Node("literal", (str() as wanted,)):
                    yield name, wanted
                case Node("self"), Node("literal", (str() as wanted,)):
                    yield one.name, wanted


@form_rule(
    "F311",
    ERROR,
    "A condition waits for an answer that is asked further down",
    why="When the question comes up, that answer is still blank: it is passed over, and nobody goes back to it.",
    remedy="Move the question that the condition looks at above this one.",
)
def waits_in_vain(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find questions whose condition looks at a question below; that with the role finish ends others on purpose."""
    place = {question.name: number for number, question in enumerate(book.form.questions)} if book.form else {}
    for question in book.form.questions if book.form is not None else ():
        below = sorted(
            name
            for text in question.relevant
            for name in _REFERENCE.findall(text)
            if place.get(name, -1) > place[question.name] and _waited_for(book.form, name)
        )
        if below and not question.computed:
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} looks at {', '.join(below)}, further down.")


def _waited_for(form: Form | None, name: str) -> bool:
    question = form.by_name.get(name) if form is not None else None
    return question is not None and not question.computed and question.role != "finish"


RULES = (
    unknown_function,
    bare_boolean,
    counts_with_blank,
    date_as_text,
    loose_pattern,
    web_only_function,
    filtered_count,
    repeat_of_none,
    stored_label,
    choice_not_offered,
    waits_in_vain,
)

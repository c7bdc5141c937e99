"""F53, F54: what stays with her: harmless questions, her own words, her code; and what must not tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kobo_sync.instrument.checks.book import RELEVANT, REQUIRED, SETTINGS, Book
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.logic import CALCULATE, DEFAULT, expressions
from kobo_sync.instrument.checks.randomness import possibilities
from kobo_sync.instrument.checks.safety import FEW_CODES, guessable
from kobo_sync.instrument.checks.worlds import agreeing
from kobo_sync.instrument.expressions import references
from kobo_sync.instrument.form import FOR_THE_MOMENT, Question

_DIGITS = 8
_CODE, _SHOWN = "withdrawal_code", "withdrawal_code_shown"  # the code, and the code as she reads it, in groups
_ABOUT_HER = frozenset({"identity", "followup", "screening", "decoy", "quote_consent", "withdrawal_wish", "left_out"})
_REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")


def _with_role(book: Book, role: str) -> tuple[Question, ...]:
    return tuple(one for one in (book.form.questions if book.form is not None else ()) if one.role == role)


@form_rule(
    "F535",
    ERROR,
    "Answers to the harmless questions are sent",
    why="They show that somebody walked in, and are nobody's business; women are promised that they are dropped.",
    remedy=(
        "Give them the condition that the last question (role finish, required) is not yet answered: ${…} != 'done'. "
        "When she finishes, the phone then drops their answers."
    ),
)
def decoys_sent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold the questions with the role decoy to being gone in every interview that is finished."""
    finish = _with_role(book, "finish")
    for question in _with_role(book, "decoy"):
        if not finish:
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} is sent: no question has the role finish.")
        elif any(case.asked(question) is not False for case in book.walk.taking_part(question, *finish)):
            yield Hit(
                book.at(question.row, RELEVANT), f"{question.name!r} is still there when the interview is finished."
            )
    for question in finish if _with_role(book, "decoy") else ():
        if not question.required:
            what = f"{question.name!r} can be passed over, and then nothing is dropped."
            yield Hit(book.at(question.row, REQUIRED), what)


@form_rule(
    "F536",
    ERROR,
    "The harmless questions cannot be reached",
    why="When somebody walks in, the interviewer jumps to them; where they are hidden, the sensitive page stays open.",
    remedy="Give them no condition but that she agreed to take part, and that the interview is not finished.",
)
def decoys_hidden(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the questions with the role decoy to being there all the time until the interview is finished."""
    open_ = {one.name: None for one in _with_role(book, "finish")}
    for question in _with_role(book, "decoy"):
        if not all(case.asked(question) for case in book.walk.taking_part(question, given=open_)):
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} is not there throughout the interview.")
        if question.required or question.required_when:
            yield Hit(book.at(question.row, REQUIRED), f"{question.name!r} must be answered to get back.")
    entry = instrument.frame.block("forms").get(book.name) or {}
    if entry.get("unit") == "person" and book.form is not None and not _with_role(book, "decoy"):
        yield Hit(Place(book.file, "survey"), "no question has the role decoy.")


@form_rule(
    "F537",
    ERROR,
    "Her own words are asked for without her consent to it",
    why="What she says in her own words may be quoted; that is a consent of its own, and she may refuse it.",
    remedy=(
        "Ask before it, with the role quote_consent and the choices yes and no, whether her words may be used; "
        "give the free text the condition that the answer is yes."
    ),
)
def quoted_without_consent(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold free texts to hiding unless a question with the role quote_consent was answered with yes."""
    asked = _with_role(book, "quote_consent")
    for question in book.form.questions if book.form is not None else ():
        if not question.free_text or question.role == "service_name":
            continue
        if question.name not in book.rows and book.languages:
            continue  # pyxform made it of or_other, and F207 says so
        if not any(_only_after_yes(book, one, question) for one in asked):
            what = "whatever she said about it" if asked else "and no question has the role quote_consent"
            yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} is asked, {what}.")


def _only_after_yes(book: Book, wish: Question, question: Question) -> bool:
    """Whether the question is never there unless the wish was answered with yes."""
    return bool(agreeing(wish)) and all(
        case.asked(question) is False
        for case in book.walk.cases(wish, question)
        if case.answers.get(wish.name) not in agreeing(wish)
    )


@form_rule(
    "F538",
    ERROR,
    "A code is made or shown although she does not want one",
    why="A code on paper or in a phone can be found; she decides whether there is one.",
    remedy="Put code and note into a group whose condition is that the question with the role withdrawal_wish is yes.",
)
def unwanted_code(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold the code, and each note that shows it, to hiding unless she wanted it."""
    wishes = _with_role(book, "withdrawal_wish")
    for code in _with_role(book, _CODE):
        for question in (code, *_with_role(book, _SHOWN), *_shows(book, code)):
            if not any(_only_after_yes(book, wish, question) for wish in wishes):
                what = "although she wants none" if wishes else "and no question has the role withdrawal_wish"
                yield Hit(book.at(question.row, RELEVANT), f"{question.name!r} is there, {what}.")


@form_rule(
    "F539",
    ERROR,
    "She wants a code and gets none",
    why="Without seeing her code she can never take her answers back.",
    remedy="Compute the code when the answer is yes, and show it in a note below: ${…} with the code's name.",
)
def code_not_shown(book: Book, _: Instrument) -> Iterator[Hit]:
    """Look for the code, and a note that shows it, in every interview in which she wanted one."""
    wishes = _with_role(book, "withdrawal_wish")
    for code in _with_role(book, _CODE):
        wanted = [
            case
            for wish in wishes
            for case in book.walk.cases(wish, code, *_shows(book, code))
            if case.answers.get(wish.name) in agreeing(wish)
        ]
        if not all(case.asked(code) for case in wanted):
            yield Hit(book.at(code.row, RELEVANT), f"{code.name!r} is not computed whenever she wants it.")
        elif not all(any(case.asked(note) for note in _shows(book, code)) for case in wanted):
            yield Hit(book.at(code.row, "name"), f"no note shows {code.name!r} whenever she wants it.")


def _shows(book: Book, code: Question) -> tuple[Question, ...]:
    questions = book.form.questions if book.form is not None else ()
    codes = {code.name, *(one.name for one in _with_role(book, _SHOWN))}
    labelled = [(one, " ".join(one.labels.values())) for one in questions if one.type == "note"]
    return tuple(one for one, text in labelled if codes.intersection(_REFERENCE.findall(text)))


@form_rule(
    "F540",
    ERROR,
    "The withdrawal code is short",
    why="Two women may be given the same code, and the answers of one would be deleted in place of the other's.",
    remedy="Calculate it as once(string(int(random()*900000000)+100000000)), which has nine digits.",
)
def short_code(book: Book, _: Instrument) -> Iterator[Hit]:
    """Count how many codes the calculation can make; eight digits' worth are few enough to collide."""
    for question in _with_role(book, _CODE):
        count = possibilities(question.calculation)
        if FEW_CODES <= count < 10**_DIGITS * 0.9 and not guessable(question.calculation):  # no first digit is 0
            yield Hit(book.at(question.row, CALCULATE), f"there are {count:,.0f} different codes.")


@form_rule(
    "F541",
    ERROR,
    "A calculation copies what is held back",
    why="Her own words, her code, and what was only for the moment would be stored among the other answers.",
    remedy="Delete the calculation or the default.",
)
def copied(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find calculations and defaults that look at free texts, codes and what is for the moment only."""
    if book.form is None:
        return
    held = (FOR_THE_MOMENT | {_SHOWN}) - {"finish"}
    private = {one.name for one in book.form.questions if one.free_text or one.role in held}
    for one in expressions(book):
        names = references(one.node) if one.node is not None else frozenset(_REFERENCE.findall(one.text))
        if book.rows.get(one.name, {}).get("role") == _SHOWN:
            names -= {code.name for code in _with_role(book, _CODE)}
        if one.column in {CALCULATE, DEFAULT} and (told := sorted(names & private)):
            yield Hit(one.at, f"it copies {', '.join(told)}.")


@form_rule(
    "F542",
    ERROR,
    "The settings tell of answers, or send them elsewhere",
    why="An instance_name shows answers in the phone's list of interviews; a submission_url sends them to its address.",
    remedy="Empty the cell. A submission_url belongs only to a form that is encrypted with a public_key.",
)
def telling_settings(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find an instance_name that looks at answers, and a submission_url without encryption."""
    name = book.settings.get("instance_name", "")
    if "$" in name:
        yield Hit(book.at(2, "instance_name", SETTINGS), f"{name!r} shows answers on the phone.")
    if book.settings.get("submission_url") and not book.settings.get("public_key"):
        yield Hit(book.at(2, "submission_url", SETTINGS), "answers would be sent there, not encrypted.")


@form_rule(
    "F543",
    ERROR,
    "Her own words cannot be left out",
    why="Whoever has to write something writes what she would rather not: a name, a place, her own story.",
    remedy="Take out “required”.",
)
def words_required(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find questions that are answered in words and must be."""
    for question in book.form.questions if book.form is not None else ():
        if question.free_text and (question.required or question.required_when):
            yield Hit(book.at(question.row, REQUIRED), f"{question.name!r} must be answered.")


@form_rule(
    "F544",
    ERROR,
    "A service's code and its name are asked together",
    why="The code hides which service it is; whoever gets hold of one such answer has the key to all others.",
    remedy="Ask for the name (role service_name) only when the service is not on the list: ${…} = 'no'.",
)
def code_beside_name(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold the questions with the roles service and service_name to never being asked of the same woman."""
    for name in _with_role(book, "service_name"):
        for code in _with_role(book, "service"):
            if any(
                case.asked(name) is not False and case.asked(code) is not False for case in book.walk.cases(name, code)
            ):
                yield Hit(book.at(name.row, RELEVANT), f"{name.name!r} is asked beside {code.name!r}.")


@form_rule(
    "F545",
    ERROR,
    "A text repeats an answer",
    why="What she said of harm, of staff or of herself would stand on the screen again, for whoever looks at it later.",
    remedy="Take ${…} out of the text, and say it without the answer.",
)
def repeated(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find texts that show the answer to a scored question, or to one about her, or what is calculated of it."""
    if book.form is None:
        return
    private = {one.name for one in book.form.questions if one.indicator or one.free_text or one.role in _ABOUT_HER}
    size = -1
    while size != len(private):  # calculations build on calculations
        size = len(private)
        private |= {
            one.name
            for one in book.form.questions
            if one.role not in {_CODE, _SHOWN} and private & set(_REFERENCE.findall(one.calculation))
        }
    for cell in book.texts:
        for language, text in cell.texts.items():
            if told := sorted(private & set(_REFERENCE.findall(text))):
                yield Hit(cell.at(language), f"it shows {', '.join(told)}.", language=language)


RULES = (
    decoys_sent,
    decoys_hidden,
    quoted_without_consent,
    unwanted_code,
    code_not_shown,
    short_code,
    copied,
    telling_settings,
    words_required,
    code_beside_name,
    repeated,
)

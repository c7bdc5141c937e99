"""Interviews, as KoboCollect makes them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from engine_forms import INTERVIEW, REPEATS, SERVICES, xform

from kobo_sync.engine import Answer, Filler, Prompt, Stopped
from kobo_sync.errors import FormError

YES: dict[str, Answer] = {"consent": "yes", "service": "S02", "things": ["needles", "condoms"]}


@pytest.fixture(scope="module")
def filler() -> Filler:
    return Filler(xform(INTERVIEW), SERVICES)


@pytest.fixture(scope="module")
def repeats() -> Filler:
    return Filler(xform(REPEATS))


def value(xml: str, name: str) -> str | None:
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return found[1] if found else None


def test_answers_arrive_where_the_form_puts_them(filler: Filler) -> None:
    """A filled form holds the answers in the form's own groups, one choice as its name, several with spaces between."""
    xml = filler.fill(YES).xml
    assert re.search(r"<talk><service>S02</service><visits>3</visits></talk>", xml)
    assert value(xml, "things") == "needles condoms"


def test_a_default_stays_unless_it_is_answered_or_emptied(filler: Filler) -> None:
    """A question with a default keeps it when nothing is said, takes an answer, and an empty text empties it."""
    assert value(filler.fill(YES).xml, "visits") == "3"
    assert value(filler.fill(YES | {"visits": 7}).xml, "visits") == "7"
    assert value(filler.fill(YES | {"visits": ""}).xml, "visits") is None
    assert value(filler.fill({**YES, "visits": None}).xml, "visits") == "3"


def test_calculations_are_made(filler: Filler) -> None:
    """Calculated values follow the answers: arithmetic, a value looked up in a file, the month of today."""
    xml = filler.fill(YES | {"visits": 7}).xml
    assert value(xml, "twice") == "14"
    assert value(xml, "place") == "south"
    assert re.fullmatch(r"20\d\d-\d\d", value(xml, "month") or "")


def test_every_interview_has_an_identity_of_its_own(filler: Filler) -> None:
    """Two interviews with the same answers differ in instanceID and in their random code."""
    one, other = filler.fill(YES).xml, filler.fill(YES).xml
    assert re.fullmatch(r"uuid:[0-9a-f-]{36}", value(one, "instanceID") or "")
    assert value(one, "instanceID") != value(other, "instanceID")
    assert re.fullmatch(r"[0-9a-f]{8}", value(one, "code") or "")
    assert value(one, "code") != value(other, "code")


def test_what_is_not_relevant_is_not_asked_and_not_sent(filler: Filler) -> None:
    """A woman who refuses is asked nothing more, and none of the answers given for her is in what is sent."""
    filled = filler.fill(YES | {"consent": "no"})
    assert filled.asked == ("consent", "thanks")
    assert filled.unused == ("service", "things")
    assert "S02" not in filled.xml
    assert "needles" not in filled.xml


def test_asked_tells_the_order_and_the_notes(filler: Filler) -> None:
    """What was asked is told in order, notes apart from questions, and answers to no question at all are reported."""
    filled = filler.fill({**YES, "no_such_question": "x"})
    assert filled.asked == ("consent", "service", "visits", "things", "since", "thanks")
    assert filled.notes == ("privacy",)
    assert filled.unused == ("no_such_question",)


def test_a_field_list_is_one_screen(filler: Filler) -> None:
    """A group shown as a field-list counts as one screen, every other question and note as one each."""
    assert filler.fill(YES).screens == len(["privacy", "consent", "talk", "things", "since", "thanks"])
    assert filler.fill({"consent": "no"}).screens == 3


@pytest.mark.parametrize(
    ("answers", "question", "kind", "message"),
    [
        ({}, "consent", "required", "Pilih satu."),
        ({"consent": ""}, "consent", "required", "Pilih satu."),
        ({"consent": "maybe"}, "consent", "choice", ""),
        ({"consent": ["yes", "no"]}, "consent", "type", ""),
        ({"consent": True}, "consent", "type", ""),
        ({"consent": "yes"}, "service", "required", ""),
        ({**YES, "service": "S09"}, "service", "choice", ""),
        ({**YES, "visits": 100}, "visits", "constraint", "1 sampai 99"),
        ({**YES, "visits": "many"}, "visits", "type", ""),
        ({**YES, "visits": 2.5}, "visits", "type", ""),
        ({**YES, "things": ["needles", "none"]}, "things", "constraint", "Pilih satu saja."),
        ({**YES, "things": ["needles", "gold"]}, "things", "choice", ""),
        ({**YES, "since": "2026-13-45"}, "since", "type", ""),
    ],
)
def test_the_phone_stops_where_the_enumerator_may_not_go_on(
    filler: Filler, answers: dict[str, Any], question: str, kind: str, message: str
) -> None:
    """A missing or wrong answer stops the interview, with the form's words in the language of the interview."""
    with pytest.raises(Stopped) as stopped:
        filler.fill(answers, "Bahasa Indonesia (id)")
    assert (stopped.value.question, stopped.value.kind, stopped.value.message) == (question, kind, message)


def test_messages_come_in_the_language_of_each_interview(filler: Filler) -> None:
    """An interview without a language is in the form's default one, also after one in another language."""
    for language, words in (
        (None, "Please choose."),
        ("Bahasa Indonesia (id)", "Pilih satu."),
        (None, "Please choose."),
    ):
        with pytest.raises(Stopped, match=words):
            filler.fill({}, language)


def test_a_stopped_interview_leaves_nothing_for_the_next(filler: Filler) -> None:
    """After an interview that stopped halfway the next starts empty."""
    with pytest.raises(Stopped):
        filler.fill(YES | {"visits": 100})
    assert "S02" not in filler.fill({"consent": "no"}).xml


def test_messages_of_a_stop_hold_no_answer(filler: Filler) -> None:
    """The message about a refused answer does not repeat the answer."""
    with pytest.raises(Stopped) as stopped:
        filler.fill(YES | {"service": "her-own-words"})
    assert "her-own-words" not in str(stopped.value)


def test_an_unknown_language_is_named_with_those_that_exist(filler: Filler) -> None:
    """Asking for a language that the form lacks says which ones it has."""
    with pytest.raises(FormError, match=r"English \(en\), Bahasa Indonesia \(id\)"):
        filler.fill(YES, "Deutsch (de)")


def test_a_function_is_asked_in_place_of_a_mapping(filler: Filler) -> None:
    """A function sees each question as the phone shows it: place, type, choices, whether required, words."""
    seen: list[Prompt] = []

    def ask(prompt: Prompt) -> Answer | None:
        seen.append(prompt)
        return prompt.choices[0] if prompt.required else None

    filled = filler.fill(ask, "Bahasa Indonesia (id)")
    assert [prompt.name for prompt in seen] == list(filled.asked)
    assert seen[0] == Prompt("consent", "consent", "select_one", ("yes", "no"), required=True, label="Setuju?")
    assert seen[1] == Prompt(
        "service", "talk/service", "select_one", ("S01", "S02"), required=True, label="Layanan mana?"
    )
    types = ["select_one", "select_one", "integer", "select_multiple", "date", "acknowledge"]
    assert [prompt.type for prompt in seen] == types


def test_rounds_of_a_repeat_come_from_a_list(repeats: Filler) -> None:
    """A repeat is filled in from a list of mappings, one a round, also inside another repeat."""
    filled = repeats.fill(
        {
            "child": [
                {"called": "a", "visit": [{"minutes": 5}, {"minutes": 7}]},
                {"called": "b", "visit": [{"minutes": 1, "left_over": "x"}]},
            ],
            "twice": [{"word": "one"}, {"word": "two"}, {"word": "three"}],
        }
    )
    assert re.findall(r"<called>(\w)</called>", filled.xml) == ["a", "b"]
    assert re.findall(r"<minutes>(\d)</minutes>", filled.xml) == ["5", "7", "1"]
    assert re.findall(r"<word>(\w+)</word>", filled.xml) == ["one", "two"]
    assert value(filled.xml, "total") == "13"
    assert filled.unused == ("child[2]/visit[1]/left_over", "twice[3]/word")


def test_a_stop_inside_a_repeat_says_in_which_round(repeats: Filler) -> None:
    """A missing answer in the second round of a repeat is located there."""
    with pytest.raises(Stopped) as stopped:
        repeats.fill({"child": [{"called": "a"}, {"visit": []}]})
    assert stopped.value.path == "child[2]/called"


def test_a_function_is_asked_whether_to_open_another_round(repeats: Filler) -> None:
    """A repeat that the enumerator opens asks for each further round; a fixed one does not ask."""
    offers: list[str] = []

    def ask(prompt: Prompt) -> Answer | bool | None:
        if prompt.type != "repeat":
            return "x" if prompt.type == "text" else 1
        offers.append(prompt.path)
        return prompt.path == "child[2]"

    filled = repeats.fill(ask)
    # The first round of the form is there from the start; a repeat in a round that was opened starts with none.
    assert offers == ["child[1]/visit[2]", "child[2]", "child[2]/visit[1]", "child[3]"]
    assert filled.xml.count("<word>") == 2


LATE = """
| survey |
|        | type    | name  | label | constraint       | required |
|        | integer | first | First | . <= ${second} or ${second} = '' | |
|        | integer | second | Second | | |
"""


def test_a_later_answer_can_make_an_earlier_one_wrong() -> None:
    """At the end the whole form is checked once more, as the phone does before it lets an interview be sent."""
    filler = Filler(xform(LATE))
    assert value(filler.fill({"first": 3, "second": 5}).xml, "first") == "3"
    with pytest.raises(Stopped) as stopped:
        filler.fill({"first": 3, "second": 2})
    assert (stopped.value.question, stopped.value.kind) == ("first", "constraint")


WALL = """
| survey |
|        | type          | name  | label         | required | relevant      |
|        | select_one yn | works | Work here?    | yes      |               |
|        | note          | wall  | Please stop.  | yes      | ${works}='yes' |
| choices |
|         | list_name | name | label |
|         | yn        | yes  | Yes   |
|         | yn        | no   | No    |
"""


def test_a_required_note_is_a_wall() -> None:
    """A note that is required lets nobody pass, which is how a form ends an interview for good."""
    filler = Filler(xform(WALL))
    assert filler.fill({"works": "no"}).asked == ("works",)
    with pytest.raises(Stopped, match="wall"):
        filler.fill({"works": "yes"})


ARITHMETIC = """
| survey |
|        | type      | name | label | calculation             | constraint |
|        | text      | word | Word  |                         | {constraint} |
|        | calculate | sum  |       | {calculation}           | |
"""


def test_arithmetic_that_fails_on_the_phone_stops_at_its_question() -> None:
    """A constraint with a function that no phone knows passes other checks and stops the interview here."""
    filler = Filler(xform(ARITHMETIC.format(constraint="nonsense(.)", calculation="1 + 1")))
    with pytest.raises(Stopped) as stopped:
        filler.fill({"word": "hello"})
    assert (stopped.value.question, stopped.value.kind) == ("word", "xpath")
    assert "nonsense" in stopped.value.message


SECRETIVE = """
| survey |
|        | type     | name     | label |
|        | username | username |       |
|        | deviceid | deviceid |       |
|        | text     | word     | Word  |
"""


def test_the_phone_is_nobody() -> None:
    """A form that asks the phone who it is gets blanks."""
    xml = Filler(xform(SECRETIVE)).fill({"word": "hello"}).xml
    assert "<username/>" in xml.replace(" />", "/>")
    assert "<deviceid/>" in xml.replace(" />", "/>")


@pytest.mark.parametrize("text", ["", "hello", "<a/>", xform(LATE)[:600]])
def test_what_is_no_form_is_refused_in_plain_words(text: str) -> None:
    """Something that a phone could not open is refused as a form, not with a traceback of Java."""
    with pytest.raises(FormError, match="cannot open this form"):
        Filler(text)


def test_a_form_can_be_opened_from_bytes() -> None:
    """A downloaded form is opened as the bytes that it is."""
    assert Filler(xform(LATE).encode()).fill({"first": 1}).asked == ("first", "second")


def test_a_stop_travels_between_processes() -> None:
    """A stop keeps what it says when it is pickled, as test runners do."""
    import pickle

    stop = Stopped("q", "required", "Please.", path="g/q")
    copy = pickle.loads(pickle.dumps(stop))  # noqa: S301 -- our own bytes
    assert (str(copy), copy.path, copy.kind) == (str(stop), "g/q", "required")

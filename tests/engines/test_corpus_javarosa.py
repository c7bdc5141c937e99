"""The corpus in JavaRosa, the engine of the phones: every set in every language, every wrong answer stopped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from engine_corpus import CORPUS, AnswerSet, Values, all_sets, fill, filled, raw, sent, sets, whole
from engine_instrument import FOLDER, NAMES, instrument, plain, says
from engine_wrong import message, stopped, wrongs

from kobo_sync.engine import Prompt
from kobo_sync.sync.record import make_record
from kobo_sync.sync.validate import RecordValidator

# What an interview that ends at the beginning may send: no age, no service, no answer.
ENDING_ROLES = {"version", "month", "screening", "consent"}
CORE_SCREENS = 50


def test_every_form_has_answer_sets() -> None:
    """Each form has answer sets, those of an ending among them, and no answer set is without its form."""
    assert NAMES
    assert [path.stem for path in sorted(CORPUS.glob("*.yaml"))] == list(NAMES)
    for form in NAMES:
        assert any(one.ends for one in sets(form))


@pytest.mark.parametrize("one", all_sets(), ids=str)
def test_a_set_is_accepted_in_every_language(one: AnswerSet) -> None:
    """A set is the same submission in every language; its record is what schema and rules allow, or waits as told."""
    opened = one.instrument
    random = opened.random
    done = filled(one)
    assert set(opened.filler.languages) == set(opened.languages)
    for language in opened.languages:
        assert sent(fill(one, language).filled.xml, random) == sent(done.filled.xml, random), language
    record = make_record(raw(done.filled.xml, one.form), opened.form)
    problems = RecordValidator(opened.form).problems(record)
    assert [problem.rule for problem in problems] == one.waits.split()
    unused = set(one.answers) - set(done.answers)
    assert {name for name in unused if not _in_always(one, name)} == set(), "the set names what is not asked"


def _in_always(one: AnswerSet, name: str) -> bool:
    """Whether all sets of the form name this answer, so that some need it and others do not."""
    return all(name in other.answers for other in sets(one.form))


@pytest.mark.parametrize("one", [one for one in all_sets() if one.ends], ids=str)
def test_an_ending_sends_nothing_else(one: AnswerSet) -> None:
    """Who refuses or cannot take part sends the version, the month and the ending, and is not asked more."""
    form = one.instrument.form
    told = {path.rsplit("/", 1)[-1] for path, text in sent(filled(one).filled.xml)[2:] if text}
    told.discard("instanceID")
    assert {form.by_name[name].role for name in told} <= ENDING_ROLES
    assert {"version", "month"} <= {form.by_name[name].role for name in told}
    assert len(filled(one).filled.notes) >= 1  # a kind word


@pytest.mark.parametrize("form", NAMES)
def test_every_question_is_asked_and_every_choice_chosen(form: str) -> None:
    """Taken together, the sets of a form ask every question and choose every choice."""
    asked: set[str] = set()
    chosen: set[tuple[str, str]] = set()
    for one in sets(form):
        done = filled(one)
        asked |= {*done.filled.asked, *done.filled.notes}
        chosen |= {(name, value) for name, values in done.answers.items() for value in values}
    questions = [q for q in instrument(form).form.questions if not q.computed]
    assert {q.name for q in questions} - asked == set()
    offered = {(q.name, c.name) for q in questions for c in q.choices if q.name not in _notes(form)}
    assert offered - chosen == set()


def _notes(form: str) -> set[str]:
    return {name for one in sets(form) for name in filled(one).filled.notes}


@pytest.mark.parametrize("form", [form for form in NAMES if any("every flag" in one.name for one in sets(form))])
def test_the_corpus_raises_every_flag(form: str) -> None:
    """In the set that raises every flag, each answer that may raise, confirm or found one by the framework does."""
    one = next(one for one in sets(form) if "every flag" in one.name)
    answers = filled(one).answers
    opened = one.instrument.form
    questions = {(q.indicator, q.role): q.name for q in opened.questions if q.indicator}
    raised = 0
    for code, flag in _flags().items():
        kinds = (flag["raised_by"], flag.get("confirmed_by", {}), flag.get("in_policy", {}))
        raising = {choice for kind in kinds for choice in kind.get(opened.source, ())}
        followup = flag.get("followup", {})
        raising |= set(followup.get("when", {}).get(opened.source, ()))
        if not raising:
            continue
        raised += 1
        assert raising.intersection(answers[questions[code, ""]]), code
        if followup:
            assert answers[questions[code, "followup"]] == tuple(followup["answers"]), code
    assert raised


def _flags() -> dict[str, Any]:
    framework = yaml.safe_load((FOLDER / "framework.yaml").read_text("utf-8"))
    return {entry["code"]: entry["flag"] for entry in framework["indicators"] if entry["flag"]}


def test_a_core_interview_has_few_screens() -> None:
    """The core interview takes at most 50 screens, by the median of its sets."""
    core = [one for one in all_sets() if one.core]
    assert len(core) >= 5
    assert median(filled(one).filled.screens for one in core) <= CORE_SCREENS


def test_a_withdrawal_code_is_random_and_only_for_who_wants_it() -> None:
    """Who wants a code gets nine digits, another each time; who does not has none in what is sent."""
    asking = {form: q.name for form in NAMES if (q := instrument(form).form.with_role("withdrawal_code"))}
    assert asking
    for form, name in asking.items():
        kept = [one for one in sets(form) if "code kept" in one.name]
        codes = [_told(fill(one).filled.xml, name) for one in kept for _ in range(3)]
        assert len(codes) >= 3
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch("[1-9][0-9]{8}", code) for code in codes)
        refused = [one for one in sets(form) if "code refused" in one.name or one.ends]
        assert refused
        assert {_told(fill(one).filled.xml, name) for one in refused} == {""}


def test_what_changed_the_topic_is_never_sent() -> None:
    """The harmless questions for when someone walks in are asked and answered, and nothing of them leaves the phone."""
    changed = [one for one in all_sets() if "topic changed" in one.name]
    assert changed
    for one in changed:
        decoys = {q.name for q in one.instrument.form.questions if q.role == "decoy"}
        assert decoys
        assert decoys <= set(filled(one).answers)
        assert {_told(filled(one).filled.xml, name) for name in decoys} == {""}


def _told(xml: str, name: str) -> str:
    return next((text for path, text in sent(xml) if path.rsplit("/", 1)[-1] == name), "")


@pytest.mark.parametrize("form", NAMES)
def test_questions_are_asked_in_the_words_of_the_workbook(form: str) -> None:
    """In each language the phone asks each question in that language's words."""
    one = whole(form)
    opened = one.instrument
    right = filled(one).answers
    for language in opened.languages:
        shown: dict[str, str] = {}

        def answer(prompt: Prompt, shown: dict[str, str] = shown) -> Values | None:
            shown[prompt.name] = prompt.label
            return right.get(prompt.name)

        opened.filler.fill(answer, language)
        assert set(shown) >= set(right)
        for name, label in shown.items():
            assert says(label, opened.form.by_name[name].labels.get(language, "")), (language, name)
            assert label.strip(), (language, name)


@pytest.mark.parametrize("form", NAMES)
def test_signs_stay_with_their_words(form: str) -> None:
    """No text has an ordinary blank before ? ! : ; or », which on a phone would begin a line with it.

    French wants the narrow blank that does not break (U+202F); of the wide one (U+00A0) pyxform makes an ordinary one.
    """
    root = ET.fromstring(instrument(form).xform)
    texts = ["".join(value.itertext()) for value in root.iter("{http://www.w3.org/2002/xforms}value")]
    assert len(texts) > 10
    assert [text for text in texts if re.search("[ \u00a0]+[?!:;\u00bb]", text)] == []


@pytest.mark.parametrize("form", NAMES)
def test_wrong_answers_are_stopped(form: str) -> None:
    """No answer, a wrong answer and a choice that is not offered stop the phone, with the message of the language."""
    _stopped_in(form, instrument(form).languages[:1])


@pytest.mark.soak
@pytest.mark.parametrize("form", NAMES)
def test_wrong_answers_are_stopped_in_every_language(form: str) -> None:
    """The same in all languages, each with its own message."""
    _stopped_in(form, instrument(form).languages)


def _stopped_in(form: str, languages: Iterable[str]) -> None:
    found = wrongs(form)
    opened = instrument(form)
    answered = {name for one in sets(form) for name in filled(one).answers}
    for kind, wanted in (
        ("required", {q.name for q in opened.form.questions if q.required}),
        ("constraint", {q.name for q in opened.form.questions if q.constraint}),
    ):
        assert {wrong.question for wrong in found if wrong.kind == kind} == wanted & answered
    for language in languages:
        for wrong in found:
            stop = stopped(wrong, language)
            assert stop is not None, wrong
            assert (stop.question, stop.kind) == (wrong.question, wrong.kind)
            assert plain(stop.message) == message(wrong, language), (language, wrong)
            assert stop.message or wrong.kind == "choice", (language, wrong)

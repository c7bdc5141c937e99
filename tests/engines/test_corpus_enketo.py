"""The corpus in Enketo, the web form, in Chromium at the size of a phone: what JavaRosa sends, in every language.

Screenshots of every page in every language: build/screens/enketo/<form>/<language>/NN.png.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from engine_corpus import AnswerSet, Values, all_sets, filled, sent, whole
from engine_instrument import FOLDER, NAMES, ROOT, instrument, plain, says
from engine_wrong import by_set, message
from enketo_browser import Enketo, Seen, Walked

from kobo_sync.instrument.form import Texts
from kobo_sync.places import read_referrals

pytestmark = pytest.mark.browser

SCREENS = ROOT / "build" / "screens" / "enketo"

SAME_WORDS = 2

# The places of the list of who can help, and which of the areas are shown in some sets.
PLACES = [(number, one.locale) for number, one in enumerate(read_referrals(FOLDER / "referrals.csv"), 1) if one.accepts]
AREAS = list(dict.fromkeys(place for _, place in PLACES))
HELPING = {form: PLACES for form in NAMES if instrument(form).form.with_role("referrals")}
SHOWN = {
    "under age": AREAS,
    "an area that is not on the list, and a break": AREAS,
    "a break, then on": AREAS[:1],
    "another team in another area": AREAS[1:],
}

LANGUAGES = [(form, language) for form in NAMES for language in instrument(form).languages]


def code(language: str) -> str:
    """Return the code in a language's name, "en" of "English (en)"."""
    found = re.search(r"\(([A-Za-z-]+)\)$", language)
    return found[1] if found else language


@pytest.fixture(scope="module")
def enketo() -> Iterator[Enketo]:
    """Start Chromium in JavaRosa's time zone, so that both write the same month."""
    from jpype import JClass

    filled(all_sets()[0])  # starts Java
    with Enketo(time_zone=str(JClass("java.util.TimeZone").getDefault().getID())) as started:
        yield started


def same(one: AnswerSet, walked: Walked) -> None:
    """Hold a walk against what JavaRosa sends, and against what no walk may have."""
    random = one.instrument.random
    assert sent(walked.xml, random) == sent(filled(one).filled.xml, random)
    assert walked.unused == ()
    assert walked.complaints == ()


@pytest.mark.parametrize("one", all_sets(), ids=str)
def test_a_set_gives_the_same_submission(enketo: Enketo, one: AnswerSet) -> None:
    """The same answers give the same submission in Enketo as in JavaRosa."""
    opened = one.instrument
    same(one, enketo.walk(opened.xform, opened.media, filled(one).answers, opened.languages[0]))


@pytest.mark.parametrize("one", [one for one in all_sets() if "code kept" in one.name], ids=str)
def test_a_withdrawal_code_is_plain_digits_here_too(enketo: Enketo, one: AnswerSet) -> None:
    """In the browser a code is nine plain digits as well, and the woman reads it in groups of three."""
    opened = one.instrument
    made = opened.form.with_role("withdrawal_code")
    assert made is not None
    walked = enketo.walk(opened.xform, opened.media, filled(one).answers, opened.languages[0])
    (told,) = (text for path, text in sent(walked.xml) if path.rsplit("/", 1)[-1] == made.name)
    assert re.fullmatch("[1-9][0-9]{8}", told)
    groups = " ".join(told[start : start + 3] for start in (0, 3, 6))
    assert [seen.name for seen in walked.seen if groups in plain(seen.label)]


@pytest.mark.parametrize("one", [one for one in all_sets() if one.form in HELPING and one.name in SHOWN], ids=str)
def test_who_can_help_is_shown(enketo: Enketo, one: AnswerSet) -> None:
    """Lists of who can help hold the area's places; all places where the area is not listed or was not asked."""
    opened = one.instrument
    lists = {question.name for question in opened.form.questions if question.role == "referrals"}
    walked = enketo.walk(opened.xform, opened.media, filled(one).answers, opened.languages[0])
    shown = {tuple(name for name, _ in seen.choices) for seen in walked.seen if seen.name in lists}
    assert shown == {tuple(f"R{number:02}" for number, place in HELPING[one.form] if place in SHOWN[one.name])}


@pytest.mark.parametrize(("form", "language"), LANGUAGES, ids=[f"{form}-{code(name)}" for form, name in LANGUAGES])
def test_a_language_is_whole(enketo: Enketo, form: str, language: str) -> None:
    """In each language the longest set gives the same submission, all in that language's words, and everything fits."""
    one = whole(form)
    opened = one.instrument
    screens = SCREENS / form / code(language)
    walked = enketo.walk(opened.xform, opened.media, filled(one).answers, language, screens=screens)
    same(one, walked)
    assert len(list(screens.glob("*.png"))) == len(walked.pages)
    assert walked.too_wide == ()
    headings = [plain(texts.get(language, "")) for texts in opened.headings]
    assert {plain(heading) for heading in walked.headings} <= set(headings) - {""}
    for seen in walked.seen:
        assert _differences(one, seen, language) == []


def _differences(one: AnswerSet, seen: Seen, language: str) -> list[str]:
    """Return what a question shows that the workbook does not say in this language, or says in the first language."""
    question = one.instrument.form.by_name[seen.name]
    shown = [(seen.label, question.labels), (seen.hint, question.hints)]
    labels = {choice.name: choice.labels for choice in question.choices}
    shown += [(label, labels[name]) for name, label in seen.choices if labels]
    found = [
        text for text, wanted in shown if not says(text, wanted.get(language, "")) or _copied(wanted, one, language)
    ]
    blank = [name for name, label in (("the question", seen.label), *seen.choices) if not label]
    return [f"{seen.name}: {text}" for text in [*found, *blank]]


def _copied(texts: Texts, one: AnswerSet, language: str) -> bool:
    """Whether a sentence stands there in the words of the first language; a word or two may be the same in both."""
    first = one.instrument.languages[0]
    text = plain(texts.get(language, ""))
    return language != first and len(text.split()) > SAME_WORDS and text == plain(texts.get(first, ""))


@pytest.mark.parametrize(("form", "language"), LANGUAGES, ids=[f"{form}-{code(name)}" for form, name in LANGUAGES])
def test_wrong_answers_are_stopped(enketo: Enketo, form: str, language: str) -> None:
    """No answer, a wrong answer and a choice that is not offered stop the page, with the message of the language.

    For every question in the first language, in the others for those of the longest set.
    """
    tried = by_set(form)
    first = language == instrument(form).languages[0]
    for one in tried if first else [whole(form)]:
        opened = one.instrument
        wrong: dict[str, list[Values]] = {}
        for each in tried[one]:
            wrong.setdefault(each.question, []).extend([each.values] if each.values else [])
        walked = enketo.walk(opened.xform, opened.media, filled(one).answers, language, wrong=wrong)
        shown = sorted((stop.question, stop.kind, plain(stop.message)) for stop in walked.stops)
        assert shown == sorted((each.question, each.kind, message(each, language)) for each in tried[one])
        assert walked.too_wide == ()
        same(one, walked)  # once answered rightly, it is the same submission

"""The questionnaire on paper says what the phone would do, and shows only what may be seen."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from random import Random
from string import Formatter
from typing import Any

import paper_samples as samples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_forms import made_up

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.form import STORED
from kobo_sync.instrument.outline import Outline, language_code, outline_from_sheets
from kobo_sync.instrument.paper import Paper, paper_files, phrases, text_direction, write_paper
from kobo_sync.instrument.paper_page import Asked, Part, on_paper, page

SIX = ("en", "id", "ru", "es", "fr", "sw")


@pytest.fixture(scope="module")
def forms() -> list[Outline]:
    return samples.committed()


@pytest.fixture(scope="module")
def printed(forms: list[Outline]) -> dict[str, str]:
    return paper_files(forms, samples.PAPER)


def asked(blocks: tuple[Part | Asked, ...]) -> list[Asked]:
    found: list[Asked] = []
    for block in blocks:
        found += asked(block.inside) if isinstance(block, Part) else [block]
    return found


def without(sheets: Any, *columns: str) -> Any:
    """Return sheets without these columns."""
    kept = copy.deepcopy(dict(sheets))
    for rows in kept.values():
        for row in rows:
            for column in columns:
                row.pop(column, None)
    return kept


# What is on it


def test_pages_are_well_formed(printed: dict[str, str]) -> None:
    """Each form has a page for each of its languages, every tag closed in its turn."""
    assert printed
    for name, text in {**printed, "tea": samples.paper()}.items():
        assert samples.Read(text).all_text, name


def test_all_that_may_be_asked_is_printed(forms: list[Outline]) -> None:
    """Every question that this round's phones can ask stands on the page, with its text, hint and answers."""
    for outline in forms:
        for language in outline.languages:
            own = phrases()[language_code(language)]
            whole = page(outline, language, own)
            shown = asked(whole.content)
            labels = {"".join(part or "" for part in block.label) for block in shown}
            computed = [line for line in outline.all_lines if line.question is not None and on_paper(line)]
            assert len(shown) >= len(computed) * 0.6  # the rest belongs to modules that this round does not have
            text = samples.Read(paper_files([outline], samples.PAPER, [language]).popitem()[1]).all_text
            for block in shown:
                assert " ".join("".join(part or "" for part in block.label).split()) in text or None in block.label
                assert all(" ".join(choice.split()) in text for choice in block.choices)
            assert len(labels) > 5


def test_numbers_run_on(forms: list[Outline]) -> None:
    """Questions are numbered from one, without a gap; texts to read have no number."""
    for outline in [*forms, samples.outline()]:
        numbers = [block.number for block in asked(page(outline, outline.languages[0], phrases()["en"]).content)]
        assert [number for number in numbers if number is not None] == list(range(1, 1 + len(set(numbers) - {None})))


def test_consent_comes_before_every_question_of_the_talk(forms: list[Outline]) -> None:
    """Nothing but what decides whether the talk may start stands before the question for consent."""
    for outline in forms:
        blocks = asked(page(outline, outline.languages[0], phrases()["en"]).content)
        consent = next((number for number, block in enumerate(blocks) if block.consent), None)
        if consent is not None:
            assert len([block for block in blocks[:consent] if block.number is not None]) <= 1


def test_boxes_fit_the_question() -> None:
    """Round boxes for one answer, square ones for several, a line for a number, and none where nothing is answered."""
    boxes = {"".join(part or "_" for part in block.label): block.box for block in asked(_tea().content)}
    assert boxes == {
        "Do you agree?": "one",
        "Which place?": "code",
        "Is there <tea> & more?": "one",
        "Which?": "many",
        "How many cups?": "number",
        "In your words?": "words",
        "In which order?": "order",
        "Understood?": "tick",
        "So _ cups, of _.": "",
        "Places that help": "",
        "The phone shows the code. Do not write it here.": "",
        "When?": "line",
        "Does the sun shine?": "one",
    }


def _tea(language: str = samples.EN) -> Any:
    return page(samples.outline(), language, phrases()["en"])


def test_references_are_blank_lines() -> None:
    """Where the phone would put an answer into a text, the paper has a line to fill in."""
    text = samples.paper()
    assert 'So <span class="blank"></span> cups, of <span class="blank"></span>.' in text
    assert "${" not in text


def test_a_heading_is_not_said_twice() -> None:
    """A group inside another with the same heading adds no second one."""
    sheets = copy.deepcopy(dict(samples.SHEETS))
    sheets["survey"][5][f"label::{samples.EN}"] = sheets["survey"][2][f"label::{samples.EN}"]
    assert samples.Read(samples.paper(sheets)).of("head").count("The talk") == 1


def test_markup_in_a_text_is_a_text() -> None:
    """What looks like a tag in a label is printed as it was written."""
    assert "Is there <tea> & more?" in samples.Read(samples.paper()).of("text")


# Skips in words


def test_skips_are_said_in_words() -> None:
    """Conditions name the number of the question and the answer, as they stand on the page."""
    skips = samples.Read(samples.paper()).of("skip")
    assert skips == [
        "Only if 1 = “Yes”.",
        "Only if 3 ≠ “No”.",
        "Only if 4 = “Yes” or (3 = “No” and 5 > 2). If not, go on with 9.",
        "Only if number of answers at 4 = 1.",
        "Only if 5 ≠ (no answer).",
        "Only the phone knows when to ask this. If you are not sure, leave it empty.",
        "Ask this part once for each one, each time on a new copy.",
    ]


def test_a_condition_is_said_once(printed: dict[str, str]) -> None:
    """What a page says of all that is on it is not said again of a question or text there, and is still said."""
    sheets = copy.deepcopy(dict(samples.SHEETS))
    row = next(row for row in sheets["survey"] if row["name"] == "place_q")
    row["relevant"] = "${agree_q} = 'yes'"
    assert samples.paper(sheets).count("Only if 1 = “Yes”.") == 1
    assert printed["client_interview.en.html"].count("Only if 1 = “She is under 18”") == 1


def test_what_this_round_does_not_ask_is_not_printed() -> None:
    """A part that the round leaves out is not there, and one that it has is there without a condition."""
    text = samples.Read(samples.paper()).all_text
    assert "cake" not in text
    assert "About tea" in text
    other = copy.deepcopy(dict(samples.SHEETS))
    other["survey"][0]["calculation"] = "'cake'"
    assert "About cake" in samples.Read(samples.paper(other)).all_text


@pytest.mark.parametrize("code", SIX)
def test_skips_are_said_in_the_language(code: str) -> None:
    """Each of the six languages has its own words for a skip."""
    own = phrases()[code]
    sheets = copy.deepcopy(dict(samples.SHEETS))
    for rows in (sheets["survey"], sheets["choices"]):
        for row in rows:
            if f"label::{samples.EN}" in row:
                row[f"label::X ({code})"] = row.pop(f"label::{samples.EN}")
    said = samples.Read(samples.paper(sheets, code)).of("skip")
    yes, no = (own["quoted"].format(text=text) for text in ("Yes", "No"))
    condition = f"4 = {yes}{own['or']}(3 = {no}{own['and']}5 > 2)"
    wanted = f"{own['only_if'].format(condition=condition)} {own['otherwise'].format(number=9)}"
    assert " ".join(wanted.split()) in said
    assert 'lang="en"' not in samples.paper(sheets, code) or code == "en"


# What nobody may see


def test_no_score_no_indicator_no_name(forms: list[Outline], printed: dict[str, str]) -> None:
    """No code of an indicator and no name of a question or an answer is in a page, its source text included."""
    for name, text in {**printed, "tea.en.html": samples.paper()}.items():
        outline = next(form for form in [*forms, samples.outline()] if name.startswith(form.form.name))
        words = set(re.findall(r"[A-Za-z0-9_]+", text))
        hidden = {line.name for line in outline.all_lines} | {
            line.cells.get("indicator", "") for line in outline.all_lines
        }
        hidden |= {choice.name for choices in outline.lists.values() for choice in choices}
        assert not {word for word in hidden if "_" in word} & words


def test_scores_leave_no_trace() -> None:
    """A form without scores and indicators makes the very same paper."""
    assert samples.paper(without(samples.SHEETS, "score", "missing", "indicator")) == samples.paper()


def test_there_is_no_place_for_a_name() -> None:
    """Neither the name of a service nor a position is asked on paper; codes and free words come with a warning."""
    text = samples.Read(samples.paper()).all_text
    assert "What is it called?" not in text
    assert "Where are you?" not in text
    assert "Write the code from your team's list, never a name." in text
    assert "No names, no places, no dates." in text


def test_the_code_for_taking_answers_back_is_not_written_down() -> None:
    """The withdrawal code stands on no paper, and the warning says what to do instead."""
    read = samples.Read(samples.paper())
    assert "The phone shows the code. Do not write it here." in read.of("text")
    assert any(text.startswith("Only the phone makes the code") for text in read.of("danger"))
    plain = samples.Read(
        samples.paper({**samples.SHEETS, "survey": [*samples.SHEETS["survey"][1:3], {"type": "end_group"}]})
    )
    assert not any(text.startswith("Only the phone makes the code") for text in plain.of("danger"))


def test_the_warning_comes_first(printed: dict[str, str]) -> None:
    """Before anything else each page says that it is dangerous once filled in, and how to destroy it."""
    for name, text in printed.items():
        own = phrases()[name.split(".")[-2]]
        read = samples.Read(text)
        danger = read.of("danger")
        assert danger[: 1 + len(own["rules"])] == [" ".join(rule.split()) for rule in (own["danger"], *own["rules"])]
        first = next(number for number, (around, _) in enumerate(read.texts) if "danger" in around.split())
        assert not any(set(around.split()) & {"asked", "read", "part"} for around, _ in read.texts[:first])


def test_harmless_questions_have_a_sheet_of_their_own() -> None:
    """The questions for when somebody walks in start a sheet, under no condition, and no skip leads to them."""
    text = samples.paper()
    assert text.count("own-sheet") - text.count(".own-sheet") == 1
    sheet = text.split('class="part own-sheet"')[1]
    assert "Does the sun shine?" in sheet
    assert "skip" not in sheet
    assert "go on with 10" not in text
    assert "Finish?" not in text


def test_a_page_asks_nothing_of_a_network(printed: dict[str, str]) -> None:
    """No script, and nothing to load: no address, no image, no font."""
    for text in (*printed.values(), samples.paper()):
        read = samples.Read(text)
        tags = {tag for tag, _, _ in read.attributes}
        assert not tags & {"script", "img", "iframe", "object", "input", "form"}
        assert {value for _, name, value in read.attributes if name in {"src", "href"}} == {"data:,"}
        assert "url(" not in text
        assert "@import" not in text


# Languages


def test_the_header_tells_version_language_and_status() -> None:
    """Title, version, language and whether the translation is a draft stand at the top."""
    read = samples.Read(samples.paper())
    assert read.texts[1][1] == "Tea survey"
    assert "Version 2026.9 · English (en)" in read.of("facts")[0]
    assert read.of("status") == []
    arabic = samples.Read(samples.paper(language="ar"))
    assert arabic.of("status") == ["Draft translation. Women who speak this language have not reviewed it yet."]
    sheets = copy.deepcopy(dict(samples.SHEETS))
    sheets["survey"][1]["label::Bahasa Indonesia (id)"] = "Setuju?"
    assert samples.Read(samples.paper(sheets, "id")).of("status") == ["Terjemahan ditinjau: A group, 2026-03-31."]
    sheets["survey"][1]["label::Elvish (qya)"] = "Mára?"
    assert len(samples.Read(samples.paper(sheets, "qya")).of("status")) == 1


def test_languages_from_right_to_left_are_set_so() -> None:
    """Arabic runs from right to left, with phrases that it lacks marked as English; what is not translated is there."""
    text = samples.paper(language="ar")
    assert '<html lang="ar" dir="rtl">' in text
    assert '<span lang="en" dir="ltr">Once filled in, this paper is dangerous</span>' in text
    read = samples.Read(text)
    assert "هل يوجد شاي؟" in read.of("text")
    assert "نعم" in read.of("choices")
    assert "Which?" in read.of("text")
    assert '<html lang="en" dir="ltr">' in samples.paper()


@pytest.mark.parametrize(
    ("code", "direction"),
    [("ar", "rtl"), ("fa", "rtl"), ("ur-PK", "rtl"), ("id", "ltr"), ("qya", "ltr"), ("", "ltr"), ("???", "ltr")],
)
def test_directions(code: str, direction: str) -> None:
    """A language's direction is known from its code; an unknown one runs from left to right."""
    assert text_direction(code) == direction


def test_a_form_that_names_no_language_is_printed_too() -> None:
    """A form with plain columns makes one page, in the words of the English phrases."""
    sheets = {"survey": [{"type": "text", "name": "a", "label": "Why?"}]}
    files = paper_files([outline_from_sheets(sheets, "plain")], Paper({}, "1"))
    assert list(files) == ["plain.html"]
    assert "Why?" in samples.Read(files["plain.html"]).of("text")
    odd = {"survey": [{"type": "text", "name": "a", "label::Our own / tongue": "Why?"}]}
    (name,) = paper_files([outline_from_sheets(odd, "plain")], Paper({}, "1"))
    assert re.fullmatch(r"plain\.[a-z0-9]+\.html", name)


def test_all_six_languages_have_all_phrases() -> None:
    """Each language has every phrase, with the same places to fill in and as many rules as English."""
    english = phrases()["en"]
    assert set(phrases()) == set(SIX)
    for code, own in phrases().items():
        assert set(own) == set(english), code
        for key, phrase in own.items():
            if isinstance(phrase, list):
                assert len(phrase) == len(english[key])
                assert all(phrase)
            else:
                assert _fields(phrase) == _fields(english[key]), (code, key)
                assert phrase.strip()


def _fields(phrase: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(phrase) if field}


def test_no_phrase_tells_a_stranger_what_it_is_about() -> None:
    """The fixed phrases, which stand on every sheet, speak neither of drugs nor of women who use them."""
    pattern = re.compile(r"drug|napza|narkot|наркот|droga|drogue|dawa za kulevya|HIV|VIH|ВИЧ|VVU", re.IGNORECASE)
    assert not pattern.search(repr(phrases()))


# Any form


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_any_form_can_be_printed(random: Random) -> None:
    """Whatever the form, its paper is well formed and asks each question that could be asked, once."""
    sheets = made_up(random).sheets
    outline = outline_from_sheets(sheets, "made_up")
    text = paper_files([outline], Paper({}, "1"))["made_up.html"]
    read = samples.Read(text)
    could = [question for question in outline.form.questions if question.type in STORED and not question.computed]
    numbers = read.of("number")
    assert numbers == [str(number + 1) for number in range(len(numbers))]
    assert len(numbers) <= len(could)
    conditional = [line for line in outline.all_lines if "bind::relevant" in line.cells]
    if not conditional:
        assert len(numbers) == len([q for q in could if q.name in {line.name for line in outline.all_lines}])


def test_the_same_form_makes_the_same_paper() -> None:
    """Nothing of the day or the machine is in a page."""
    assert samples.paper() == samples.paper()
    assert not re.search(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", samples.paper())


# Files


def test_writing_the_pages(tmp_path: Path) -> None:
    """A page a form and language is written; a choice of forms and languages is kept to; other files stay."""
    source = samples.write_folder(tmp_path / "xlsform")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    every = write_paper(source, tmp_path / "out")
    assert [path.name for path in every] == ["cake.en.html", "cake.ar.html", "tea.en.html", "tea.ar.html"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"mine.txt", *(path.name for path in every)}
    (one,) = write_paper(source, tmp_path / "one", ["tea"], ["ar"])
    assert one.read_bytes() == (tmp_path / "out" / "tea.ar.html").read_bytes()
    (named,) = write_paper(source, tmp_path / "one", ["tea"], [samples.EN])
    assert named.name == "tea.en.html"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A form or a language that is not there is named together with those that are, and nothing is written."""
    source = samples.write_folder(tmp_path / "xlsform")
    with pytest.raises(ConfigError, match=r"no form 'nowhere'.*There is: cake, tea\."):
        write_paper(source, tmp_path / "out", ["nowhere"])
    with pytest.raises(ConfigError, match=r"'xx'.*There is: ar, en\."):
        write_paper(source, tmp_path / "out", [], ["xx"])
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    """A file where the folder should be makes a message with what to do, no traceback."""
    source = samples.write_folder(tmp_path / "xlsform")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ConfigError, match="--out"):
        write_paper(source, tmp_path / "out")

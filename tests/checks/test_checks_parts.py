"""The parts that rules are made of: words, functions, lists, dates, and what must hold for every text."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from checks_sample import Row, Sample, save
from hypothesis import given
from hypothesis import strategies as st
from pyxform.xls2xform import convert
from small_forms import made_up, seeded

from kobo_sync.engine import Filler
from kobo_sync.errors import KoboSyncError
from kobo_sync.instrument.checks import list_rules, wording
from kobo_sync.instrument.checks.functions import REPLACED, called, known
from kobo_sync.instrument.checks.lists import read_list
from kobo_sync.instrument.checks.words import avoided, personal_patterns, script, scripts, telling_title, warning_stems

WAVE_1 = {"en", "id", "ru", "es", "fr", "sw"}


def _javarosa_knows(name: str) -> bool:
    """Ask JavaRosa itself, with 0 to 3 arguments; any complaint but that it has no such function will do."""
    complaints = []
    for arguments in ("", "'a'", "'a', 'b'", "'a', 'b', 'c'"):
        sheets = {
            "survey": [
                {"type": "text", "name": "a", "label": "A"},
                {"type": "calculate", "name": "b", "calculation": f"{name}({arguments})"},
            ]
        }
        try:
            Filler(convert(sheets, validate=False).xform).fill({})
        except KoboSyncError as error:
            complaints.append("cannot handle function" in str(error))
        else:
            return True
    return not all(complaints)


@pytest.mark.parametrize("name", sorted(known() - {"current"}))
def test_javarosa_knows_every_function_that_is_allowed(name: str) -> None:
    """No function is let through that the phone does not have (current() stands in paths only)."""
    assert _javarosa_knows(name)


@pytest.mark.parametrize("name", [*sorted(REPLACED), "is_number", "lower"])
def test_javarosa_does_not_know_what_is_refused(name: str) -> None:
    """What the rules refuse, the phone really does not have."""
    assert name not in known()
    assert not _javarosa_knows(name)


def test_functions_are_not_found_in_texts() -> None:
    """What stands in quotes, in a reference, or is an operator is no call."""
    text = "if(${a(b)} = 'f(x)' and (1 or (2)) , concat(\"g(\", h-i ( 2 )), x/text()) mod (3)"
    assert list(called(text)) == ["if", "concat", "h-i"]


def test_every_language_of_the_first_wave_has_its_words() -> None:
    """For each of the six languages there are words to avoid, words that warn, personal questions and a script."""
    for words in (
        {one.language for one in avoided() if one.severe},
        set(warning_stems()),
        set(personal_patterns()),
        set(scripts()),
    ):
        assert words >= WAVE_1
    assert all(len(stems) == 3 for stems in warning_stems().values())
    assert all("  " not in one.word for one in avoided())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "She is an addict."),
        ("en", "for drug  abusers"),
        ("id", "para Pecandu"),
        ("id", "korban  napza"),
        ("ru", "для наркоманок"),
        ("ru", "Наркозависимая женщина"),
        ("es", "las Drogadictas"),
        ("es", "una toxicómana"),
        ("fr", "une Toxicomane"),
        ("fr", "femme droguée"),
        ("sw", "mateja wa mtaa"),
        ("sw", "Mwathirika"),
    ],
)
def test_words_to_avoid_are_found_in_all_their_forms(language: str, said: str) -> None:
    """Endings, capitals and spaces do not hide a word."""
    assert any(one.pattern.search(said) for one in avoided() if one.language == language and one.severe)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "women who use drugs"),
        ("id", "korban kekerasan"),
        ("ru", "женщины, употребляющие наркотики"),
        ("es", "mujeres que usan drogas"),
        ("fr", "femmes qui consomment des drogues"),
        ("sw", "wanawake wanaotumia dawa za kulevya"),
    ],
)
def test_the_words_of_the_glossary_are_fine(language: str, said: str) -> None:
    """What the networks call themselves is not taken for a word to avoid."""
    assert not any(one.pattern.search(said) for one in avoided() if one.language == language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "What is your full name?"),
        ("en", "When were you born?"),
        ("id", "Siapa nama Anda?"),
        ("id", "Nomor HP"),
        ("ru", "Как вас зовут?"),
        ("ru", "Ваш адрес"),
        ("es", "¿Cuál es su nombre?"),
        ("es", "Fecha de nacimiento"),
        ("fr", "Quel est votre nom ?"),
        ("fr", "Votre adresse"),
        ("sw", "Jina lako ni nani?"),
        ("sw", "Namba ya simu"),
    ],
)
def test_personal_questions_are_known_in_each_language(language: str, said: str) -> None:
    """A question for a name, a number, an address or a birth date is known for what it is."""
    assert personal_patterns()[language].search(said)
    assert personal_patterns()[""].search(said)


@pytest.mark.parametrize("title", ["Service survey", "Service survey, area", "Encuesta", "Анкета", "Survei layanan"])
def test_neutral_titles_are_fine(title: str) -> None:
    """A title that says nothing is what is wanted."""
    assert not telling_title().search(title)


@given(st.text(), st.text())
def test_what_one_text_lacks_the_other_has_too_many(one: str, other: str) -> None:
    """Numbers and markup are compared alike from both sides, and no text differs from itself."""
    for found in (wording._numbers, wording._markup):
        assert wording._differing(found, one, one) == ""
        there, back = wording._differing(found, one, other), wording._differing(found, other, one)
        assert bool(there) == bool(back)
        assert ("lacks" in there) == ("too many" in back)


@given(st.integers(0, 10**9))
def test_numbers_are_the_same_however_they_are_written(number: int) -> None:
    """Separators of thousands and other alphabets' digits make no other number of it."""
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for written in (f"{number:,}", f"{number:,}".replace(",", "\u202f"), f"{number:,}".replace(",", "."), arabic):
        assert wording._numbers(f"a {written} b") == wording._numbers(f"{number}")


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(1, 36))
def test_months_before_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    """The day some months earlier is in the right month, on the same day or the last that the month has."""
    before = list_rules._before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day == day.day or (before.day < day.day and (before.day >= 28))


@given(st.text(alphabet="абвгдежзиклмнопрстуфхцчшщыэюя", min_size=1))
def test_scripts_are_told_apart(word: str) -> None:
    """Cyrillic letters are Cyrillic, also those that look Latin."""
    assert {script(letter) for letter in word} == {"CYRILLIC"}
    assert script("a") == "LATIN"


def test_lists_are_read_as_the_program_reads_them(tmp_path: Path) -> None:
    """A first line for Excel, semicolons, a byte order mark and empty lines count as rows and make no difference."""
    (tmp_path / "locales.csv").write_bytes(b"\xef\xbb\xbfsep=;\r\nCode;Label\r\n;\r\nnorth; North \r\n")
    assert read_list((tmp_path / "nowhere", tmp_path), "locales.csv").rows == (
        (4, {"code": "north", "label": "North"}),
    )
    assert not read_list((tmp_path,), "services.csv").there


@pytest.mark.parametrize("data", [b"code,label\nn\xf6rth,N\n", b'code,label\n"north,North\n', b"code\nnorth\n", b""])
def test_a_list_that_cannot_be_read_says_why(data: bytes, tmp_path: Path) -> None:
    """Another encoding, an open quotation mark or a missing column is told as a sentence, without the folder's name."""
    (tmp_path / "locales.csv").write_bytes(data)
    found = read_list((tmp_path,), "locales.csv")
    assert found.there
    assert not found.present
    assert found.rows == ()
    assert str(tmp_path) not in found.broken
    assert found.broken.endswith(".")


@pytest.mark.parametrize("seed", range(12))
def test_no_form_makes_a_rule_fail(seed: int, tmp_path: Path) -> None:
    """Whatever form is put before them, the rules find mistakes or none, and never break down themselves."""
    drawn = made_up(seeded(seed), 20)
    sample = Sample(survey=drawn.sheets["survey"], choices=drawn.sheets["choices"])
    found = sample.look(tmp_path)
    assert "F001" not in {one.code for one in found}
    assert all(re.fullmatch(r"F\d{3}", one.code) for one in found)


def test_an_empty_workbook_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    """A workbook without a survey sheet, or with an empty one, is one finding."""
    without: dict[str, list[Row]] = {"other": [{"a": 1}], "more": [{"b": 2}]}
    empty: dict[str, list[Row]] = {"survey": [{"type": None}], "choices": [{"x": 1}]}
    for sheets in (without, empty):
        path = tmp_path / "small.xlsx"
        save(path, sheets)
        sample = Sample(data=path.read_bytes())
        assert "F001" in {one.code for one in sample.look(tmp_path)}


def test_a_referral_that_says_no_is_no_help_and_no_error(tmp_path: Path) -> None:
    """An honest no is a warning, whatever else its line lacks, and its area counts as one without help."""
    sample = Sample()
    sample.swap("referrals.csv", "000 111,always,yes,2026-10-01", ",,no,")
    found = sample.look(tmp_path)
    assert {(one.code, one.severity) for one in found} == {("F808", "warning"), ("F811", "warning")}
    assert "not sent to phones" in next(one.what for one in found if one.code == "F808")

"""A country's own catalogue cannot break a page: what is wrong with it is said with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobo_sync.__main__ import run
from kobo_sync.errors import FormError
from kobo_sync.instrument.sentences import known_to_babel, own_catalogues
from kobo_sync.report.texts import translations

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'

ROOT = Path(__file__).resolve().parent.parent.parent


def catalogue(folder: Path, *pairs: tuple[str, str], language: str = "ar") -> Path:
    (folder / "texts").mkdir(exist_ok=True)
    path = folder / "texts" / f"{language}.po"
    sentences = "".join(f'msgid "{one}"\nmsgstr "{said}"\n\n' for one, said in pairs)
    path.write_text(HEAD + sentences, encoding="utf-8")
    return path


def test_only_languages_of_the_framework_are_read(tmp_path: Path) -> None:
    """A catalogue of a language that the framework does not name is not looked at."""
    catalogue(tmp_path, ("Gaps", "فجوات"))
    assert own_catalogues(tmp_path, ["en", "ar"]).keys() == {"ar"}
    assert own_catalogues(tmp_path, ["en"]) == {}
    assert own_catalogues(tmp_path / "elsewhere", ["ar"]) == {}


@pytest.mark.parametrize(
    ("english", "said", "why"),
    [
        ("round %(round)s", "الجولة %(raund)s", "place"),
        ("round %(round)s", "الجولة %(round)", "stands for nothing"),
        ("All of it", "100 % منه", "stands for nothing"),
        ("Gaps", "<script>", "tag"),
    ],
)
def test_a_sentence_that_would_break_a_page_is_named(tmp_path: Path, english: str, said: str, why: str) -> None:
    """Another place to fill in, a loose %, a tag: the catalogue is refused with its line and what to do."""
    catalogue(tmp_path, ("Gaps and more", "فجوات"), (english, said))
    with pytest.raises(FormError, match=why) as refused:
        own_catalogues(tmp_path, ["ar"])
    assert refused.value.row == 8
    assert "texts/ar.po" in str(refused.value)


def test_what_is_no_catalogue_is_said(tmp_path: Path) -> None:
    """A file in another encoding, and one that is no catalogue, are refused in a sentence."""
    path = catalogue(tmp_path, ("Gaps", "فجوات"))
    path.write_bytes("فجوات".encode("cp1256"))
    with pytest.raises(FormError, match="UTF-8"):
        own_catalogues(tmp_path, ["ar"])
    path.write_text("this is a letter\n", encoding="utf-8")
    with pytest.raises(FormError, match="no catalogue"):
        own_catalogues(tmp_path, ["ar"])


def test_own_words_go_before_the_programs(tmp_path: Path) -> None:
    """In a language that the program speaks, a country's sentence replaces the program's, and only that one."""
    catalogue(tmp_path, ("Overview", "Gambaran kami"), language="id")
    own = own_catalogues(tmp_path, ["id"])["id"]
    assert translations("id", own).gettext("Overview") == "Gambaran kami"
    assert translations("id", own).gettext("Gaps") == translations("id").gettext("Gaps") != "Gaps"


def test_a_language_without_catalogue_is_said_in_english(tmp_path: Path) -> None:
    """Without a catalogue sentences are English, set apart where the page runs from right to left."""
    assert translations("ar").gettext("Gaps") == "\u2066Gaps\u2069"
    assert translations("ar").ngettext("one %(n)s", "many %(n)s", 2) == "\u2066many %(n)s\u2069"
    assert translations("vi").gettext("Gaps") == "Gaps"
    assert translations("vi").ngettext("one", "many", 1) == "one"
    catalogue(tmp_path, ("Gaps", "فجوات"))
    own = own_catalogues(tmp_path, ["ar"])["ar"]
    assert translations("ar", own).gettext("Gaps") == "فجوات"
    assert translations("ar", own).gettext("Change") == "\u2066Change\u2069"


def test_a_language_that_babel_does_not_know_has_english_numbers() -> None:
    """Dialects have the numbers and the direction of their language, and unknown languages those of English."""
    assert known_to_babel("ar") == "ar"
    assert known_to_babel("ar-x9") == "ar"
    assert known_to_babel("zz") == "en"


def test_a_catalogue_to_fill_in_holds_all_sentences_and_keeps_what_is_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command writes every sentence of the pages, keeps what was translated, and says how far it is."""
    text = (ROOT / "xlsform" / "framework.yaml").read_text(encoding="utf-8")
    more = '  ar: {name: "العربية (ar)", status: draft}\n  sw:'
    (tmp_path / "xlsform").mkdir()
    (tmp_path / "xlsform" / "framework.yaml").write_text(text.replace("  sw:", more, 1), encoding="utf-8")
    catalogue(tmp_path / "xlsform", ("Gaps", "فجوات"), ("No such sentence any more", "س"))
    here = ["--workspace", str(tmp_path), "sentences"]
    assert run([*here, "ar"]) == 0
    assert ", 1 of them translated" in capfd.readouterr().out
    own = own_catalogues(tmp_path / "xlsform", ["ar"])["ar"]
    assert translations("ar", own).gettext("Gaps") == "فجوات"
    assert own.count("msgid") > 200
    assert run([*here, "xx"]) == 2
    assert "under `languages`" in capfd.readouterr().err

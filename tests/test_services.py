"""services.csv: read as Excel writes it, every mistake named by its row, and only what is public sent on."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kobo_sync import workspace
from kobo_sync.errors import ConfigError
from kobo_sync.services import Service, read_services, services_for_phones

ONE = Service("S1", "One", "D1", "clinic")
HEAD = "code,label,locale,type\n"


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "services.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "code,label,locale,type\nS1,One,D1,clinic\n",
        "code,label,locale,type\nS1,One,D1,clinic",
        "code;label;locale;type\r\nS1;One;D1;clinic\r\n",
        "code\tlabel\tlocale\ttype\r\nS1\tOne\tD1\tclinic\r\n",
        "sep=;\r\ncode;label;locale;type\r\nS1;One;D1;clinic\r\n",
        "type,address,Locale, LABEL ,Code\nclinic,X Street,D1,One,S1\n",
        b"\xef\xbb\xbfcode,label,locale,type\r\nS1,One,D1,clinic\r\n",
        "code,label,locale,type\n\n,,,\n   ,,,\nS1,One,D1,clinic\n\n;;;\n".replace(";;;", ",,,"),
        'code,label,locale,type\n S1 ,"  One ",D1,clinic,,,,\n',
        '"code","label","locale","type"\n"S1","One","D1","clinic"\n',
    ],
)
def test_the_list_is_read_however_it_was_saved(tmp_path: Path, content: str | bytes) -> None:
    """Commas, semicolons or tabs, marks, blank rows, blanks around words, the order of columns: no matter."""
    assert read_services(_file(tmp_path, content)) == {"S1": ONE}


def test_a_type_is_not_needed(tmp_path: Path) -> None:
    """A list without the column type, or with short rows, is a list all the same."""
    assert read_services(_file(tmp_path, "code,label,locale\nS1,One,D1\nS2,Two\n")) == {
        "S1": Service("S1", "One", "D1", ""),
        "S2": Service("S2", "Two", "", ""),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "column code, label, locale is missing"),
        ("code,label\nS1,One\n", "column locale is missing"),
        ("name,label,locale\nS1,One,D1\n", "column code is missing"),
        (HEAD + "S1,One,D1,\n\nS1,Two,D1,\n", "row 4: the code S1 stands twice"),
        (HEAD + "S1,One,D1,\nS 2,Two,D1,\n", "row 3: a service needs a code"),
        (HEAD + "S1,,D1,\n", "row 2: a service needs a code"),
        (HEAD + ",One,D1,\n", "row 2: a service needs a code"),
        (HEAD + "é1,One,D1,\n", "row 2: a service needs a code"),
        (HEAD + f"{'x' * 41},One,D1,\n", "row 2: a service needs a code"),
        (HEAD + ",,,clinic\n", "row 2: a service needs a code"),
        ("sep=,\n" + HEAD + "S1,One,D1,\nS1,Two,D1,\n", "row 4: the code S1 stands twice"),
        (HEAD + '"S1,One,D1,\nS2,Two,D1,\n', "quotation mark is not closed"),
        (HEAD + 'S1,"One" and more,D1,\n', "quotation mark"),
        ((HEAD + "S1,Café,D1,\n").encode("cp1252"), "CSV UTF-8"),
        ((HEAD + "S1,One,D1,\n").encode("utf-16"), "CSV UTF-8"),
    ],
)
def test_each_mistake_in_the_list_is_named_by_its_row(tmp_path: Path, content: str | bytes, words: str) -> None:
    """Each mistake says the file, the row as Excel counts it, and the remedy."""
    path = _file(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        read_services(path)
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_list_that_excel_holds_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Excel has the file open, Windows gives it to nobody else: close it there."""

    def held(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = _file(tmp_path, HEAD)
    monkeypatch.setattr(Path, "read_bytes", held)
    with pytest.raises(ConfigError, match="Close it in Excel"):
        read_services(path)


def test_a_list_that_is_not_there_is_told_with_its_columns(tmp_path: Path) -> None:
    """A missing list says what belongs into it."""
    with pytest.raises(ConfigError, match="code, label and locale"):
        read_services(tmp_path / "services.csv")


def test_errors_hold_nothing_of_the_private_columns(tmp_path: Path) -> None:
    """No mistake makes the program repeat an address, a contact or a real name, nor keep it on the error."""
    for content in (b"code,label,locale,contact\n,One,D1,canary\n", b"code,label,locale,contact\nS1,\xe9,D1,canary\n"):
        with pytest.raises(ConfigError) as caught:
            read_services(_file(tmp_path, content))
        hanging = (caught.value, caught.value.__cause__, caught.value.__context__)
        assert not [one for one in hanging if "canary" in f"{one!r} {getattr(one, 'object', '')!r}"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), min_size=1, max_size=12).filter(
    lambda text: any(letter.isprintable() and not letter.isspace() for letter in text)
)
LISTED = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), st.tuples(TEXTS, TEXTS, TEXTS), max_size=6
)


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LISTED, st.sampled_from(",;\t"))
def test_what_a_coordinator_writes_arrives_on_phones(
    tmp_path: Path, listed: dict[str, tuple[str, str, str]], delimiter: str
) -> None:
    """Whatever labels hold, phones get code, label and locale, without what cannot be printed, and nothing else."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(("code", "label", "locale", "address"))
    writer.writerows((code, label, locale, f"canary {private}") for code, (label, locale, private) in listed.items())
    sent = services_for_phones(read_services(_file(tmp_path, text.getvalue())))
    assert b"canary" not in sent
    rows = list(csv.reader(io.StringIO(sent.decode(), newline="")))
    assert rows[0] == ["name", "label", "locale"]
    assert rows[1:] == [[code, _plain(label), _plain(loc)] for code, (label, loc, _) in listed.items()]


def test_the_kind_of_a_service_stays_here() -> None:
    """What kind of service it is helps the team's report and is nobody else's business."""
    assert services_for_phones({"S1": ONE}) == b"name,label,locale\nS1,One,D1\n"


def test_the_workspace_gives_the_list_on() -> None:
    """Who has the workspace at hand finds the list there too."""
    assert workspace.read_services is read_services
    assert workspace.Service is Service


def test_the_band_of_women_is_private(tmp_path: Path) -> None:
    """How many women a service sees is read, and neither sent to phones nor shown where a service is printed."""
    read = read_services(_file(tmp_path, "code,label,locale,women_band\nS1,One,D1,under_20\n"))
    assert read["S1"].women_band == "under_20"
    assert b"under_20" not in services_for_phones(read)
    assert "under_20" not in repr(read)

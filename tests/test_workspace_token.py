"""Where the token comes from, and that nothing repeats it when it is wrong."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from kobo_sync.errors import ConfigError
from kobo_sync.workspace import read_token

TOKEN = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", ["KOBO_API_TOKEN", "KOBO_TOKEN", "KOBOTOOLBOX_TOKEN"])
def test_the_token_comes_from_the_environment_under_its_usual_names(name: str) -> None:
    """Each name that other tools use for the token works here too."""
    assert read_token({name: f" {TOKEN}\n"}).reveal() == TOKEN


def test_the_sources_of_the_token_have_an_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KOBO_API_TOKEN goes before its other names, these before the file, the file before the keyring."""
    file = tmp_path / "token"
    file.write_text("from-file", encoding="utf-8")
    monkeypatch.setattr("kobo_sync.workspace._from_keyring", lambda: "from-keyring")
    found = {
        "KOBO_API_TOKEN": "first",
        "KOBO_TOKEN": "second",
        "KOBOTOOLBOX_TOKEN": "third",
        "KOBO_API_TOKEN_FILE": str(file),
    }
    order = []
    for name in [*found, "none"]:
        order.append(read_token(found).reveal())
        found.pop(name, None)
    assert order == ["first", "second", "third", "from-file", "from-keyring"]
    assert read_token({"KOBO_API_TOKEN": "  ", "KOBO_TOKEN": "b"}).reveal() == "b"


@pytest.mark.parametrize(
    "content",
    [
        TOKEN.encode(),
        f"{TOKEN}\r\n".encode(),
        b"\xef\xbb\xbf" + TOKEN.encode(),
        f"{TOKEN}\r\n".encode("utf-16"),
        b"\xfe\xff" + TOKEN.encode("utf-16-be"),
        f'"{TOKEN}"'.encode(),
    ],
)
def test_a_token_file_of_any_editor_is_read(tmp_path: Path, content: bytes) -> None:
    """What Notepad, PowerShell or echo wrote is read: marks, line ends and quotation marks do not count."""
    (tmp_path / "token").write_bytes(content)
    assert read_token({"KOBO_API_TOKEN_FILE": str(tmp_path / "token")}).reveal() == TOKEN


@pytest.mark.parametrize("name", ["nothing", "."])
def test_a_token_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    """A file that is not there, or is a folder, is named with the setting that names it."""
    with pytest.raises(ConfigError, match=r"KOBO_API_TOKEN_FILE names .* cannot be read"):
        read_token({"KOBO_API_TOKEN_FILE": str(tmp_path / name)})


@pytest.mark.parametrize("bad", [f"Token {TOKEN}", "two words", "tökén", "a\nb", "a\tb", '"', "''", "<token>"])
def test_what_is_no_token_is_refused_without_repeating_it(tmp_path: Path, bad: str) -> None:
    """Something else in the token's place says where it stands, and does not print it."""
    (tmp_path / "token").write_text(bad, encoding="utf-8")
    for environment in ({"KOBO_API_TOKEN": bad}, {"KOBO_API_TOKEN_FILE": str(tmp_path / "token")}):
        with pytest.raises(ConfigError, match="is no API token") as caught:
            read_token(environment)
        assert bad not in str(caught.value).replace("''", "").replace('"', "") or len(bad) < 3
        assert TOKEN not in str(caught.value)


def test_a_token_file_of_bytes_is_refused_without_repeating_it(tmp_path: Path) -> None:
    """A file that is no text is refused, and neither the error nor what hangs on it holds its bytes."""
    (tmp_path / "token").write_bytes(b"\x80secret\x81")
    with pytest.raises(ConfigError, match="is no API token") as caught:
        read_token({"KOBO_API_TOKEN_FILE": str(tmp_path / "token")})
    assert "secret" not in f"{caught.value}{caught.value.__context__!r}"


def test_no_token_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any token, the message says where it is found and how it is set."""
    monkeypatch.setattr("kobo_sync.workspace._from_keyring", lambda: "")
    with pytest.raises(ConfigError, match="Account settings → Security"):
        read_token({})


class _KeyringError(Exception):
    pass


def _keyring(monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None) -> list[tuple[str, str]]:
    asked: list[tuple[str, str]] = []

    def get_password(service: str, name: str) -> str | None:
        asked.append((service, name))
        if isinstance(answer, Exception):
            raise answer
        return answer

    module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    vars(module).update(get_password=get_password, errors=errors)
    vars(errors).update(KeyringError=_KeyringError)
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return asked


def test_the_keyring_is_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token in the system's keyring is found under the product's name."""
    asked = _keyring(monkeypatch, TOKEN)
    assert read_token({}).reveal() == TOKEN
    assert asked == [("a-gender-monitor", "api-token")]
    read_token({"KOBO_TOKEN": "x"})
    assert len(asked) == 1


@pytest.mark.parametrize("answer", [None, "", _KeyringError("locked")])
def test_a_keyring_that_gives_nothing_is_as_none(
    monkeypatch: pytest.MonkeyPatch, answer: str | Exception | None
) -> None:
    """An empty or locked keyring is no crash: the message says how else to set the token."""
    _keyring(monkeypatch, answer)
    with pytest.raises(ConfigError, match="KOBO_API_TOKEN"):
        read_token({})


def test_without_the_keyring_extra_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring is an extra: without it, the token simply is not there."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="No API token is set"):
        read_token({})

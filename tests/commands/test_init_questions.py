"""`kobo-sync init` at a prompt and by flags: what is asked, what is written down, and who is not asked."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path

import pytest
import time_machine
from command_lines import parses
from terminal import Terminal

from kobo_sync.__main__ import run
from kobo_sync.instrument.build import form_files
from kobo_sync.setup import SERVERS
from kobo_sync.workspace import CONFIG, Workspace, open_workspace

NOW = dt.datetime(2026, 9, 3, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the codebook, a second each time, to its own tests; take no token and no server from the tester."""
    monkeypatch.setattr("kobo_sync.instrument.codebook.write_codebook", lambda *_: None)
    monkeypatch.setattr("kobo_sync.workspace._from_keyring", lambda: "")
    monkeypatch.delenv("KOBO_SERVER", raising=False)
    monkeypatch.setenv("KOBO_API_TOKEN", "token-of-the-test")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capfd)


def _made(folder: Path) -> Workspace:
    made = open_workspace(folder)
    assert form_files(made.xlsform)
    return made


@time_machine.travel(NOW, tick=False)
def test_plain_answers_make_a_plain_workspace(tmp_path: Path, terminal: Terminal) -> None:
    """Enter at every question takes what is offered: the global server, all languages, this round, all lawful."""
    code, said = terminal.run("init", str(tmp_path / "net"), typed="\n\n\n\n\n")
    assert code == 0, said
    made = _made(tmp_path / "net")
    assert made.server == next(iter(SERVERS))
    assert (made.languages, made.not_lawful, made.first_round) == ((), (), "2026-H2")
    assert "languages of your team's pages: all" in said


@time_machine.travel(NOW, tick=False)
def test_each_answer_is_written_down(tmp_path: Path, terminal: Terminal) -> None:
    """A pasted server, a country, languages in any order, what the law forbids, the first round: all are kept."""
    typed = "https://kobo.example.org/#/forms\nkenya\nsw, EN\nn\n2027-h1\n"
    code, said = terminal.run("init", str(tmp_path / "net"), typed=typed)
    assert code == 0, said
    made = _made(tmp_path / "net")
    assert made.server == "https://kobo.example.org"
    assert (made.languages, made.not_lawful, made.first_round) == (("en", "sw"), ("loc_oat",), "2027-H1")
    assert "# Country: Kenya (KE)" in (made.root / CONFIG).read_text(encoding="utf-8")


def test_the_public_servers_are_a_choice(tmp_path: Path, terminal: Terminal) -> None:
    """The two public servers are shown with numbers; a number takes one."""
    code, said = terminal.run("init", str(tmp_path / "net"), typed="2\n\n\n\n\n")
    assert code == 0
    assert _made(tmp_path / "net").server == "https://eu.kobotoolbox.org"
    assert all(url in said for url in SERVERS)


def test_what_cannot_be_is_asked_again(tmp_path: Path, terminal: Terminal) -> None:
    """A number that is not there, plain http, an unknown country, language or round: said, and asked once more."""
    typed = "7\nhttp://kf.example.org\n1\nKenja\nKE\nxx\nsw\n\nlater\n2026-H2\n"
    code, said = terminal.run("init", str(tmp_path / "net"), typed=typed)
    assert code == 0, said
    for words in ("one of the numbers", "without encryption", "Did you mean Kenya?", "There are: en,", "is no round"):
        assert words in said
    assert _made(tmp_path / "net").languages == ("sw",)


def test_a_token_pasted_as_server_is_not_repeated(tmp_path: Path, terminal: Terminal) -> None:
    """Who pastes the token where the server is asked for hears so, and it stands nowhere."""
    token = "0123456789abcdef" * 2 + "01234567"
    code, said = terminal.run("init", str(tmp_path / "net"), typed=f"{token}\n1\n\n\n\n\n")
    assert code == 0
    assert "this is an API token" in said
    # What was typed is echoed by a real terminal; the program itself does not say it again.
    assert token not in said
    assert all(token.encode() not in path.read_bytes() for path in (tmp_path / "net").rglob("*") if path.is_file())


def test_stopping_at_a_question_writes_nothing(tmp_path: Path, terminal: Terminal) -> None:
    """Who stops in the middle of the questions (end of input, Ctrl-C) has no folder, and can begin again."""
    code, _ = terminal.run("init", str(tmp_path / "net"), typed="1\n")
    assert code == 1
    assert not (tmp_path / "net").exists()


@time_machine.travel(NOW, tick=False)
def test_without_a_terminal_nothing_is_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """From a script, flags decide and defaults fill the rest; no question is printed."""
    flags = ("--country", "Indonesia", "--not-lawful", "loc_oat", "--server", "https://eu.kobotoolbox.org/x")
    assert run(["init", str(tmp_path / "net"), *flags]) == 0
    made = _made(tmp_path / "net")
    assert (made.server, made.languages) == ("https://eu.kobotoolbox.org", ("id",))
    assert (made.not_lawful, made.first_round) == (("loc_oat",), "2026-H2")
    assert "?" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--country", "Kenja"), "no country"),
        (("--language", "xx"), "There are: en,"),
        (("--not-lawful", "no_such_gap"), "There is: loc_oat"),
        (("--first-round", "2026"), "is no round"),
        (("--server", "http://kf.example.org"), "without encryption"),
        (("--check-token", "--keep-token"), "one at a time"),
    ],
)
def test_a_wrong_flag_makes_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str
) -> None:
    """A flag that cannot be is one sentence with what there is instead, exit 2, and no folder."""
    assert run(["init", str(tmp_path / "net"), *flags]) == 2
    assert words in capfd.readouterr().err
    assert not (tmp_path / "net").exists()


def test_without_a_folder_the_command_to_type_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    """`kobo-sync init` alone says what to type; it does not make a workspace of whatever folder this is."""
    assert run(["init"]) == 2
    assert "kobo-sync init my-network" in capfd.readouterr().err


def test_a_workspace_is_left_as_it_is_before_any_question(tmp_path: Path, terminal: Terminal) -> None:
    """A second init asks nothing and changes no byte of a workspace, whatever the flags say."""
    assert terminal.run("init", str(tmp_path / "net"), typed="\n\n\n\n\n")[0] == 0
    (tmp_path / "net" / "services.csv").write_text("mine", encoding="utf-8")
    before = {path: path.read_bytes() for path in (tmp_path / "net").rglob("*") if path.is_file()}
    code, said = terminal.run("init", str(tmp_path / "net"), "--server", "https://eu.kobotoolbox.org")
    assert code == 2
    assert "nothing was changed" in said
    assert "kobo-sync --workspace" in said
    assert {path: path.read_bytes() for path in (tmp_path / "net").rglob("*") if path.is_file()} == before


def test_what_to_type_next_can_be_typed(tmp_path: Path, terminal: Terminal) -> None:
    """The commands that init shows at its end are ones, also where the folder's name has a space."""
    folder = tmp_path / "my network"
    code, said = terminal.run("init", str(folder), typed="\n\n\n\n\n")
    assert code == 0
    lines = [line.partition("kobo-sync ")[2] for line in said.splitlines() if "kobo-sync " in line]
    assert len(lines) == 3
    for line in lines:
        assert str(folder) in shlex.split(line)
        parses(shlex.split(line))

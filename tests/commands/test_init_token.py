"""The API token and `kobo-sync init`: whose it is, what it may do, where it is kept; never printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded import ASSET, Recorded, grant, recorded_server, workbook
from terminal import Keyring, KeyringFault, Terminal
from workspaces import ROOT, workspace

from kobo_sync.workspace import KEYRING

UNKNOWN = "5f2c9a0b7d1e4f8833aa5f2c9a0b7d1e4f8833aa"


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    with recorded_server() as server:
        yield server


@pytest.fixture
def space(recorded: Recorded, tmp_path: Path) -> Path:
    versions = {"vFj259LBjekLvrrZWDqLtD": workbook("v1.xlsx")}
    return workspace(tmp_path / "space", recorded.server.url, "recorded", ASSET, versions).root


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    made.install(monkeypatch)
    return made


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], keyring: Keyring, recorded: Recorded
) -> Terminal:
    """Somebody at a terminal; whatever tokens there are, none of them is ever shown."""

    class Careful(Terminal):
        def run(self, *arguments: str, typed: str = "", hidden: str = "") -> tuple[int, str]:
            code, said = super().run(*arguments, typed=typed, hidden=hidden)
            for token in (*recorded.tokens.values(), UNKNOWN):
                assert token not in said
                assert token[:12] not in said
            return code, said

    monkeypatch.delenv("KOBO_SERVER", raising=False)
    assert keyring.kept == {}
    return Careful(monkeypatch, capfd)


def _check(terminal: Terminal, space: Path, token: str) -> tuple[int, str]:
    terminal.patch.setenv("KOBO_API_TOKEN", token)
    return terminal.run("--workspace", str(space), "init", "--check-token")


def _permissions(said: str) -> dict[str, str]:
    """Return what is said of each permission: yes, or no and what follows from that."""
    rows = [line.split(maxsplit=1) for line in said.splitlines() if line.startswith("  ") and line[2] != " "]
    return {name: told for name, told in rows if name in {"view", "add", "validate", "delete", "change", "manage"}}


def test_an_owner_may_do_everything(terminal: Terminal, recorded: Recorded, space: Path) -> None:
    """The owner's token: where it is from, server, account, each permission with a yes, and the next command."""
    code, said = _check(terminal, space, recorded.tokens["owner1"])
    assert code == 0, said
    assert set(_permissions(said).values()) == {"yes"}
    assert len(_permissions(said)) == 6
    for words in ("KOBO_API_TOKEN", recorded.server.url, "owner1", "its own project", "Next: kobo-sync sync"):
        assert words in said


def test_a_viewer_hears_what_is_lacking_and_what_to_do(terminal: Terminal, recorded: Recorded, space: Path) -> None:
    """Who may only look: each lack with what does not work, whom to ask for what, and exit 3."""
    code, said = _check(terminal, space, recorded.tokens["viewer1"])
    assert code == 3
    found = _permissions(said)
    assert found["view"] == "yes"
    assert found["delete"].startswith("no: when a woman withdraws")
    assert found["change"].startswith("no: ")
    assert found["add"].startswith("no, not needed")
    assert "ask owner1" in said
    assert "“Delete submissions”, “Edit form”" in said
    assert "“Manage project”" not in said


def test_marking_on_hold_needs_to_validate(terminal: Terminal, recorded: Recorded, space: Path) -> None:
    """With mark_on_hold, the permission to validate is needed as well; without it, it is not."""
    assert _permissions(_check(terminal, space, recorded.tokens["viewer1"])[1])["validate"].startswith("no, not needed")
    config = space / "kobo-sync.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n[sync]\nmark_on_hold = true\n", encoding="utf-8")
    code, said = _check(terminal, space, recorded.tokens["viewer1"])
    assert code == 3
    assert _permissions(said)["validate"].startswith("no: ")
    assert "“Validate submissions”" in said


def test_a_manager_who_is_not_the_owner_has_all(terminal: Terminal, recorded: Recorded, space: Path) -> None:
    """An account that the owner made a manager may do all of it; whose project it is is said."""
    token = recorded.server.add_user("manager1")
    grant(recorded.server, recorded.headers(), "manager1", "manage_asset")
    code, said = _check(terminal, space, token)
    assert code == 0, said
    assert set(_permissions(said).values()) == {"yes"}
    assert "the project of owner1" in said


@pytest.mark.parametrize("username", ["owner2", "collector1"])
def test_a_form_that_the_account_does_not_see_is_told(
    terminal: Terminal, recorded: Recorded, space: Path, username: str
) -> None:
    """Another account's token, or one that may only send: it does not see the form; whom to ask, and exit 3."""
    code, said = _check(terminal, space, recorded.tokens[username])
    assert code == 3
    assert f"share it with {username}" in said
    assert "kobo-sync deploy" in said


def test_a_token_that_the_server_does_not_know(terminal: Terminal, space: Path) -> None:
    """A wrong token is exit 3 and where to get the right one."""
    code, said = _check(terminal, space, UNKNOWN)
    assert code == 3
    assert "Account settings" in said


def test_a_token_can_be_checked_without_a_workspace(
    terminal: Terminal, recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --server, whose token it is is told before there is any workspace; nothing is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KOBO_API_TOKEN", recorded.tokens["owner2"])
    code, said = terminal.run("init", "--check-token", "--server", f"{recorded.server.url}/#/forms")
    assert code == 0, said
    assert "owner2" in said
    assert "kobo-sync deploy" in said
    assert list(tmp_path.iterdir()) == []
    assert terminal.run("init", "--check-token")[0] == 2


def test_checking_changes_nothing_on_the_server(terminal: Terminal, recorded: Recorded, space: Path) -> None:
    """The check only reads."""
    before = len(recorded.server.requests)
    _check(terminal, space, recorded.tokens["owner1"])
    assert {one.method for one in recorded.server.requests[before:]} == {"GET"}


def _shown_in_the_guide() -> list[str]:
    """Return what docs/coordinators.md shows of this: without the hidden prompt, and without what is typed."""
    page = (ROOT / "docs" / "coordinators.md").read_text(encoding="utf-8")
    (block,) = [one for one in page.split("```text\n") if one.startswith("The API token stands")]
    lines = block.partition("\n```")[0].splitlines()
    assert len(lines) == 5
    return [line.removesuffix(" y") for line in lines if "nothing is shown" not in line]


def test_a_token_is_kept_after_a_yes(
    terminal: Terminal, keyring: Keyring, recorded: Recorded, space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--keep-token asks without showing, says whose it is, asks, keeps it; the next command finds it there."""
    token = recorded.tokens["owner1"]
    code, said = terminal.run("init", str(space), "--keep-token", typed="y\n", hidden=f" {token} \n")
    assert code == 0, said
    assert "owner1" in said
    assert keyring.kept == {KEYRING: token}
    for line in _shown_in_the_guide():
        assert line.replace("coordinator", "owner1").replace("https://kf.kobotoolbox.org", recorded.server.url) in said
    monkeypatch.delenv("KOBO_API_TOKEN", raising=False)
    code, said = terminal.run("--workspace", str(space), "init", "--check-token")
    assert code == 0
    assert "the keyring of this computer" in said


def test_without_a_yes_nothing_is_kept(terminal: Terminal, keyring: Keyring, recorded: Recorded, space: Path) -> None:
    """Enter at the question, or no token at all, keeps nothing."""
    for typed, hidden in (("\n", recorded.tokens["owner1"]), ("", "\n")):
        code, said = terminal.run("init", str(space), "--keep-token", typed=typed, hidden=hidden)
        assert code == 1
        assert "Nothing was kept." in said
    assert keyring.kept == {}


def test_a_mistyped_token_is_asked_for_again(
    terminal: Terminal, keyring: Keyring, recorded: Recorded, space: Path
) -> None:
    """What is no token, and one that the server does not know, is said without repeating it, and asked for again."""
    hidden = f"two words {UNKNOWN}\n{UNKNOWN}\n{recorded.tokens['owner1']}\n"
    code, said = terminal.run("init", str(space), "--keep-token", typed="y\n", hidden=hidden)
    assert code == 0, said
    assert "is no API token" in said
    assert "does not accept" in said
    assert keyring.kept == {KEYRING: recorded.tokens["owner1"]}


@pytest.mark.parametrize("fault", [KeyringFault(UNKNOWN), RuntimeError(UNKNOWN)])
def test_a_keyring_that_refuses_says_how_else(
    terminal: Terminal, keyring: Keyring, recorded: Recorded, space: Path, fault: Exception
) -> None:
    """A locked keyring, or one that fails in a way of its own, is a sentence with the ways to set the token."""
    keyring.fault = fault
    code, said = terminal.run("init", str(space), "--keep-token", typed="y\n", hidden=recorded.tokens["owner1"])
    assert code == 2
    assert "did not take the token" in said
    assert "KOBO_API_TOKEN_FILE" in said


def test_a_keyring_that_does_not_encrypt_is_none(terminal: Terminal, keyring: Keyring, space: Path) -> None:
    """A backend below keyring's own border (plain text, or none at all) is not used; nobody is asked for the token."""
    keyring.priority = 0.5
    code, said = terminal.run("init", str(space), "--keep-token", hidden=UNKNOWN)
    assert code == 2
    assert "keeps secrets encrypted" in said
    for words in ("PowerShell", "Command Prompt", "macOS", "Linux", "KOBO_API_TOKEN_FILE"):
        assert words in said


def test_nobody_is_asked_for_a_token_who_is_not_there(
    keyring: Keyring, space: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a script, --keep-token says that somebody has to type it, and how else the token is set."""
    from kobo_sync.__main__ import run

    assert run(["init", str(space), "--keep-token"]) == 2
    said = capfd.readouterr().err
    assert "Nobody is here" in said
    assert "KOBO_API_TOKEN" in said
    assert keyring.kept == {}


@pytest.fixture
def _no_codebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kobo_sync.instrument.codebook.write_codebook", lambda *_: None)


@pytest.mark.usefixtures("_no_codebook")
def test_a_new_workspace_offers_to_keep_the_token(
    terminal: Terminal, keyring: Keyring, recorded: Recorded, tmp_path: Path
) -> None:
    """After the questions init asks for the token, says whose it is and keeps it after a yes; it is in no file."""
    token = recorded.tokens["owner1"]
    folder = tmp_path / "new"
    code, said = terminal.run("init", str(folder), typed=f"{recorded.server.url}\n\n\n\n\ny\n", hidden=token)
    assert code == 0, said
    assert keyring.kept == {KEYRING: token}
    assert "owner1" in said
    assert all(token.encode() not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("_no_codebook")
def test_init_goes_on_without_a_token(
    terminal: Terminal, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token yet, a server out of reach, a keyring that refuses: the workspace is made, and the ways are shown."""
    keyring.fault = KeyringFault(UNKNOWN)
    answers = "http://127.0.0.1:9\n\n\n\n\ny\n"
    code, said = terminal.run("init", str(tmp_path / "a"), typed=answers, hidden=UNKNOWN)
    assert code == 0, said
    assert "could not be seen" in said
    assert "did not take the token" in said
    code, said = terminal.run("init", str(tmp_path / "b"), typed=answers, hidden="\n")
    assert code == 0
    assert "--keep-token" in said
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    code, said = terminal.run("init", str(tmp_path / "c"), typed=answers)
    assert code == 0
    assert "pip install 'a-gender-monitor[keyring]'" in said
    assert all((tmp_path / name / "kobo-sync.toml").is_file() for name in "abc")

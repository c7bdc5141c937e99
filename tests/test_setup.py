"""`kobo-sync init`: a workspace that works at once, and nothing of anybody's overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobo_sync import resources
from kobo_sync.errors import ConfigError
from kobo_sync.instrument.build import build, form_files
from kobo_sync.resources import data_dir
from kobo_sync.services import read_services
from kobo_sync.setup import README, Choices, make_workspace
from kobo_sync.workspace import CONFIG, CONFIG_SCHEMA, open_workspace, write_asset


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KOBO_SERVER", raising=False)


def _everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_workspace_is_ready(tmp_path: Path) -> None:
    """A new workspace has a configuration that loads, forms, schemas that fit them, and a list of services."""
    folder = tmp_path / "deep" / "network"
    make_workspace(folder)
    space = open_workspace(folder)
    assert space.server == "https://kf.kobotoolbox.org"
    assert space.forms == {}
    assert form_files(space.xlsform)
    assert (space.xlsform / "framework.yaml").is_file()
    assert read_services(space.services_file)
    assert not (space.xlsform / "services.csv").exists()
    built = build(space.xlsform, space.schemas, {"config": CONFIG_SCHEMA}, check=True)
    assert (built.changed, built.stale) == ((), ())
    write_asset(space, "client_interview", "aNewId")
    assert open_workspace(folder).forms == {"client_interview": "aNewId"}


def test_a_workspace_keeps_answers_out_of_repositories(tmp_path: Path) -> None:
    """Answers, lists and reports are ignored by git; only the forms, what is made from them, and settings are not."""
    make_workspace(tmp_path)
    lines = (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    kept = {line.lstrip("!/").split("/")[0] for line in lines if line.startswith("!")}
    assert kept == {".gitignore", CONFIG, "xlsform", "schemas", "CODEBOOK.md", "codebook"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://eu.kobotoolbox.org/#/forms/aaaaa/landing", "https://eu.kobotoolbox.org"),
        ("kf.example.org/", "https://kf.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_server_can_be_pasted(tmp_path: Path, typed: str, meant: str) -> None:
    """The server is written down as a bare address, whatever was pasted."""
    make_workspace(tmp_path, typed)
    assert open_workspace(tmp_path).server == meant


@pytest.mark.parametrize("bad", ['x"\ntoken = "', "http://kf.example.org", "ftp://x", "0123456789" * 4])
def test_a_wrong_server_makes_nothing(tmp_path: Path, bad: str) -> None:
    """An address that is none, or not safe, is refused before anything is written."""
    with pytest.raises(ConfigError, match="--server"):
        make_workspace(tmp_path / "new", bad)
    assert not (tmp_path / "new").exists()


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    """A folder that is a workspace already is left exactly as it is."""
    make_workspace(tmp_path)
    before = _everything(tmp_path)
    with pytest.raises(ConfigError, match="already; nothing was changed"):
        make_workspace(tmp_path)
    assert _everything(tmp_path) == before


def test_what_was_decided_stands_in_the_file_and_the_rest_as_a_comment(tmp_path: Path) -> None:
    """Decisions load as settings; what was left open is there as an example that decides nothing."""
    gaps = {"loc_oat": "Methadone", "loc_nsp": "Needles"}
    make_workspace(tmp_path / "open", choices=Choices(gaps=gaps))
    space, text = open_workspace(tmp_path / "open"), (tmp_path / "open" / CONFIG).read_text(encoding="utf-8")
    assert (space.languages, space.not_lawful, space.first_round) == ((), (), "")
    for words in ("# languages = ", '# not_lawful = ["loc_oat"]', "# first_round = ", "loc_nsp (Needles)"):
        assert words in text
    decided = Choices(("id", "en"), "Indonesia (ID)", ("loc_nsp",), "2026-H2", gaps)
    make_workspace(tmp_path / "decided", choices=decided)
    space = open_workspace(tmp_path / "decided")
    assert (space.languages, space.not_lawful, space.first_round) == (("id", "en"), ("loc_nsp",), "2026-H2")
    write_asset(space, "client_interview", "aNewId")
    assert open_workspace(tmp_path / "decided").languages == ("id", "en")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Whatever of the same names lies in the folder already stays as it is, and the rest is added."""
    make_workspace(tmp_path / "fresh")
    names = set(_everything(tmp_path / "fresh"))
    mine = tmp_path / "mine"
    for name in names - {CONFIG}:
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(b"mine")
    make_workspace(mine)
    assert set(_everything(mine)) == names
    assert {content for name, content in _everything(mine).items() if name != CONFIG} == {b"mine"}


def test_an_init_that_broke_off_can_be_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves no half file and no workspace; done again, it is completed."""
    written = [0]
    honest = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        written[0] += 1
        if written[0] == 3:
            honest(path, content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        return honest(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(ConfigError, match="No space left"):
            make_workspace(tmp_path / "new")
    assert not (tmp_path / "new" / CONFIG).exists()
    make_workspace(tmp_path / "new")
    make_workspace(tmp_path / "other")
    assert _everything(tmp_path / "new") == _everything(tmp_path / "other")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where a file stands in the way, the message names the folder and says to choose another."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="Choose another folder"):
        make_workspace(tmp_path / "file" / "space")


def test_excel_s_lock_files_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that is open in Excel while init runs brings no lock file along."""
    source = tmp_path / "program" / "xlsform"
    source.mkdir(parents=True)
    for name in ("form.xlsx", "~$form.xlsx", ".DS_Store", "services.csv"):
        (source / name).write_bytes(b"x")
    (tmp_path / "program" / "schemas").mkdir()
    monkeypatch.setattr("kobo_sync.setup.data_dir", lambda name: tmp_path / "program" / name)
    make_workspace(tmp_path / "new")
    assert set(_everything(tmp_path / "new")) == {"xlsform/form.xlsx", "services.csv", ".gitignore", README, CONFIG}


def test_the_instrument_comes_with_the_program() -> None:
    """Forms and schemas are found beside the checkout or inside the package."""
    assert (data_dir("xlsform") / "framework.yaml").is_file()
    assert (data_dir("schemas") / "framework.schema.json").is_file()


def test_an_installed_package_finds_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside an installed package, its own folder goes before whatever lies beside it."""
    package = tmp_path / "kobo_sync"
    (package / "_data" / "xlsform").mkdir(parents=True)
    (tmp_path / "xlsform").mkdir()
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    assert data_dir("xlsform") == package / "_data" / "xlsform"
    assert data_dir("schemas") == tmp_path / "schemas"


def test_a_broken_installation_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that lacks its forms says to install it again."""
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "kobo_sync" / "resources.py"))
    with pytest.raises(ConfigError, match="Install a-gender-monitor again"):
        data_dir("xlsform")

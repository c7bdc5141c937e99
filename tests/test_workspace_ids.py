"""Writing a form's id into kobo-sync.toml: everything else stays, and the file is replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError
from kobo_sync.workspace import CONFIG, open_workspace, write_asset


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KOBO_SERVER", raising=False)
    monkeypatch.delenv("KOBO_COLLECT_SERVER", raising=False)


def _space(folder: Path, config: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / CONFIG).write_bytes(config.encode() if isinstance(config, str) else config)
    return folder


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


COMMENTED = """# Our workspace. The API token never stands here.

store = "answers.sqlite"   # where answers are

[server]
url = "https://kf.example.org"   # our server
"""


@pytest.mark.parametrize(
    "more",
    [
        "",
        "\n# forms follow\n",
        "\n[forms]\n",
        "\n[forms.other]  # kept\nasset = 'aOther'\n",
        "\n[forms.survey]\n# its id comes here\n",
        "\n[forms.survey]\nasset = 'aOldId' # old\n\n[forms.other]\nasset = 'aOther'\n",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_form_s_id_is_written_and_all_else_stays(tmp_path: Path, more: str, ending: str, mark: bytes) -> None:
    """Comments, order, line ends and other settings stay; the id stands in its table, made if need be."""
    config = (COMMENTED + more).replace("\n", ending)
    space = open_workspace(_space(tmp_path, mark + config.encode()))
    write_asset(space, "survey", "aNewId")
    written = (tmp_path / CONFIG).read_bytes().decode("utf-8-sig")
    assert open_workspace(tmp_path).forms == {**space.forms, "survey": "aNewId"}
    lines = iter(written.splitlines())
    assert all(line in lines for line in config.splitlines() if "aOldId" not in line), "all is there, in its order"
    assert ("\r\n" in written) is (ending == "\r\n")
    assert written.count("\n") == written.count(ending)
    assert _names(tmp_path) == [CONFIG]


NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
IDS = st.from_regex(r"a[A-Za-z0-9]{4,22}", fullmatch=True).filter(lambda text: len(text) != 40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, IDS, max_size=4), NAMES, IDS)
def test_any_form_can_be_written_among_any_others(tmp_path: Path, others: dict[str, str], form: str, uid: str) -> None:
    """Whatever forms there are, writing one more id changes that one only."""
    document = tomlkit.document()
    document["forms"] = {name: {"asset": there} for name, there in others.items()}
    space = open_workspace(_space(tmp_path, COMMENTED + tomlkit.dumps(document)))
    write_asset(space, form, uid)
    again = open_workspace(tmp_path)
    assert again.forms == {**others, form: uid}
    assert (again.server, again.store) == (space.server, space.store)


@pytest.mark.parametrize(
    "forms", ["forms = {}\n", "forms.other.asset = 'aOther'\n", "forms = {other = {asset = 'aOther'}}\n"]
)
def test_forms_written_in_unusual_ways_are_kept_or_told(tmp_path: Path, forms: str) -> None:
    """Inline and dotted tables are either extended rightly or left as they are, with what to write by hand."""
    space = open_workspace(_space(tmp_path, forms + COMMENTED))
    before = (tmp_path / CONFIG).read_bytes()
    said = ""
    try:
        write_asset(space, "survey", "aNewId")
    except ConfigError as error:
        said = str(error)
    if said:
        assert '[forms.survey]\nasset = "aNewId"' in said
        assert (tmp_path / CONFIG).read_bytes() == before
    else:
        assert open_workspace(tmp_path).forms == {**space.forms, "survey": "aNewId"}


def test_a_configuration_that_broke_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """When the file stopped being TOML since it was read, it is not made worse; the id is told."""
    space = open_workspace(_space(tmp_path, COMMENTED))
    (tmp_path / CONFIG).write_text("half a li", encoding="utf-8")
    with pytest.raises(ConfigError, match="aNewId"):
        write_asset(space, "survey", "aNewId")
    assert (tmp_path / CONFIG).read_text(encoding="utf-8") == "half a li"


@pytest.mark.parametrize("method", ["replace", "open"])
def test_a_configuration_that_is_held_open_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """On Windows an open file cannot be replaced: the file stays whole, and the two lines to add are told."""
    space = open_workspace(_space(tmp_path, COMMENTED))

    def held(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, held)
        with pytest.raises(ConfigError) as caught:
            write_asset(space, "survey", "aNewId")
    said = str(caught.value)
    assert "Permission denied" in said
    assert "Close the file in other programs" in said
    assert tomllib.loads(said[said.index("[forms.") :]) == {"forms": {"survey": {"asset": "aNewId"}}}
    assert (tmp_path / CONFIG).read_text(encoding="utf-8") == COMMENTED
    assert _names(tmp_path) == [CONFIG], "nothing is left lying about"


def test_the_configuration_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle of writing leaves the old file."""
    space = open_workspace(_space(tmp_path, COMMENTED))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        write_asset(space, "survey", "aNewId")
    assert (tmp_path / CONFIG).read_text(encoding="utf-8") == COMMENTED
    assert _names(tmp_path) == [CONFIG]


def test_the_configuration_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The file that is written can be read by nobody else, whatever the umask."""
    space = open_workspace(_space(tmp_path, COMMENTED))
    write_asset(space, "survey", "aNewId")
    assert stat.S_IMODE((tmp_path / CONFIG).stat().st_mode) & 0o077 == 0


def test_a_configuration_behind_a_link_is_written_where_it_is(tmp_path: Path) -> None:
    """A linked configuration stays a link."""
    real = _space(tmp_path / "real", COMMENTED)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / CONFIG).symlink_to(real / CONFIG)
    write_asset(open_workspace(linked), "survey", "aNewId")
    assert (linked / CONFIG).is_symlink()
    assert open_workspace(real).forms == {"survey": "aNewId"}

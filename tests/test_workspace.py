"""The workspace: its configuration and the server's address; each mistake is one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobo_sync.errors import ConfigError
from kobo_sync.workspace import CONFIG, CONFIG_SCHEMA, Workspace, open_workspace, server_address

TOKEN = "0123456789abcdef0123456789abcdef01234567"
KOBO = "https://kf.kobotoolbox.org"


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KOBO_SERVER", raising=False)
    monkeypatch.delenv("KOBO_COLLECT_SERVER", raising=False)


def _space(folder: Path, config: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / CONFIG).write_bytes(config.encode() if isinstance(config, str) else config)
    return folder


def test_a_workspace_is_read_with_its_paths(tmp_path: Path) -> None:
    """The configuration gives server, forms and store; everything else has its place in the folder."""
    config = f"""
store = "data/answers.sqlite"
[server]
url = "{KOBO}"
collect_url = "https://kc.kobotoolbox.org/"
[forms.client_interview]
asset = "aQtQ2WEHxcWaS3MAGbGH8N"
[forms.observation]
"""
    space = open_workspace(_space(tmp_path, config))
    assert space.server == space.need_server() == KOBO
    assert space.collect == "https://kc.kobotoolbox.org"
    assert space.forms == {"client_interview": "aQtQ2WEHxcWaS3MAGbGH8N", "observation": ""}
    assert space.store == tmp_path / "data" / "answers.sqlite"
    folders = (space.xlsform, space.schemas, space.versions, space.report, space.services_file)
    assert [path.relative_to(tmp_path).as_posix() for path in folders] == [
        "xlsform",
        "schemas",
        "versions",
        "report",
        "services.csv",
    ]


def test_an_empty_configuration_is_a_workspace(tmp_path: Path) -> None:
    """A file without settings will do; only what needs a server then asks for one."""
    space = open_workspace(_space(tmp_path, ""))
    assert space.store == tmp_path / "store.sqlite"
    with pytest.raises(ConfigError, match="KOBO_SERVER"):
        space.need_server()


def test_a_folder_without_configuration_is_no_workspace(tmp_path: Path) -> None:
    """A command outside a workspace says how to name or make one; what needs none goes on."""
    with pytest.raises(ConfigError, match="kobo-sync init") as caught:
        open_workspace(tmp_path)
    assert caught.value.exit_code == 2
    assert open_workspace(tmp_path, need_config=False) == Workspace(tmp_path)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("this is not toml", "cannot be read"),
        ('[server]\nurl = "unfinished', "cannot be read"),
        ("[server]\n[server]\n", "cannot be read"),
        ('colour = "red"', "no setting colour. There are: server, store, forms"),
        (f'[server]\nurl = "{KOBO}"\nport = 1', "no setting server.port. There are: url, collect_url"),
        ("[server]\nurl = 5", 'server.url should be a text in quotes, such as "…"'),
        ('server = "x"', r"server should be a table of its own: [server]"),
        ('[forms."my form"]\nasset = "aaaaa"', "letters, digits, - and _"),
        ('[forms.x]\nasset = "not an id!"', "forms.x.asset should be the form's id on the server"),
        ('[forms.x]\nasset = ""', "forms.x.asset should be"),
        ('[forms]\nx = "aaaaa"', "forms.x should be a table of its own: [forms.x]"),
        ('store = ""', "store should be"),
        (b"\xff\xfe[\x00s\x00]\x00", "not in UTF-8"),
        ('[server]\nurl = "http://kf.example.org"', "without encryption"),
        ('[server]\ncollect_url = "http://kc.example.org"', "without encryption"),
        ('[server]\nurl = "ftp://kf.example.org"', "is not the address of a server"),
        ('[server]\nurl = "https://me:secret@kf.example.org"', "holds a password"),
    ],
)
def test_each_mistake_in_the_configuration_is_one_sentence(tmp_path: Path, config: str | bytes, words: str) -> None:
    """Each mistake names the file, the setting and what it should be."""
    with pytest.raises(ConfigError) as caught:
        open_workspace(_space(tmp_path, config))
    said = str(caught.value)
    assert CONFIG in said
    assert words in said
    assert "\n" not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "config",
    [
        f'token = "{TOKEN}"',
        'token = "abc"',
        'API_TOKEN = "abc"',
        '[server]\nkobo-token = "abc"',
        '[server]\n"token" = "abc"',
        'server = {url = "https://kf.example.org", token = "abc"}',
        'server.token = "abc"',
        f'[server]\nurl = "{KOBO}"\n# {TOKEN}',
        f'[forms.x]\nasset = "{TOKEN}"',
        f'[server]\nurl = "https://{TOKEN}"',
        f"this is not toml {TOKEN}",
        f'my_{TOKEN} = "x"',
    ],
)
def test_a_token_in_the_configuration_is_refused(tmp_path: Path, config: str) -> None:
    """A token in the file, under any name, even in a comment or a broken file, is refused and not repeated."""
    with pytest.raises(ConfigError, match=r"holds an API token.*get a new token") as caught:
        open_workspace(_space(tmp_path, config))
    assert TOKEN not in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        "# The API token never stands here: set KOBO_API_TOKEN.",
        "# token = (set KOBO_API_TOKEN instead)",
        "[forms.token_survey]\nasset = 'aQtQ2WEHxcWaS3MAGbGH8N'",
    ],
)
def test_the_word_token_is_no_token(tmp_path: Path, config: str) -> None:
    """A comment that speaks of the token, or a form that is named so, is no token."""
    assert open_workspace(_space(tmp_path, config)).root == tmp_path


@pytest.mark.parametrize(
    "value", ["hunter2secret", "https://x y", "aaa!bbb", "C:\\\\x", "../up", "db://me:hunter2secret@h"]
)
@pytest.mark.parametrize("place", ["[forms.x]\nasset = ", "[server]\nurl = ", "store = ", "colour = "])
def test_messages_do_not_repeat_what_may_be_secret(tmp_path: Path, place: str, value: str) -> None:
    """A password that was put in a wrong place is not printed on the screen."""
    said = ""
    try:
        open_workspace(_space(tmp_path, f'{place}"{value}"'))
    except ConfigError as error:
        said = str(error)
    assert "hunter2secret" not in said


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Windows' Notepad puts a mark before the text; it is read like any other."""
    assert open_workspace(_space(tmp_path, b"\xef\xbb\xbf[server]\r\nurl = 'https://kf.example.org'\r\n")).server


@pytest.mark.parametrize(
    "store",
    [
        "../store.sqlite",
        "/tmp/store.sqlite",  # noqa: S108 -- a path that must be refused
        "a/../../b",
        "C:\\\\store.sqlite",
        "C:store.sqlite",
        "..\\\\store.sqlite",
        "\\\\\\\\server\\\\share\\\\x",
        ".",
    ],
)
def test_the_store_lies_inside_the_workspace(tmp_path: Path, store: str) -> None:
    """A store elsewhere, in the words of any system, is refused: answers stay in the folder that is looked after."""
    with pytest.raises(ConfigError, match="inside the workspace"):
        open_workspace(_space(tmp_path, f'store = "{store}"'))


def test_the_store_may_be_a_database(tmp_path: Path) -> None:
    """The address of a PostgreSQL database is taken as it stands."""
    address = "postgresql+psycopg://me@host/db"
    assert open_workspace(_space(tmp_path, f'store = "{address}"')).store == address


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("postgresql+psycopg://me:pw@host/db", "holds a password.*KOBO_SYNC_STORE_PASSWORD"),
        ("postgresql+psycopg://me:pw@host", "is written as"),
        ("postgresql+psycopg://me:pw@host:port/db", "is written as"),
        ("mysql://me:pw@host/db", "is written as"),
        ("sqlite:////elsewhere/pw.sqlite", "is written as"),
        ("://pw", "is written as"),
    ],
)
def test_an_address_that_is_wrong_or_holds_a_password_is_told_without_it(tmp_path: Path, store: str, said: str) -> None:
    """Another kind of address, or one with a password, is refused with a remedy, and the password is not shown."""
    with pytest.raises(ConfigError, match=said) as caught:
        open_workspace(_space(tmp_path, f'store = "{store}"'))
    assert "pw" not in str(caught.value)


def test_a_configuration_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program holds is told as such."""
    _space(tmp_path, "")

    def locked(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", locked)
    with pytest.raises(ConfigError, match="closed in other programs"):
        open_workspace(tmp_path)


def test_the_committed_schema_is_that_of_the_program() -> None:
    """schemas/config.schema.json says what the program accepts."""
    committed = Path(__file__).resolve().parent.parent / "schemas" / "config.schema.json"
    assert json.loads(committed.read_text(encoding="utf-8")) == CONFIG_SCHEMA


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (KOBO, KOBO),
        (f"{KOBO}/", KOBO),
        (f"  {KOBO}//  ", KOBO),
        (f"{KOBO}/#/forms/aQtQ2WEHxcWaS3MAGbGH8N/landing", KOBO),
        (f"{KOBO}/api/v2/assets/?limit=5", KOBO),
        ("kf.kobotoolbox.org", KOBO),
        ("Kf.KoboToolbox.org/#/projects/home", KOBO),
        ("HTTPS://KF.KOBOTOOLBOX.ORG", KOBO),
        ("https://kf.example.org:8443/x", "https://kf.example.org:8443"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8000/#/forms", "http://[::1]:8000"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_pasted_address_is_understood(typed: str, meant: str) -> None:
    """A pasted link, a trailing slash, capitals, or no https:// at all still name the server."""
    assert server_address(typed, "here") == meant


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("http://kf.kobotoolbox.org", "Write https:// instead"),
        ("http://127.0.0.1.evil.example", "without encryption"),
        ("http://localhost.evil.example", "without encryption"),
        ("http://192.168.1.5", "without encryption"),
        ("http://[::2]", "without encryption"),
        ("https://me:pw@kf.example.org", "holds a password"),
        (TOKEN, "this is an API token"),
        (f"https://{TOKEN}/", "this is an API token"),
        ("https://", "is not the address"),
        ("https://kf example.org", "is not the address"),
        ("https://kf.example.org:port", "is not the address"),
        ("https://[::1", "is not the address"),
        ("file:///etc/passwd", "is not the address"),
        ("nonsense with blanks", "is not the address"),
    ],
)
def test_an_address_that_is_none_or_not_safe_is_refused(typed: str, words: str) -> None:
    """What is no address, would be spoken to without encryption, or holds a secret, is refused in one sentence."""
    with pytest.raises(ConfigError) as caught:
        server_address(typed, "KOBO_SERVER")
    assert words in str(caught.value)
    assert str(caught.value).startswith("KOBO_SERVER: ")
    assert TOKEN not in str(caught.value)
    assert "pw" not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"https?://[\w.@:/#?\[\]-]{0,30}"))
def test_every_address_is_understood_or_refused(typed: str) -> None:
    """Whatever is typed gives a bare address that means the same again, or one sentence."""
    try:
        address = server_address(typed, "here")
    except ConfigError:
        return
    assert server_address(address, "here") == address
    assert not address.endswith("/")
    assert "@" not in address


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KOBO_SERVER wins over the file; an empty one counts as not set; its mistakes are not blamed on the file."""
    space = _space(tmp_path, f'[server]\nurl = "{KOBO}"\n')
    monkeypatch.setenv("KOBO_SERVER", "https://eu.kobotoolbox.org/#/forms")
    monkeypatch.setenv("KOBO_COLLECT_SERVER", "https://kc.example.org/")
    assert open_workspace(space).server == "https://eu.kobotoolbox.org"
    assert open_workspace(space).collect == "https://kc.example.org"
    assert open_workspace(tmp_path / "none", need_config=False).server == "https://eu.kobotoolbox.org"
    monkeypatch.setenv("KOBO_SERVER", "  ")
    assert open_workspace(space).server == KOBO
    monkeypatch.setenv("KOBO_SERVER", "http://elsewhere.example")
    with pytest.raises(ConfigError) as caught:
        open_workspace(space)
    assert str(caught.value).startswith("KOBO_SERVER: ")

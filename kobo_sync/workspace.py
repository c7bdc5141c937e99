"""Where things are: the workspace folder, its configuration, secrets and paths.

A workspace is a folder with `kobo-sync.toml`, `xlsform/`, `services.csv` and what the program makes in it. Everything
in it is for its owner's eyes: the program runs with umask 077.
"""

from __future__ import annotations

import codecs
import importlib
import ipaddress
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kobo_sync.config import (
    CONFIG,
    CONFIG_SCHEMA,
    FORM_NAME,
    RETENTION_MONTHS,
    SWEEP_EVERY,
    TOKEN_LIKE,
    Team,
    duration,
    read_config,
)
from kobo_sync.errors import ConfigError
from kobo_sync.services import Service, read_services, services_for_phones

if TYPE_CHECKING:
    from kobo_sync.kobo.session import Secret

__all__ = [
    "CONFIG",
    "CONFIG_SCHEMA",
    "FORM_NAME",
    "KEYRING",
    "TOKEN_NAMES",
    "Service",
    "Workspace",
    "find_token",
    "kept_place",
    "open_workspace",
    "parse_token",
    "read_services",
    "read_token",
    "server_address",
    "services_for_phones",
    "write_asset",
]

KEYRING = ("a-gender-monitor", "api-token")  # service and name under which a keyring holds the token
TOKEN_NAMES = ("KOBO_API_TOKEN", "KOBO_TOKEN", "KOBOTOOLBOX_TOKEN")


@dataclass(frozen=True)
class Workspace:
    """A workspace and its configuration. `forms` maps a form's name to its asset uid, "" if not deployed yet.

    `first_round` is a round's name, "" for none; `raw_retention_months` counts from the closing of a round;
    `sweep_every` is in seconds; `mark_on_hold` and `not_approved_counts` as README tells them; `not_lawful` the
    codes of gaps that are not lawful to close in the country; `languages` the codes of those that the team's pages and
    printed questionnaires are made in, none for all; `team` is None where the file has no such table.
    """

    root: Path
    server: str = ""
    collect: str = ""
    forms: Mapping[str, str] = field(default_factory=dict)
    store_name: str = "store.sqlite"
    first_round: str = ""
    raw_retention_months: int = RETENTION_MONTHS
    sweep_every: int = 86400
    mark_on_hold: bool = False
    not_approved_counts: bool = False
    not_lawful: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    team: Team | None = None

    @property
    def xlsform(self) -> Path:
        """The folder of the forms and the framework."""
        return self.root / "xlsform"

    @property
    def schemas(self) -> Path:
        """The folder of the JSON Schemas."""
        return self.root / "schemas"

    @property
    def versions(self) -> Path:
        """The folder of the deployed workbooks: versions/<form>/<version>.xlsx."""
        return self.root / "versions"

    @property
    def rounds(self) -> Path:
        """The folder of what closed rounds were scored with: rounds/<round>/framework.yaml."""
        return self.root / "rounds"

    @property
    def store(self) -> Path | str:
        """The file of the store, or the address of its database."""
        return self.store_name if "://" in self.store_name else self.store_file

    @property
    def store_file(self) -> Path:
        """The file of the store, where it is one."""
        return self.root / self.store_name

    @property
    def key_file(self) -> Path:
        """The key of the store's keyed hashes; without it no withdrawal code is recognised."""
        return self.root / ".kobo-sync.key"

    @property
    def report(self) -> Path:
        """The folder of the team's report."""
        return self.root / "report"

    @property
    def services_file(self) -> Path:
        """The coordinator's own list of services."""
        return self.root / "services.csv"

    @property
    def locales_file(self) -> Path:
        """The coordinator's list of places."""
        return self.root / "locales.csv"

    @property
    def referrals_file(self) -> Path:
        """The coordinator's list of who can help a woman."""
        return self.root / "referrals.csv"

    def need_server(self) -> str:
        """Return the server's address. Raises ConfigError when none is set."""
        if not self.server:
            raise ConfigError(
                f"No KoboToolbox server is set. Write its address into {self.root / CONFIG} under [server], as "
                'url = "https://…", or set KOBO_SERVER. Then try: kobo-sync init --check-token'
            )
        return self.server


def open_workspace(root: Path, *, need_config: bool = True) -> Workspace:
    """Read the configuration of the workspace at `root`; the environment's KOBO_SERVER goes before the file.

    Raises ConfigError when the folder is no workspace, or the file is not TOML, does not fit its schema or holds a
    token.
    """
    path = root / CONFIG
    if not path.is_file():
        if need_config:
            raise ConfigError(
                f"{root} is not a workspace: it has no {CONFIG}. Go to your workspace's folder, name it with "
                "--workspace DIR, or make a new one with: kobo-sync init DIR"
            )
        return Workspace(root, server=_from("KOBO_SERVER"))
    document = read_config(path)
    server, sync = document.get("server", {}), document.get("sync", {})
    return Workspace(
        root=root,
        server=_from("KOBO_SERVER") or server_address(server.get("url", ""), str(path)),
        collect=_from("KOBO_COLLECT_SERVER") or server_address(server.get("collect_url", ""), str(path)),
        forms={name: table.get("asset", "") for name, table in document.get("forms", {}).items()},
        store_name=_inside(document.get("store", "store.sqlite"), path),
        first_round=document.get("first_round", ""),
        not_lawful=tuple(document.get("not_lawful", ())),
        languages=tuple(document.get("languages", ())),
        raw_retention_months=int(document.get("raw_retention_months", RETENTION_MONTHS)),
        sweep_every=duration(sync.get("sweep_every", SWEEP_EVERY), f"{path}: sync.sweep_every"),
        mark_on_hold=sync.get("mark_on_hold", False),
        not_approved_counts=sync.get("not_approved_counts", False),
        team=Team(**{role: tuple(names) for role, names in document["team"].items()}) if "team" in document else None,
    )


def kept_place(workspace: Workspace, out: Path) -> str:
    """Return a folder as it is remembered: by its place in the workspace, so that that can be moved, else whole."""
    root, there = workspace.root.resolve(), out.resolve()
    return there.relative_to(root).as_posix() if there.is_relative_to(root) else str(there)


def _inside(name: str, path: Path) -> str:
    if "://" in name:
        from kobo_sync.store.engines import address_of

        try:
            address_of(name)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None
        return name
    # Read as Windows does, which also knows a / for what it is.
    there = PureWindowsPath(name)
    if there.anchor or not there.name or ".." in there.parts:
        raise ConfigError(f"{path}: store: the store must lie inside the workspace, not at {name!r}.")
    return name


def _from(variable: str) -> str:
    return server_address(os.environ.get(variable, ""), variable)


def server_address(text: str, where: str) -> str:
    """Return the bare address of a server, "" for none: a pasted link or a trailing slash will do.

    `where` says in messages where the text stands. Raises ConfigError when it is no address, or none that is safe.
    """
    text = text.strip()
    if not text:
        return ""
    if TOKEN_LIKE.search(text):
        raise ConfigError(f"{where}: this is an API token, not the address of a server. Set KOBO_API_TOKEN to it.")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.username or parts.password:
        raise ConfigError(f"{where}: the server's address holds a password. Take it out and set KOBO_API_TOKEN.")
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", host):
        raise ConfigError(f"{where}: {text!r} is not the address of a server, such as https://kf.kobotoolbox.org")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(
            f"{where}: {host} would be spoken to without encryption, so that anybody on the way could read "
            "answers. Write https:// instead of http://."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port is not None else ''}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(environment: Mapping[str, str]) -> Secret:
    """Return the API token from the environment, a file named there, or the keyring.

    Raises ConfigError, saying how to set it, when there is none.
    """
    return find_token(environment)[0]


def find_token(environment: Mapping[str, str]) -> tuple[Secret, str]:
    """Return the API token and where it was found, in words. Raises ConfigError as `read_token` does."""
    for name in TOKEN_NAMES:
        if environment.get(name, "").strip():
            return parse_token(environment[name], name), f"the environment variable {name}"
    named = environment.get("KOBO_API_TOKEN_FILE", "").strip()
    if named:
        path = Path(named).expanduser()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"KOBO_API_TOKEN_FILE names {path}, which cannot be read ({error.strerror}). Check the path."
            ) from error
        # PowerShell's `>` writes UTF-16.
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if wide else "utf-8-sig", "replace")
        return parse_token(text, str(path)), f"{path} (KOBO_API_TOKEN_FILE)"
    stored = _from_keyring()
    if stored:
        return parse_token(stored, "the keyring"), "the keyring of this computer"
    raise ConfigError(
        "No API token is set. Get it in KoboToolbox under Account settings → Security, and set the environment "
        "variable KOBO_API_TOKEN to it, or KOBO_API_TOKEN_FILE to a file that holds it; or keep it in this computer's "
        "keyring: kobo-sync init --keep-token"
    )


def parse_token(text: str, where: str) -> Secret:
    """Return a token as somebody pasted it. Raises ConfigError, without the text, when it is none."""
    from kobo_sync.kobo.session import Secret

    token = text.strip()
    if len(token) > 1 and token[0] == token[-1] and token[0] in "'\"":  # cmd.exe keeps them: set KOBO_API_TOKEN="…"
        token = token[1:-1].strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]+", token):
        raise ConfigError(
            f"What {where} holds is no API token: it should be one word of letters and digits. Copy it again from "
            "KoboToolbox, Account settings → Security."
        )
    return Secret(token)


def _from_keyring() -> str:
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return ""
    try:
        return str(keyring.get_password(*KEYRING) or "")
    except errors.KeyringError:
        return ""


def write_asset(workspace: Workspace, form: str, uid: str) -> None:
    """Write a form's id on the server into kobo-sync.toml; everything else in it stays as it is.

    The file is replaced whole or not at all. Raises ConfigError, saying what to write by hand, when that fails.
    """
    path = (workspace.root / CONFIG).resolve()
    try:
        # newline="": the file keeps its line ends.
        with path.open(encoding="utf-8-sig", newline="") as file:
            before = file.read()
        after = _with_asset(before, form, uid)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{CONFIG}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as part:
                part.write(after)
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise _by_hand(path, form, uid, error.strerror or "a fault of the disk") from error
    except ValueError as error:
        raise _by_hand(path, form, uid, "it is written in an unusual way") from error


def _with_asset(text: str, form: str, uid: str) -> str:
    """Return the text of the configuration with a form's id. Raises ValueError when that cannot be done safely."""
    import tomlkit

    before = tomllib.loads(text)
    document = tomlkit.parse(text)
    forms = document.setdefault("forms", tomlkit.table(is_super_table=True))
    if not isinstance(forms, dict) or not isinstance(forms.setdefault(form, tomlkit.table()), dict):
        raise ValueError("not tables")  # noqa: TRY004 -- a fault of the file, like the others here
    forms[form]["asset"] = uid
    after = tomlkit.dumps(document)
    if "\r\n" in text:
        after = after.replace("\r\n", "\n").replace("\n", "\r\n")
    was = before.get("forms", {})
    if tomllib.loads(after) != {**before, "forms": {**was, form: {**was.get(form, {}), "asset": uid}}}:
        raise ValueError("more than the id would change")
    return after


def _by_hand(path: Path, form: str, uid: str, why: str) -> ConfigError:
    return ConfigError(
        f"{path} could not be written ({why}). The form is on the server. Close the file in other programs, put these "
        f'two lines into it yourself, then run kobo-sync deploy again:\n[forms.{form}]\nasset = "{uid}"'
    )

"""Where things are: the workspace folder, its configuration, secrets and paths.

A workspace is a folder with `kobo-sync.toml`, `xlsform/`, `services.csv` and what the program makes in it. Everything
in it is for its owner's eyes: the program runs with umask 077.
"""

from __future__ import annotations

import csv
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kobo_sync.errors import ConfigError

if TYPE_CHECKING:
    from kobo_sync.kobo.session import Secret

CONFIG = "kobo-sync.toml"
TOKEN_NAMES = ("KOBO_API_TOKEN", "KOBO_TOKEN", "KOBOTOOLBOX_TOKEN")
_LOOPBACK = re.compile(r"^(localhost|127(\.[0-9]+){3}|\[::1\])$")
_TOKEN_LIKE = re.compile(r"\b[0-9a-f]{40}\b")

CONFIG_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:a-gender-monitor:config",
    "title": "kobo-sync.toml",
    "description": "The configuration of a workspace. Secrets never stand in it.",
    "type": "object",
    "properties": {
        "server": {
            "type": "object",
            "properties": {
                "url": {"type": "string", "description": "the KoboToolbox server, e.g. https://kf.kobotoolbox.org"},
                "collect_url": {"type": "string", "description": "where phones send to, if that is another host"},
            },
            "additionalProperties": False,
        },
        "store": {"type": "string", "minLength": 1, "description": "file of the store, within the workspace"},
        "forms": {
            "type": "object",
            "description": "one table a form, named as its workbook",
            "patternProperties": {
                "^[A-Za-z0-9_-]{1,64}$": {
                    "type": "object",
                    "properties": {
                        "asset": {
                            "type": "string",
                            "pattern": "^[A-Za-z0-9]{5,40}$",
                            "description": "the form's id on the server; deploy writes it",
                        }
                    },
                    "additionalProperties": False,
                }
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Service:
    """One line of services.csv: what may leave this machine. The file's other columns are not even read."""

    code: str
    label: str
    locale: str
    type: str


@dataclass(frozen=True)
class Workspace:
    """A workspace and its configuration. `forms` maps a form's name to its asset uid, "" if not deployed yet."""

    root: Path
    server: str = ""
    collect: str = ""
    forms: Mapping[str, str] = field(default_factory=dict)
    store_name: str = "store.sqlite"

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
    def store(self) -> Path:
        """The file of the store."""
        return self.root / self.store_name

    @property
    def report(self) -> Path:
        """The folder of the team's report."""
        return self.root / "report"

    @property
    def services_file(self) -> Path:
        """The coordinator's own list of services."""
        return self.root / "services.csv"

    def need_server(self) -> str:
        """Return the server's address. Raises ConfigError when none is set."""
        if not self.server:
            raise ConfigError(
                f"No KoboToolbox server is set. Write its address into {self.root / CONFIG} under [server], as "
                'url = "https://…", or set KOBO_SERVER.'
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
        return Workspace(root, server=_server(os.environ.get("KOBO_SERVER", ""), "KOBO_SERVER"))
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Undo the last change in it.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}). Is it closed in other programs?") from error
    if _TOKEN_LIKE.search(text) or re.search(r"(?im)^\s*[\w.-]*token[\w.-]*\s*=", text):
        raise ConfigError(
            f"{path} holds an API token. Whoever gets this file could read every answer. Take it out of the file, get "
            "a new token in KoboToolbox under Account settings → Security, and set it as KOBO_API_TOKEN."
        )
    _fit(document, path)
    server = document.get("server", {})
    return Workspace(
        root=root,
        server=_server(os.environ.get("KOBO_SERVER") or server.get("url", ""), str(path)),
        collect=_server(os.environ.get("KOBO_COLLECT_SERVER") or server.get("collect_url", ""), str(path)),
        forms={name: table.get("asset", "") for name, table in document.get("forms", {}).items()},
        store_name=_inside(document.get("store", "store.sqlite"), path),
    )


def _fit(document: object, path: Path) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(CONFIG_SCHEMA).iter_errors(document))
    if error is not None:
        where = ".".join(str(step) for step in error.absolute_path) or "the file"
        raise ConfigError(f"{path}: {where}: {error.message}. Mend that line; README lists the settings.")


def _inside(name: str, path: Path) -> str:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ConfigError(f"{path}: store: the store must lie inside the workspace, not at {name!r}.")
    return name


def _server(text: str, where: str) -> str:
    """Return the bare address of a server: a pasted link or a trailing slash will do. Raises ConfigError."""
    text = text.strip()
    if not text:
        return ""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"{where}: {text!r} is not the address of a server, such as https://kf.kobotoolbox.org")
    if parts.username or parts.password:
        raise ConfigError(f"{where}: the server's address holds a password. Take it out and set KOBO_API_TOKEN.")
    if parts.scheme == "http" and not _LOOPBACK.match(parts.hostname):
        raise ConfigError(
            f"{where}: {parts.hostname} would be spoken to without encryption, so that anybody on the way could read "
            "answers. Write https:// instead of http://."
        )
    return f"{parts.scheme}://{parts.netloc}"


def read_token(environment: Mapping[str, str]) -> Secret:
    """Return the API token from the environment, a file named there, or the keyring.

    Raises ConfigError, saying how to set it, when there is none.
    """
    from kobo_sync.kobo.session import Secret

    for name in TOKEN_NAMES:
        if environment.get(name, "").strip():
            return _token(environment[name], name, Secret)
    if environment.get("KOBO_API_TOKEN_FILE"):
        path = Path(environment["KOBO_API_TOKEN_FILE"])
        try:
            return _token(path.read_text(encoding="utf-8-sig"), str(path), Secret)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"KOBO_API_TOKEN_FILE names {path}, which cannot be read. Check the path.") from error
    stored = _from_keyring()
    if stored:
        return _token(stored, "the keyring", Secret)
    raise ConfigError(
        "No API token is set. Get it in KoboToolbox under Account settings → Security, and set the environment "
        "variable KOBO_API_TOKEN to it, or KOBO_API_TOKEN_FILE to a file that holds it."
    )


def _token(text: str, where: str, secret: type[Secret]) -> Secret:
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(f"What {where} holds is no API token: it should be one word of letters and digits.")
    return secret(token)


def _from_keyring() -> str:
    try:
        import keyring
    except ImportError:
        return ""
    try:
        return keyring.get_password("a-gender-monitor", "api-token") or ""
    except keyring.errors.KeyringError:
        return ""


def read_services(path: Path) -> dict[str, Service]:
    """Read services.csv by code; only code, label, locale and type are looked at.

    Raises ConfigError naming the line when a column or a code is missing, or a code stands twice.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            # Where the comma is the decimal sign, Excel writes semicolons.
            rows = csv.DictReader(file, delimiter=";" if first.count(";") > first.count(",") else ",")
            columns = {(column or "").strip().lower(): column for column in rows.fieldnames or ()}
            missing = {"code", "label", "locale"} - set(columns)
            if missing:
                raise ConfigError(f"{path}: the column {', '.join(sorted(missing))} is missing from its first line.")
            services: dict[str, Service] = {}
            for line, row in enumerate(rows, 2):
                service = Service(
                    *((row.get(columns.get(name, name)) or "").strip() for name in ("code", "label", "locale", "type"))
                )
                if not any((service.code, service.label, service.locale)):
                    continue
                if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", service.code) or not service.label:
                    raise ConfigError(
                        f"{path}: line {line}: a service needs a code (letters, digits, - and _) and a label."
                    )
                if service.code in services:
                    raise ConfigError(f"{path}: line {line}: the code {service.code} stands twice. Give it another.")
                services[service.code] = service
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing: the list of the services that women are asked about.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read as CSV in UTF-8. Save it as 'CSV UTF-8' from Excel.") from error
    return services


def services_for_phones(services: Mapping[str, Service]) -> bytes:
    """Return services.csv as it is uploaded: name, label and locale, nothing else that the coordinator's file holds."""
    from io import StringIO

    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "label", "locale"))
    writer.writerows((service.code, service.label, service.locale) for service in services.values())
    return text.getvalue().encode("utf-8")


def write_asset(workspace: Workspace, form: str, uid: str) -> None:
    """Write a form's id on the server into kobo-sync.toml; comments and order stay. Raises ConfigError."""
    import tomlkit

    path = workspace.root / CONFIG
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
        forms = document.setdefault("forms", tomlkit.table(is_super_table=True))
        forms.setdefault(form, tomlkit.table())["asset"] = uid
        part = path.with_suffix(".part")
        part.write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise ConfigError(
            f"{path} could not be written ({error.strerror}). The form is on the server: add these two lines to the "
            f'file yourself, then run kobo-sync deploy again:\n[forms.{form}]\nasset = "{uid}"'
        ) from error

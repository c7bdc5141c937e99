"""The configuration, kobo-sync.toml: its schema, and reading it. What is wrong with it is one clear sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kobo_sync.errors import ConfigError

if TYPE_CHECKING:
    from jsonschema import ValidationError

CONFIG = "kobo-sync.toml"
FORM_NAME = "[A-Za-z0-9_-]{1,64}"
RETENTION_MONTHS = 12  # the instrument's convention
SWEEP_EVERY = "1d"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = "^[1-9][0-9]{0,5} ?[smhd]$"
TOKEN_LIKE = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")

USERNAME = "^(?!AnonymousUser$)[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,254}$"
_ROLES = {
    "enumerators": "who interviews: may send interviews, and read none",
    "viewers": "who may read the answers in KoboToolbox, and change none",
    "coordinators": "who may do everything with the forms: deploy, sync, withdraw answers, let others in",
}


def _accounts(role: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "pattern": USERNAME},
        "uniqueItems": True,
        "description": f"KoboToolbox accounts, by the names that they log in with, as a list: {role}",
    }


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
        "store": {
            "type": "string",
            "minLength": 1,
            "description": "a file within the workspace, or the address of a database",
        },
        "forms": {
            "type": "object",
            "description": "one table a form, named as its workbook",
            "patternProperties": {
                f"^{FORM_NAME}$": {
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
        "first_round": {
            "type": "string",
            "pattern": "^[0-9]{4}(-[A-Z][0-9]{1,2})?$",
            "description": 'the first round, such as "2026-H1": an earlier month was a phone\'s wrong clock',
        },
        "languages": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z]{2,3}$"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "codes of the languages of the team's pages and of printed questionnaires, as a list",
        },
        "not_lawful": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z0-9_]{1,40}$"},
            "uniqueItems": True,
            "description": "codes of the framework's gaps that are not lawful to close in the country, as a list",
        },
        "raw_retention_months": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1200,
            "description": "the months that answers are kept after their round was closed; a whole number from 1 on",
        },
        "team": {
            "type": "object",
            "description": "who may do what with the forms; deploy gives exactly this. Without it permissions stay",
            "properties": {role: _accounts(text) for role, text in _ROLES.items()},
            "additionalProperties": False,
        },
        "sync": {
            "type": "object",
            "properties": {
                "sweep_every": {
                    "type": "string",
                    "pattern": DURATION,
                    "description": 'how often everything on the server is looked through, such as "1d" or "12h"',
                },
                "mark_on_hold": {
                    "type": "boolean",
                    "description": "whether what is in quarantine is marked on hold in KoboToolbox: true or false",
                },
                "not_approved_counts": {
                    "type": "boolean",
                    "description": "whether what was marked not approved enters the scores: true or false",
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

_WANTED = {
    "string": 'a text in quotes, such as "…"',
    "integer": "a whole number without quotes",
    "boolean": "true or false, without quotes",
    "array": 'a list of texts in brackets, such as ["…"]',
}


@dataclass(frozen=True)
class Team:
    """The accounts of a workspace's people, by role. An account may have several roles."""

    enumerators: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()
    coordinators: tuple[str, ...] = ()


def duration(text: str, where: str) -> int:
    """Return how many seconds a text such as "15m", "2 h" or "1d" means: from one second to 999,999 days.

    `where` says in messages where the text stands. Raises ConfigError.
    """
    if not re.fullmatch(DURATION, text.strip(), re.ASCII):
        raise ConfigError(
            f"{where}: a length of time is a whole number and a letter: 30s, 15m, 2h or 1d (seconds, minutes, hours, "
            "days)."
        )
    return int(text.strip()[:-1]) * _UNITS[text.strip()[-1]]


def read_config(path: Path) -> dict[str, Any]:
    """Return what the file says, as its schema allows it.

    Raises ConfigError when the file cannot be read, is not TOML, does not fit the schema or holds a token.
    """
    text = _read(path)
    if TOKEN_LIKE.search(text):
        raise _holds_token(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} cannot be read: {error}. Undo the last change in it.") from None
    if any("token" in key.lower() for key in _settings(document)):
        raise _holds_token(path)
    _fit(document, path)
    return document


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} cannot be read: it is not in UTF-8. Open it in a text editor and save it with the encoding UTF-8."
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}). Is it closed in other programs?") from error


def _settings(document: object) -> Iterator[str]:
    """Yield the names of all settings, not those of tables."""
    if isinstance(document, dict):
        for key, value in document.items():
            if isinstance(value, dict):
                yield from _settings(value)
            else:
                yield key


def _holds_token(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} holds an API token. Whoever gets this file could read every answer. Take it out of the file, get "
        "a new token in KoboToolbox under Account settings → Security, and set it as KOBO_API_TOKEN."
    )


def _fit(document: object, path: Path) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(CONFIG_SCHEMA).iter_errors(document))
    if error is not None:
        raise ConfigError(f"{path}: {_in_words(error)} Mend that line; README lists the settings.")


def _in_words(error: ValidationError) -> str:
    """Say what is wrong without the value, which may be what nobody should see."""
    where = ".".join(str(step) for step in error.absolute_path)
    inside = f"{where}." if where else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        odd = next(key for key in error.instance if key not in known and (known or not re.fullmatch(FORM_NAME, key)))
        hint = f"There are: {', '.join(known)}." if known else "A form's name has letters, digits, - and _ only."
        return f"there is no setting {inside}{odd}. {hint}"
    if error.validator == "type":
        return f"{where} should be {_WANTED.get(str(error.validator_value), f'a table of its own: [{where}]')}."
    return f"{where} should be {error.schema.get('description', 'something else')}."

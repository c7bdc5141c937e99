"""Keeping the API token in the computer's keyring (extra `keyring`), and how to set it where there is none."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from kobo_sync.errors import ConfigError
from kobo_sync.workspace import KEYRING

if TYPE_CHECKING:
    from kobo_sync.kobo.session import Secret

INSTALL = "pip install 'a-gender-monitor[keyring]'"
_SAFE = 1  # keyring's own border: what is below keeps secrets without encryption, or not at all

HOW_TO_SET = """\
Set the token where you type the commands; it holds until the window is closed:
  Windows, PowerShell:       $env:KOBO_API_TOKEN = "your token"
  Windows, Command Prompt:   set KOBO_API_TOKEN=your token
  macOS, Linux:              read -rs KOBO_API_TOKEN && export KOBO_API_TOKEN   (paste it, then Enter)
Or put it into a file outside the workspace that only you can read, and name that file:
  Windows, PowerShell:       $env:KOBO_API_TOKEN_FILE = "$HOME\\kobo-token.txt"
  Windows, Command Prompt:   set KOBO_API_TOKEN_FILE=%USERPROFILE%\\kobo-token.txt
  macOS, Linux:              export KOBO_API_TOKEN_FILE="$HOME/.kobo-token"   (first: chmod 600 ~/.kobo-token)"""


def why_no_keyring() -> str:
    """Return why the token cannot be kept in a keyring here, as a sentence; "" where it can."""
    module = _keyring()
    if module is None:
        return f"The program was installed without its keyring. To have one: {INSTALL}"
    try:
        priority = float(module.get_keyring().priority)
    except Exception:  # noqa: BLE001 -- a backend may fail in ways of its own, and its words may hold anything
        priority = 0.0
    if priority < _SAFE:
        return "This computer has no keyring that keeps secrets encrypted."
    return ""


def keep_token(token: Secret) -> None:
    """Put the token into the keyring, in place of an earlier one. Raises ConfigError when the keyring refuses."""
    why, module = why_no_keyring(), _keyring()
    if why or module is None:
        raise ConfigError(f"The token was not kept. {why}\n{HOW_TO_SET}")
    try:
        module.set_password(*KEYRING, token.reveal())
        kept = module.get_password(*KEYRING) == token.reveal()
    except Exception:  # noqa: BLE001 -- as above; what a backend says may hold the token
        kept = False
    if not kept:
        raise ConfigError(f"The keyring of this computer did not take the token (is it locked?).\n{HOW_TO_SET}")


def _keyring() -> ModuleType | None:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None

"""Somebody at a terminal: types answers at prompts, sees what is echoed; what is hidden is typed as well."""

from __future__ import annotations

import io
import sys
import types
from dataclasses import dataclass, field

import pytest

from kobo_sync.__main__ import run


class Keyboard(io.StringIO):
    """Input that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@dataclass
class Terminal:
    """Runs commands as somebody at a terminal does. `hidden` are what is typed at prompts that show nothing."""

    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    hidden: list[str] = field(default_factory=list)

    def run(self, *arguments: str, typed: str = "", hidden: str = "") -> tuple[int, str]:
        """Run a command with the lines that are typed; return exit code and all that was shown."""
        self.capture.readouterr()
        secrets = hidden.splitlines()
        self.patch.setattr("click.termui.hidden_prompt_func", lambda _: secrets.pop(0) if secrets else "")
        self.patch.setattr(sys, "stdin", Keyboard(typed))
        code = run(list(arguments))
        said = "".join(self.capture.readouterr())
        assert "Traceback" not in said
        return code, said


class KeyringFault(Exception):
    """What a keyring raises."""


@dataclass
class Keyring:
    """A keyring in memory, in place of the computer's. `fault` is what it raises when something is kept."""

    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    priority: float = 5.0
    fault: Exception | None = None

    def get_keyring(self) -> Keyring:
        """Return the backend: this."""
        return self

    def get_password(self, service: str, name: str) -> str | None:
        """Return what was kept."""
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        """Keep something."""
        if self.fault:
            raise self.fault
        self.kept[service, name] = password

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put it where the program looks for the module `keyring`."""
        module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
        vars(module).update(
            get_keyring=self.get_keyring,
            get_password=self.get_password,
            set_password=self.set_password,
            errors=errors,
        )
        vars(errors).update(KeyringError=KeyringFault)
        patch.setitem(sys.modules, "keyring", module)
        patch.setitem(sys.modules, "keyring.errors", errors)

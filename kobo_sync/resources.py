"""Where the instrument and its schemas are: inside an installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

from kobo_sync.errors import ConfigError


def data_dir(name: str) -> Path:
    """Return the folder `xlsform` or `schemas` that came with the program.

    Raises ConfigError when the installation is broken (neither place has it).
    """
    here = Path(__file__).resolve().parent
    for candidate in (here / "_data" / name, here.parent / name):
        if candidate.is_dir():
            return candidate
    raise ConfigError(f"This installation lacks its folder {name!r}. Install a-gender-monitor again.")

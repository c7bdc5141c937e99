"""Where the instrument and its schemas are: inside an installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path


def data_dir(name: str) -> Path:
    """Return the folder `xlsform` or `schemas` that came with the program.

    Raises FileNotFoundError when the installation is broken (neither place has it).
    """
    here = Path(__file__).resolve().parent
    for candidate in (here / "_data" / name, here.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"this installation lacks its folder {name!r}; install a-gender-monitor again")

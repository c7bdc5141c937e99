"""The framework that a closed round was scored with, kept beside the workspace's own: rounds/<round>/framework.yaml."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.instrument.framework import Framework, read_framework
from kobo_sync.instrument.sentences import own_catalogues

FRAMEWORK = "framework.yaml"
_KEPT = (FRAMEWORK, "weights.yaml")  # all that a framework is read from


def keep_framework(xlsform: Path, folder: Path, round_: str) -> None:
    """Keep the framework in `xlsform` as that of a round. Raises ConfigError when it cannot be written."""
    try:
        there = folder / round_
        there.mkdir(parents=True, exist_ok=True)
        for name in _KEPT:
            if (xlsform / name).exists():
                _write(there / name, (xlsform / name).read_bytes())
            else:
                (there / name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The framework could not be kept in {folder / round_} ({error.strerror}), so the round stays open. Is the "
            "disk full, is a file there open in another program?"
        ) from error


def kept_framework(folder: Path, round_: str) -> Framework | None:
    """Read the framework that was kept of a round; None where there is none. Raises FormError when it is damaged.

    Sentences are no part of what a round was scored with: the country's own of today hold.
    """
    path = folder / round_ / FRAMEWORK
    if not path.is_file():
        return None
    framework = read_framework(path)
    return replace(framework, catalogues=own_catalogues(folder.parent / "xlsform", framework.languages))


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise

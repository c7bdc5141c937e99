"""`kobo-sync init`: a new workspace, ready to edit."""

from __future__ import annotations

from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.resources import data_dir
from kobo_sync.workspace import CONFIG, server_address

_CONFIG = """\
# The configuration of this workspace. The API token never stands here: set KOBO_API_TOKEN.

[server]
# The address that you see in the browser when you work in KoboToolbox.
url = "{server}"
# collect_url = ""    # only where phones send to another address

# kobo-sync deploy adds a table here for each form that it puts on the server.
"""

_IGNORE = """\
# Answers, private lists and reports never belong in a repository.
*
!.gitignore
!kobo-sync.toml
!xlsform/
!xlsform/*
!schemas/
!schemas/*
!CODEBOOK.md
!codebook/
!codebook/*
"""


def make_workspace(folder: Path, server: str = "") -> None:
    """Make the folder with configuration, forms, schemas and an example of services.csv; never overwrites anything.

    Raises ConfigError when there is a workspace in it already, `server` is no address, or it cannot be written.
    """
    if (folder / CONFIG).exists():
        raise ConfigError(f"{folder} is a workspace already; nothing was changed.")
    address = server_address(server, "--server") or "https://kf.kobotoolbox.org"
    try:
        for path in _files(data_dir("xlsform")):
            _copy(path, folder / path.name if path.suffix == ".csv" else folder / "xlsform" / path.name)
        for path in _files(data_dir("schemas")):
            _copy(path, folder / "schemas" / path.name)
        _write(folder / ".gitignore", _IGNORE.encode())
        # Last, since it is what makes the folder a workspace: broken off before, init goes on where it stopped.
        _write(folder / CONFIG, _CONFIG.format(server=address).encode())
    except OSError as error:
        raise ConfigError(
            f"{folder} could not be made ({error.strerror}). Choose another folder, or see whether you may write there."
        ) from error


def _files(folder: Path) -> list[Path]:
    """Return what is to be copied, without the lock files that Excel leaves (~$…)."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(("~$", ".")))


def _copy(source: Path, target: Path) -> None:
    _write(target, source.read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, unless there is one of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)

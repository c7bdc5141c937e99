"""`kobo-sync init`: a new workspace, ready to edit."""

from __future__ import annotations

import shutil
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.resources import data_dir
from kobo_sync.workspace import CONFIG

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
"""


def make_workspace(folder: Path, server: str = "") -> None:
    """Make the folder with configuration, forms, schemas and an example of services.csv; never overwrites anything.

    Raises ConfigError when there is a workspace in it already or it cannot be written.
    """
    if (folder / CONFIG).exists():
        raise ConfigError(f"{folder} is a workspace already; nothing was changed.")
    source = data_dir("xlsform")
    try:
        (folder / "xlsform").mkdir(parents=True, exist_ok=True)
        for path in sorted(source.iterdir()):
            target = folder / path.name if path.name == "services.csv" else folder / "xlsform" / path.name
            if path.is_file() and not path.name.startswith("~$") and not target.exists():
                shutil.copyfile(path, target)
        shutil.copytree(data_dir("schemas"), folder / "schemas", dirs_exist_ok=True, copy_function=shutil.copyfile)
        _write(folder / ".gitignore", _IGNORE)
        _write(folder / CONFIG, _CONFIG.format(server=server or "https://kf.kobotoolbox.org"))
    except OSError as error:
        raise ConfigError(f"{folder} could not be made ({error.strerror}). Choose another folder.") from error


def _write(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text, encoding="utf-8", newline="\n")

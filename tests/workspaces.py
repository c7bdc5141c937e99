"""Workspaces for tests: small, thrown away, with the committed framework."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from kobo_sync.kobo.session import KoboSession, Patience, Secret
from kobo_sync.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parent.parent
# Two tries and no pause: what is tested is what happens at the end of patience.
SHORT = Patience(attempts=2, total=5, first=0.001, longest=0.001, connect=2, read=5)


def session(url: str, token: str, sleep: Callable[[float], None] = lambda _: None) -> KoboSession:
    """Open a session that soon loses patience."""
    return KoboSession(url, Secret(token), patience=SHORT, sleep=sleep)


def workspace(
    folder: Path, url: str, form: str, asset: str, versions: dict[str, bytes], *, services: str = ""
) -> Workspace:
    """Make a workspace for one form whose versions are known already."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xlsform").mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "xlsform" / "framework.yaml", folder / "xlsform" / "framework.yaml")
    kept = folder / "versions" / form
    kept.mkdir(parents=True, exist_ok=True)
    for version, xlsx in versions.items():
        (kept / f"{version}.xlsx").write_bytes(xlsx)
    if services:
        (folder / "services.csv").write_text(services, encoding="utf-8")
    (folder / "kobo-sync.toml").write_text(
        f'[server]\nurl = "{url}"\n\n[forms.{form}]\nasset = "{asset}"\n', encoding="utf-8"
    )
    return open_workspace(folder)

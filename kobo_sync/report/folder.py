"""Puts a whole folder of files in place at once, and touches nothing that it did not write itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from kobo_sync.errors import ConfigError

# Names what is in the folder, so that a later run knows its own files from those of a person.
MANIFEST = "contents.txt"
# Its first line says whose the folder is: the team's pages change with every withdrawal, a public release never does.
TEAM = "Made by kobo-sync report, for the team. The next report replaces these files:"
PUBLIC = "Made by kobo-sync report, for the public. Only the same round's release replaces these files:"
# What Windows and macOS leave in folders that somebody looked at.
_LITTER = frozenset({"desktop.ini", "Thumbs.db", ".DS_Store"})


def publish_folder(files: Mapping[str, str | bytes], out: Path, kind: str = TEAM) -> None:
    """Write `files` (relative path with `/` → text or bytes) as the folder `out`, replacing an earlier run's.

    `kind`: TEAM or PUBLIC; neither ever replaces the other. The new folder is built beside the old one and then takes
    its place, so a reader never meets half a report. Raises ConfigError, with the old report still in place, when `out`
    is a file, holds a report of the other kind or files of somebody else's making, cannot be written, or is in use by
    another program (Windows).
    """
    out = out.resolve()
    _check_ours(out, kind)
    new, old = _beside(out)
    try:
        for leftover in (new, old):  # of a run that was killed
            if leftover.exists():
                shutil.rmtree(leftover)
        _write(files, new, kind)
        _swap(new, out, old)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise ConfigError(_in_the_way(out, error)) from error
    try:
        if old.exists():
            shutil.rmtree(old)
    except OSError as error:
        raise ConfigError(
            f"The new report is in {out}, but the one before could not be deleted and is still in {old}. "
            "It may show what a woman has withdrawn. Close the programs that have it open and run the command again."
        ) from error


def is_report(out: Path) -> bool:
    """Whether the team's report lies in the folder, or what is left of one that was being replaced."""
    return any(_manifest(folder)[0] == TEAM for folder in (out, *_beside(out.resolve())))


def made_as(out: Path) -> tuple[tuple[str, ...], bool]:
    """Return the languages of the team's report in a folder (none: unknown), and whether it has PDF files."""
    for folder in (out, *_beside(out.resolve())):
        head, names = _manifest(folder)
        if head == TEAM:
            codes = {name.partition("/")[0] for name in names if name.endswith("/index.html")}
            return tuple(sorted(codes)), any(name.endswith(".pdf") for name in names)
    return (), False


def remove_folder(out: Path) -> None:
    """Remove a team's report that may not be shown any more, and what was left beside it.

    Raises ConfigError when it holds files of somebody else's making, or is in use by another program (Windows).
    """
    out = out.resolve()
    _check_ours(out, TEAM)
    try:
        for folder in (out, *_beside(out)):
            if folder.exists():
                shutil.rmtree(folder)
    except OSError as error:
        raise ConfigError(
            f"The report in {out} shows what nobody may see any more, and could not be deleted "
            f"({error.strerror or type(error).__name__}). Close the browser, Excel and Explorer windows that show it, "
            "then run the same command again, or delete the folder yourself."
        ) from error


def _beside(out: Path) -> tuple[Path, Path]:
    """Return where the new report is made, and where the old one waits to be deleted."""
    return out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")


def _manifest(folder: Path) -> tuple[str, list[str]]:
    """Return whose a folder is, "" for nobody's known here, and the files that it should hold."""
    try:
        head, *names = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError):
        return "", []
    return (head, names) if head in {TEAM, PUBLIC} else ("", [])


def _check_ours(out: Path, kind: str) -> None:
    if any(_manifest(folder)[0] not in {"", kind} for folder in (out, *_beside(out))):
        raise ConfigError(
            f"The folder {out} holds a public release, which is frozen: the team's pages never take its place, and "
            "nothing was written. Name another folder with --out."
            if kind == TEAM
            else f"The folder {out} holds the team's pages, which are not for the public: a release is never mixed "
            "with them, and nothing was written. Name another folder with --out."
        )
    if not out.exists():
        return
    if not out.is_dir():
        raise ConfigError(f"{out} is a file, so no report can be put there. Name a folder with --out.")
    here = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir()}
    here = {path for path in here if path.rpartition("/")[2] not in _LITTER}
    ours = _manifest(out)[1]
    foreign = sorted(here - {MANIFEST, *ours}) if ours else sorted(here)
    if foreign:
        raise ConfigError(
            f"The folder {out} holds files that are not of this report, {foreign[0]} for one. A new report would "
            "replace the whole folder, so nothing was written. Move them elsewhere, or name another folder with --out."
        )


def _write(files: Mapping[str, str | bytes], folder: Path, kind: str) -> None:
    """Write all files; modes are left to the umask that the program has set."""
    folder.mkdir(parents=True)
    manifest = "\n".join([kind, *sorted(files), ""])
    for name, content in {**files, MANIFEST: manifest}.items():
        target = folder.joinpath(*name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _swap(new: Path, out: Path, old: Path) -> None:
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise


def _in_the_way(out: Path, error: OSError) -> str:
    return (
        f"The report could not be put into {out} ({error.strerror or type(error).__name__}). If there was a report, it "
        "is still the one from before. Close the browser, Excel and Explorer windows that show it, see that there is "
        "room on the disk and that you may write there, and run the command again."
    )

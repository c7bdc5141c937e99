"""Puts a whole folder of files in place at once, and touches nothing that it did not write itself.

A new folder is made beside the old one and takes its place when it is complete, so a reader never meets half a report,
and a killed run leaves the one from before. What is the same as before is not written again: it is the same file, taken
over by a hard link (or copied with its time, where the disk knows no links). So each file that changed is new, each
other keeps its time, and yet nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.errors import ConfigError

# Names what is in the folder, so that a later run knows its own files from those of a person.
MANIFEST = "contents.txt"
# Its first line says whose the folder is: the team's pages change with every withdrawal, a public release never does.
TEAM = "Made by kobo-sync report, for the team. The next report replaces these files:"
PUBLIC = "Made by kobo-sync report, for the public. Only the same round's release replaces these files:"
_START = re.compile(r"[^/]+/index\.html")  # of one language
# What Windows and macOS leave in folders that somebody looked at.
_LITTER = frozenset({"desktop.ini", "Thumbs.db", ".DS_Store"})


@dataclass(frozen=True, slots=True)
class MadeAs:
    """What a report in a folder has: its languages, and whether PDF files and charts lie beside its pages."""

    languages: tuple[str, ...] = ()
    pdf: bool = False
    charts: bool = False


class Draft:
    """A folder in the making, and what it may take over from the one that it is to replace."""

    def __init__(self, new: Path, out: Path, kind: str) -> None:
        self._new, self._out, self._kind = new, out, kind
        self._before = {name: tuple(rest) for name, *rest in _entries(out)} if _owner(out) == kind else {}
        self._made: dict[str, tuple[str, ...]] = {}

    def keep(self, names: Sequence[str], key: str) -> bool:
        """Take files over that were made of the same, which `key` stands for; returns whether all of them were there.

        A file that somebody changed since is not taken over. Raises ConfigError when the folder cannot be written.
        """
        taken = []
        for name in names if key else ():
            before = self._before.get(name, ())
            if len(before) != 2 or before[0] != key:  # noqa: PLR2004 -- key and digest
                return False
            content = _read(_path(self._out, name))
            if content is None or _digest(content) != before[1]:
                return False
            taken.append((name, content, before))
        for name, content, before in taken:
            self._place(name, content, same=True)
            self._made[name] = before
        return bool(taken)

    def put(self, name: str, content: str | bytes, key: str = "") -> None:
        """Add a file (relative path with `/`), as it was before where its bytes are the same.

        `key` stands for all that it was made of; with one, `keep` can spare a later run the making. Raises ConfigError
        when the folder cannot be written.
        """
        data = content.encode("utf-8") if isinstance(content, str) else content
        self._place(name, data, same=name in self._before and _read(_path(self._out, name)) == data)
        self._made[name] = (key, _digest(data)) if key else ()

    def finish(self) -> None:
        """Write the list of what is in the folder. Raises OSError."""
        lines = ["\t".join((name, *self._made[name])) for name in sorted(self._made)]
        (self._new / MANIFEST).write_bytes("\n".join([self._kind, *lines, ""]).encode("utf-8"))

    def _place(self, name: str, content: bytes, *, same: bool) -> None:
        target = _path(self._new, name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not same:
                target.write_bytes(content)  # modes are left to the umask that the program has set
                return
            try:
                os.link(_path(self._out, name), target)
            except (OSError, NotImplementedError):  # a USB stick's file system knows no links
                shutil.copy2(_path(self._out, name), target)
        except OSError as error:
            raise ConfigError(_in_the_way(self._out, error)) from error


@contextmanager
def draft_of(out: Path, kind: str = TEAM) -> Iterator[Draft]:
    """Give a folder in the making, which takes the place of `out` when the block ends well.

    `kind`: TEAM or PUBLIC; neither ever replaces the other. Raises ConfigError, with the old report still in place,
    when `out` is a file, holds a report of the other kind or files of somebody else's making, cannot be written, or is
    in use by another program (Windows). Whatever is raised in the block leaves the old report in place too.
    """
    out = out.resolve()
    _check_ours(out, kind)
    new, old = _beside(out)
    try:
        if not out.exists() and _owner(old) == kind:  # killed between two names: what was there is there again
            old.rename(out)
        for leftover in (new, old):  # of a run that was killed
            if leftover.exists():
                shutil.rmtree(leftover)
        new.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(_in_the_way(out, error)) from error
    try:
        draft = Draft(new, out, kind)
        yield draft
        try:
            draft.finish()
            _swap(new, out, old)
        except OSError as error:
            raise ConfigError(_in_the_way(out, error)) from error
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    try:
        if old.exists():
            shutil.rmtree(old)
    except OSError as error:
        raise ConfigError(
            f"The new report is in {out}, but the one before could not be deleted and is still in {old}. "
            "It may show what a woman has withdrawn. Close the programs that have it open and run the command again."
        ) from error


def publish_folder(files: Mapping[str, str | bytes], out: Path, kind: str = TEAM) -> None:
    """Write `files` (relative path with `/` → content) as the folder `out`, replacing what an earlier run wrote there.

    `kind` and what is raised: as `draft_of`.
    """
    with draft_of(out, kind) as draft:
        for name, content in files.items():
            draft.put(name, content)


def is_report(out: Path) -> bool:
    """Whether the team's report lies in the folder, or what is left of one that was being replaced."""
    return any(_owner(folder) == TEAM for folder in (out, *_beside(out.resolve())))


def made_as(out: Path) -> MadeAs:
    """Return what the team's report in the folder has, or what is left there of one that was being replaced."""
    folders = (folder for folder in (out, *_beside(out.resolve())) if _owner(folder) == TEAM)
    names = {name for folder in folders for name, *_ in _entries(folder)}
    return MadeAs(
        tuple(sorted(name.partition("/")[0] for name in names if _START.fullmatch(name))),
        pdf=any(name.endswith(".pdf") for name in names),
        charts=any(name.startswith("charts/") for name in names),
    )


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


def _list(folder: Path) -> list[str]:
    try:
        return (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _owner(folder: Path) -> str:
    """Return whose a folder is: TEAM, PUBLIC, or "" for nobody's known here."""
    head = "".join(_list(folder)[:1])
    return head if head in {TEAM, PUBLIC} else ""


def _entries(folder: Path) -> list[list[str]]:
    """Return the files that a folder should hold: each its name, and the key and digest of those that have them."""
    return [line.split("\t") for line in _list(folder)[1:]] if _owner(folder) else []


def _check_ours(out: Path, kind: str) -> None:
    if any(_owner(folder) not in {"", kind} for folder in (out, *_beside(out))):
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
    ours = {name for name, *_ in _entries(out)}
    foreign = sorted(here - {MANIFEST, *ours}) if ours else sorted(here)
    if foreign:
        raise ConfigError(
            f"The folder {out} holds files that are not of this report, {foreign[0]} for one. A new report would "
            "replace the whole folder, so nothing was written. Move them elsewhere, or name another folder with --out."
        )


def _path(folder: Path, name: str) -> Path:
    return folder.joinpath(*name.split("/"))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


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

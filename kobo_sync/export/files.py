"""Puts the files of an export in place, each whole or not at all, under names that stay: links of Excel go on working.

A folder may hold a person's own files too, so each export leaves a list of what it wrote there; nothing else is ever
replaced or removed. The list also says how each export was made, so that it can be made again after a deletion.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from kobo_sync.errors import ConfigError

LIST = "kobo-sync-export.json"
_ABOUT = "What kobo-sync export wrote here. It replaces these files, and no others. Leave this list where it is."


@dataclass(frozen=True, slots=True)
class Made:
    """One export in a folder: how it was asked for, and its files. `prefix` and `format` name it within the folder."""

    prefix: str
    audience: str
    format: str
    round: str
    labels: str = ""
    restricted: bool = False
    files: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What an export of the same prefix and format replaces."""
        return self.prefix, self.format


def listed(out: Path) -> tuple[Made, ...]:
    """Return the exports in a folder, none where there is no list, or none that can be read."""
    try:
        found = orjson.loads((out / LIST).read_bytes())["exports"]
        made = tuple(Made(**{**entry, "files": tuple(map(str, entry["files"]))}) for entry in found)
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    names = (name for one in made for name in one.files)
    return made if all(Path(name).name == name for name in names) else ()  # somebody wrote in it


def write_export(out: Path, made: Made, files: Mapping[str, bytes]) -> None:
    """Write the files of an export in place of those that an earlier one of the same prefix and format left.

    Raises ConfigError, with all files as they were before, when one was not written by this program, or one cannot be
    replaced (on Windows: because a program has it open).
    """
    others = [one for one in listed(out) if one.key != made.key]
    before = [one for one in listed(out) if one.key == made.key]
    ours = {name for one in (*others, *before) for name in one.files}
    foreign = sorted(name for name in files if (out / name).exists() and name not in ours)
    if foreign:
        raise ConfigError(
            f"{out / foreign[0]} was not written by kobo-sync export, so it was not replaced, and nothing was written. "
            "Move it elsewhere, or name another folder with --out."
        )
    gone = [name for one in before for name in one.files if name not in files]
    with _said(out):
        out.mkdir(parents=True, exist_ok=True)
        _replace(out, files, gone, lambda: _list(out, [*others, *before, _of(made, files)]))
        _list(out, [*others, _of(made, files)])


def remove_export(out: Path, made: Made) -> None:
    """Remove the files of an export, and the list with the last one. Raises ConfigError when one is in use."""
    others = [one for one in listed(out) if one.key != made.key]
    gone = [name for one in listed(out) if one.key == made.key for name in one.files]
    with _said(out):
        _replace(out, {}, gone, lambda: None)
        if others:
            _list(out, others)
        else:
            (out / LIST).unlink(missing_ok=True)
            with suppress(OSError):  # her own files are in it
                out.rmdir()


def _of(made: Made, files: Mapping[str, bytes]) -> Made:
    return Made(**{**asdict(made), "files": tuple(sorted(files))})


def _list(out: Path, exports: Sequence[Made]) -> None:
    known = [asdict(one) for one in exports]
    _put(out / LIST, orjson.dumps({"about": _ABOUT, "exports": known}, option=orjson.OPT_INDENT_2))


def _replace(out: Path, files: Mapping[str, bytes], gone: Sequence[str], about_to: Callable[[], None]) -> None:
    """Replace and remove files, all or none; `about_to` is done once it is known that nothing is in the way."""
    paths = [out / name for name in (*files, *gone)]
    for path in paths:
        if path.exists():
            _claim(path)
    about_to()  # the list first: of what a killed run wrote it is known whose it is
    before: dict[Path, bytes | None] = {}
    try:
        for name, content in files.items():
            path = out / name
            before[path] = path.read_bytes() if path.exists() else None
            _put(path, content)
        for name in gone:
            path = out / name
            before[path] = path.read_bytes() if path.exists() else None
            path.unlink(missing_ok=True)
    except OSError:
        for path, content_before in before.items():
            with suppress(OSError):
                if content_before is None:
                    path.unlink(missing_ok=True)
                else:
                    _put(path, content_before)
        raise


def _claim(path: Path) -> None:
    """Find out whether a file may be replaced: on Windows it may not while Excel has it open. Raises OSError."""
    with path.open("r+b"):
        pass


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. What a killed run left beside it is written over: it may hold answers."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _said(out: Path) -> Iterator[None]:
    """Say in words what a fault of a file means."""
    try:
        yield
    except OSError as error:
        name = Path(error.filename).name if error.filename else "A file"
        raise ConfigError(
            f"{name} in {out} cannot be replaced ({error.strerror or type(error).__name__}), so the files there are "
            "those from before. Is it open in Excel, Power BI or another program? Close it there, see that there is "
            "room on the disk and that you may write there, and run the command again."
        ) from error

"""`kobo-sync build`: regenerates `schemas/` from `xlsform/`; with `check`, only says what would change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobo_sync.errors import ConfigError, FormError
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.framework_schema import FRAMEWORK_SCHEMA
from kobo_sync.instrument.schema import Rule, form_schema
from kobo_sync.instrument.weights import WEIGHTS_SCHEMA
from kobo_sync.instrument.xlsform import read_form


@dataclass(frozen=True, slots=True)
class Built:
    """What one build found: files written or outdated (by name), files that no form makes, rules left to the phone."""

    files: tuple[str, ...]
    changed: tuple[str, ...]
    stale: tuple[str, ...]
    unchecked: tuple[tuple[str, Rule], ...]


def form_files(folder: Path) -> tuple[Path, ...]:
    """Return the workbooks of the folder, without the lock files that Excel leaves there (~$…)."""
    return tuple(sorted(path for path in folder.glob("*.xlsx") if not path.name.startswith("~$")))


def elsewhere(xlsform: Path, form: str) -> Path | None:
    """Return the workbook that somebody named by its path, where it lies outside the workspace's folder of forms."""
    path = Path(form).expanduser()
    if not form.lower().endswith(".xlsx") or not path.is_file() or path.resolve().parent == xlsform.resolve():
        return None
    return path


def take_in(xlsform: Path, path: Path) -> Path:
    """Copy a workbook into the folder of forms, whole or not at all, and return where it is now.

    Raises ConfigError when another form has its name there, or it cannot be written.
    """
    target = xlsform / path.name
    may_take_in(xlsform, path)
    if path.resolve() == target.resolve() or target.exists():
        return target
    part = target.with_name(f".{target.name}.part")
    try:
        xlsform.mkdir(parents=True, exist_ok=True)
        part.write_bytes(path.read_bytes())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} could not be copied to {target} ({error.strerror}). Copy it there yourself, then run kobo-sync "
            f"deploy {path.stem}"
        ) from error
    return target


def may_take_in(xlsform: Path, path: Path) -> None:
    """Make sure that a workbook from elsewhere has no other form's name here. Raises ConfigError."""
    target = xlsform / path.name
    try:
        if path.resolve() == target.resolve() or not target.exists() or target.read_bytes() == path.read_bytes():
            return
    except OSError as error:
        raise ConfigError(f"{path} or {target} cannot be read ({error.strerror}). Close it in Excel.") from error
    raise ConfigError(
        f"{xlsform} has another {path.name} already. If {path} is its new version, copy it over that one and run "
        f"kobo-sync deploy {path.stem}, which shows what changes; if it is another form, give it another name."
    )


def build(xlsform: Path, schemas: Path, extra: Mapping[str, dict[str, Any]], *, check: bool = False) -> Built:
    """Write one schema a form, those of framework and weights, and `extra` (file stem → schema); with `check` nothing.

    Raises FormError when a form or the framework cannot be read, or a schema not be written.
    """
    unchecked: list[tuple[str, Rule]] = []
    wanted = {f"{name}.schema.json": render(schema) for name, schema in _schemas(xlsform, extra, unchecked)}
    changed = [name for name, text in wanted.items() if _text(schemas / name) != text]
    stale = sorted(path.name for path in schemas.glob("*.schema.json") if path.name not in wanted)
    if not check:
        try:
            schemas.mkdir(parents=True, exist_ok=True)
            for name in changed:
                (schemas / name).write_text(wanted[name], encoding="utf-8", newline="\n")
            for name in stale:
                (schemas / name).unlink()
        except OSError as error:
            raise FormError(
                f"cannot be written ({error.strerror}).", file=str(schemas), remedy="May this folder be written to?"
            ) from error
    return Built(tuple(wanted), tuple(changed), tuple(stale), tuple(unchecked))


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _schemas(
    xlsform: Path, extra: Mapping[str, dict[str, Any]], unchecked: list[tuple[str, Rule]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    paths = form_files(xlsform)
    if not paths:
        raise FormError("there is no form (.xlsx) in it.", file=str(xlsform), remedy="Is this the right workspace?")
    read_framework(xlsform / "framework.yaml")  # a broken framework must not pass a build
    for path in paths:
        if path.stem in {"framework", "weights", *extra}:
            raise FormError(
                f"the name {path.stem!r} is taken by another schema.", file=path.name, remedy="Rename the workbook."
            )
        made = form_schema(read_form(path, path.stem))
        unchecked += [(path.name, rule) for rule in made.rules if not rule.checked]
        yield path.stem, made.schema
    yield "framework", FRAMEWORK_SCHEMA
    yield "weights", WEIGHTS_SCHEMA
    yield from extra.items()


def render(schema: dict[str, Any]) -> str:
    """Return the text of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

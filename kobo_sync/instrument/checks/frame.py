"""The framework as the checks see it: the whole document, also the blocks that no computation reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kobo_sync.errors import FormError
from kobo_sync.instrument.checks.finding import Place
from kobo_sync.instrument.framework import read_framework

FRAMEWORK = "framework.yaml"
SOURCE = "source"


@dataclass(frozen=True)
class Frame:
    """The document of framework.yaml; {} where it could not be read, and `broken` says why."""

    document: Mapping[str, Any] = field(default_factory=dict)
    broken: FormError | None = None

    @property
    def known(self) -> bool:
        """Whether there is a framework to hold the forms to."""
        return bool(self.document)

    @staticmethod
    def at(*path: object) -> Place:
        """Return a place in the file, said as a path: `indicators → pkg_nsp → scale`."""
        return Place(FRAMEWORK, column=" → ".join(str(step) for step in path))

    def block(self, name: str) -> Mapping[str, Any]:
        """Return one of the mappings at the top, {} where there is none."""
        found = self.document.get(name)
        return found if isinstance(found, Mapping) else {}

    def entries(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return one of the lists at the top, () where there is none."""
        found = self.document.get(name)
        return found if isinstance(found, list) else ()

    @cached_property
    def indicators(self) -> Mapping[str, Mapping[str, Any]]:
        """The indicators by code."""
        return {str(entry["code"]): entry for entry in self.entries("indicators")}

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """The domains' codes."""
        return tuple(str(entry["code"]) for entry in self.entries("domains"))

    @cached_property
    def gap_items(self) -> Mapping[str, Mapping[str, Any]]:
        """The items of the locale gap form by code."""
        items = self.block("gaps").get("items") or ()
        return {str(entry["code"]): entry for entry in items}

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages' names, as the forms' columns name them."""
        return tuple(str(entry["name"]) for entry in self.block("languages").values())

    @cached_property
    def source_language(self) -> str:
        """The name of the language that the others are translated from, "" where none is marked."""
        named = (str(entry["name"]) for entry in self.block("languages").values() if entry.get("status") == SOURCE)
        return next(named, "")

    def scale(self, code: str, letter: str) -> tuple[str, Mapping[str, Any]]:
        """Return name and block of the scale on which a source is asked about an indicator."""
        entry = self.indicators[code]
        name = str((entry.get("scale_of") or {}).get(letter, entry.get("scale", "")))
        return name, self.block("scales").get(name) or {}

    def texts(self) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
        """Yield each text with its path; a text is a mapping from language codes that has the source language."""
        codes = self.block("languages")
        source = next((code for code, entry in codes.items() if entry.get("status") == SOURCE), "en")
        yield from _texts(self.document, (), source)


def _texts(node: object, path: tuple[str, ...], source: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    if isinstance(node, Mapping):
        if path[:1] == ("languages",):
            return
        if isinstance(node.get(source), str) and all(isinstance(text, str) for text in node.values()):
            yield path, node
            return
        for key, value in node.items():
            yield from _texts(value, (*path, str(key)), source)
    elif isinstance(node, list):
        for number, value in enumerate(node, 1):
            named = value.get("code", number) if isinstance(value, Mapping) else number
            yield from _texts(value, (*path, str(named)), source)


def read_frame(path: Path) -> Frame:
    """Read framework.yaml; what its own reader refuses is in `broken`."""
    try:
        read_framework(path)
    except FormError as error:
        return Frame(broken=error)
    return Frame(load(path.read_text(encoding="utf-8-sig")))


def load(text: str) -> Mapping[str, Any]:
    """Return the document of a framework that its reader has accepted."""
    import yaml

    loader = yaml.SafeLoader  # the one in C ends the process on a file that is nested too deep
    document: Mapping[str, Any] = yaml.load(text, loader)  # noqa: S506 -- both loaders are the safe one
    return document

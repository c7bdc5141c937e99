"""What the checks say: a `Finding` for people and machines, a `Rule` that makes them, and the place that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kobo_sync.instrument.checks.book import Book
    from kobo_sync.instrument.checks.instrument import Instrument

Severity = Literal["error", "warning"]
ERROR: Severity = "error"
WARNING: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: names of file, sheet and column as their author wrote them, row as Excel counts it."""

    file: str
    sheet: str = ""
    row: int | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a rule found. `remedy` only where it can say more than the rule's own."""

    at: Place
    what: str
    remedy: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One coded message: what is wrong and what to do. `sheet`, `column`, `language` are "" where they say nothing."""

    code: str
    severity: Severity
    file: str
    sheet: str
    row: int | None
    column: str
    what: str
    remedy: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `code` is for ever; `why` says what it means when the rule is broken; `look` finds where it is."""

    code: str
    severity: Severity
    title: str
    why: str
    remedy: str
    look: Callable[[Instrument], Iterable[Hit]]

    def findings(self, instrument: Instrument) -> Iterator[Finding]:
        """Yield what the rule finds, each once."""
        for hit in dict.fromkeys(self.look(instrument)):
            at = hit.at
            yield Finding(
                self.code,
                self.severity,
                at.file,
                at.sheet,
                at.row,
                at.column,
                hit.what,
                hit.remedy or self.remedy,
                hit.language,
            )


def rule(
    code: str, severity: Severity, title: str, *, why: str, remedy: str
) -> Callable[[Callable[[Instrument], Iterable[Hit]]], Rule]:
    """Make a rule of a function that looks at the whole instrument."""

    def made(look: Callable[[Instrument], Iterable[Hit]]) -> Rule:
        return Rule(code, severity, title, why, remedy, look)

    return made


def form_rule(
    code: str, severity: Severity, title: str, *, why: str, remedy: str
) -> Callable[[Callable[[Book, Instrument], Iterable[Hit]]], Rule]:
    """Make a rule of a function that looks at one workbook at a time."""

    def made(look: Callable[[Book, Instrument], Iterable[Hit]]) -> Rule:
        def all_books(instrument: Instrument) -> Iterator[Hit]:
            for book in instrument.books:
                yield from look(book, instrument)

        return Rule(code, severity, title, why, remedy, all_books)

    return made


def short(text: str, length: int = 60) -> str:
    """Return a text as messages quote it: on one line, its end cut off."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"

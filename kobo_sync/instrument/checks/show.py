"""Findings as people read them, grouped by file, and as one JSON document for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from kobo_sync.instrument.checks.finding import ERROR, Finding
from kobo_sync.instrument.checks.table import BY_CODE

_MOST = 12  # places of one warning in one file; the rest is counted, as JSON has them all


def as_text(findings: Sequence[Finding], forms: int) -> Iterator[str]:
    """Yield lines: by file, then by rule: what it is, what it means, where it is and what to do."""
    for file, of_file in groupby(findings, key=lambda one: one.file):
        yield file
        for code, of_code in groupby(of_file, key=lambda one: one.code):
            yield from _rule(code, tuple(of_code))
        yield ""
    errors, warnings = counts(findings)
    checked = f"{_number(forms, 'form')} checked: {_number(errors, 'error')}, {_number(warnings, 'warning')}."
    yield f"{checked} {_next(errors, warnings)}"


def _rule(code: str, findings: Sequence[Finding]) -> Iterator[str]:
    rule = BY_CODE[code]
    yield f"  {code} {rule.severity}: {rule.title}"
    yield f"    What it means: {rule.why}"
    shown = findings if rule.severity == ERROR else findings[:_MOST]
    same = len({one.remedy for one in findings}) == 1
    for one in shown:
        yield f"    - {_place(one)}{one.what}{'' if same else f' → {one.remedy}'}"
    if len(shown) < len(findings):
        yield f"    - and {len(findings) - len(shown)} more (--format json lists them all)"
    if same:
        yield f"    What to do: {findings[0].remedy}"


def _place(one: Finding) -> str:
    parts = (f"sheet {one.sheet}" if one.sheet else "", f"row {one.row}" if one.row else "", one.column)
    place = ", ".join(part for part in parts if part)
    return f"{place}: " if place else ""


def _next(errors: int, warnings: int) -> str:
    if errors:
        return "Mend the errors before you deploy, then check again."
    return "Read the warnings; nothing stands in the way of deploying." if warnings else "All is well."


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def counts(findings: Sequence[Finding]) -> tuple[int, int]:
    """Return the numbers of errors and of warnings."""
    errors = sum(one.severity == ERROR for one in findings)
    return errors, len(findings) - errors


def as_json(findings: Sequence[Finding], forms: Sequence[str]) -> str:
    """Return one JSON document: forms, numbers, and per finding all that is known of it; null where nothing is."""
    errors, warnings = counts(findings)
    document = {
        "forms": list(forms),
        "errors": errors,
        "warnings": warnings,
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "title": BY_CODE[one.code].title,
                "file": one.file,
                "sheet": one.sheet or None,
                "row": one.row,
                "column": one.column or None,
                "language": one.language or None,
                "what": one.what,
                "why": BY_CODE[one.code].why,
                "remedy": one.remedy,
            }
            for one in findings
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)

"""The codebook of an export: what each column means, and each code in it, in the chosen language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kobo_sync.export.rows import FormRows
from kobo_sync.export.table import Column, Table
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.outline import text_in

_COLUMNS = (
    Column("table", "the table; * for all"),
    Column("column", "the column, or the question's name"),
    Column("code", "a code that stands in it; empty: the column itself"),
    Column("label", "its words"),
    Column("about", "what it means"),
)
_MISSING = {
    "dk": "don't know: counts as no answer, never as a no",
    "pns": "prefers not to say",
    "na": "does not apply",
    "not_observed": "could not be observed",
}

Labels = Mapping[str, Mapping[str, str]]


def framework_labels(framework: Framework, language: str) -> dict[str, dict[str, str]]:
    """Return the labels of domains, indicators and gaps by kind and code."""
    gaps = framework.method.gaps.items if framework.method.gaps else ()
    return {
        "domain": {one.code: text_in(one.label, language) for one in framework.domains},
        "indicator": {one.code: text_in(one.label, language) for one in framework.indicators},
        "gap": {one.code: text_in(one.label, language) for one in gaps},
    }


def codebook(tables: Sequence[Table], answers: Mapping[str, FormRows], labels: Labels, language: str) -> Table:
    """Return the codebook of these tables; `answers` what the tables of answers, by name, were made of."""
    rows: list[tuple[str, ...]] = []
    kinds: dict[str, None] = {}
    for table in tables:
        found = answers.get(table.name)
        questions = {question.name: question for question in found.questions} if found else {}
        for column in table.columns:
            question = questions.get(column.about) if found else None
            if question is None or found is None:
                rows.append((table.name, column.name, "", "", column.about))
                kinds |= {column.labels: None} if column.labels else {}
                continue
            default = found.forms[0].default_language
            several = "several may be chosen, parted by |" if question.multiple else ""
            label = text_in(question.labels, language, default)
            rows.append((table.name, column.name, "", label, "; ".join(filter(None, (question.name, several)))))
            for choice in question.choices:
                said = text_in(choice.labels, language, default)
                rows.append((table.name, column.name, choice.name, said, _MISSING.get(choice.missing or "", "")))
    for kind in kinds:
        rows += [("*", kind, code, words, "") for code, words in labels.get(kind, {}).items()]
    return Table("codebook", _COLUMNS, tuple(rows))

"""F7: framework.yaml: what lies across the file and between it and the forms, beyond what its own reader refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from kobo_sync.instrument.checks.book import SETTINGS, Book
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, rule
from kobo_sync.instrument.checks.frame import FRAMEWORK, SOURCE
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.logic import CALCULATE
from kobo_sync.instrument.form import Question

# The blocks of framework.yaml that hold no rule of their own: texts, and what the rules are traced to.
_NO_RULE = frozenset({"version", "note", "languages", "sources", "rules", "domains", "indicators", "words"})


@rule(
    "F701",
    ERROR,
    "The framework cannot be used",
    why="Without it nothing is scored, and most rules about scores could not be checked.",
    remedy="Correct the place that is named; the notes at the top of the file say what may stand where.",
)
def unusable(instrument: Instrument) -> Iterator[Hit]:
    """Say what the framework's own reader refuses, in its file or in the community's weights beside it."""
    broken = instrument.frame.broken
    if broken is not None:
        yield Hit(Place(Path(broken.file).name or FRAMEWORK), f"{broken.what.rstrip('.')}.", broken.remedy)


@rule(
    "F702",
    ERROR,
    "A text of the framework lacks a language",
    why="Reports and the codebook would show a gap, or English, to people who read another language.",
    remedy="Add the text in that language beside the others.",
)
def untranslated(instrument: Instrument) -> Iterator[Hit]:
    """Hold every text to the languages at the top of the file."""
    wanted = tuple(instrument.frame.block("languages"))
    for path, texts in instrument.frame.texts():
        for code in wanted:
            if not texts.get(code, "").strip():
                yield Hit(instrument.frame.at(*path), f"there is no text in the language {code!r}.", language=code)


@rule(
    "F703",
    WARNING,
    "A source is never cited",
    why="Readers look for what rests on it, in vain.",
    remedy="Cite it where it belongs, or take it out of sources.",
)
def uncited(instrument: Instrument) -> Iterator[Hit]:
    """Find keys of `sources` that no indicator and no rule names."""
    frame = instrument.frame
    cited = {key for entry in frame.indicators.values() for key in entry.get("source", ())}
    cited |= {key for entry in frame.block("rules").values() for key in entry.get("source", ())}
    for key in frame.block("sources"):
        if key not in cited:
            yield Hit(frame.at("sources", key), f"nothing cites {key}.")


@rule(
    "F704",
    ERROR,
    "A rule of the framework cites no source",
    why="Every number of the scores must say where it comes from, if only that it is this project's convention.",
    remedy="Add the block under rules, with section, rule and source; the keys are those of sources.",
)
def unsourced(instrument: Instrument) -> Iterator[Hit]:
    """Hold each block with numbers to an entry under `rules`, and its keys to `sources`."""
    frame = instrument.frame
    rules = frame.block("rules")
    for block in frame.document:
        if rules and block not in _NO_RULE and not (rules.get(block) or {}).get("source"):
            yield Hit(frame.at("rules"), f"{block!r} has no source there.")
    for block, entry in rules.items():
        for key in entry.get("source", ()):
            if key not in frame.block("sources"):
                yield Hit(frame.at("rules", block, "source"), f"{key!r} is none of the sources.")


@rule(
    "F705",
    ERROR,
    "Nobody is named who can fix it",
    why="A finding helps only if it can be put before somebody who can change it.",
    remedy="Write under the indicator's fixers one or more of those that fixers defines.",
)
def unfixable(instrument: Instrument) -> Iterator[Hit]:
    """Hold each indicator to one or more of `fixers`."""
    frame = instrument.frame
    known = frame.block("fixers")
    for code, entry in frame.indicators.items() if known else ():
        named = entry.get("fixers") or ()
        if not named:
            yield Hit(frame.at("indicators", code, "fixers"), "no fixer is named.")
        for one in named:
            if one not in known:
                yield Hit(frame.at("indicators", code, "fixers"), f"{one!r} is none of the fixers.")


@rule(
    "F706",
    ERROR,
    "Forms and framework disagree about which forms there are",
    why="Reports name each form and whose word it is by what the framework says.",
    remedy="Make the workbook's name and its source in the settings those of forms in framework.yaml.",
)
def other_forms(instrument: Instrument) -> Iterator[Hit]:
    """Hold the workbooks to `forms`, where the framework has it."""
    forms = instrument.frame.block("forms")
    there = {book.name: book for book in instrument.books}
    for name, entry in forms.items():
        book = there.get(name)
        if book is None:
            yield Hit(instrument.frame.at("forms", name), f"there is no workbook {name}.xlsx.")
        elif book.form is not None and book.form.source != entry.get("source"):
            what = f"its source is {book.form.source!r}; framework.yaml says {entry.get('source')!r}."
            yield Hit(book.at(2, "source", SETTINGS), what)
    for name, book in there.items():
        if forms and name not in forms:
            yield Hit(Place(book.file), f"framework.yaml has no form {name!r}.")


@rule(
    "F707",
    ERROR,
    "Bands do not cover the scores from 0 to 1, or rest on what does not exist",
    why="A service would have no band, or one that it can never reach.",
    remedy="Let the first band start from 0 and each further one higher; gates name indicators and domains.",
)
def broken_bands(instrument: Instrument) -> Iterator[Hit]:
    """Hold `bands` to an order, and their gates to indicators and domains."""
    frame = instrument.frame
    bands = frame.entries("bands")
    starts = [band.get("from", 0) for band in bands]
    if bands and (starts[0] != 0 or any(high <= low for low, high in pairwise(starts))):
        yield Hit(frame.at("bands"), f"they start from {', '.join(map(str, starts))}.")
    for band in bands:
        for gate in band.get("gate") or ():
            for kind, known in (("item", frame.indicators), ("domain", frame.domains)):
                if kind in gate and gate[kind] not in known:
                    yield Hit(frame.at("bands", band.get("code", ""), "gate"), f"there is no {kind} {gate[kind]!r}.")


@rule(
    "F708",
    ERROR,
    "The status of a language is not complete",
    why="A translation counts as reviewed only if it says which group of women reviewed it, and when.",
    remedy="Write reviewed_by (a group, no names) and reviewed_on, or draft; one language alone is the source.",
)
def unclear_status(instrument: Instrument) -> Iterator[Hit]:
    """Hold the languages to one source, and reviews to who and when."""
    frame = instrument.frame
    languages = frame.block("languages")
    sources = [code for code, entry in languages.items() if entry.get("status") == SOURCE]
    if languages and len(sources) != 1:
        yield Hit(frame.at("languages"), f"{len(sources)} languages have the status source.")
    for code, entry in languages.items():
        if entry.get("status") == "reviewed" and not (entry.get("reviewed_by") and entry.get("reviewed_on")):
            yield Hit(frame.at("languages", code), "it is reviewed, but by whom or when is not said.", language=code)


def _with_role(book: Book, role: str) -> Iterator[Question]:
    yield from (one for one in (book.form.questions if book.form is not None else ()) if one.role == role)


@rule(
    "F709",
    ERROR,
    "Form and framework are of different versions",
    why="Submissions carry the form's version, scores the framework's: nobody could tell what belongs together.",
    remedy="Write the same version into framework.yaml, the settings sheet and the question with the role version.",
)
def other_version(instrument: Instrument) -> Iterator[Hit]:
    """Hold the versions that a form says to the framework's."""
    wanted = str(instrument.frame.document.get("version", ""))
    for book in instrument.books if wanted else ():
        said = book.settings.get("version", "")
        if said and said != wanted:
            yield Hit(book.at(2, "version", SETTINGS), f"the form is of version {said}, the framework of {wanted}.")
        for question in _with_role(book, "version"):
            if question.calculation.strip("'\" ") != wanted:
                what = f"{question.name!r} sends {question.calculation}, the framework is of {wanted}."
                yield Hit(book.at(question.row, CALCULATE), what)


@rule(
    "F710",
    ERROR,
    "The round's modules cannot be asked",
    why="A module that does not exist asks nothing; more than the framework allows make the interview too long.",
    remedy="Between the quotes, name domains by their codes, with spaces, at most as many as framework.yaml says.",
)
def odd_modules(instrument: Instrument) -> Iterator[Hit]:
    """Hold the calculation with the role modules to the domains and to `modules → max`."""
    frame = instrument.frame
    most = frame.block("modules").get("max")
    for book in instrument.books if frame.known else ():
        for question in _with_role(book, "modules"):
            named = question.calculation.strip().strip("'\"").split()
            at = book.at(question.row, CALCULATE)
            if not re.fullmatch(r"\s*('[^']*'|\"[^\"]*\")\s*", question.calculation):
                yield Hit(at, f"{question.calculation} is not a text in quotes.")
                continue
            if odd := [name for name in named if name not in frame.domains]:
                yield Hit(at, f"there is no domain {', '.join(map(repr, odd))}.")
            if len(set(named)) != len(named) or (most is not None and len(named) > int(most)):
                yield Hit(at, f"{len(named)} modules are named; {most or 'each once, and few'} may be.")


@rule(
    "F711",
    ERROR,
    "The gaps of the framework rest on what does not exist",
    why="A gap in an area could neither be confirmed nor contradicted.",
    remedy="Name indicators and gap items by their codes.",
)
def odd_gaps(instrument: Instrument) -> Iterator[Hit]:
    """Hold what `gaps` names to indicators, and what has the source L to `gaps → covers`."""
    frame = instrument.frame
    gaps: Mapping[str, Any] = frame.block("gaps")
    for code, entry in frame.gap_items.items():
        if entry.get("indicator") not in {None, *frame.indicators}:
            yield Hit(frame.at("gaps", "items", code), f"there is no indicator {entry['indicator']!r}.")
    for code in gaps.get("covers") or {}:
        if code not in frame.indicators:
            yield Hit(frame.at("gaps", "covers"), f"there is no indicator {code!r}.")
    for code, entry in frame.indicators.items():
        if gaps and "L" in entry["sources"] and code not in (gaps.get("covers") or {}):
            yield Hit(frame.at("indicators", code, "sources"), "it has the source L, and gaps → covers lacks it.")


RULES = (
    unusable,
    untranslated,
    uncited,
    unsourced,
    unfixable,
    other_forms,
    broken_bands,
    unclear_status,
    other_version,
    odd_modules,
    odd_gaps,
)

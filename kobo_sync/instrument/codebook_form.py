"""The codebook's part on one form: its settings and languages, questions group by group, answer lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kobo_sync.instrument import markdown as md
from kobo_sync.instrument.expressions import Unsupported, parse
from kobo_sync.instrument.form import Choice
from kobo_sync.instrument.outline import (
    CONSTRAINT,
    HINT,
    LABEL,
    LEFT_EMPTY,
    REFUSED,
    RELEVANT,
    REQUIRED,
    Line,
    Outline,
    language_code,
)
from kobo_sync.instrument.words import Speaker, in_words

_TEMPLATES = Path(__file__).parent / "templates"
_SENTENCES = {
    "is": "{question} is {answer}",
    "is_not": "{question} is not {answer}",
    "chosen": "{answer} is chosen at {question}",
    "not_chosen": "{answer} is not chosen at {question}",
    "blank": "{question} has no answer",
    "answered": "{question} has an answer",
    "less": "{left} is less than {right}",
    "at_most": "{left} is at most {right}",
    "more": "{left} is more than {right}",
    "at_least": "{left} is at least {right}",
    "and": " **and** ",
    "or": " **or** ",
    "not": "**not** ({condition})",
    "count": "the number of answers chosen at {question}",
    "length": "the number of characters of {question}",
    "this": "this answer",
}
_TYPES = {
    "text": "free text",
    "note": "a text to read, without an answer",
    "calculate": "worked out by the phone, nobody is asked",
    "integer": "a whole number",
    "decimal": "a number",
    "date": "a date",
    "time": "a time",
    "dateTime": "a date and time",
    "acknowledge": "a box to tick",
}
_CHOSEN = {"select_one": "one answer", "select_multiple": "any number of answers", "rank": "answers put in order"}
# Headings of the columns of texts; guidance and media stand under their own names.
_COLUMNS = {
    LABEL: "Text",
    HINT: "Hint",
    REFUSED: "Said when an answer is not accepted",
    LEFT_EMPTY: "Said when left empty",
}
_MESSAGES = (LEFT_EMPTY, REFUSED)
# Cells with a sentence of their own; the others are listed by name.
_SAID = frozenset({RELEVANT, CONSTRAINT, REQUIRED, "indicator", "role", "bind::calculate", "comment"})
_WHOSE = {"C": "women who use the service", "P": "a provider", "O": "observers", "L": "women of an area"}


def form_part(outline: Outline, framework: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one form's part."""
    return _FormPart(outline, framework).lines()


class _FormPart:
    def __init__(self, outline: Outline, framework: Mapping[str, Any]) -> None:
        self.outline, self.framework = outline, framework
        self.name = outline.form.name
        self.indicators = {entry["code"]: entry for entry in framework.get("indicators") or ()}
        self.names = {line.name for line in outline.all_lines if line.question is not None}
        self.usual = {column: self._usual(column) for column in _MESSAGES}
        self.speaker = Speaker(_SENTENCES, self._question_link, lambda _, value: md.code(value))

    def lines(self) -> Iterator[str]:
        yield from md.heading(2, f"Form {md.code(self.name)}", "form", self.name)
        yield from self._settings()
        yield from self._languages()
        yield from self._messages()
        here: tuple[str, ...] | None = ()
        for line in self.outline.all_lines:
            if line.question is None:
                yield from self._group(line)
                here = (*line.parents, line.name)
                continue
            if line.parents != here:  # a group has ended and the one around it goes on
                yield from md.heading(
                    3, f"{self._path(line.parents)} (goes on)" if line.parents else "After the groups"
                )
                here = line.parents
            yield from self._question(line)
        yield from self._lists()

    # The form as a whole

    def _settings(self) -> Iterator[str]:
        settings = dict(self.outline.settings)
        yield f"- **Title:** {md.text(settings.pop('title', self.name))}"
        whose = settings.pop("source", "")
        if whose:
            yield f"- **Whose word:** {md.text(_WHOSE.get(whose, whose))} ({md.code(whose)})"
        for column in sorted(settings):
            yield f"- **{md.text(_plain(column))}:** {md.text(settings[column])}"
        yield ""

    def _languages(self) -> Iterator[str]:
        known = self.framework.get("languages") or {}
        rows = []
        for language in self.outline.languages:
            status = language_status(known.get(language_code(language)))
            rows.append((_short(language), md.text(language) or "not named", status))
        yield from md.table(("Language", "Column", "Status"), rows)

    def _usual(self, column: str) -> Mapping[str, str]:
        """Return the message that most questions have, by language; what is said once or twice is not usual."""
        usual: dict[str, str] = {}
        for language in self.outline.languages:
            said = Counter(
                line.text(column)[language] for line in self.outline.all_lines if line.text(column).get(language)
            )
            for text, count in said.most_common(1):
                if count > 2:  # noqa: PLR2004 -- three make a habit: so a single cell that changes does not unmake it
                    usual[language] = text
        return usual

    def _messages(self) -> Iterator[str]:
        used = [column for column in _MESSAGES if self.usual[column]]
        if not used:
            return
        yield "What the phone says, unless a question has a message of its own:"
        yield ""
        rows = [
            (_short(language), *(md.text(self.usual[column].get(language, "")) for column in used))
            for language in self.outline.languages
        ]
        yield from md.table(("", *(_COLUMNS[column] for column in used)), rows)

    # Groups and questions

    def _group(self, line: Line) -> Iterator[str]:
        path = (*line.parents, line.name)
        repeat = " (repeats)" if line.repeats else ""
        yield from md.heading(3, self._path(path) + repeat, "g", self.name, *path)
        yield from self._texts(line)
        yield from _list([*self._conditions(line), *self._cells(line)])

    def _path(self, path: tuple[str, ...]) -> str:
        return "Group " + " / ".join(md.code(name) for name in path)

    def _question(self, line: Line) -> Iterator[str]:
        yield from md.heading(4, md.code(line.name), "q", self.name, line.name)
        yield from self._texts(line)
        facts = [f"- **Type:** {self._type(line)}"]
        facts += self._meaning(line)
        facts += self._conditions(line)
        facts += self._cells(line)
        facts += self._own_messages(line)
        yield from _list(facts)

    def _type(self, line: Line) -> str:
        kind = line.kind
        if kind.type in _CHOSEN and kind.list_name.startswith("${"):
            said = f"{_CHOSEN[kind.type]} of those given at {md.code(kind.list_name)}"
        elif kind.type in _CHOSEN:
            said = f"{_CHOSEN[kind.type]} of {md.link(md.code(kind.list_name), 'c', self.name, kind.list_name)}"
        elif kind.type.endswith("_from_file"):
            chosen = _CHOSEN[kind.type.removesuffix("_from_file")]
            said = f"{chosen} of the file {md.code(kind.list_name)}"
        else:
            said = _TYPES.get(kind.type, "")
        other = "; or another answer, as free text" if kind.other else ""
        return f"{said or md.code(kind.type)}{other}"

    def _meaning(self, line: Line) -> Iterator[str]:
        """Yield what the answer stands for: indicator, domain, sources, role."""
        code, role = line.cells.get("indicator", ""), line.cells.get("role", "")
        entry = self.indicators.get(code)
        if entry is not None:
            yield f"- **Indicator:** {md.link(md.code(code), 'i', code)}"
            yield f"- **Domain:** {md.link(md.code(entry['domain']), 'd', entry['domain'])}"
            sources = (md.link(md.code(key), "s", key) for key in entry.get("source") or ())
            yield f"- **Sources:** {', '.join(sources)}"
        elif code:
            yield f"- **Indicator:** {md.code(code)}, which the framework does not define"
        if role:
            scored = "; its answer is no part of the score" if code else ""
            shown = md.link(md.code(role), "role", role) if role in roles() else md.code(role)
            yield f"- **Role:** {shown}{scored}"

    def _conditions(self, line: Line) -> Iterator[str]:
        if text := line.cells.get(RELEVANT):
            yield f"- **Asked only if** {self._words(text)}"
        question = line.question
        if question is not None and question.required_when:
            yield f"- **Must be answered if** {self._words(question.required_when)}"
        elif question is not None and question.required and not question.computed:
            yield "- **Must be answered**"
        if text := line.cells.get(CONSTRAINT):
            yield f"- **Accepted only if** {self._words(text)}"
        if text := line.cells.get("bind::calculate"):
            yield f"- **Worked out as** {md.code(text)}"

    def _words(self, text: str) -> str:
        """Say a condition in words with the expression behind it, or the expression alone."""
        try:
            return f"{in_words(parse(text), self.speaker)}: {md.code(text)}"
        except Unsupported:
            return md.code(text)

    def _question_link(self, name: str) -> str:
        return md.link(md.code(name), "q", self.name, name) if name in self.names else md.code(name)

    def _cells(self, line: Line) -> Iterator[str]:
        for column in sorted(set(line.cells) - _SAID):
            yield f"- **{md.text(_plain(column))}:** {md.code(line.cells[column])}"
        if comment := line.cells.get("comment"):
            yield f"- **Comment:** {md.text(comment)}"

    def _own_messages(self, line: Line) -> Iterator[str]:
        """Yield the messages that are not the usual ones, a line a language."""
        for column in _MESSAGES:
            texts, usual = line.text(column), self.usual[column]
            if not texts:
                needed = line.cells.get(CONSTRAINT) if column == REFUSED else line.cells.get(REQUIRED)
                if needed and usual:
                    yield f"- **{_COLUMNS[column]}:** the phone's own words"
                continue
            for language in self.outline.languages:
                said = texts.get(language, "")
                if said != usual.get(language, ""):
                    words = md.text(said) or "nothing"
                    yield f"- **{_COLUMNS[column]}** ({_short(language)}): {words}"

    def _texts(self, line: Line) -> Iterator[str]:
        columns = [column for column in line.texts if column not in _MESSAGES]
        columns.sort(key=lambda column: (column != LABEL, column != HINT, column))
        rows = [
            (_short(language), *(md.text(line.text(column).get(language, "")) for column in columns))
            for language in self.outline.languages
        ]
        if columns:
            head = (_COLUMNS.get(column, md.text(_plain(column))) for column in columns)
            yield from md.table(("", *head), rows)

    # Answer lists

    def _lists(self) -> Iterator[str]:
        yield from md.heading(3, f"Answer lists of {md.code(self.name)}", "lists", self.name)
        for list_name, choices in self.outline.lists.items():
            yield from md.heading(4, f"List {md.code(list_name)}", "c", self.name, list_name)
            yield from self._list(choices)

    def _list(self, choices: tuple[Choice, ...]) -> Iterator[str]:
        languages = self.outline.languages
        others = sorted({column for choice in choices for column in self._others(choice)})
        rows = [
            (
                md.code(choice.name),
                self._worth(choice),
                *(md.text(choice.labels.get(language, "")) for language in languages),
                *(md.text(self._others(choice).get(column, "")) for column in others),
            )
            for choice in choices
        ]
        short = (_short(language) for language in languages)
        yield from md.table(("Answer", "Score", *short, *(md.text(column) for column in others)), rows)

    def _others(self, choice: Choice) -> Mapping[str, str]:
        return self.outline.extra.get(choice.row, {}) if choice.row is not None else {}

    def _worth(self, choice: Choice) -> str:
        score = [] if choice.score is None else [f"{choice.score:g}"]
        missing = (
            [] if choice.missing is None else [f"none: {md.link(md.code(choice.missing), 'missing', choice.missing)}"]
        )
        return "; ".join([*score, *missing])


@cache
def roles() -> Mapping[str, str]:
    """Return what each role is for, by its name."""
    import yaml

    found: dict[str, str] = yaml.safe_load((_TEMPLATES / "roles.yaml").read_text(encoding="utf-8"))
    return found


def roles_part() -> Iterator[str]:
    """Yield the table of roles."""
    yield from md.heading(2, "Roles", "roles")
    yield "What a question with a role is for, beside scoring or in its place."
    yield ""
    yield from md.table(
        ("Role", "What it is for"),
        ((md.place("role", role) + md.code(role), md.text(meaning)) for role, meaning in roles().items()),
    )


def language_status(entry: Mapping[str, Any] | None) -> str:
    """Say a language's status as the framework gives it, as Markdown; `entry` is None where it does not name it."""
    if entry is None:
        return "not in the framework"
    status = md.text(entry.get("status", ""))
    if entry.get("reviewed_by"):
        status += f" by {md.text(entry['reviewed_by'])}"
    if entry.get("reviewed_on"):
        status += f" on {md.text(entry['reviewed_on'])}"
    return status


def _short(language: str) -> str:
    """Return a language's code as Markdown, its whole name where it has none."""
    return md.text(language_code(language) or language or "-")


def _plain(column: str) -> str:
    """Return a column's name as people write it."""
    return column.removeprefix("bind::").removeprefix("control::").replace("_", " ").capitalize()


def _list(facts: list[str]) -> Iterator[str]:
    if facts:
        yield from facts
        yield ""

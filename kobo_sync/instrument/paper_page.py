"""What a questionnaire on paper shows, as plain values for the template: no names of questions, no codes, no scores.

The phone skips by itself; paper says it in words. What is certain already (which modules this round has) is worked out,
so that parts that nobody will be asked are not printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kobo_sync.instrument.expressions import Unsupported, parse
from kobo_sync.instrument.form import STORED, Question, Texts
from kobo_sync.instrument.grammar import Node
from kobo_sync.instrument.outline import HINT, LABEL, REFUSED, RELEVANT, Line, Outline
from kobo_sync.instrument.words import Speaker, fold, in_words

# Said in signs, which all languages read alike; the words come from the language's phrases.
_SIGNS = {
    "is": "{question} = {answer}",
    "is_not": "{question} ≠ {answer}",
    "chosen": "{question} = {answer}",
    "not_chosen": "{question} ≠ {answer}",
    "less": "{left} < {right}",
    "at_most": "{left} ≤ {right}",
    "more": "{left} > {right}",
    "at_least": "{left} ≥ {right}",
}
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_NAME = re.compile(r"(?<![\w${'\"-])name(?![\w}'\"-])")  # in a choice filter: the choice at hand
_BOXES = {
    "select_one": "one",
    "select_multiple": "many",
    "rank": "order",
    "acknowledge": "tick",
    "integer": "number",
    "decimal": "number",
    "range": "number",
    "text": "words",
}
# For the phone only: a service's name has no place on paper, and finishing is a matter of the phone's pages.
_NEVER_ON_PAPER = frozenset({"service_name", "finish"})
_DECOY, _REFERRALS, _CODE = "decoy", "referrals", "withdrawal_code"
_CODES = frozenset({_CODE, "withdrawal_code_shown"})

Parts = tuple[str | None, ...]  # a text in pieces; None stands for a blank line to fill in


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or a text to read. `number` is None for a text.

    `box` says how it is answered: one, many, order, tick, number, words, line, code, or "" for not at all.
    """

    label: Parts
    number: int | None = None
    hint: Parts = ()
    only_if: str = ""
    box: str = ""
    choices: tuple[str, ...] = ()
    rule: Parts = ()
    referrals: bool = False
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A group: a heading with what is inside it. `otherwise` is the number to go on with when it is skipped."""

    label: Parts
    inside: tuple[Part | Asked, ...]
    only_if: str = ""
    otherwise: int | None = None
    repeats: bool = False
    own_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A whole questionnaire in one language."""

    title: str
    content: tuple[Part | Asked, ...]
    code: bool  # whether the phone makes a code for taking answers back


def page(outline: Outline, language: str, phrases: Mapping[str, str]) -> Page:
    """Return what the questionnaire shows in a language of its columns; `phrases` are the fixed words in it."""
    return _Writer(outline, language, phrases).page()


def on_paper(line: Line) -> bool:
    """Whether a question or a text is printed: what the phone works out or records by itself is not."""
    question = line.question
    if question is None or question.role in _NEVER_ON_PAPER or question.computed:
        return False
    return question.type == "note" or question.type in STORED


class _Writer:
    def __init__(self, outline: Outline, language: str, phrases: Mapping[str, str]) -> None:
        self.outline, self.language, self.phrases = outline, language, phrases
        self.by_name = {line.name: line for line in outline.all_lines if line.question is not None}
        self.known = dict(_computed(outline))
        self.tops = self._printed(outline.lines)
        numbered = [line for line in _flat(self.tops) if self._answered(line)]
        self.numbers = {line.name: number for number, line in enumerate(numbered, 1)}
        self.decoys = {self.numbers[line.name] for line in numbered if _role(line) == _DECOY}
        words = {key: phrases[key] for key in ("and", "or", "not", "count", "length")}
        blank = {
            "blank": f"{{question}} = ({phrases['no_answer']})",
            "answered": f"{{question}} ≠ ({phrases['no_answer']})",
        }
        self.speaker = Speaker({**_SIGNS, **words, **blank, "this": ""}, self._number, self._answer)

    def page(self) -> Page:
        return Page(
            title=self.outline.form.title,
            content=tuple(self._block(line, ()) for line in self.tops),
            code=self.outline.form.with_role(_CODE) is not None,
        )

    # What is printed

    def _printed(self, lines: Sequence[Line]) -> list[Line]:
        """Return the lines that somebody may be asked, without those that a condition shuts out for certain."""
        kept: list[Line] = []
        for line in lines:
            if self._left(line) is False:
                continue
            if line.question is None:
                inside = self._printed(line.children)
                if inside:
                    kept.append(_inside(line, inside))
            elif on_paper(line):
                kept.append(line)
        return kept

    def _left(self, line: Line) -> Node | bool | None:
        """Return what is left of its condition, None where it cannot be read."""
        text = line.cells.get(RELEVANT, "")
        if not text:
            return True
        try:
            return fold(parse(text), self.known)
        except Unsupported:
            return None

    def _answered(self, line: Line) -> bool:
        return line.question is not None and line.question.type != "note" and not _read_only(line)

    # Blocks

    def _block(self, line: Line, around: Parts, within: frozenset[str] = frozenset()) -> Part | Asked:
        """Return a line's block; `around` is the heading and `within` the conditions that it stands under.

        What stands above is not said twice.
        """
        if line.question is not None:
            return self._asked(line, line.question, within)
        label = self._parts(line.text(LABEL))
        # Harmless questions for when somebody walks in: at hand on a sheet of their own, whatever was answered before.
        decoys = all(_role(child) == _DECOY for child in _flat(line.children) if child.question is not None)
        condition = "" if decoys else self._only_if(line, within)
        inside = tuple(self._block(child, label, within | {condition}) for child in line.children)
        return Part(
            label=label if label != around else (),
            inside=inside,
            only_if=condition,
            otherwise=self._otherwise(line) if condition else None,
            repeats=line.repeats,
            own_sheet=decoys,
        )

    def _asked(self, line: Line, question: Question, within: frozenset[str]) -> Asked:
        answered = self._answered(line)
        box = self._box(question) if answered else ""
        return Asked(
            label=self._parts(line.text(LABEL)),
            number=self.numbers.get(line.name),
            hint=self._parts(line.text(HINT)),
            only_if=self._only_if(line, within),
            box=box,
            choices=self._choices(line, question) if answered else (),
            rule=self._parts(line.text(REFUSED)) if answered else (),
            referrals=question.role == _REFERRALS,
            consent=question.role == "consent",
        )

    def _box(self, question: Question) -> str:
        if question.type in {"select_one", "select_multiple", "rank"} and not question.choices:
            return "line"  # choices from a repeat, known only on the phone
        if question.type.endswith(("_from_file", "_external")):
            return "code"
        return _BOXES.get(question.type, "line")

    def _choices(self, line: Line, question: Question) -> tuple[str, ...]:
        return tuple(
            self.outline.say(choice.labels, self.language) or choice.name
            for choice in question.choices
            if self._offered(line.cells.get("choice_filter", ""), choice.name)
        )

    def _offered(self, condition: str, name: str) -> bool:
        """Whether the phone may show a choice: false only where that is certain already."""
        try:
            return fold(parse(_NAME.sub(f"'{name}'", condition)), self.known) is not False
        except Unsupported:
            return True

    def _parts(self, texts: Texts) -> Parts:
        """Cut a text at its references; each becomes a blank line, but a code that must not stand on paper."""
        said = self.outline.say(texts, self.language)
        pieces = _REFERENCE.split(said)
        if any(name in self.by_name and _role(self.by_name[name]) in _CODES for name in pieces[1::2]):
            return (self.phrases["phone_code"],)
        parts = (None if number % 2 else piece for number, piece in enumerate(pieces))
        return tuple(part for part in parts if part != "")

    # Conditions

    def _only_if(self, line: Line, within: frozenset[str]) -> str:
        """Return its condition in words, "" where there is none or one of `within` says it already."""
        said = self._condition(line)
        return "" if said in within - {self.phrases["phone_decides"]} else said

    def _condition(self, line: Line) -> str:
        left = self._left(line)
        if isinstance(left, bool):
            return ""
        if left is not None:
            try:
                return self.phrases["only_if"].format(condition=in_words(left, self.speaker))
            except Unsupported:
                pass
        return self.phrases["phone_decides"]

    def _number(self, name: str) -> str:
        if name not in self.numbers:
            raise Unsupported(name)
        return str(self.numbers[name])

    def _answer(self, name: str, value: str) -> str:
        line = self.by_name.get(name)
        choices = line.question.choices if line is not None and line.question is not None else ()
        labels = next((choice.labels for choice in choices if choice.name == value), {})
        return self.phrases["quoted"].format(text=self.outline.say(labels, self.language) or value)

    def _otherwise(self, line: Line) -> int | None:
        """Return the number after the group; None at the end, and where only the change of topic would follow."""
        inside = [self.numbers[child.name] for child in _flat(line.children) if child.name in self.numbers]
        following = max(inside) + 1 if inside else 0
        return following if following in self.numbers.values() and following not in self.decoys else None


def _computed(outline: Outline) -> Iterator[tuple[str, Node]]:
    """Yield what the phone works out, as far as it can be read, by name."""
    for line in outline.all_lines:
        if line.question is not None and line.question.computed:
            try:
                yield line.name, parse(line.question.calculation)
            except Unsupported:
                continue


def _flat(lines: Sequence[Line]) -> Iterator[Line]:
    for line in lines:
        yield from line.walk()


def _inside(line: Line, children: Sequence[Line]) -> Line:
    return Line(line.name, line.kind, line.texts, line.cells, line.parents, None, tuple(children))


def _role(line: Line) -> str:
    return line.question.role if line.question is not None else ""


def _read_only(line: Line) -> bool:
    return line.cells.get("bind::readonly", "").lower() in {"yes", "true", "true()"}

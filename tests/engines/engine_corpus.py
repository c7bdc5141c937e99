"""Answer sets for each form, tests/engines/corpus/<form>.yaml, and how they become a filled-in form.

A set names the answers that matter to it. Whatever else is asked is answered by its rule, so that a set keeps working
when a form grows:

    best, worst     the choice with the highest, lowest score; without scores, the first
    worst 2, 3 …    the same; without scores, the second, third choice, and round again
    dk, pns, na …   the choice that says why there is no answer, where it is offered; else the first
    1, 2, 3 …       the first, second, third choice, and round again
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import yaml
from engine_instrument import NAMES, Instrument, instrument

from kobo_sync.engine import Answer, Filled, Prompt
from kobo_sync.instrument.form import Question

CORPUS = Path(__file__).resolve().parent / "corpus"

Values: TypeAlias = "tuple[str, ...]"
Given: TypeAlias = "Mapping[str, Values]"

# Letters that XML, CSV or a careless program would spoil.
WORDS = "Women\u2019s room & «тихо» <3"


@dataclass(frozen=True, slots=True, eq=False)
class AnswerSet:
    """One set.

    `ends` marks those that stop at the beginning; `core` those of the core interview; `optional` whether questions that
    may be left empty are answered; `calculations` are formulas that a coordinator changed; `waits` names the rule, if
    any, by which what is sent is held back.
    """

    form: str
    name: str
    rule: str
    answers: Given
    calculations: Mapping[str, str]
    optional: bool
    core: bool
    ends: bool
    waits: str

    def __str__(self) -> str:
        return f"{self.form}: {self.name}"

    @property
    def instrument(self) -> Instrument:
        """The form, with the set's formulas in it."""
        return _variant(self.form, tuple(self.calculations.items()))


@dataclass(frozen=True, slots=True)
class Done:
    """A set filled in by JavaRosa: what was answered by name in order, and what is sent."""

    answers: Given
    filled: Filled


@cache
def sets(form: str) -> tuple[AnswerSet, ...]:
    """Read the sets of one form."""
    content = _read(form)
    return tuple(
        AnswerSet(
            form=form,
            name=name,
            rule=str(entry.get("rule", "1")),
            answers=_values({**content.get("always", {}), **entry.get("answers", {})}),
            calculations=entry.get("calculations", {}),
            optional=entry.get("optional", False),
            core=entry.get("core", False),
            ends=entry.get("ends", False),
            waits=entry.get("waits", ""),
        )
        for name, entry in content["sets"].items()
    )


def all_sets() -> tuple[AnswerSet, ...]:
    """Read the sets of all forms."""
    return tuple(one for form in NAMES for one in sets(form))


def whole(form: str) -> AnswerSet:
    """Return the set that asks as much as one interview can: the one with most answers."""
    return max(sets(form), key=lambda one: len(filled(one).answers))


def wrong_answers(form: str) -> Mapping[str, tuple[Values, ...]]:
    """Return the wrong answers that the corpus names, by question."""
    return {
        question: tuple(_value(answer) for answer in answers)
        for question, answers in _read(form).get("wrong", {}).items()
    }


@cache
def _read(form: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CORPUS / f"{form}.yaml").read_text("utf-8"))
    return content


@cache
def _variant(form: str, calculations: tuple[tuple[str, str], ...]) -> Instrument:
    plain = instrument(form)
    return plain.with_calculations(dict(calculations)) if calculations else plain


def _values(answers: Mapping[str, Any]) -> dict[str, Values]:
    return {name: _value(value) for name, value in answers.items()}


def _value(value: Any) -> Values:
    return tuple(str(part) for part in value) if isinstance(value, list) else (str(value),)


def fill(one: AnswerSet, language: str = "") -> Done:
    """Let JavaRosa fill in a set. Raises Stopped where the phone would not go on."""
    opened = one.instrument
    given: dict[str, Values] = {}

    def answer(prompt: Prompt) -> Answer | None:
        question = opened.form.by_name[prompt.name]
        values = one.answers.get(prompt.name)
        if values is None and (question.required or one.optional):
            values = by_rule(one.rule, question, prompt)
        if not values:
            return None
        if prompt.type == "select_multiple":  # phones and browsers write choices in the order of the list
            values = tuple(sorted(values, key=prompt.choices.index))
        given[prompt.name] = values
        return values

    return Done(given, opened.filler.fill(answer, language or None))


@cache
def filled(one: AnswerSet) -> Done:
    """Return the set filled in once, in the form's default language."""
    return fill(one)


def by_rule(rule: str, question: Question, prompt: Prompt) -> Values:
    """Answer a question that the set does not name."""
    if not prompt.choices:
        return ("1",) if prompt.type in {"integer", "decimal", "range"} else (WORDS,)
    kind, _, number = rule.rpartition(" ") if rule[-1].isdecimal() else (rule, "", "1")
    choices = [choice for choice in question.choices if choice.name in prompt.choices]
    scored = [(choice.score, choice.name) for choice in choices if choice.score is not None]
    if kind in {"best", "worst"} and scored:
        wanted = max(scored)[0] if kind == "best" else min(scored)[0]
        names = tuple(name for score, name in scored if score == wanted)
        return names if question.multiple and kind == "best" else names[:1]
    for choice in choices:
        if choice.missing == kind:
            return (choice.name,)
    return (prompt.choices[(int(number) - 1) % len(prompt.choices)],)


def sent(xml: str, random: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Return what is sent as (path, text) in order, an element a line; random values and the instance's id blotted out.

    So two submissions can be compared whichever engine wrote them.
    """
    root = ET.fromstring(xml)
    found = [("id", root.attrib["id"]), ("version", root.attrib["version"])]

    def collect(element: ET.Element, path: str) -> None:
        for child in element:
            name = re.sub(r"\{.*\}", "", child.tag)
            text = (child.text or "").strip() if not len(child) else ""
            if text and name == "instanceID":
                assert re.fullmatch(r"uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
            blotted = text and (name in random or name == "instanceID")
            found.append((f"{path}{name}", "(random)" if blotted else text))
            collect(child, f"{path}{name}/")

    collect(root, "")
    return found


def raw(xml: str, form: str) -> dict[str, Any]:
    """Return the submission as KoboToolbox's API tells it, with the fields that it adds."""
    answers = {path: text for path, text in sent(xml) if text and not path.startswith("meta/")}
    answers.pop("id")
    version = answers.pop("version")
    identity = "5e9e6d3c-0000-4000-8000-000000000000"
    return {**answers, "_id": 1, "_uuid": identity, "meta/rootUuid": f"uuid:{identity}", "__version__": version}

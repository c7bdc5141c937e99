"""One interview: goes through a form question by question, as the enumerator swipes through it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from kobo_sync.engine.answers import Answer, Source
from kobo_sync.engine.errors import Kind, Stopped
from kobo_sync.engine.jvm import Java
from kobo_sync.engine.prompt import Prompt, Step

__all__ = ["Answer", "Filled", "Layout", "Prompt", "Walk"]

# JavaRosa's numbers (org.javarosa.core.model.Constants, FormEntryController), which have not changed in 15 years.
_SELECT_ONE, _SELECT_MANY, _TRIGGER, _RANGE, _UPLOAD, _RANK = 2, 3, 9, 6, 7, 16
_END, _PROMPT_NEW_REPEAT, _QUESTION = 1, 2, 4
_OK, _REQUIRED, _CONSTRAINT = 0, 1, 2
_CONTROLS = {_SELECT_ONE: "select_one", _SELECT_MANY: "select_multiple", _TRIGGER: "acknowledge", _RANK: "rank",
             _RANGE: "range", _UPLOAD: "file"}  # fmt: skip
_DATA = {1: "text", 2: "integer", 3: "decimal", 4: "date", 5: "time", 6: "dateTime", 9: "boolean", 10: "geopoint",
         11: "barcode", 13: "integer", 14: "geoshape", 15: "geotrace"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """A finished interview.

    `xml` is what the phone sends; `asked` the names of the questions in the order in which they were asked, `notes`
    those of the notes shown between them; `screens` how often the enumerator swiped; `unused` the places of answers
    that were given but not asked for.
    """

    xml: str
    asked: tuple[str, ...]
    screens: int
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Which places of a form repeat, and which groups are one screen; as paths without rounds."""

    repeats: frozenset[str]
    screens: frozenset[str]


@dataclass
class Walk:
    """Walks through a form that is ready to be filled in (`form` is JavaRosa's FormDef)."""

    java: Java
    form: Any
    layout: Layout
    source: Source
    _asked: list[str] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _screens: int = 0
    _screen: str = ""
    _here: tuple[str, str] = ("", "")  # name and path of the question at hand, for messages

    def fill(self) -> Filled:
        """Answer everything that is asked, and return the interview. Raises Stopped."""
        with self._explained():
            self._model = self.java.model(self.form)
            self._controller = self.java.controller(self._model)
            self.form.initialize(True, self.java.initialization())  # noqa: FBT003 -- Java has no keywords; a new interview
            while (event := int(self._controller.stepToNextEvent())) != _END:
                if event == _QUESTION:
                    self._question(self._model.getFormIndex())
                elif event == _PROMPT_NEW_REPEAT:
                    self._offer(self._model.getFormIndex())
            self._finish()
            xml = self.java.serializer().serializeInstance(self.form.getMainInstance(), self.form)
        return Filled(
            xml=bytes(xml).decode("utf-8"),
            asked=tuple(self._asked),
            screens=self._screens,
            notes=tuple(self._notes),
            unused=self.source.unused(),
        )

    @contextlib.contextmanager
    def _explained(self) -> Any:  # noqa: ANN401 -- a generator; contextmanager gives it its type
        """Turn what JavaRosa throws (an unknown function, a word where a number must be) into Stopped."""
        try:
            yield
        except self.java.exception as error:
            name, path = self._here
            raise Stopped(name, "xpath", " ".join(str(error.getMessage()).split()), path=path) from error

    def _finish(self) -> None:
        """Check the form as a whole once more: a later answer can make an earlier one wrong."""
        outcome = self.form.validate(True)  # noqa: FBT003 -- Java has no keywords; check everything
        if outcome is not None and int(outcome.outcome) != _OK:
            java_prompt = self._model.getQuestionPrompt(outcome.failedPrompt)
            steps = self._steps(outcome.failedPrompt)
            self._here = (steps[-1].name, _path(steps))
            self._judge(int(outcome.outcome), java_prompt, java_prompt.getAnswerValue())
        self._controller.finalizeFormEntry()

    def _offer(self, index: Any) -> None:  # noqa: ANN401 -- JavaRosa's FormIndex
        steps = self._steps(index)
        caption = self._model.getCaptionPrompt(index)
        prompt = Prompt(steps[-1].name, _path(steps), "repeat", label=_text(caption.getLongText()))
        if self.source.another(prompt, steps):
            self._controller.newRepeat()

    def _question(self, index: Any) -> None:  # noqa: ANN401 -- JavaRosa's FormIndex
        steps = self._steps(index)
        name, path = self._here = (steps[-1].name, _path(steps))
        java_prompt = self._model.getQuestionPrompt(index)
        self._swipe(steps)
        data = java_prompt.getAnswerValue()
        if java_prompt.isReadOnly():
            self._notes.append(name)
        else:
            self._asked.append(name)
            kind = _kind(java_prompt)
            choices = list(java_prompt.getSelectChoices()) if kind in {"select_one", "select_multiple", "rank"} else []
            names = tuple(str(choice.getValue()) for choice in choices)
            prompt = Prompt(
                name, path, kind, names, bool(java_prompt.isRequired()), _text(java_prompt.getQuestionText())
            )
            value = self.source.answer(prompt, steps)
            if value is not None:
                data = self._data(java_prompt, prompt, value, dict(zip(names, choices, strict=True)))
        # Read-only questions too: a required note is how a form says "not further".
        outcome = int(self._controller.answerQuestion(index, data, True))  # noqa: FBT003 -- Java has no keywords
        self._judge(outcome, java_prompt, data)

    def _swipe(self, steps: Sequence[Step]) -> None:
        """Count screens: a group with the appearance field-list is one, every other question one of its own."""
        places = [_plain(steps[:length]) for length in range(1, len(steps))]
        group = next((length for length, place in enumerate(places, 1) if place in self.layout.screens), None)
        screen = _path(steps[:group]) if group else _path(steps)
        self._screens += screen != self._screen
        self._screen = screen

    def _data(self, java_prompt: Any, prompt: Prompt, value: object, choices: dict[str, Any]) -> Any:  # noqa: ANN401 -- JavaRosa's
        """Turn an answer into JavaRosa's own, None for an empty one."""
        if isinstance(value, bool) or not isinstance(value, str | int | float | Sequence):
            self._stop("type", "")
        if isinstance(value, Sequence) and not isinstance(value, str):
            words = [str(part) for part in value]
        else:
            words = str(value).split() if prompt.type in {"select_multiple", "rank"} else [str(value)]
        if not words or words == [""]:
            return None
        if prompt.type in {"select_multiple", "rank"}:
            selections = [self._choice(word, choices).selection() for word in words]
            return self.java.select_multiple(self.java.array_list(selections))
        if len(words) > 1:
            self._stop("type", "")
        if prompt.type == "select_one":
            return self.java.select_one(self._choice(words[0], choices).selection())
        if prompt.type == "acknowledge":
            return self.java.string_data("OK")
        return self._parsed(java_prompt, words[0])

    def _parsed(self, java_prompt: Any, text: str) -> Any:  # noqa: ANN401 -- JavaRosa's
        try:
            data = self.java.parser.getAnswerData(text, java_prompt.getDataType(), java_prompt.getQuestion())
        except self.java.exception:
            data = None
        if data is None:
            self._stop("type", "")
        return data

    def _choice(self, word: str, choices: dict[str, Any]) -> Any:  # noqa: ANN401 -- JavaRosa's SelectChoice
        if word not in choices:
            self._stop("choice", "")
        return choices[word]

    def _judge(self, outcome: int, java_prompt: Any, data: Any) -> None:  # noqa: ANN401 -- JavaRosa's
        if outcome == _REQUIRED:
            self._stop("required", self._required_text(java_prompt))
        if outcome == _CONSTRAINT:
            self._stop("constraint", _text(java_prompt.getConstraintText(data)))

    def _required_text(self, java_prompt: Any) -> str:  # noqa: ANN401 -- JavaRosa's FormEntryPrompt
        """Return the form's own words for a missing answer, which JavaRosa leaves to its users to look up."""
        for attribute in java_prompt.getBindAttributes():
            if str(attribute.getName()) == "requiredMsg":
                text = _text(attribute.getAttributeValue())
                if text.startswith("jr:itext("):
                    key = text.removeprefix("jr:itext(").rstrip(")").strip("'\"")
                    return _text(self.form.getLocalizer().getText(key))
                return text
        return ""

    def _stop(self, kind: Kind, message: str) -> NoReturn:
        name, path = self._here
        raise Stopped(name, kind, message, path=path)

    def _steps(self, index: Any) -> tuple[Step, ...]:  # noqa: ANN401 -- JavaRosa's FormIndex
        """Return the way to a question, without the form's own name."""
        reference = index.getReference()
        steps: list[Step] = []
        for level in range(1, int(reference.size())):
            name = str(reference.getName(level))
            repeats = _plain((*steps, Step(name))) in self.layout.repeats
            steps.append(Step(name, int(reference.getMultiplicity(level)) + 1 if repeats else 1, repeats))
        return tuple(steps)


def _kind(java_prompt: Any) -> str:  # noqa: ANN401 -- JavaRosa's FormEntryPrompt
    control = int(java_prompt.getControlType())
    return _CONTROLS.get(control) or _DATA.get(int(java_prompt.getDataType()), "text")


def _path(steps: Sequence[Step]) -> str:
    return "/".join(map(str, steps))


def _plain(steps: Sequence[Step]) -> str:
    return "/".join(step.name for step in steps)


def _text(text: Any) -> str:  # noqa: ANN401 -- a Java string or null
    return "" if text is None else str(text)

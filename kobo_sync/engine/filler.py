"""A form, opened once and filled in as often as wished."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kobo_sync.engine.answers import Answers, Asked, Asker, Given
from kobo_sync.engine.jvm import LOCK, java
from kobo_sync.engine.media import Media
from kobo_sync.engine.walk import Filled, Layout, Walk
from kobo_sync.errors import FormError

_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Filler:
    """A form as a phone has it: the XForm and its media by file name ("services.csv").

    Opening costs some 15 ms, an interview of 60 questions some 5 ms. Interviews of one process are made one at a time,
    whichever thread asks. Raises EngineMissing without the extra `engine`, and FormError when the phone could not open
    the form or lacks one of its files.
    """

    def __init__(self, xform: str | bytes, media: Mapping[str, bytes] = _NOTHING) -> None:
        self._java = java()
        self._media = Media(media)
        content = xform.encode("utf-8") if isinstance(xform, str) else xform
        with LOCK, self._media.mounted():
            self._form = self._open(content)
            # Every interview starts from a copy of the form's empty answers: opening the form anew costs four times
            # as much, and gives the same (tests/engine/test_refill.py holds it to that).
            self._empty = self._form.getMainInstance().clone()
        self._layout = _layout(self._form)
        localizer = self._form.getLocalizer()
        #: The languages, as the form names them; empty for a form with a single nameless one.
        self.languages: tuple[str, ...] = (
            tuple(str(name) for name in localizer.getAvailableLocales()) if localizer is not None else ()
        )

    def fill(self, answers: Answers | Asker, language: str | None = None) -> Filled:
        """Make one interview, in the form's default language unless told otherwise.

        `answers` maps question names to a text or number, a list of choices, or for a repeat a list of such mappings;
        what is not asked is left out of the interview and told in `Filled.unused`; None or nothing leaves the form's
        default, "" empties it. Or it is a function that is given each Prompt and returns such a value; a Prompt of type
        "repeat" asks whether to open another round.

        Raises Stopped where the phone would stop the enumerator, FormError for a language that the form does not have.
        """
        source = Asked(answers) if callable(answers) else Given(answers)
        with LOCK:
            self._form.setInstance(self._empty.clone())
            self._form.getEvaluationContext().addFunctionHandler(self._media.pulldata())
            self._speak(language)
            return Walk(self._java, self._form, self._layout, source).fill()

    def _speak(self, language: str | None) -> None:
        localizer = self._form.getLocalizer()
        if language is not None and language not in self.languages:
            known = ", ".join(self.languages) or "only one, without a name"
            raise FormError(f"the form has no language {language!r}; it has: {known}.")
        if localizer is None:
            return
        if language is None:
            localizer.setToDefault()
        else:
            localizer.setLocale(language)

    def _open(self, content: bytes) -> Any:  # noqa: ANN401 -- JavaRosa's FormDef
        try:
            form = self._java.form_utils.getFormFromInputStream(self._java.stream(content))
        except self._java.exception as error:
            words = " ".join(str(error.getMessage()).split())
            raise self._missing() or FormError(
                f"the phone cannot open this form: {words}", remedy="Correct it, and check it with kobo-sync check."
            ) from error
        if (missing := self._missing()) is not None:
            raise missing
        return form

    def _missing(self) -> FormError | None:
        if not self._media.missing:
            return None
        names = ", ".join(dict.fromkeys(self._media.missing))
        return FormError(
            f"the form needs a file that is not with it: {names}.", remedy="Upload it with the form (kobo-sync deploy)."
        )


def _layout(form: Any) -> Layout:  # noqa: ANN401 -- JavaRosa's FormDef
    """Find the repeats and the groups that are shown on one screen."""
    group_class = java().group
    repeats: set[str] = set()
    screens: set[str] = set()

    def visit(element: Any) -> None:  # noqa: ANN401 -- JavaRosa's IFormElement
        for child in element.getChildren() or ():
            if not isinstance(child, group_class):
                continue
            reference = form.getChildInstanceRef(child) if child.getBind() is None else child.getBind().getReference()
            path = "/".join(str(reference.getName(level)) for level in range(1, int(reference.size())))
            if child.getRepeat():
                repeats.add(path)
            if "field-list" in str(child.getAppearanceAttr() or "").split():
                screens.add(path)
            visit(child)

    visit(form)
    return Layout(frozenset(repeats), frozenset(screens))

"""One language's sentences, labels and number formats for what is not a template: the same words as on the pages."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from gettext import GNUTranslations
from typing import Any, cast

from jinja2 import Environment

_TAG = re.compile(r"<[^>]*>")  # of a macro's own: what it is given is escaped in it
_BREAKS = re.compile(r"[ \t\r\n]+")


class Voice:
    """Says things in one language, by the engine that fills in its pages.

    `gettext` and `ngettext` are to be called as `_` and `ngettext`, so that their sentences are found.
    """

    def __init__(self, environment: Environment) -> None:
        self._globals = environment.globals
        self._macros = environment.get_template("_macros.html.j2").module
        self.language = str(self._globals["language"])
        self.draft = bool(self._globals["draft"])
        spoken = cast("GNUTranslations", self._globals["catalogue"])
        self.gettext: Callable[[str], str] = spoken.gettext
        self.ngettext: Callable[[str, str, int], str] = spoken.ngettext
        self.percent = self._said("percent")
        self.number = self._said("number")
        self.day = self._said("day")
        self.label = self._said("label")  # of what kind, and its code
        self.words = self._said("words")

    def of(self, table: str, key: Any) -> str:  # noqa: ANN401 -- codes and band numbers alike
        """Return a label of one of the engine's tables, such as `item_label`, by its key."""
        return str(cast("dict[Any, Any]", self._globals[table])[key])

    def macro(self, name: str, *given: Any) -> str:  # noqa: ANN401 -- what the macro takes
        """Return what a macro of the pages says, as plain text; spaces that may not break stay what they are."""
        told = html.unescape(_TAG.sub("", str(getattr(self._macros, name)(*given))))
        return _BREAKS.sub(" ", told).strip(" ")

    def _said(self, name: str) -> Callable[..., str]:
        return cast("Callable[..., str]", self._globals[name])

"""What is kept of a submission in which nothing is wrong: all that was told, or without consent next to nothing.

A person's own words are taken out of the document: they go to a table that nothing publishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.schema import SYSTEM_KEYS
from kobo_sync.store.words import SERVICE_NAME, Words


class Kept(NamedTuple):
    """The document without anybody's own words, those words, whether she agreed, and the service's code or ""."""

    document: dict[str, Any]
    texts: tuple[Words, ...]
    agreed: bool
    service: str


class Keeping:
    """What one form version allows to be kept; its roles are looked up once.

    She agreed where her choice at the question with the role `consent` scores 1, or there is no such question.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        service = form.with_role("service")
        self._service = service.name if service else ""
        consent = form.with_role("consent")
        self._consent = consent.name if consent else ""
        self._yes = tuple(choice.name for choice in consent.choices if choice.score == 1) if consent else None
        kept = (question.name for question in form.questions if question.role in {"consent", "month", "version"})
        self._of_refusal = frozenset(kept) | {*SYSTEM_KEYS}
        self._texts = tuple((q.name, q.role) for q in form.questions if q.free_text)

    def take(self, document: dict[str, Any]) -> Kept:
        """Return what is kept of a document; what is not is taken out of it."""
        agreed = self._yes is None or document.get(self._consent) in self._yes
        kept = document
        if not agreed:  # whatever a form asked before or beside her consent
            kept = {name: value for name, value in document.items() if name in self._of_refusal}
        texts = tuple(_take_texts(kept, self._form, "", "")) if self._form.repeats else self._take(kept)
        service = str(kept.get(self._service, ""))
        if service and texts:  # on the list: what else it may be called is needed no more
            texts = tuple(words for words in texts if words.role != SERVICE_NAME)
        return Kept(kept, texts, agreed, service)

    def _take(self, document: dict[str, Any]) -> tuple[Words, ...]:
        there = [one for one in self._texts if one[0] in document]
        return tuple(Words(name, str(document.pop(name)), role=role) for name, role in there) if there else ()


def _take_texts(document: dict[str, Any], form: Form, repeat: str, prefix: str) -> Iterator[Words]:
    """Take free text out of the document, repeats included."""
    for name, value in list(document.items()):
        path = f"{repeat}/{name}" if repeat else name
        inner = next((p for p in form.repeats if p == path or p.endswith(f"/{name}")), None)
        if inner is not None and isinstance(value, list):
            items = [dict(item) for item in value]
            document[name] = items
            for number, item in enumerate(items, 1):
                yield from _take_texts(item, form, inner, f"{prefix}{name}[{number}]/")
            continue
        question: Question | None = form.by_name.get(name)
        if question is not None and question.free_text:
            yield Words(f"{prefix}{name}", str(document.pop(name)), role=question.role)

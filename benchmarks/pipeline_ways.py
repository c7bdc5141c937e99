"""The ways from a server's pages to a table, each run in a process of its own by `benchmarks.pipeline`.

python -m benchmarks.pipeline_ways WAY ADDRESS FOLDER    prints its figures as JSON
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.canned import ASSET, FORM, VERSION, WORKBOOK
from benchmarks.took import Took, peak
from kobo_sync.resources import data_dir
from kobo_sync.workspace import Workspace, open_workspace

TOKEN = "benchmark"  # noqa: S105 -- of a server that asks for none


def pipeline(url: str, folder: Path) -> tuple[int, int]:
    """Pull, parse, record, validate and store, as `kobo-sync sync` does before it scores."""
    from kobo_sync.kobo.session import KoboSession, Secret
    from kobo_sync.store.seal import open_seal
    from kobo_sync.store.store import Store
    from kobo_sync.sync.all_forms import versions_of
    from kobo_sync.sync.run import sync_form

    space = make_space(folder, url)
    session = KoboSession(url, Secret(TOKEN))
    with Store(space.store) as store:
        seal = open_seal(space.key_file, store)
        counts = sync_form(session, store, FORM, ASSET, versions_of(space)[FORM], seal=seal).counts
    session.close()
    return counts.read, counts.accepted + counts.refused


def make_space(folder: Path, url: str) -> Workspace:
    """Make a workspace for the one form, with its version and framework; no list of services."""
    (folder / "xlsform").mkdir(parents=True)
    (folder / "xlsform" / "framework.yaml").write_bytes((data_dir("xlsform") / "framework.yaml").read_bytes())
    (folder / "versions" / FORM).mkdir(parents=True)
    (folder / "versions" / FORM / f"{VERSION}.xlsx").write_bytes(WORKBOOK.read_bytes())
    config = f'[server]\nurl = "{url}"\n\n[forms.{FORM}]\nasset = "{ASSET}"\n'
    (folder / "kobo-sync.toml").write_text(config, encoding="utf-8")
    return open_workspace(folder)


def score(folder: Path) -> tuple[int, int]:
    """Score what the pipeline left in the folder; returns how many services."""
    from kobo_sync.sync.all_forms import score_workspace

    count = score_workspace(open_workspace(folder), everything=True, progress=lambda _done, _total: None)
    return count, count


def report(folder: Path) -> tuple[int, int]:
    """Write the team's report on it, in one language."""
    from kobo_sync.report.gather import write_report
    from kobo_sync.store.scores import rounds, scored_services
    from kobo_sync.store.store import Store

    space = open_workspace(folder)
    with Store(space.store) as store:
        (round_,) = rounds(store)
        codes = scored_services(store, round_)
    lines = ["code,label,locale,type", *(f"{code},Service {code},North,clinic" for code in codes)]
    space.services_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_report(space, round_, languages=("en",))
    return len(codes), len(codes)


def pykobo_way(url: str, folder: Path) -> tuple[int, int]:
    """Do it by pykobo, the project's own schema compiled once, and pandas; all rows come in one answer.

    What the schema does not say (the rules beside it, the calendar) is not checked, changes are not followed, and
    killed on the way it begins anew. Raises KeyError where pykobo's columns are not those of the form.
    """
    import pykobo
    from jsonschema import Draft202012Validator

    from kobo_sync.instrument.xlsform import read_form

    form = read_form(WORKBOOK, FORM)
    schema = json.loads((data_dir("schemas") / f"{FORM}.schema.json").read_text("utf-8"))
    kobo = pykobo.Manager(url=url, api_version=2, token=TOKEN).get_form(ASSET)
    kobo.fetch_data()
    frame = kobo.data
    columns = [question.name for question in form.questions if question.stored]
    multiple = {question.name for question in form.questions if question.multiple}
    validator = Draft202012Validator(schema)

    def document(row: dict[str, Any]) -> dict[str, Any]:
        answers = {name: value for name in columns if isinstance(value := row[name], str)}
        made: dict[str, Any] = {n: v.split(kobo.separator) if n in multiple else v for n, v in answers.items()}
        system = {"_id": row["_id"], "_uuid": row["_uuid"], "_version": row["__version__"]}
        return {**made, **system, "_root_uuid": row["rootUuid"].removeprefix("uuid:")}

    fine = [validator.is_valid(document(row)) for row in frame.to_dict("records")]
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection:
        frame.loc[fine, ["_id", "_uuid", *columns]].to_sql("submission", connection, index=False, chunksize=1000)
    return len(frame), sum(fine)


def floor(url: str, folder: Path) -> tuple[int, int]:
    """Read the same pages, parse them, and keep each page's raw bytes: nothing that reads and keeps costs less."""
    return _bare(url, folder, by_row=False)


def floor_by_row(url: str, folder: Path) -> tuple[int, int]:
    """Do the same, but keep the bytes of each submission in a row of its own, as whoever looks one up needs it."""
    return _bare(url, folder, by_row=True)


def _bare(url: str, folder: Path, *, by_row: bool) -> tuple[int, int]:
    import orjson
    import requests

    after = total = 0
    with closing(sqlite3.connect(folder / "store.sqlite")) as connection, requests.Session() as session:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):  # as the store has them
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
        while True:
            params = {"query": json.dumps({"_id": {"$gt": after}}), "sort": '{"_id": 1}', "limit": "1000"}
            answer = session.get(f"{url}/api/v2/assets/{ASSET}/data/", params=params, timeout=130)
            rows = orjson.loads(answer.content)["results"]
            if not rows:
                return total, total
            after, total = rows[-1]["_id"], total + len(rows)
            kept = ((row["_id"], orjson.dumps(row)) for row in rows) if by_row else [(after, answer.content)]
            connection.executemany("INSERT INTO raw VALUES (?, ?)", kept)
            connection.commit()


def no_change(size: int, folder: Path) -> Took:
    """Fill a store with so many and sync it when nothing has changed since; `rows` are requests."""
    from benchmarks.no_change import measure

    (found,) = measure(folder / "space", size, edited=False, deletions=())
    return Took(found.cpu, found.seconds, peak(), found.requests, size)


WAYS: dict[str, Callable[..., tuple[int, int]]] = {
    "pipeline": lambda url, folder: pipeline(url, Path(folder)),
    "pykobo": lambda url, folder: pykobo_way(url, Path(folder)),
    "floor": lambda url, folder: floor(url, Path(folder)),
    "floor-by-row": lambda url, folder: floor_by_row(url, Path(folder)),
    "score": lambda folder: score(Path(folder)),
    "report": lambda folder: report(Path(folder)),
}


def run(way: str, *arguments: str) -> Took:
    """Go one way, and measure this process."""
    if way == "no-change":
        return no_change(int(arguments[0]), Path(arguments[1]))
    clock = time.perf_counter()
    rows, fine = WAYS[way](*arguments)
    return Took(time.process_time(), time.perf_counter() - clock, peak(), rows, fine)


if __name__ == "__main__":
    print(json.dumps(asdict(run(*sys.argv[1:]))))

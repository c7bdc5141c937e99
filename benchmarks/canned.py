"""Client interviews as KoboToolbox hands them out: made once by the phone's own engine, served again and again.

    python -m benchmarks.canned FILE                     writes them
    python -m benchmarks.canned FILE SIZE SERVICES       serves so many until its input ends; prints its address first

The interviews are filled in by JavaRosa on the project's own form; one in `SPOILED` has an answer afterwards that is
none, as after a bulk edit. A page is put together from their bytes, only numbers, uuids, times and services are written
anew; all of it in a process of its own, so that it costs whoever reads the pages nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import orjson

from benchmarks.synthetic import BEGAN, LARGEST_PAGE, NOW, Synthetic, uuid_of
from kobo_sync.instrument.form import Form
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.resources import data_dir

FORM, ASSET, VERSION = "client_interview", "aBenchmark00000000000", "vBenchmark000000000000"
WORKBOOK = data_dir("xlsform") / f"{FORM}.xlsx"
DIFFERENT = 1000  # interviews
SPOILED = 100  # one in so many
MONTH = f"{BEGAN:%Y-%m}"
_SEED = 2026
# What stands in the canned bytes where each submission has its own.
_ID, _UUID, _TIME = b'"_id":0', uuid_of(0, edited=False).encode(), b"0000-00-00T00:00:00"
_SERVICE = b'"S-----"'


def write_canned(path: Path, different: int = DIFFERENT) -> None:
    """Write so many different interviews to a file, as a JSON array."""
    from kobo_sync.demo.people import interviews
    from kobo_sync.demo.services import LOCALES, services
    from kobo_sync.engine import Filler
    from kobo_sync.instrument.xform import convert_form
    from kobo_sync.places import Locale, Referral, locales_for_phones, referrals_for_phones

    form, framework = read_form(WORKBOOK, FORM), read_framework(data_dir("xlsform") / "framework.yaml")
    made = services(framework, _SEED)
    locales = {code: Locale(code, label) for code, label in LOCALES.items()}
    helps = [Referral(code, "Help line", "000", "", accepts=True, checked_on="2026-01-01") for code in LOCALES]
    lines = ["name,label,locale", *(f"{one.code},{one.label},{one.locale}" for one in made)]
    media = {
        "services.csv": "\n".join(lines).encode(),
        "locales.csv": locales_for_phones(locales),
        "referrals.csv": referrals_for_phones(helps, locales),
    }
    filler = Filler(convert_form(WORKBOOK), media)
    people = chain.from_iterable(interviews(form, framework, made, seed) for seed in count(_SEED))
    rows = [_row(form, filler.fill(one).xml) for one in islice(people, different)]
    spoiled = next(question.path for question in form.scored if question.type == "select_one")
    for row in rows[::SPOILED]:
        row[spoiled] = "see paper"
    path.write_bytes(orjson.dumps(rows))


def _row(form: Form, xml: str) -> dict[str, Any]:
    """Return an interview as the server shows it, marks in the places of what is each submission's own."""
    from kobo_sync.standin.submissions import answers, parse

    given = answers(parse(xml), form.repeats)
    month, service = form.with_role("month"), form.with_role("service")
    assert month is not None
    assert service is not None
    if service.path in given:
        given[service.path] = _SERVICE.decode().strip('"')
    uuid = _UUID.decode()
    return {
        "_id": 0,
        "formhub/uuid": "4ac3b3a0e2f34bd4ad5f0f3e4bb2a8f0",
        **{name: value for name, value in given.items() if not name.startswith(("meta/", "formhub/"))},
        month.path: MONTH,
        "__version__": VERSION,
        "meta/instanceID": f"uuid:{uuid}",
        "_xform_id_string": ASSET,
        "_uuid": uuid,
        "meta/rootUuid": f"uuid:{uuid}",
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": _TIME.decode(),
        "_tags": [],
        "_notes": [],
        "_validation_status": {},
        "_submitted_by": None,
    }


class Canned(Synthetic):
    """The synthetic server, but for whole submissions: those are canned interviews. None has a validation status."""

    def __init__(self, rows: bytes, size: int, services: int) -> None:
        super().__init__(size, edited=False)
        self.marked, self._services = False, services
        self._rows = [orjson.dumps(row) for row in orjson.loads(rows)]
        self._content = _content()

    def answer(self, path: str, arguments: Mapping[str, str]) -> object:
        """Answer one request; as bytes where it is for whole submissions. Raises KeyError for what is not known."""
        if path == "/api/v2/assets.json":
            return {"results": [self._asset()]}
        if path == f"/api/v2/assets/{ASSET}.json":
            return self._asset() | {"content": self._content}
        if path == f"/api/v2/assets/{ASSET}/data.json":  # pykobo's: all rows at once, which no server gives
            return self._page(range(1, self.size + 1), self.size)
        if path.endswith("/data/") and "fields" not in arguments:
            asked = orjson.loads(arguments["query"])
            after = asked["_id"]["$gt"]
            limit = min(int(arguments["limit"]), LARGEST_PAGE)
            return self._page(range(after + 1, min(after + limit, self.size) + 1), self.size - after)
        return super().answer(path, arguments)

    def _page(self, numbers: range, left: int) -> bytes:
        rows = b",".join(self._whole(number) for number in numbers)
        return b'{"count":%d,"next":null,"previous":null,"results":[%b]}' % (left, rows)

    def _whole(self, number: int) -> bytes:
        row = self._rows[number % len(self._rows)]
        came = f"{BEGAN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}".encode()
        uuid = uuid_of(number, edited=False).encode()
        service = b'"S%05d"' % (number // len(self._rows) % self._services)  # each has different interviews
        row = row.replace(_ID, b'"_id":%d' % number, 1).replace(_UUID, uuid)
        return row.replace(_TIME, came, 1).replace(_SERVICE, service, 1)

    def _asset(self) -> dict[str, Any]:
        url = f"{self.url}/api/v2/assets/{ASSET}"
        return {
            "uid": ASSET,
            "name": FORM,
            "asset_type": "survey",
            "owner__username": "benchmark",
            "date_created": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}",
            "date_modified": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "version_id": VERSION,
            "has_deployment": True,
            "deployment__submission_count": self.size,
            "summary": {"geo": False},
            "url": f"{url}.json",
            "data": f"{url}/data.json",
        }


def _content() -> dict[str, Any]:
    from kobo_sync.standin.content import normalise, read_workbook

    return normalise(read_workbook(WORKBOOK.read_bytes()))[0]


def main(path: str, size: str = "", services: str = "") -> None:
    """Write the file; or serve from it until whoever started this closes the input."""
    if not size:
        write_canned(Path(path))
        return
    with Canned(Path(path).read_bytes(), int(size), int(services)) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])

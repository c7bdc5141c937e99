"""Many submissions at once, put into the stand-in as its database would hold them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

from replica_form import FORM_UUID, UID, Sent, answers
from replica_rig import Server

from kobo_sync.standin import seeds
from kobo_sync.standin.data import matching

VANISHING = "vanishing-words"  # stands in what a test will delete or replace, and nowhere else


def row(number: int, sent: Sent, *, words: str = "", at: str = "2026-07-14T11:00:00", **more: Any) -> dict[str, Any]:
    """Make a submission as KoboToolbox gives it; `words` are added to the free text."""
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    found = {"_id": number, "formhub/uuid": FORM_UUID, **answers(sent)}
    if words and "interview/words" in found:
        found["interview/words"] += f" {words}"
    found |= {
        "meta/instanceID": f"uuid:{uuid}",
        "meta/rootUuid": f"uuid:{uuid}",
        "_xform_id_string": UID,
        "_uuid": uuid,
        "_attachments": [],
        "_status": "submitted_via_web",
        "_geolocation": [55.0 + number / 1e6, 37.0 + number / 1e6],
        "_submission_time": at,
        "_validation_status": {},
        "_submitted_by": f"peer-{number:07}",
    }
    return found | more


def fill(server: Server, rows: Iterable[dict[str, Any]]) -> None:
    """Put submissions into the tiny form."""
    seeds.add_rows(server.standin.world, UID, rows)


def whole_rows_served(server: Server) -> Counter[int]:
    """Count how often each submission was served whole; right as long as the server's data stand still."""
    served: Counter[int] = Counter()
    for query in whole_queries(server):
        limit = int(query.get("limit", ["100"])[0])
        asked = json.loads(query.get("query", ["{}"])[0])
        served.update(found["_id"] for found in matching(server.asset, asked)[:limit])
    return served


def whole_queries(server: Server) -> Iterator[dict[str, list[str]]]:
    """Yield the arguments of the requests that asked for whole submissions."""
    for record in server.standin.requests:
        query = parse_qs(record.query)
        if record.path.endswith("/data/") and record.status == 200 and "fields" not in query:
            yield query

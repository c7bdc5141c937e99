"""The tables of a frozen release, in another format: read from the release alone, the same figures to the letter."""

from __future__ import annotations

import csv
import re
from io import StringIO

from kobo_sync.errors import RefusedForSafety
from kobo_sync.export.table import Cell, Column, Table
from kobo_sync.scoring.release_model import Release
from kobo_sync.scoring.release_tables import NOTE, files_of
from kobo_sync.store.releases import releases
from kobo_sync.store.store import Store

_ABOUT = {
    "round": "the round, such as 2026-H1",
    "release": "the number of the release of that round",
    "area": "the district's code",
    "areas": "the codes of the districts that the table is about together",
    "service": "the service's code",
    "label": "its public name",
    "status": "published, or not_published: the word is the same whatever the reason",
    "women": "how many women, as a band or a word",
    "of": "overall, or the domain's code",
    "percent": "a score, rounded; 5 stands for 5 or less, 95 for 95 or more",
    "low": "the lower bound of its 95% interval, rounded down",
    "high": "the upper bound, rounded up",
    "grade": "the grade of evidence",
    "band": "the band",
    "tier": "good practice, severely lacking, or nothing",
    "good_in": "the domains in which it is an example",
    "domain": "the domain's code",
    "indicator": "the question",
    "share": "of women, giving the best answer, in percent; or few_or_none, most_or_all",
    "says_more": "whether the service says clearly more of itself than women do",
    "level": "the level of a red flag",
    "by_service": "whether the service caused it",
    "open": "whether it is unresolved",
    "any_hr": "whether there is any harm reduction",
    "lacking": "what is severely lacking",
    "barriers": "barriers that were named",
    "only_service": "whether a service is the only one: closing it is not a remedy",
    "gap": "what may not be reachable",
    "state": "confirmed, no_data and so on; no_data is not fine",
    "variable": "the question about who was asked",
    "category": "the answer",
    "few_or_none_of": "the answers that none to four women gave",
}
_LABELS = {"of": "domain", "domain": "domain", "good_in": "domain", "indicator": "indicator", "gap": "gap"}
_NUMBERS = frozenset({"release", "percent", "low", "high"})
_MAYBE = _NUMBERS | {"share"}
_WHOLE = re.compile(r"[0-9]{1,9}")


def last_release(store: Store, round_: str) -> Release:
    """Return the last release of a round; of the last round that was released, if none is named.

    Raises RefusedForSafety where nothing was released: no file for the public is made of anything else.
    """
    found = [one.release for one in releases(store) if not round_ or one.release.round == round_]
    if not found:
        what = f"The round {round_} was never" if round_ else "No round was ever"
        raise RefusedForSafety(
            f"{what} released, so nothing was written. Files for the public are made of a frozen release only. Close "
            "the round and release it first: kobo-sync report --audience public --round ROUND"
        )
    return max(found, key=lambda release: (release.round, release.number))


def public_tables(release: Release) -> tuple[Table, ...]:
    """Return the tables of a release."""
    made = []
    for name, text in files_of(release).items():
        if not name.endswith(".csv"):
            continue
        header, *rows = csv.reader(StringIO(text, newline=""))
        columns = tuple(
            Column(column, _ABOUT.get(column, column), _LABELS.get(column, ""), number=column in _NUMBERS)
            for column in header
        )
        cells = tuple(tuple(map(_cell, header, row)) for row in rows)
        made.append(Table(name.removesuffix(".csv"), columns, cells))
    return tuple(made)


def method_table(release: Release) -> Table:
    """Return the release's note on method, a line a row."""
    lines = files_of(release)[NOTE].splitlines()
    return Table("method", (Column("method", "how the figures came about"),), tuple((line,) for line in lines))


def _cell(column: str, text: str) -> Cell:
    if column in _NUMBERS and not text:
        return None
    return int(text) if column in _MAYBE and _WHOLE.fullmatch(text) else text

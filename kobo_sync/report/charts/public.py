"""The charts of a public release: of the release alone, as its pages are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kobo_sync.instrument.framework import Framework
from kobo_sync.report.charts.draw import SHEET
from kobo_sync.report.charts.figures import GOOD, GOOD_IN, LACKING, Bar, Bars, Chart, Figure, Grid, Named, Tiers
from kobo_sync.report.charts.files import COST, FOLDER, as_files, names_of, sheets
from kobo_sync.report.charts.words import Words
from kobo_sync.report.engine import site_languages
from kobo_sync.report.making import Content, Job
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical
from kobo_sync.report.public_site import because
from kobo_sync.scoring.areas import NO_DATA
from kobo_sync.scoring.release_model import PUBLISHED, Plain, Release


@dataclass(frozen=True, slots=True)
class _Bounds:
    low: int
    high: int


class PublicCharts:
    """Charts of a release."""

    def __init__(
        self, release: Release, framework: Framework, *, demo: bool = False, languages: Sequence[str] = ()
    ) -> None:
        content = release.content
        self._content, self._framework, self._demo = content, framework, demo
        self._codes = site_languages(framework, languages)
        self._areas: list[Plain] = _sorted(content["areas"])
        self._shown: list[Plain] = _sorted([one for one in content["services"] if one["status"] == PUBLISHED])
        self._lacking = [
            *((False, area) for area in self._areas if area["lacking"]),
            *((True, one) for one in self._shown if one["tier"] == "lacking"),
        ]
        self._good = [
            *((GOOD, one) for one in self._shown if one["tier"] == "good"),
            *((GOOD_IN, one) for one in self._shown if one["good_in"] and one["tier"] != "good"),
        ]
        self._words: dict[str, Words] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_words": {}}

    def jobs(self) -> Iterator[Job]:
        """Yield the charts of each language: the two answers, the gaps, and the domains of each published service."""
        pages = page_names(one["code"] for one in self._content["services"])
        for code in self._codes:
            folder = f"{FOLDER}/{code}"
            for kind, count in (("overview", self._overviews), ("gaps", self._grids)):
                for number in range(count):
                    stem = f"{folder}/{kind}" if not number else f"{folder}/{kind}-{number + 1}"
                    yield Job(names_of(stem), (code, kind, number), cost=COST)
            for place, one in enumerate(self._shown):
                stem = f"{folder}/services/{PurePosixPath(pages[one['code']]).stem}-domains"
                yield Job(names_of(stem), (code, "domains", place), cost=COST)

    def make(self, job: Job) -> Sequence[Content]:
        """Draw a chart."""
        return as_files(self.chart(job))

    def chart(self, job: Job) -> Chart:
        """Return what the chart of a job shows."""
        code, kind, number = job.what
        words = self._words.get(code) or Words(self._framework, code, self._foot)
        self._words[code] = words
        if kind == "overview":
            return self._tiers(words, number)
        return self._grid(words, number) if kind == "gaps" else self._bars(words, self._shown[number])

    @property
    def _overviews(self) -> int:
        return max(sheets(self._lacking, SHEET["names"]), sheets(self._good, SHEET["names"]), 1)

    @property
    def _grids(self) -> int:
        return sheets(self._areas, SHEET["places"]) if self._framework.method.gaps else 0

    def _foot(self, words: Words) -> Sequence[str]:
        _ = words.gettext
        return (
            *([_("Demonstration with invented interviews.")] if self._demo else []),
            _("Public release %(number)s") % {"number": self._content["number"]},
            words.day(dt.date.fromisoformat(self._content["made_on"])),
        )

    def _bars(self, words: Words, one: Plain) -> Bars:
        _ = words.gettext
        found = {domain["code"]: domain["figure"] for domain in one["domains"]}
        bars = [
            Bar(domain.code, words.domains[domain.code], figure, "" if figure else words.words("not_enough"))
            for domain in self._framework.domains
            for figure in (_figure(words, found.get(domain.code)),)
        ]
        overall = _figure(words, one["overall"])
        told = _("What %(women)s women who use drugs said.") % {"women": one["women"].replace(" or more", "+")}
        about = (words.round(self._content["round"]), told)
        return words.bars(one["label"], about, (overall, "") if overall else None, bars)

    def _tiers(self, words: Words, number: int) -> Tiers:
        here = slice(number * SHEET["names"], (number + 1) * SHEET["names"])
        lacking = [
            Named(
                LACKING,
                one["label"],
                words.service_lacks(because(one)) if is_service else words.place_lacks(one["lacking"]),
            )
            for is_service, one in self._lacking[here]
        ]
        good = [
            Named(mark, one["label"], words.is_good() if mark == GOOD else words.good_in(one["good_in"]))
            for mark, one in self._good[here]
        ]
        return words.tiers(self._content["round"], lacking, good, (number + 1, self._overviews))

    def _grid(self, words: Words, number: int) -> Grid:
        here = slice(number * SHEET["places"], (number + 1) * SHEET["places"])
        rows = [(area["label"], area["any_hr"] or NO_DATA, area["gaps"]) for area in self._areas[here]]
        return words.grid(self._content["round"], rows, (number + 1, self._grids))


def _figure(words: Words, figure: Plain | None) -> Figure | None:
    return words.figure(figure["percent"], _Bounds(figure["low"], figure["high"])) if figure else None


def _sorted(blocks: Sequence[Plain]) -> list[Plain]:
    return sorted(blocks, key=lambda one: alphabetical(one["label"]))

"""The charts of a team's report: of what its pages show, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from kobo_sync.report.charts.draw import SHEET
from kobo_sync.report.charts.figures import GOOD, GOOD_IN, LACKING, Bar, Bars, Chart, Grid, Moves, Named, Tiers
from kobo_sync.report.charts.files import COST, FOLDER, as_files, names_of, picture_key, sheets
from kobo_sync.report.charts.words import Words
from kobo_sync.report.engine import site_languages
from kobo_sync.report.making import Content, Job, key_of, program_key
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import Overview, ServiceRow


class TeamCharts:
    """Charts of one round. Nothing of `data` is kept that may not be shown: it may go to other processes."""

    def __init__(self, data: ReportData, view: Overview, languages: Sequence[str] = ()) -> None:
        self._framework, self._round = data.framework, data.round
        self._made_on, self._demo, self._before = data.made_on, data.demo, view.before
        self._codes = site_languages(data.framework, languages)
        self._rows = view.rows
        lacking = [(LACKING, place.label, "", place.area.lacking) for place in view.places_lacking if place.area]
        self._lacking = (*lacking, *((LACKING, row.info.label, "service", row.detail.because) for row in view.lacking))
        self._good = (
            *((GOOD, row.info.label, "", ()) for row in view.good),
            *((GOOD_IN, row.info.label, "", row.detail.good_in) for row in view.good_in),
        )
        self._places = tuple((place.label, place.area) for place in view.places)
        self._words: dict[str, Words] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_words": {}}

    def jobs(self) -> Iterator[Job]:
        """Yield the charts of each language: the two answers, the gaps, and of each service its domains and change."""
        base = key_of(
            program_key(), picture_key(), repr(self._framework), self._round, self._made_on, self._demo, self._before
        )
        whole = key_of(base, self._lacking, self._good, self._places)
        rows = [key_of(base, row) for row in self._rows]
        for code in self._codes:
            folder = f"{FOLDER}/{code}"
            for kind, count in (("overview", self._overviews), ("gaps", self._grids)):
                for number in range(count):
                    stem = f"{folder}/{kind}" if not number else f"{folder}/{kind}-{number + 1}"
                    yield Job(names_of(stem), (code, kind, number), key_of(whole, code), COST)
            for place, row in enumerate(self._rows):
                stem = f"{folder}/services/{PurePosixPath(row.page).stem}"
                if row.team.n is not None:
                    yield Job(names_of(f"{stem}-domains"), (code, "domains", place), key_of(rows[place], code), COST)
                if row.change and (row.change.overall or row.change.domains):
                    yield Job(names_of(f"{stem}-changes"), (code, "changes", place), key_of(rows[place], code), COST)

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
        if kind == "gaps":
            return self._grid(words, number)
        row = self._rows[number]
        return self._bars(words, row) if kind == "domains" else self._moves(words, row)

    @property
    def _overviews(self) -> int:
        return max(sheets(self._lacking, SHEET["names"]), sheets(self._good, SHEET["names"]), 1)

    @property
    def _grids(self) -> int:
        return sheets(self._places, SHEET["places"]) if self._framework.method.gaps else 0

    def _foot(self, words: Words) -> Sequence[str]:
        _ = words.gettext
        return (
            *([_("Demonstration with invented interviews.")] if self._demo else []),
            _("Team copy: not for publication"),
            words.day(self._made_on),
        )

    def _bars(self, words: Words, row: ServiceRow) -> Bars:
        _ = words.gettext
        team, detail = row.team, row.detail
        bars = []
        for domain in team.domains:
            figure, why = None, words.why_not(domain.why)
            if domain.percent is not None:
                figure, why = words.figure(domain.percent, detail.intervals.get(domain.code)), ""
                if domain.code in detail.capped_domains:
                    why = _("flag: %(value)s") % {"value": words.percent(detail.capped_domains[domain.code])}
            bars.append(Bar(domain.code, words.domains[domain.code], figure, why))
        overall = None
        if team.percent is not None:
            lowered = ""
            if detail.capped is not None:
                lowered = _("lowered by open red flags to %(value)s") % {"value": words.percent(detail.capped)}
            overall = (words.figure(team.percent, detail.interval), lowered)
        about = (words.round(self._round), words.women(team.n or 0))
        return words.bars(row.info.label, about, overall, bars)

    def _moves(self, words: Words, row: ServiceRow) -> Moves:
        change = row.change
        found = [*([change.overall] if change and change.overall else []), *(change.domains if change else ())]
        moves = [
            (
                one.code,
                words.figure(one.before, one.before_bounds),
                words.figure(one.after, one.after_bounds),
                one.verdict,
            )
            for one in found
        ]
        return words.moves(row.info.label, self._before, self._round, moves)

    def _tiers(self, words: Words, number: int) -> Tiers:
        here = slice(number * SHEET["names"], (number + 1) * SHEET["names"])
        lacking = [
            Named(mark, label, words.service_lacks(why) if of else words.place_lacks(why))
            for mark, label, of, why in self._lacking[here]
        ]
        good = [
            Named(mark, label, words.is_good() if mark == GOOD else words.good_in(why))
            for mark, label, _of, why in self._good[here]
        ]
        return words.tiers(self._round, lacking, good, (number + 1, self._overviews))

    def _grid(self, words: Words, number: int) -> Grid:
        here = slice(number * SHEET["places"], (number + 1) * SHEET["places"])
        rows = [
            (label, area.any_hr if area else "no_data", area.gaps if area else {}) for label, area in self._places[here]
        ]
        return words.grid(self._round, rows, (number + 1, self._grids))

"""Writes the site: a folder a language, plain HTML and one style sheet, no script, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from kobo_sync.report.card_files import CardSite, TeamCards
from kobo_sync.report.community import PAGE as SPOKEN
from kobo_sync.report.community import community_page, community_round
from kobo_sync.report.engine import STYLE, Engines, site_languages, start_page, style_sheet
from kobo_sync.report.folder import draft_of
from kobo_sync.report.gap_map import Tile, TileGroup, tile_groups
from kobo_sync.report.making import Content, Job, Progress, Site, build, contents, key_of, program_key
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import Overview, PlaceRow, ServiceRow, overview
from kobo_sync.report.spoken import Spoken, SpokenRound, spoken_round, spoken_row

_PAGES = ("index.html", "gaps.html", "domains.html", "changes.html", "fieldwork.html", "method.html")
_OF_SERVICE, _OF_PLACE, _ALOUD = "services", "places", "community"
_TEMPLATES = {_OF_SERVICE: "service", _OF_PLACE: "place"}
_IN_ROWS = frozenset({"groups", "places"})  # of the overview: each row has a key of its own


def write_site(
    data: ReportData,
    out: Path,
    languages: Sequence[str] = (),
    *,
    charts: bool = False,
    pdf: bool = False,
    processes: int | None = 1,
    progress: Progress | None = None,
) -> Path:
    """Write the report of one round as the folder `out` and return the path of its index.html.

    The same data make the same bytes, and what is as it was before is not written again. Pages of services that are no
    longer there go. `charts` puts charts for slides beside the pages; with `pdf`, scorecards are PDF files too.
    `processes`, `progress`: as `making.build`. Raises ConfigError when the folder cannot be replaced; the report from
    before is then still in place. UserError where charts or PDF files are wanted and what makes them is not installed.
    """
    parts = site_parts(data, languages, charts=charts, pdf=pdf)
    with draft_of(out) as draft:
        build(parts, draft, processes=processes, progress=progress)
    return out / "index.html"


def site_parts(
    data: ReportData, languages: Sequence[str] = (), *, charts: bool = False, pdf: bool = False
) -> tuple[Site, ...]:
    """Return what a report is made of: its pages, its scorecards, and what lies beside them where it is wanted."""
    view = overview(data)
    pages = TeamSite(data, view, languages, pdf=pdf)
    cards = CardSite(TeamCards(data, view, pages.common), pages.codes, pages.engines, pdf=pdf)
    if not charts:
        return pages, cards
    from kobo_sync.report.charts.files import check_pictures
    from kobo_sync.report.charts.team import TeamCharts

    check_pictures()
    return pages, cards, TeamCharts(data, view, languages)


def site_files(data: ReportData, languages: Sequence[str] = ()) -> dict[str, str]:
    """Return the site as texts by relative path: `index.html`, and a folder for each language (all, or those named)."""
    return contents(*site_parts(data, languages))


class TeamSite:
    """The team's pages of one round. Nothing of `data` is kept that may not be shown: it may go to other processes."""

    def __init__(self, data: ReportData, view: Overview, languages: Sequence[str] = (), *, pdf: bool = False) -> None:
        self._framework = data.framework
        self.codes = site_languages(data.framework, languages)
        # Templates are given what may be shown and nothing else: no `data`, so no score can slip onto a page.
        self.common: dict[str, Any] = {
            "round": data.round,
            "made": data.made_on,
            "tool_version": data.tool_version,
            "program_version": data.program_version,
            "demo": data.demo,
            "public": False,
            "preview": False,
            "place_pages": {place.code: place.page for place in view.places},
            "reached": data.reached,
            "place_labels": {place.code: place.label for place in view.places},
            "places_with_data": sum(place.has_data for place in view.places),
            "unlawful": _unlawful(data),
            "pdf": pdf,
        }
        # What the pages of the whole round are given besides, so that a page of one service has a key of its own.
        self._whole: dict[str, Any] = {"tile_groups": _tiles(data, view), "spoken": spoken_of(data, view)}
        self._view = view
        self._rows: dict[str, tuple[ServiceRow, ...] | tuple[PlaceRow, ...] | tuple[Spoken, ...]] = {
            _OF_SERVICE: view.rows,
            _OF_PLACE: view.places,
            _ALOUD: tuple(self._whole["spoken"].services),
        }
        self.engines = Engines(data.framework, self.codes)

    def jobs(self) -> Iterator[Job]:
        """Yield the pages: the start page and, for each language, those of the whole round, of services, of places."""
        base = key_of(program_key(), repr(self._framework), self.codes, self.common)
        yield Job((STYLE,), (STYLE,), base)
        yield Job(("index.html",), ("index.html",), base)
        rows = {folder: [key_of(base, folder, row) for row in found] for folder, found in self._rows.items()}
        view = [getattr(self._view, field.name) for field in fields(self._view) if field.name not in _IN_ROWS]
        whole = key_of(base, rows, self._whole, *view)
        for code in self.codes:
            for page in (*_PAGES, SPOKEN):
                # A page with all services takes about as long as a page of each fifth of them.
                cost = 1 + len(rows[_OF_SERVICE]) // 5
                yield Job((f"{code}/{page}",), (code, page), key_of(whole, code), cost)
            for folder, keys in rows.items():
                for place, key in enumerate(keys):
                    name = f"{code}/{folder}/{self._rows[folder][place].page}"
                    yield Job((name,), (code, folder, place), key_of(key, code))

    def make(self, job: Job) -> tuple[Content]:
        """Make a page."""
        code, *what = job.what
        if code == STYLE:
            return (style_sheet(),)
        if not what:
            return (start_page(self._framework, self.codes, self.common),)
        environment = self.engines[code]
        if len(what) == 1:
            (page,) = what
            common = {**self.common, **self._whole}
            if page == SPOKEN:
                return (community_round(environment, common),)
            template = environment.get_template(f"{page}.j2")
            return (template.render(common, view=self._view, root="", up="../", page=page),)
        folder, place = what
        row = self._rows[folder][place]
        # Without the view: what stands on this page depends on its row alone, which its key stands for.
        if folder == _ALOUD:
            return (community_page(environment, self.common, row),)
        template = environment.get_template(f"{_TEMPLATES[folder]}.html.j2")
        shown = {"row": row, "place": row}
        return (template.render(self.common, root="../", up="../../", page=f"{folder}/{row.page}", **shown),)


def _tiles(data: ReportData, view: Overview) -> tuple[TileGroup, ...]:
    """Return the map of gaps; none where the framework asks for no gaps."""
    if data.framework.method.gaps is None:
        return ()
    tiles = [
        (
            place.code,
            Tile(place.label, place.page, {"": place.area.any_hr, **place.area.gaps} if place.area else {}),
        )
        for place in view.places
    ]
    return tile_groups(tiles, data.places.where)


def _unlawful(data: ReportData) -> tuple[str, ...]:
    rules = data.framework.method.gaps
    return tuple(code for code in data.places.unlawful if rules and code in rules.lawful_only)


def spoken_of(data: ReportData, view: Overview) -> SpokenRound:
    """Return what the pages with pictures tell, through the wall."""
    return spoken_round(view, (spoken_row(row, row.shares, data.framework) for row in view.rows))

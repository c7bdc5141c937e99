"""Writes the site: a folder a language, plain HTML and one style sheet, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kobo_sync.report.community import community_files
from kobo_sync.report.engine import STYLE, engine, site_languages, start_page, style_sheet
from kobo_sync.report.folder import publish_folder
from kobo_sync.report.gap_map import Tile, TileGroup, tile_groups
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import Overview, overview
from kobo_sync.report.spoken import SpokenRound, spoken_round, spoken_row
from kobo_sync.scoring.team_shares import team_shares

_PAGES = ("index.html", "gaps.html", "domains.html", "changes.html", "fieldwork.html", "method.html")


def write_site(data: ReportData, out: Path, languages: Sequence[str] = ()) -> Path:
    """Write the report of one round as the folder `out` and return the path of its index.html.

    The same data make the same bytes. Pages of services that are no longer there go. Raises ConfigError when the
    folder cannot be replaced; the report from before is then still in place.
    """
    publish_folder(site_files(data, languages), out)
    return out / "index.html"


def site_files(data: ReportData, languages: Sequence[str] = ()) -> dict[str, str]:
    """Return the site as texts by relative path: `index.html`, and a folder for each language (all, or those named)."""
    view = overview(data)
    # Templates are given what may be shown and nothing else: no `data`, so no score can slip onto a page.
    common: dict[str, Any] = {
        "view": view,
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
        "tile_groups": _tiles(data, view),
        "unlawful": _unlawful(data),
        "spoken": _spoken(data, view),
    }
    codes = site_languages(data.framework, languages)
    files = {STYLE: style_sheet(), "index.html": start_page(data.framework, codes, common)}
    for code in codes:
        environment = engine(data.framework, code, codes)
        for page in _PAGES:
            text = environment.get_template(f"{page}.j2").render(common, root="", up="../", page=page)
            files[f"{code}/{page}"] = text
        for folder, template, rows in (("services", "service", view.rows), ("places", "place", view.places)):
            one = environment.get_template(f"{template}.html.j2")
            for row in rows:
                page = f"{folder}/{row.page}"
                shown = {"row": row, "place": row}
                files[f"{code}/{page}"] = one.render(common, root="../", up="../../", page=page, **shown)
        files |= community_files(environment, code, common)
    return files


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


def _spoken(data: ReportData, view: Overview) -> SpokenRound:
    """Return what the pages with pictures tell, through the wall."""
    scores = {score.service: score for score in data.scores}
    shares = {code: team_shares(score, data.framework) for code, score in scores.items()}
    rows = (spoken_row(row, shares.get(row.info.code, {}), data.framework) for row in view.rows)
    return spoken_round(view, rows)

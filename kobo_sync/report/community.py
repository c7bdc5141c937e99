"""Writes the community version: a page with pictures and a script to read aloud for each service, and one for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment

from kobo_sync.instrument.framework import Framework
from kobo_sync.places import Locale
from kobo_sync.report.gap_map import Tile, TileGroup, tile_groups
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical
from kobo_sync.report.spoken import LISTED, Spoken, SpokenRound, spoken_block, spoken_release
from kobo_sync.scoring.release_model import Plain, Release

PAGE = "community.html"


def community_round(environment: Environment, common: Mapping[str, Any]) -> str:
    """Return the page of the whole round in one language, of either audience: `common["spoken"]` is all it tells."""
    template = environment.get_template("community_round.html.j2")
    return template.render(common, root="", up="../", page=PAGE, limit=LISTED)


def community_page(environment: Environment, common: Mapping[str, Any], service: Spoken) -> str:
    """Return the page of a service in one language, for both audiences: `service` is all that it tells."""
    template = environment.get_template("community.html.j2")
    return template.render(common, root="../", up="../../", page=f"community/{service.page}", one=service)


def spoken_pages(release: Release, framework: Framework) -> dict[str, SpokenRound]:
    """Return what the community pages of a release are given, from the release alone."""
    services, areas = release.content["services"], _areas(release)
    pages, place_pages = page_names(one["code"] for one in services), page_names(area["code"] for area in areas)
    places = {area["code"]: area for area in areas}
    spoken = [
        spoken_block(
            one,
            places[one["area"]]["label"] if one["area"] in places else one["area"],
            pages[one["code"]],
            framework,
            only=one["area"] in places and places[one["area"]]["only_service"],
        )
        for one in services
    ]
    return {"spoken": spoken_release(areas, place_pages, spoken)}


def release_tiles(release: Release, where: Mapping[str, Locale]) -> tuple[TileGroup, ...]:
    """Return the map of gaps of a release; `where` only says where its tiles lie."""
    areas = _areas(release)
    pages = page_names(area["code"] for area in areas)
    tiles = [
        (area["code"], Tile(area["label"], pages[area["code"]], {"": area["any_hr"], **area["gaps"]})) for area in areas
    ]
    return tile_groups(tiles, where)


def _areas(release: Release) -> list[Plain]:
    return sorted(release.content["areas"], key=lambda area: alphabetical(area["label"]))

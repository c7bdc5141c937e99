"""The pages of a public release, read from the release alone, and from labels; no score comes near them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kobo_sync.instrument.framework import Framework
from kobo_sync.places import Locale
from kobo_sync.report.community import community_files, release_tiles, spoken_pages
from kobo_sync.report.engine import STYLE, engine, site_languages, start_page, style_sheet
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical
from kobo_sync.report.public_words import NO_WORDS, PublicWords
from kobo_sync.report.reached import Labels, reached_in
from kobo_sync.scoring.release_changes import release_changes
from kobo_sync.scoring.release_headlines import public_headlines
from kobo_sync.scoring.release_model import PUBLISHED, Plain, Release
from kobo_sync.scoring.release_rounding import percent_step
from kobo_sync.scoring.release_sensitivity import public_sensitivity

NOWHERE: Mapping[str, Locale] = MappingProxyType({})
_PAGES = ("index.html", "gaps.html", "domains.html", "changes.html", "method.html")


def public_files(
    release: Release,
    framework: Framework,
    labels: Labels,
    *,
    releases: Sequence[Release] = (),
    words: PublicWords = NO_WORDS,
    where: Mapping[str, Locale] = NOWHERE,
    demo: bool = False,
    languages: Sequence[str] = (),
) -> dict[str, str]:
    """Return the pages of a release as texts by relative path: `index.html`, and a folder for each language.

    `releases`: all that were ever made, for the page about changes; `words`: the asks and replies to be shown;
    `where`: the lines of the list of places by code, for where the map draws its tiles.
    """
    common = _common(release, framework, labels, words, demo=demo, preview=False)
    common |= {
        "changes": release_changes(release, releases, framework),
        "sensitivity": public_sensitivity(release, framework),
    }
    common |= spoken_pages(release, framework)
    common["tile_groups"] = release_tiles(release, where) if framework.method.gaps else ()
    codes = site_languages(framework, languages)
    files = {STYLE: style_sheet(), "index.html": start_page(framework, codes, common)}
    for code in codes:
        environment = engine(framework, code, codes)
        for page in _PAGES:
            text = environment.get_template(f"public_{page}.j2").render(common, root="", up="../", page=page)
            files[f"{code}/{page}"] = text
        for folder, template, name, blocks, pages in (
            ("services", "public_service", "one", common["services"], common["service_pages"]),
            ("places", "public_place", "area", common["areas"], common["place_pages"]),
        ):
            one = environment.get_template(f"{template}.html.j2")
            for block in blocks:
                page = f"{folder}/{pages[block['code']]}"
                files[f"{code}/{page}"] = one.render(common, root="../", up="../../", page=page, **{name: block})
        files |= community_files(environment, code, common)
    return files


def preview_files(
    release: Release,
    service: str,
    framework: Framework,
    labels: Labels,
    *,
    words: PublicWords = NO_WORDS,
    demo: bool = False,
) -> dict[str, str]:
    """Return what a service gets to see before anything is published: its own page, in each language, and no other.

    Raises KeyError when the release does not list it.
    """
    block = {one["code"]: one for one in release.content["services"]}[service]
    common = _common(release, framework, labels, words, demo=demo, preview=True)
    codes = site_languages(framework)
    files = {STYLE: style_sheet(), "index.html": start_page(framework, codes, common)}
    for code in codes:
        template = engine(framework, code, codes).get_template("public_service.html.j2")
        text = template.render(common, root="", up="../", page="index.html", one=block)
        files[f"{code}/index.html"] = text
    return files


def _common(
    release: Release, framework: Framework, labels: Labels, words: PublicWords, *, demo: bool, preview: bool
) -> dict[str, Any]:
    content = release.content
    areas = sorted(content["areas"], key=lambda area: alphabetical(area["label"]))
    names = {area["code"]: area["label"] for area in areas}
    services = sorted(
        content["services"], key=lambda one: (*alphabetical(names.get(one["area"], "")), *alphabetical(one["label"]))
    )
    published = sorted(
        (one for one in services if one["status"] == PUBLISHED), key=lambda one: alphabetical(one["label"])
    )
    versions, reached = content["method"]["versions"], reached_in(release, labels)
    return {
        "public": True,
        "preview": preview,
        "demo": demo,
        "release": {"number": content["number"]},
        "round": content["round"],
        "made": dt.date.fromisoformat(content["made_on"]),
        "tool_version": content["method"]["framework"],
        "program_version": versions.get("a-gender-monitor", ""),
        "services": services,
        "areas": areas,
        "area_label": names,
        "service_pages": page_names(one["code"] for one in services),
        "place_pages": page_names(names),
        "only": {area["code"] for area in areas if area["only_service"]},
        "lacking_areas": [area for area in areas if area["lacking"]],
        "lacking": [one for one in published if one["tier"] == "lacking"],
        "good": [one for one in published if one["tier"] == "good"],
        "good_in": [one for one in published if one["good_in"] and one["tier"] != "good"],
        "because": _because,
        "choice_label": labels.choices,
        "reached": reached,
        "headlines": {one["code"]: public_headlines(one, framework) for one in published},
        "asks_of": lambda service: [one for one in words.actions if one.service == service],
        "replies_of": lambda service: [one for one in words.replies if one.service == service],
        "asks_in": lambda area: [one for one in words.actions if one.locale == area],
        "replies_in": lambda area: [one for one in words.replies if one.locale == area],
        "step": percent_step(framework),
        "unlawful": tuple(content["method"].get("not_lawful", ())),
    }


def _because(block: Plain) -> tuple[str, ...]:
    """Say why a published service is severely lacking: an open red flag that it caused is told as a word already."""
    flagged = any(flag["open"] and flag["by_service"] and flag["level"] == "R1" for flag in block["flags"])
    return ("open_r1",) if flagged else ("interval",)

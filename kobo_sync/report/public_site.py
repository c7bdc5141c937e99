"""The pages of a public release, read from the release alone, and from labels; no score comes near them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kobo_sync.instrument.framework import Framework
from kobo_sync.places import Locale
from kobo_sync.report.community import PAGE as SPOKEN
from kobo_sync.report.community import community_page, community_round, release_tiles, spoken_pages
from kobo_sync.report.engine import STYLE, Engines, site_languages, start_page, style_sheet
from kobo_sync.report.making import Content, Job
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical
from kobo_sync.report.public_words import NO_WORDS, PublicWords
from kobo_sync.report.reached import Labels, reached_in
from kobo_sync.scoring.release_changes import release_changes
from kobo_sync.scoring.release_headlines import public_headlines
from kobo_sync.scoring.release_model import PUBLISHED, Plain, Release
from kobo_sync.scoring.release_rounding import percent_step
from kobo_sync.scoring.release_sensitivity import public_sensitivity

_PAGES = ("index.html", "gaps.html", "domains.html", "changes.html", "method.html")


@dataclass(frozen=True, slots=True)
class PublicData:
    """All that the pages of a release are made of.

    `releases`: all that were ever made, for the page about changes; `words`: the asks and replies to be shown;
    `where`: the lines of the list of places by code, for where the map draws its tiles.
    """

    release: Release
    framework: Framework
    labels: Labels
    releases: Sequence[Release] = ()
    words: PublicWords = NO_WORDS
    where: Mapping[str, Locale] = field(default_factory=dict)
    demo: bool = False


class PublicSite:
    """The pages of a release: those of the whole round, of each service and place, and the community version.

    With `pdf`, they lead to the scorecards' PDF files.
    """

    def __init__(self, data: PublicData, languages: Sequence[str] = (), *, pdf: bool = False) -> None:
        self._data, self._pdf = data, pdf
        self._codes = site_languages(data.framework, languages)
        self._get_ready()

    def _get_ready(self) -> None:
        data = self._data
        self._common = common_of(data, preview=False)
        self._common |= {
            "pdf": self._pdf,
            "changes": release_changes(data.release, data.releases, data.framework),
            "sensitivity": public_sensitivity(data.release, data.framework),
            "tile_groups": release_tiles(data.release, data.where) if data.framework.method.gaps else (),
            **spoken_pages(data.release, data.framework),
        }
        self._engines = Engines(data.framework, self._codes)
        # By folder: template, what the template calls one of them, all of them, and their pages.
        self._parts: dict[str, tuple[str, str, list[Plain], dict[str, str]]] = {
            "services": ("public_service", "one", self._common["services"], self._common["service_pages"]),
            "places": ("public_place", "area", self._common["areas"], self._common["place_pages"]),
        }

    def __getstate__(self) -> dict[str, Any]:
        return {"_data": self._data, "_pdf": self._pdf, "_codes": self._codes}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self._get_ready()

    def jobs(self) -> Iterator[Job]:
        """Yield the pages. They have no key: a release is rarely written again, and leaves nothing but what it says."""
        yield Job((STYLE,), (STYLE,))
        yield Job(("index.html",), ("index.html",))
        for code in self._codes:
            for page in (*_PAGES, SPOKEN):
                yield Job((f"{code}/{page}",), (code, page), cost=1 + len(self._common["services"]) // 5)
            for folder, (_, _, blocks, pages) in self._parts.items():
                for place, block in enumerate(blocks):
                    yield Job((f"{code}/{folder}/{pages[block['code']]}",), (code, folder, place))
            for place, service in enumerate(self._common["spoken"].services):
                yield Job((f"{code}/community/{service.page}",), (code, SPOKEN, place))

    def make(self, job: Job) -> tuple[Content]:
        """Make a page."""
        code, *what = job.what
        if code == STYLE:
            return (style_sheet(),)
        if not what:
            return (start_page(self._data.framework, self._codes, self._common),)
        environment = self._engines[code]
        if len(what) == 1:
            (page,) = what
            if page == SPOKEN:
                return (community_round(environment, self._common),)
            template = environment.get_template(f"public_{page}.j2")
            return (template.render(self._common, root="", up="../", page=page),)
        folder, place = what
        if folder == SPOKEN:
            return (community_page(environment, self._common, self._common["spoken"].services[place]),)
        name, called, blocks, pages = self._parts[folder]
        template, page = environment.get_template(f"{name}.html.j2"), f"{folder}/{pages[blocks[place]['code']]}"
        return (template.render(self._common, root="../", up="../../", page=page, **{called: blocks[place]}),)


def common_of(data: PublicData, *, preview: bool) -> dict[str, Any]:
    """Return what the templates of a release, or of a preview of it, are given."""
    release, framework, labels, words = data.release, data.framework, data.labels, data.words
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
        "demo": data.demo,
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
        "because": because,
        "choice_label": labels.choices,
        "reached": reached,
        "headlines": {one["code"]: public_headlines(one, framework) for one in published},
        "asks_of": lambda service: [one for one in words.actions if one.service == service],
        "replies_of": lambda service: [one for one in words.replies if one.service == service],
        "asks_in": lambda area: [one for one in words.actions if one.locale == area],
        "replies_in": lambda area: [one for one in words.replies if one.locale == area],
        "step": percent_step(framework),
        "unlawful": tuple(content["method"].get("not_lawful", ())),
        "pdf": False,
    }


def because(block: Plain) -> tuple[str, ...]:
    """Say why a published service is severely lacking: an open red flag that it caused is told as a word already."""
    flagged = any(flag["open"] and flag["by_service"] and flag["level"] == "R1" for flag in block["flags"])
    return ("open_r1",) if flagged else ("interval",)

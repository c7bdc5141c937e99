"""The pages of a public release, read from the release alone, and from labels; no score comes near them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment

from kobo_sync.instrument.framework import Framework
from kobo_sync.report.engine import STYLE, engine, site_languages, start_page, style_sheet
from kobo_sync.report.making import Content, Job, contents
from kobo_sync.report.names import page_names
from kobo_sync.report.pages import alphabetical
from kobo_sync.scoring.release_model import FEW, PUBLISHED, Plain, Release
from kobo_sync.scoring.release_rounding import percent_step

Texts = Mapping[str, str]  # by language code
_PAGES = ("index.html", "gaps.html", "method.html")


@dataclass(frozen=True, slots=True)
class Labels:
    """What forms call things: choices by name, questions by name."""

    choices: Mapping[str, Texts] = field(default_factory=dict)
    questions: Mapping[str, Texts] = field(default_factory=dict)


def public_files(
    release: Release, framework: Framework, labels: Labels, *, demo: bool = False, languages: Sequence[str] = ()
) -> dict[str, str]:
    """Return the pages of a release as texts by relative path: `index.html`, and a folder for each language."""
    return contents(PublicSite(release, framework, labels, demo=demo, languages=languages))


def preview_files(
    release: Release, service: str, framework: Framework, labels: Labels, *, demo: bool = False
) -> dict[str, str]:
    """Return what a service gets to see before anything is published: its own page, in each language, and no other.

    Raises KeyError when the release does not list it.
    """
    block = {one["code"]: one for one in release.content["services"]}[service]
    common = _common(release, framework, labels, demo=demo, preview=True)
    codes = site_languages(framework)
    files = {STYLE: style_sheet(), "index.html": start_page(framework, codes, common)}
    for code in codes:
        template = engine(framework, code, codes).get_template("public_service.html.j2")
        text = template.render(common, root="", up="../", page="index.html", one=block)
        files[f"{code}/index.html"] = text
    return files


class PublicSite:
    """The pages of a release, which are made of the release, the framework and labels alone."""

    def __init__(
        self,
        release: Release,
        framework: Framework,
        labels: Labels,
        *,
        demo: bool = False,
        languages: Sequence[str] = (),
    ) -> None:
        self._made_of = (release, framework, labels, demo)
        self._codes = site_languages(framework, languages)
        self._get_ready()

    def _get_ready(self) -> None:
        release, framework, labels, demo = self._made_of
        self._common = _common(release, framework, labels, demo=demo, preview=False)
        self._engines: dict[str, Environment] = {}
        # By folder: template, what the template calls one of them, all of them, and their pages.
        self._parts: dict[str, tuple[str, str, list[Plain], dict[str, str]]] = {
            "services": ("public_service", "one", self._common["services"], self._common["service_pages"]),
            "places": ("public_place", "area", self._common["areas"], self._common["place_pages"]),
        }

    def __getstate__(self) -> dict[str, Any]:
        return {"_made_of": self._made_of, "_codes": self._codes}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self._get_ready()

    def jobs(self) -> Iterator[Job]:
        """Yield the pages. They have no key: a release is rarely written again, and leaves nothing but what it says."""
        yield Job((STYLE,), (STYLE,))
        yield Job(("index.html",), ("index.html",))
        for code in self._codes:
            for page in _PAGES:
                yield Job((f"{code}/{page}",), (code, page), cost=1 + len(self._common["services"]) // 5)
            for folder, (_, _, blocks, pages) in self._parts.items():
                for place, block in enumerate(blocks):
                    yield Job((f"{code}/{folder}/{pages[block['code']]}",), (code, folder, place))

    def make(self, job: Job) -> tuple[Content]:
        """Make a page."""
        code, *what = job.what
        framework = self._made_of[1]
        if code == STYLE:
            return (style_sheet(),)
        if not what:
            return (start_page(framework, self._codes, self._common),)
        environment = self._engines.get(code) or engine(framework, code, self._codes)
        self._engines[code] = environment
        if len(what) == 1:
            (page,) = what
            template = environment.get_template(f"public_{page}.j2")
            return (template.render(self._common, root="", up="../", page=page),)
        folder, place = what
        name, called, blocks, pages = self._parts[folder]
        template, page = environment.get_template(f"{name}.html.j2"), f"{folder}/{pages[blocks[place]['code']]}"
        return (template.render(self._common, root="../", up="../../", page=page, **{called: blocks[place]}),)


def _common(release: Release, framework: Framework, labels: Labels, *, demo: bool, preview: bool) -> dict[str, Any]:
    content = release.content
    areas = sorted(content["areas"], key=lambda area: alphabetical(area["label"]))
    names = {area["code"]: area["label"] for area in areas}
    services = sorted(
        content["services"], key=lambda one: (*alphabetical(names.get(one["area"], "")), *alphabetical(one["label"]))
    )
    published = sorted(
        (one for one in services if one["status"] == PUBLISHED), key=lambda one: alphabetical(one["label"])
    )
    versions = content["method"]["versions"]
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
        "because": because,
        "choice_label": labels.choices,
        "not_reached": lambda area: _not_reached(content, area, labels),
        "step": percent_step(framework),
    }


def because(block: Plain) -> tuple[str, ...]:
    """Say why a published service is severely lacking: an open red flag that it caused is told as a word already."""
    flagged = any(flag["open"] and flag["by_service"] and flag["level"] == "R1" for flag in block["flags"])
    return ("open_r1",) if flagged else ("interval",)


def _not_reached(content: Plain, area: str, labels: Labels) -> list[tuple[Texts, list[Texts]]]:
    """Return the questions about identity and those of their choices that few or none of the women here ticked."""
    found = []
    for table in content["identity"]:
        few = [name for name, cell in table["cells"].items() if cell == FEW]
        if area in table["areas"] and few:
            question = labels.questions.get(table["variable"], {"en": table["variable"]})
            found.append((question, [labels.choices.get(name, {"en": name}) for name in few]))
    return found

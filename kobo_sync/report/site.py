"""Writes the site: a folder a language, plain HTML and one style sheet, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kobo_sync.report.card import Card, sheet_of
from kobo_sync.report.card_files import card_pages, card_pdfs
from kobo_sync.report.card_team import team_card
from kobo_sync.report.engine import STYLE, engine, site_languages, start_page, style_sheet
from kobo_sync.report.folder import publish_folder
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import Overview, overview
from kobo_sync.report.pdf import Printer
from kobo_sync.report.voice import Voice

_PAGES = ("index.html", "gaps.html", "domains.html", "changes.html", "fieldwork.html", "method.html")


def write_site(data: ReportData, out: Path, languages: Sequence[str] = (), *, pdf: bool = False) -> Path:
    """Write the report of one round as the folder `out` and return the path of its index.html.

    With `pdf`, scorecards are PDF files too. The same data make the same bytes. Pages of services that are no longer
    there go. Raises ConfigError when the folder cannot be replaced, and UserError when the library for PDF files is not
    installed; the report from before is then still in place.
    """
    files: dict[str, str | bytes] = {**site_files(data, languages, pdf=pdf)}
    if pdf:
        files |= site_pdfs(data, languages)
    publish_folder(files, out)
    return out / "index.html"


def site_files(data: ReportData, languages: Sequence[str] = (), *, pdf: bool = False) -> dict[str, str]:
    """Return the site as texts by relative path: `index.html`, and a folder for each language (all, or those named).

    With `pdf`, its pages lead to the files of `site_pdfs`.
    """
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
        "places_with_data": sum(place.has_data for place in view.places),
        "pdf": pdf,
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
        for page, text in card_pages(environment, common, _cards(view, data, Voice(environment))).items():
            files[f"{code}/{page}"] = text
    return files


def site_pdfs(data: ReportData, languages: Sequence[str] = ()) -> dict[str, bytes]:
    """Return the scorecards as PDF files by relative path: one a service and one of all, in each language's folder.

    Raises UserError when the library for PDF files is not installed.
    """
    printer, view, files = Printer(), overview(data), dict[str, bytes]()
    for code in site_languages(data.framework, languages):
        say = Voice(engine(data.framework, code))
        _ = say.gettext
        title = " · ".join((_("Scorecards"), data.round))
        for place, content in card_pdfs(_cards(view, data, say), printer, title).items():
            files[f"{code}/{place}"] = content
    return files


def _cards(view: Overview, data: ReportData, say: Voice) -> list[tuple[str, Card]]:
    """Return the scorecards of one language, with the file names of their pages."""
    _ = say.gettext
    sheet = sheet_of(
        say,
        round_=data.round,
        made=data.made_on,
        framework=data.framework.version,
        program=data.program_version,
        copy=(_("Team copy: not for publication"), _("team copy, not for publication")),
        demo=data.demo,
    )
    return [(row.page, team_card(row, sheet, data.framework, say)) for row in view.rows]

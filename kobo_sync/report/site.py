"""Writes the site: a folder a language, plain HTML and one style sheet, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from kobo_sync.report.card import sheet_of
from kobo_sync.report.card_files import card_files
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
    publish_folder(site_files(data, languages, pdf=pdf), out)
    return out / "index.html"


def site_files(data: ReportData, languages: Sequence[str] = (), *, pdf: bool = False) -> dict[str, str | bytes]:
    """Return the site by relative path: `index.html`, and a folder for each language (all, or those named).

    Pages are texts, PDF files (where `pdf`) bytes.
    """
    printer = Printer() if pdf else None
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
    files: dict[str, str | bytes] = {STYLE: style_sheet(), "index.html": start_page(data.framework, codes, common)}
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
        for place, content in _cards(environment, view, data, common, printer).items():
            files[f"{code}/{place}"] = content
    return files


def _cards(
    environment: Environment, view: Overview, data: ReportData, common: dict[str, Any], printer: Printer | None
) -> dict[str, str | bytes]:
    """Return the scorecards of one language."""
    say = Voice(environment)
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
    cards = [(row.page, team_card(row, sheet, data.framework, say)) for row in view.rows]
    return card_files(environment, common, cards, printer, f"{_('Scorecards')} · {data.round}")

"""Reads the figures back out of everything that is made of a round: each kind of file has a reader of its own.

A reader takes a `Round` and gives what a person would read there: (service, domain) → whole percent, None where it says
that there is no figure; domain "" is the whole. Another kind of file joins the walk by a line in TEAM or PUBLIC.
"""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from pypdf import PdfReader
from report_pages import public_files

from kobo_sync.export.public import public_tables
from kobo_sync.export.table import Table
from kobo_sync.export.team import team_tables
from kobo_sync.export.writers import as_csv, as_xlsx
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.card_files import public_cards
from kobo_sync.report.charts.draw import draw
from kobo_sync.report.charts.public import PublicCharts
from kobo_sync.report.charts.team import TeamCharts
from kobo_sync.report.engine import engine
from kobo_sync.report.making import contents
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import overview
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.reached import Labels
from kobo_sync.report.site import site_files, site_parts
from kobo_sync.report.voice import Voice
from kobo_sync.scoring.explain import explain
from kobo_sync.scoring.release_model import Release
from kobo_sync.scoring.release_tables import files_of

Figures = Mapping[tuple[str, str], int | None]
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Round:
    """A round as the team sees it (`data`) or as it was released (`release`), in one language."""

    framework: Framework
    language: str
    data: ReportData | None = None
    release: Release | None = field(default=None, repr=False)

    @cached_property
    def pages(self) -> Mapping[str, str]:
        """The HTML page of each service that has figures, by code."""
        if self.data:
            files = site_files(self.data, (self.language,))
        else:
            assert self.release
            files = public_files(PublicData(self.release, self.framework, Labels()), (self.language,))
        pages = {name.rpartition("/")[2][:-5]: text for name, text in files.items() if "/services/" in name}
        return {code: text for code, text in pages.items() if 'class="profile"' in text}

    @cached_property
    def charts(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """The chart of the domains of each service that has one: the SVG, and what is said of it."""
        if self.data:
            maker: TeamCharts | PublicCharts = TeamCharts(self.data, overview(self.data), (self.language,))
        else:
            assert self.release
            maker = PublicCharts(self.release, self.framework, languages=(self.language,))
        made = {}
        for job in maker.jobs():
            if job.names[0].endswith("-domains.svg"):
                chart = maker.chart(job)
                made[job.names[0].rpartition("/")[2].removesuffix("-domains.svg")] = (draw(chart), chart.said)
        return made

    @cached_property
    def cards(self) -> Mapping[str, tuple[str, bytes]]:
        """The scorecard of each service that has figures: its page, and its PDF file."""
        if self.data:
            files = contents(*site_parts(self.data, (self.language,), pdf=True))
        else:
            assert self.release
            data = PublicData(self.release, self.framework, Labels())
            files = contents(public_cards(data, (self.language,), pdf=True))
        folder = f"{self.language}/cards"
        return {code: (files[f"{folder}/{code}.html"], files[f"{folder}/{code}.pdf"]) for code in self.pages}

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of the export."""
        if self.data:
            return team_tables(self.data)
        assert self.release
        return public_tables(self.release)

    @property
    def overall(self) -> str:
        """The heading of the figure of the whole."""
        return str(Voice(engine(self.framework, self.language)).gettext("Overall"))

    @property
    def labels(self) -> Mapping[str, str]:
        """Domain code by its label with its number, as pages and charts write it."""
        said = dict(engine(self.framework, self.language).globals)["domain_label"]
        assert isinstance(said, dict)
        return {f"{domain.number} {said[domain.code]}": domain.code for domain in self.framework.domains}


def percent(text: str) -> int | None:
    """Return the first percentage of a text in any language, None where there is none."""
    found = re.search(r"(\d+)\s*%", text)
    return int(found[1]) if found else None


class _Rows(HTMLParser):
    """Reads the table of domains, and the figure of the whole, from a service's page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.whole = ""
        self._where: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if tag == "section":
            self._where = [kind.split()[0] if kind else ""]
        if self._where[:1] == ["profile"] and tag == "tr":
            self.rows.append([])
        if self._where[:1] == ["profile"] and tag in ("th", "td") and self.rows:
            self.rows[-1].append("")
        if self._where[:1] == ["summary"] and tag == "p" and kind.startswith("value") and not self.whole:
            self._where = ["value"]

    def handle_endtag(self, tag: str) -> None:
        if self._where == ["value"] and tag == "p":
            self._where = ["done"]

    def handle_data(self, data: str) -> None:
        if self._where == ["value"]:
            self.whole += data
        elif self._where[:1] == ["profile"] and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def in_pages(made: Round) -> Figures:
    """Read the pages: the table of domains, and the large figure above it."""
    found: dict[tuple[str, str], int | None] = {}
    for code, text in made.pages.items():
        page = _Rows(text)
        found[code, ""] = percent(page.whole)
        for row in page.rows[1:]:
            label = " ".join(row[0].split())
            found[code, made.labels[label]] = percent(row[2])
    return found


def in_card_pages(made: Round) -> Figures:
    """Read the pages of the scorecards: the row of each domain, and the first of the large figures."""
    from lxml import html

    found: dict[tuple[str, str], int | None] = {}
    for code, (text, _) in made.cards.items():
        page = html.fromstring(text.encode("utf-8"))
        found[code, ""] = percent(page.findall(".//p[@class='value']")[0].text_content())
        for row in page.findall(".//section[@class='bars']//tbody/tr"):
            label = " ".join(cell.text_content() for cell in (row[0], row[1]))
            found[code, made.labels[label]] = percent(row.find("td[@class='figure']").text_content())
    return found


def in_card_files(made: Round) -> Figures:
    """Read the PDF files of the scorecards: what stands after the name of each domain, up to the next one's."""
    found: dict[tuple[str, str], int | None] = {}
    labels = {"".join(label.split()): domain for label, domain in made.labels.items()}
    start = re.compile("|".join(map(re.escape, labels)))
    for code, (_, content) in made.cards.items():
        (sheet,) = PdfReader(io.BytesIO(content)).pages
        text = "".join(sheet.extract_text().split())
        places = [*start.finditer(text)]
        found[code, ""] = percent(text[text.index(made.overall) :].partition(".")[0][:40])
        ends = [*(one.start() for one in places[1:]), places[-1].end() + 20]
        for one, end in zip(places, ends, strict=True):
            found[code, labels[one[0]]] = percent(text[one.end() : end])
    return found


def in_svg(made: Round) -> Figures:
    """Read the charts: the text beside each bar, and the line below the title."""
    found: dict[tuple[str, str], int | None] = {}
    for code, (svg, _) in made.charts.items():
        root = ET.fromstring(svg)
        for group in root.iter(f"{_SVG}g"):
            values = [one.text or "" for one in group.iter(f"{_SVG}text") if one.get("class") == "value"]
            found[code, group.attrib["id"]] = percent(values[0]) if values else None
        found[code, ""] = percent("\n".join(one.text or "" for one in root.iter(f"{_SVG}text") if not one.get("class")))
    return found


def in_bars(made: Round) -> Figures:
    """Measure the bars: as long as the figure says, of a bar of 100 %."""
    found: dict[tuple[str, str], int | None] = {}
    for code, (svg, _) in made.charts.items():
        for group in ET.fromstring(svg).iter(f"{_SVG}g"):
            bar = next(group.iter(f"{_SVG}rect"))
            length = float(bar.attrib["width"]) / 3.3
            found[code, group.attrib["id"]] = None if "hatch" in bar.attrib["fill"] else round(length)
    return found


def in_text(made: Round) -> Figures:
    """Read the text of the charts: a line for each domain, the whole in the second line."""
    found: dict[tuple[str, str], int | None] = {}
    for code, (_, said) in made.charts.items():
        found[code, ""] = percent(said[1])
        for line in said[2:]:
            for label, domain in made.labels.items():
                if line.startswith((f"{label}:", f"{label} :")):
                    found[code, domain] = percent(line[len(label) :])
    return found


def in_csv(made: Round) -> Figures:
    """Read the tables as CSV."""
    tables = {table.name: as_csv(table).decode("utf-8-sig") for table in made.tables}
    return _of_tables(made, {name: list(csv.DictReader(io.StringIO(text))) for name, text in tables.items()})


def in_xlsx(made: Round) -> Figures:
    """Read the tables as a workbook."""
    from openpyxl import load_workbook

    rows = {}
    for sheet in load_workbook(io.BytesIO(as_xlsx(made.tables))).worksheets:
        head, *cells = sheet.iter_rows(values_only=True)
        rows[sheet.title] = [
            {str(key): "" if cell is None else str(cell) for key, cell in zip(head, row, strict=True)} for row in cells
        ]
    return _of_tables(made, rows)


def in_release(made: Round) -> Figures:
    """Read the CSV that lies beside the pages of a release."""
    assert made.release
    text = files_of(made.release)["scores.csv"]
    return _of_tables(made, {"scores": list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))})


def in_explain(made: Round) -> Figures:
    """Read what `score --explain` prints."""
    assert made.data
    found: dict[tuple[str, str], int | None] = {}
    for score in made.data.scores:
        told = explain(score, made.framework, made.language)
        titles = {label.split(" ", 1)[1]: code for label, code in made.labels.items()}
        for table in told.tables:
            if table.title in titles or table.title == "Overall":
                rows = [row.figure for row in table.rows if "ean of the" in row.label]
                found[score.service, titles.get(table.title, "")] = percent(rows[0]) if rows else None
    return found


def _of_tables(made: Round, tables: Mapping[str, list[dict[str, str]]]) -> Figures:
    if made.data:
        rows = [(row["service"], "", row) for row in tables["services"]]
        rows += [(row["service"], row["domain"], row) for row in tables["domains"]]
        shown = {row["service"] for row in tables["services"] if row["women"]}
    else:
        rows = [(row["service"], "" if row["of"] == "overall" else row["of"], row) for row in tables["scores"]]
        shown = {service for service, _, row in rows if row["status"] == "published"}
    return {
        (service, domain): int(row["percent"]) if row["percent"] else None
        for service, domain, row in rows
        if service in shown
    }


Reader = Callable[[Round], Figures]
TEAM: Mapping[str, Reader] = {
    "pages": in_pages,
    "card": in_card_pages,
    "pdf": in_card_files,
    "csv": in_csv,
    "xlsx": in_xlsx,
    "chart": in_svg,
    "bars": in_bars,
    "text": in_text,
    "explain": in_explain,
}
PUBLIC: Mapping[str, Reader] = {
    "pages": in_pages,
    "card": in_card_pages,
    "pdf": in_card_files,
    "csv": in_csv,
    "xlsx": in_xlsx,
    "release": in_release,
    "chart": in_svg,
    "bars": in_bars,
    "text": in_text,
}

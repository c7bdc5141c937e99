"""Writes the site: an overview and a page a service, plain HTML and one style sheet, no script, no network."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import partial
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kobo_sync.css import css_string
from kobo_sync.instrument.framework import Framework
from kobo_sync.report.folder import publish_folder
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import overview

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = "assets/report.css"


def write_site(data: ReportData, out: Path) -> Path:
    """Write the report of one round as the folder `out` and return the path of its index.html.

    The same data make the same bytes. Pages of services that are no longer there go. Raises ConfigError when the
    folder cannot be replaced; the report from before is then still in place.
    """
    publish_folder(site_files(data), out)
    return out / "index.html"


def site_files(data: ReportData, language: str = "en") -> dict[str, str]:
    """Return the site as texts by relative path."""
    view = overview(data)
    environment = _environment(data.framework, language)
    # Templates are given what may be shown and nothing else: no `data`, so no score can slip onto a page.
    common: dict[str, Any] = {
        "framework": data.framework,
        "view": view,
        "round": data.round,
        "made": data.made_on,
        "tool_version": data.tool_version,
        "program_version": data.program_version,
        "demo": data.demo,
    }
    files = {_STYLE: (_TEMPLATES / "report.css").read_text(encoding="utf-8")}
    files["index.html"] = environment.get_template("index.html.j2").render(common, root="")
    service = environment.get_template("service.html.j2")
    for row in view.rows:
        files[f"services/{row.page}"] = service.render(common, root="../", row=row)
    return files


def _environment(framework: Framework, language: str) -> Environment:
    """Make the template engine; texts go through gettext, numbers and dates through Babel."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined] # jinja2.ext.i18n adds it when it is loaded
    install(NullTranslations(), newstyle=True)
    place = Locale.parse(language, sep="-")
    in_language = partial(_in_language, language=language)
    environment.filters["css_string"] = _css_string
    environment.globals.update(
        language=language,
        direction=place.text_direction,
        style=_STYLE,
        percent=lambda value: format_percent(value / 100, locale=place),
        number=lambda value: format_decimal(value, locale=place),
        day=lambda value: format_date(value, "long", locale=place),
        listed=lambda texts: format_list(list(texts), locale=place),
        either=lambda texts: format_list(list(texts), style="or", locale=place),
        domain_number={domain.code: domain.number for domain in framework.domains},
        domain_label={domain.code: in_language(domain.label) for domain in framework.domains},
        item_label={indicator.code: in_language(indicator.label) for indicator in framework.indicators},
    )
    return environment


def _css_string(text: str) -> Markup:
    """Write a text of a template, escaped or not, as a CSS string."""
    return css_string(html.unescape(str(text)))


def _in_language(texts: Mapping[str, str], *, language: str) -> str:
    return texts.get(language) or texts["en"]

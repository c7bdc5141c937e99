"""The templates of one language: sentences by gettext, numbers, lists and dates by Babel, labels by the framework."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from kobo_sync.css import css_string
from kobo_sync.instrument.framework import Framework
from kobo_sync.instrument.sentences import known_to_babel
from kobo_sync.report.texts import SOURCE, in_language, translations
from kobo_sync.report.topics import topic

TEMPLATES = Path(__file__).parent / "templates"
STYLE = "assets/report.css"
_STYLES = ("report.css", "community.css")


class _Compiled(BytecodeCache):
    """The templates, compiled once in a process for all languages and reports: most of the time of a small one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, if it was compiled before and is still the same."""
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def site_languages(framework: Framework, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the languages of a site, in the order of the framework.

    A language without a catalogue, the program's or the country's own, has its labels from framework and forms, and the
    fixed sentences in English. `wanted` limits them. English is always there where nothing else would be.
    """
    found = tuple(code for code in framework.languages if not wanted or code in wanted)
    return found or (SOURCE,)


def engine(framework: Framework, language: str, others: Sequence[str] = ()) -> Environment:
    """Make the engine that fills in the templates in a language; `others` are all languages of the site."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined] # jinja2.ext.i18n adds it when it is loaded
    catalogue = translations(language, framework.catalogues.get(language, ""))
    install(catalogue, newstyle=True)
    place = Locale.parse(known_to_babel(language))
    said = partial(in_language, language=language)
    environment.filters["css_string"] = _css_string
    method = framework.method

    def label(kind: str, code: str) -> str:
        """Say what the framework calls a fixer, a flag's level or state, a change, a tier or a gap's state."""
        return said(method.labels.get(kind, {}).get(code, {SOURCE: code}))

    environment.globals.update(
        topic=lambda code: topic(code, framework),
        label=label,
        words=lambda code: said(method.words.get(code, {SOURCE: code})),
        band_label={band.number: said(band.label) for band in method.bands},
        band_term={band.number: said(band.term) for band in method.bands},
        grade_label={grade.code: said(grade.label) for grade in method.grades},
        fixer_codes={indicator.code: indicator.fixers for indicator in framework.indicators},
        gap_items=method.gaps.items if method.gaps else (),
        strong_from=max((grade.clients for grade in method.grades), default=3 * framework.public_from),
        framework=framework,
        catalogue=catalogue,  # for what is not a template, which takes its sentences as they are
        language=language,
        direction=place.text_direction,
        draft=framework.languages.get(language, {}).get("status") == "draft",
        switch=[(code, _language_name(framework, code)) for code in others],
        style=STYLE,
        said=said,
        # Babel works out each anew, and a page has hundreds of the same hundred.
        percent=cache(lambda value: format_percent(value / 100, locale=place)),
        number=cache(lambda value: format_decimal(value, locale=place)),
        day=lambda value: format_date(value, "long", locale=place),
        listed=lambda texts: format_list(list(texts), locale=place),
        either=lambda texts: format_list(list(texts), style="or", locale=place),
        domain_number={domain.code: domain.number for domain in framework.domains},
        domain_label={domain.code: said(domain.label) for domain in framework.domains},
        item_label={indicator.code: said(indicator.label) for indicator in framework.indicators},
    )
    return environment


class Engines:
    """The engines of a site's languages, made when they are asked for. It may go to other processes, without them."""

    def __init__(self, framework: Framework, codes: Sequence[str]) -> None:
        self._framework, self._codes = framework, tuple(codes)
        self._made: dict[str, Environment] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}

    def __getitem__(self, code: str) -> Environment:
        """Return the engine of a language."""
        if code not in self._made:
            self._made[code] = engine(self._framework, code, self._codes)
        return self._made[code]


def start_page(framework: Framework, codes: Sequence[str], common: dict[str, Any]) -> str:
    """Return the first page of a site: the languages to choose from, each in its own words."""
    sentence = "Harm reduction services, as women who use drugs find them"
    titles = {code: translations(code, framework.catalogues.get(code, "")).gettext(sentence) for code in codes}
    template = engine(framework, SOURCE, codes).get_template("start.html.j2")
    return template.render(common, root="", up="", page="", titles=titles)


def style_sheet() -> str:
    """Return the one style sheet."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in _STYLES)


def _language_name(framework: Framework, code: str) -> str:
    """Return a language's own name, without the code that the columns of forms carry."""
    return str(framework.languages.get(code, {}).get("name", code)).removesuffix(f" ({code})")


def _css_string(text: str) -> Markup:
    """Write a text of a template, escaped or not, as a CSS string."""
    return css_string(html.unescape(str(text)))

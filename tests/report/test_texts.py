"""The sentences of the pages: complete in six languages, with the same placeholders, and no markup of their own."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
import report_samples as samples
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from small_forms import ROOT

from kobo_sync.instrument.framework import read_framework
from kobo_sync.report import engine
from kobo_sync.report.engine import STYLE, TEMPLATES, site_languages
from kobo_sync.report.site import site_files
from kobo_sync.report.texts import catalogue_files, languages, translations

SIX = ("en", "es", "fr", "id", "ru", "sw")
_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false", "extensions": "jinja2.ext.i18n"}


@cache
def sentences() -> frozenset[tuple[str, ...]]:
    """Return what templates and modules of the report say: (sentence,) or (for one, for several)."""
    found = set()
    for path in (*TEMPLATES.rglob("*.j2"), *TEMPLATES.parent.rglob("*.py")):
        extract: Callable[..., Any] = babel_extract if path.suffix == ".j2" else extract_python
        options = _OPTIONS if path.suffix == ".j2" else {}
        with path.open("rb") as file:
            for _, _, message, _ in extract(file, ("_", "gettext", "ngettext"), [], options):
                parts = message if isinstance(message, tuple) else (message,)
                texts = tuple(str(part) for part in parts if part)
                if texts:  # none where a sentence is handed through by its variable
                    found.add(texts)
    return frozenset(found)


@cache
def catalogues(language: str) -> tuple[Catalog, ...]:
    """Return the catalogues of a language as Babel reads them."""
    found = []
    for path in catalogue_files(language):
        with path.open("rb") as file:
            found.append(read_po(file, locale=language))
    return tuple(found)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _messages(language: str) -> Mapping[tuple[str, ...], Message]:
    return {_forms(message.id): message for part in catalogues(language) for message in part if message.id}


def test_there_are_six_catalogues() -> None:
    """The pages come in six languages, those of the framework."""
    framework = read_framework(ROOT / "xlsform" / "framework.yaml")
    assert languages() == SIX
    assert set(site_languages(framework)) == set(SIX)


@pytest.mark.parametrize("language", SIX)
def test_every_sentence_is_translated(language: str) -> None:
    """Every sentence of the templates stands in the catalogue with words in each plural form, and no other does."""
    messages = _messages(language)
    assert set(messages) == sentences()
    assert not [key for key, message in messages.items() if not all(_forms(message.string))]
    assert not [key for key, message in messages.items() if message.fuzzy]
    many = [message for message in messages.values() if isinstance(message.id, tuple)]
    assert {len(_forms(message.string)) for message in many} == {part.num_plurals for part in catalogues(language)}


@pytest.mark.parametrize("language", SIX)
def test_no_sentence_is_translated_twice(language: str) -> None:
    """A sentence stands in one catalogue of a language only: which of two translations counts is never a riddle."""
    told = Counter(_forms(message.id) for part in catalogues(language) for message in part if message.id)
    assert [sentence for sentence, times in told.items() if times > 1] == []
    assert [path.name for path in catalogue_files(language)] == [path.name for path in catalogue_files("en")]


@pytest.mark.parametrize("language", SIX)
def test_placeholders_and_markup_agree(language: str) -> None:
    """A translation names the same placeholders, tags and doubled percent signs as the English sentence."""
    pattern = re.compile(r"%\(\w+\)s|</?\w+>|%%|%(?!\()")
    for key, message in _messages(language).items():
        for form in _forms(message.string):
            assert sorted(set(pattern.findall(form))) == sorted(set(pattern.findall(key[-1]))), form


@pytest.mark.parametrize("language", [code for code in SIX if code != "en"])
def test_translations_are_not_english(language: str) -> None:
    """No long sentence was left in English."""
    left = [
        key
        for key, message in _messages(language).items()
        if len(key[0].split()) > 3 and message.string == message.id and "A-Gender" not in key[0]
    ]
    assert not left


def test_russian_counts_in_three_forms() -> None:
    """A language's own plural rule decides which form is taken."""
    say = translations("ru").ngettext
    told = [say("%(n)s woman", "%(n)s women", n) % {"n": n} for n in (21, 22, 25)]
    assert told == ["21 женщина", "22 женщины", "25 женщин"]


# In the pages


def six_languages() -> dict[str, str]:
    """Return the sample site in all languages, each but English a draft."""
    data = samples.data()
    spoken = {code: {"name": f"{code} ({code})", "status": "source" if code == "en" else "draft"} for code in SIX}
    return site_files(replace(data, framework=replace(data.framework, languages=spoken)))


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values["lang"]
        if "href" in values and not values["href"].startswith(("#", "data:")):
            self.found.append((values.get("hreflang", ""), values["href"]))


def test_each_page_leads_to_itself_in_the_other_languages() -> None:
    """The switch is plain relative links: from each page to the same page in each other language, with no script."""
    files = six_languages()
    for name, text in files.items():
        if not name.endswith(".html") or name == "index.html":
            continue
        code, _, page = name.partition("/")
        links = _Links(text)
        targets = {
            spoken: posixpath.normpath(posixpath.join(posixpath.dirname(name), link))
            for spoken, link in links.found
            if spoken
        }
        assert links.language == code
        assert targets == {other: f"{other}/{page}" for other in SIX if other != code}
        assert set(targets.values()) <= files.keys()


def test_drafts_say_that_they_are() -> None:
    """Each page of a translation that nobody of the community has reviewed says so; the English ones do not."""
    for name, text in six_languages().items():
        if name.endswith(".html") and name != "index.html":
            assert ('<p class="draft">' in text) is not name.startswith("en/")


def test_all_languages_have_the_same_pages() -> None:
    """What can be read in one language can be read in each."""
    pages = {code: {name[3:] for name in six_languages() if name.startswith(f"{code}/")} for code in SIX}
    assert all(pages[code] == pages["en"] for code in SIX)


def test_a_site_can_be_in_some_languages_only() -> None:
    """A site can be made in the languages that are asked for."""
    spoken = {code: {"name": code, "status": "draft"} for code in SIX}
    data = replace(samples.data(), framework=replace(samples.framework(), languages=spoken))
    found = {name.split("/")[0] for name in site_files(data, ("ru", "sw"))}
    assert found == {"assets", "index.html", "ru", "sw"}


def test_a_language_from_right_to_left_and_its_long_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once Arabic has a catalogue its pages run from right to left, and a label is there whole, however long it is."""
    long = "خدمات الحد من الضرر للنساء اللواتي يتعاطين المخدرات " * 6
    monkeypatch.setattr(engine, "translations", lambda _code, _own="": translations("en"))
    spoken = {code: {"name": code, "status": "draft"} for code in ("ar", "en")}
    data = samples.data()
    first, *others = data.framework.domains
    domains = (replace(first, label={**first.label, "ar": long}), *others)
    made = site_files(replace(data, framework=replace(data.framework, languages=spoken, domains=domains)))
    pages = {name: text for name, text in made.items() if name.endswith(".html") and "/" in name}
    assert {name.split("/")[0] for name in pages} == {"ar", "en"}
    assert all(f'dir="{"rtl" if name.startswith("ar/") else "ltr"}"' in text for name, text in pages.items())
    assert [name for name, text in pages.items() if long.strip() in text and name.startswith("ar/services/")]
    assert not re.findall(r"[^-](?:margin|padding|border)-(?:left|right)|text-align: *(?:left|right)", made[STYLE])

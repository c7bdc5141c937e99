"""What the checks know about words, read from words.txt: lists that people extend without touching the program."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PERSONAL, WARNINGS = "personal", "warnings"
_SENTENCE = re.compile(r"[;:!?¿¡()\u2014\u2013\n]+|\.(?=\s|$)")
_PART = re.compile(rf"{_SENTENCE.pattern}|,")


@cache
def _sections() -> Mapping[str, tuple[str, ...]]:
    text = files("kobo_sync.instrument.checks").joinpath("words.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            section.append(line)
    return {name: tuple(lines) for name, lines in found.items()}


@cache
def word_list(section: str) -> frozenset[str]:
    """Return the words of a section that is a plain list."""
    return frozenset(word for line in _sections()[section] for word in line.split())


@cache
def scripts() -> Mapping[str, str]:
    """Return the script of each language by its code: "LATIN", "CYRILLIC"."""
    lines = (line.split() for line in _sections()["scripts"])
    return {code: name for name, *codes in lines for code in codes}


@cache
def warning_stems() -> Mapping[str, tuple[str, ...]]:
    """Return by language the patterns for "names", "places" and "dates"."""
    lines = (line.split() for line in _sections()[WARNINGS])
    return {code: tuple(stems) for code, *stems in lines}


@cache
def _patterns(section: str) -> Mapping[str, re.Pattern[str]]:
    """Return a section's patterns by language; "" stands for all languages."""
    by_language: dict[str, list[str]] = {}
    for line in _sections()[section]:
        code, _, pattern = line.partition(" ")
        by_language.setdefault(code, []).append(pattern)
        by_language.setdefault("", []).append(pattern)
    return {code: re.compile("|".join(patterns), re.IGNORECASE) for code, patterns in by_language.items()}


def personal_patterns() -> Mapping[str, re.Pattern[str]]:
    """Return by language what asks a person who she is or where to find her; "" stands for all languages."""
    return _patterns(PERSONAL)


def asks_for(text: str, code: str, *, of_service: bool = False, warns: bool = False) -> str:
    """Return the words with which a text in a language asks for personal data, "" where it does not.

    A text in a language that is not known is held to the words of all. `of_service` is whether the question has the
    role service_name: then a bare “name” is fine if the same text says that it is the service's. `warns` is whether the
    text is a hint: there a whole sentence is a warning, “no names, places, dates”; in a question each part asks anew.
    """
    plain = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    parts = (_SENTENCE if warns else _PART).split(plain)
    for one in (code,) if code in personal_patterns() and code else filter(None, personal_patterns()):
        denied = _patterns("negations")["" if warns and one != code else one]
        patterns = [personal_patterns()[one]]
        services = re.compile(rf"\b({_patterns('services')[one].pattern})", re.IGNORECASE)
        if one in {code, "en"} and not (of_service and services.search(plain)):  # a nombre is a number in French
            patterns.append(_patterns("personal_names_of")[one])
        for part in parts:
            found = next(filter(None, (pattern.search(part) for pattern in patterns)), None)
            if found is not None and not denied.search(part):
                return found[0].strip()
    return ""


@cache
def telling_title() -> re.Pattern[str]:
    """Return what a form's title must not say."""
    return re.compile(rf"\b({'|'.join(_sections()['telling_titles'])})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Avoided:
    """One word to avoid; `severe` where it has no harmless meaning."""

    language: str
    word: str
    severe: bool
    pattern: re.Pattern[str]


@cache
def avoided() -> tuple[Avoided, ...]:
    """Return the words to avoid, in the order of the file."""
    return tuple(_avoided(*line.split(" ", 2)) for line in _sections()["avoided"])


def _avoided(language: str, severity: str, word: str) -> Avoided:
    stem = r"[\s-]+".join(re.escape(part) for part in word.removesuffix("*").split())
    pattern = rf"\b{stem}\w*" if word.endswith("*") else rf"\b{stem}\b"
    return Avoided(language, word, severity == "error", re.compile(pattern, re.IGNORECASE))


def script(letter: str) -> str:
    """Return the script of a letter, as the first word of its Unicode name: "LATIN", "CYRILLIC"."""
    return unicodedata.name(letter, "").partition(" ")[0]

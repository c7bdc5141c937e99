"""The screen: what in a person's own words could tell who she is, or which service it is. Pure functions.

It helps whoever reads the words; it does not replace her. It flags rather too much: a wrong flag costs a look, a missed
number can cost a woman her freedom. What it cannot see: numbers and addresses spelled out in words, nicknames, and what
only somebody from there would recognise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

PHONE, CODE = "a phone number or another long number", "a number like a withdrawal code"
EMAIL, HANDLE, ADDRESS = "an e-mail address", "an account or handle", "a web address"
SERVICE, PLACE = "the name of a service or a place of help", "the name of a place"
FLAGS = (PHONE, CODE, EMAIL, HANDLE, ADDRESS, SERVICE, PLACE)

_LONG = 7  # digits from which on a number can be somebody's
_CODE = 6  # digits of a withdrawal code
_LEAST = 3  # letters of a name that is worth looking for
_ALONE = 4  # letters of a word that can stand for a whole name
_ENDING = 2  # letters at the end of a name that change in many languages
_RUN_ON = 5  # letters of a name that is also looked for within longer words

_DIGITS = re.compile(r"[0-9](?:[\s().\-/_*\u2010-\u2015]{0,3}[0-9])*")
_AT = r"(?:@|\(\s*at\s*\)|\[\s*at\s*\]|\{\s*at\s*\})"
_DOT = r"(?:\.|\(\s*dot\s*\)|\[\s*dot\s*\]|\bdot\b)"
_EMAIL = re.compile(rf"[^\s@]{{1,64}}\s?{_AT}\s?[^\s@]{{1,250}}?\s?{_DOT}\s?\w")
_HANDLE = re.compile(
    r"(?<!\w)@\s?\w{2,}"
    r"|\b(?:t|wa|m|fb|vk|ig|ok|line|viber|signal|telegram|instagram|facebook|tiktok|twitter|linktr)\s?\."
    r"\s?(?:me|com|ru|ee|gg)\b"
    r"|\b(?:telegram|whatsapp|instagram|insta|facebook|messenger|signal|viber|wechat|weixin|tiktok|snapchat|skype|line"
    r"|imo|vk|fb|ig|tg|wa|ws)\s?[:=/]\s?\S+"
    r"|(?:телеграм\w*|телега|тг|вотсап\w*|ватсап\w*|инстаграм\w*|инста|вк)\s?[:=/]\s?\S+"
)
_ENDINGS = (
    "com|org|net|info|edu|gov|int|biz|io|me|app|dev|link|site|online|xyz|asia|africa|ru|su|ua|by|kz|kg|uz|tj|tm|ge|am|az"
    "|md|id|my|th|vn|ph|in|np|bd|pk|ke|tz|ug|rw|za|ng|gh|mx|es|fr|de|uk|co|ar|cl|pe|br|ec|bo|ch|be|it|pl|eu"
)
_ADDRESS = re.compile(
    rf"[a-z][a-z0-9+.-]{{1,10}}://\S|\bwww\.\S|\b[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,4}}\.(?:{_ENDINGS})\b"
)
_WORD = re.compile(r"\w+")

Phrase = tuple[str, ...]  # normalised words


@dataclass(frozen=True, slots=True)
class Names:
    """What services, places of help and places are called here, ready to be looked for."""

    services: frozenset[Phrase] = frozenset()
    places: frozenset[Phrase] = frozenset()


def make_names(services: Iterable[str], places: Iterable[str], vocabulary: Collection[str] = ()) -> Names:
    """Make ready what services (and places of help) and places are called.

    Beside the whole name each of its words is looked for, but those that everybody uses: the words of the forms, given
    as `vocabulary`.
    """
    usual = {word for text in vocabulary for word in _words(plain(text))}
    return Names(frozenset(_phrases(services, usual)), frozenset(_phrases(places, usual)))


def _phrases(names: Iterable[str], usual: Collection[str]) -> Iterator[Phrase]:
    for name in names:
        words = tuple(_words(plain(name)))
        if len("".join(words)) >= _LEAST and not set(words) <= set(usual):
            yield words
        yield from ((word,) for word in words if len(word) >= _ALONE and word not in usual and not word.isdigit())


def screen(text: str, names: Names = Names()) -> tuple[str, ...]:
    """Return what the words hold that could tell on somebody, as texts out of FLAGS in their order; nothing if fine."""
    flat = plain(text)
    words = list(_words(flat))
    numbers = {sum(c.isdigit() for c in found[0]) for found in _DIGITS.finditer(flat)}
    here = {
        PHONE: any(length >= _LONG for length in numbers),
        CODE: _CODE in numbers,
        EMAIL: _EMAIL.search(flat) is not None,
        HANDLE: _HANDLE.search(flat) is not None,
        ADDRESS: _ADDRESS.search(flat) is not None,
        SERVICE: _named(words, names.services),
        PLACE: _named(words, names.places),
    }
    return tuple(flag for flag in FLAGS if here[flag])


def one_spelling(text: str) -> str:
    """Return the words of a text as they are compared, whatever capitals, accents, signs and blanks it has."""
    return " ".join(_words(plain(text)))


def plain(text: str) -> str:
    """Return the text as it is compared: one spelling of each letter, digits of any script as 0 to 9, small letters.

    Signs that cannot be seen are taken out, accents too.
    """
    letters = unicodedata.normalize("NFKD", text)
    kept = (c for c in letters if unicodedata.category(c) not in {"Cf", "Mn", "Me", "Cs"})
    return unicodedata.normalize("NFKC", "".join(_ascii_digit(c) for c in kept).casefold())


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _words(flat: str) -> Iterator[str]:
    return (found[0] for found in _WORD.finditer(flat.replace("_", " ")))


def _named(words: list[str], phrases: Collection[Phrase]) -> bool:
    run_on = "".join(words)
    starts: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        starts.setdefault(word[:_ALONE], []).append(place)
    return any(
        any(
            len(words) - start >= len(phrase) and all(map(_alike, words[start : start + len(phrase)], phrase))
            for start in starts.get(phrase[0][:_ALONE], ())
        )
        or _run_on("".join(phrase), run_on)
        for phrase in phrases
    )


def _run_on(name: str, text: str) -> bool:
    """Whether a name stands within the letters of a text: some scripts put no blanks between words."""
    return (len(name) >= _RUN_ON or any(unicodedata.category(c) == "Lo" for c in name)) and name in text


def _alike(word: str, name: str) -> bool:
    """Whether a word is that of a name, whatever its ending: many languages change it with the sentence."""
    if len(name) <= _ALONE:
        return word == name
    return word.startswith(name[: max(_ALONE, len(name) - _ENDING)]) and len(word) <= len(name) + _ENDING + 1

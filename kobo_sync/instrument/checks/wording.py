"""F4: the texts themselves: what a translation lost on the way, and what reads badly on a small screen."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

from kobo_sync.instrument.checks.book import SETTINGS, Book, TextCell, language_code
from kobo_sync.instrument.checks.finding import ERROR, WARNING, Hit, Place, form_rule, rule, short
from kobo_sync.instrument.checks.instrument import Instrument
from kobo_sync.instrument.checks.words import avoided, script, scripts

LONGEST_LABEL, LONGEST_CHOICE, LONGEST_SENTENCE, LARGEST_RATIO = 120, 60, 20, 2.6
_LOOKING_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK"})
_FEW = 3  # so few letters may be an abbreviation
_SHORT = 30  # below so many characters, lengths say nothing about each other
_REFERENCE = re.compile(r"\$\{\s*([^}]+?)\s*\}")
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_TAG = re.compile(r"</?\s*([a-zA-Z]+)[^>]*>")
_MARKUP = {
    "bold or slanted text": re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)"),
    "a heading": re.compile(r"^#{1,6} ", re.MULTILINE),
    "a link": re.compile(r"\]\("),
}
_SENTENCE_END = re.compile(r"[.!?…。؟]+(?=\s|$)|\n+|(?<=[:;])\s")
_WORD = re.compile(r"\w[\w'\u2019-]*")
# Marks by which a translator finds an unfinished text again; `check` looks for them in forms. "Todo" is a word of
# Spanish and Portuguese too: in capitals alone, or with a colon, it is none.
_UNFINISHED = re.compile(r"\?{3}|\bX{3,}\b|\b(?:TBD|TBC|FIXME)\b|^\W*TODO\W*$|\bTO ?DO:|^\W*TODO\b|\b[Ll]orem ipsum\b")
_LETTER = re.compile(r"[^\W\d_]")


def _plain(text: str) -> str:
    """Return the text without references and markup."""
    return _TAG.sub(" ", _REFERENCE.sub(" ", text))


def _source(book: Book, instrument: Instrument) -> str:
    named = instrument.frame.source_language
    return named if named in book.languages else book.default_language


def _pairs(book: Book, instrument: Instrument) -> Iterator[tuple[TextCell, str, str, str]]:
    """Yield (cell, language, translation, text in the source language) of all translations."""
    source = _source(book, instrument)
    for cell in book.texts:
        if cell.kind == "media" or source not in cell.texts:
            continue
        for language, text in cell.texts.items():
            if language and language != source:
                yield cell, language, text, cell.texts[source]


def _each(book: Book) -> Iterator[tuple[TextCell, str, str]]:
    for cell in book.texts:
        if cell.kind != "media":
            for language, text in cell.texts.items():
                yield cell, language, text


def _differing(found: Callable[[str], Counter[str]], text: str, source: str) -> str:
    """Say what one text has and the other lacks, "" where they agree."""
    here, there = found(text), found(source)
    lost, added = there - here, here - there
    parts = (f"lacks {_names(lost)}" if lost else "", f"has {_names(added)} too many" if added else "")
    return " and ".join(part for part in parts if part)


def _names(counted: Counter[str]) -> str:
    return ", ".join(sorted(counted))


@form_rule(
    "F401",
    ERROR,
    "A translation refers to other questions than the source text",
    why="In that language the answer or code that the text should show is missing, or another one is shown.",
    remedy="Write the same ${…} into the translation as stand in the source text.",
)
def references_differ(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold `${…}` in translations to those of the source text."""
    for cell, language, text, source in _pairs(book, instrument):
        if what := _differing(lambda of: Counter(f"${{{name}}}" for name in _REFERENCE.findall(of)), text, source):
            yield Hit(cell.at(language), f"the translation {what}.", language=language)


@form_rule(
    "F402",
    WARNING,
    "Markup differs between languages",
    why="What is stressed in one language is plain in the other, or signs such as ** are shown as they are.",
    remedy="Use the same markup in both, and close all that is opened.",
)
def markup_differs(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold tags, stress, headings and links in translations to those of the source text."""
    for cell, language, text, source in _pairs(book, instrument):
        if what := _differing(_markup, text, source):
            yield Hit(cell.at(language), f"the translation {what}.", language=language)


def _markup(text: str) -> Counter[str]:
    bare = _REFERENCE.sub("", text)
    found = Counter(f"<{tag.lower()}>" for tag in _TAG.findall(bare))
    for name, pattern in _MARKUP.items():
        found[name] = len(pattern.findall(bare))
    return +found


@form_rule(
    "F403",
    WARNING,
    "Numbers differ between languages",
    why="A question about 6 months in one language and 12 in another cannot be compared.",
    remedy="See which is right. Numbers that are words in one language may be words in the other.",
)
def numbers_differ(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the numbers in translations to those of the source text."""
    for cell, language, text, source in _pairs(book, instrument):
        if what := _differing(_numbers, text, source):
            yield Hit(cell.at(language), f"the translation {what}.", language=language)


def _numbers(text: str) -> Counter[str]:
    """Count the numbers, whatever digits and separators they are written with."""
    found: Counter[str] = Counter()
    for number in _NUMBER.findall(_plain(text)):
        found["".join(str(unicodedata.digit(sign)) for sign in number if sign.isdigit())] += 1
    return found


@form_rule(
    "F404",
    WARNING,
    "A translation is the same as the source text",
    why="It was perhaps copied there to be translated later.",
    remedy="Translate it; leave it if the two languages really say it with the same words.",
)
def not_translated(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find translations of several words that equal the source text."""
    for cell, language, text, source in _pairs(book, instrument):
        if text.casefold() == source.casefold() and len(re.findall(r"[^\W\d_]{2,}", _plain(text))) > 1:
            yield Hit(cell.at(language), f"“{short(text)}” is not translated.", language=language)


@form_rule(
    "F405",
    WARNING,
    "A text is in another script than its language",
    why="It stands perhaps in the wrong column, or holds letters that look alike and cannot be searched for.",
    remedy="Move it to the right column, or type the words again with the keyboard of that language.",
)
def wrong_script(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find texts mostly in a foreign script, and words that mix two."""
    for cell, language, text in _each(book):
        wanted = scripts().get(language_code(language))
        if wanted is None:
            continue
        letters = Counter(script(letter) for letter in _LETTER.findall(_plain(text)))
        if letters.total() > _FEW and letters[wanted] * 2 < letters.total():
            yield Hit(cell.at(language), f"“{short(text)}” is not in {wanted.title()} letters.", language=language)
        for word in _WORD.findall(_plain(text)):
            mixed = {script(letter) for letter in _LETTER.findall(word)} & _LOOKING_ALIKE
            if len(mixed) > 1 and "-" not in word:
                yield Hit(cell.at(language), f"the word “{word}” mixes letters of two scripts.", language=language)


@form_rule(
    "F406",
    WARNING,
    "A translation is much longer or shorter than the source text",
    why="Something was perhaps left out or added, or it belongs to another row.",
    remedy="Compare the two; shorten the long one.",
)
def lengths_differ(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find translations more than 2.6 times as long as the source text, or the other way round."""
    for cell, language, text, source in _pairs(book, instrument):
        less, more = sorted((len(text), len(source)))
        if more >= _SHORT and more > LARGEST_RATIO * less:
            yield Hit(cell.at(language), f"{len(text)} characters stand for {len(source)}.", language=language)


@form_rule(
    "F407",
    WARNING,
    "A question is long",
    why=f"More than {LONGEST_LABEL} characters do not fit on a phone, and are hard to follow when read aloud.",
    remedy="Say it shorter, or move what explains it to the hint.",
)
def long_label(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find labels of questions and groups over 120 characters; notes may be longer."""
    for cell, language, text in _each(book):
        if cell.kind in {"question", "heading"} and len(text) > LONGEST_LABEL:
            yield Hit(cell.at(language), f"{len(text)} characters: “{short(text)}”", language=language)


@form_rule(
    "F408",
    WARNING,
    "A choice is long",
    why=f"More than {LONGEST_CHOICE} characters break over several lines of a phone.",
    remedy="Say it shorter.",
)
def long_choice(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find choices over 60 characters."""
    for cell, language, text in _each(book):
        if cell.kind == "choice" and len(text) > LONGEST_CHOICE:
            yield Hit(cell.at(language), f"{len(text)} characters: “{short(text)}”", language=language)


@form_rule(
    "F409",
    WARNING,
    "A sentence is long",
    why=f"Over {LONGEST_SENTENCE} words, many lose the thread when it is read aloud.",
    remedy="Make two sentences of it.",
)
def long_sentence(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find sentences over 20 words."""
    for cell, language, text in _each(book):
        for sentence in _SENTENCE_END.split(_plain(text)):
            words = len(_WORD.findall(sentence))
            if words > LONGEST_SENTENCE:
                yield Hit(cell.at(language), f"{words} words: “{short(sentence.strip())}”", language=language)


@form_rule(
    "F410",
    WARNING,
    "Letters with accents are taken apart",
    why="The text looks right, and cannot be searched for or compared; some phones show the accents apart.",
    remedy="Type the text again, or have it normalised (Unicode NFC).",
)
def not_composed(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find texts that are not in Unicode's NFC."""
    for cell, language, text in _each(book):
        if not unicodedata.is_normalized("NFC", text):
            yield Hit(cell.at(language), f"“{short(text)}” is not in the usual form (NFC).", language=language)


def _words_avoided(instrument: Instrument, *, severe: bool) -> Iterator[Hit]:
    for book in instrument.books:
        title = Place(book.file, SETTINGS, 2, book.sheet(SETTINGS).columns.get("title", ""))
        for one in avoided():
            if one.severe == severe and one.pattern.search(book.settings.get("title", "")):
                yield Hit(title, f"the title says “{one.word}”.")
        for cell, language, text in _each(book):
            for word in _found(text, language_code(language), severe=severe):
                yield Hit(cell.at(language), f"the text says “{word}”.", language=language)
    for path, texts in instrument.frame.texts():
        for code, text in texts.items():
            for word in _found(text, code, severe=severe):
                yield Hit(instrument.frame.at(*path, code), f"the text says “{word}”.", language=code)


def _found(text: str, code: str, *, severe: bool) -> Iterator[str]:
    """Yield the words to avoid in a text; one in a nameless language is held to them all."""
    for one in avoided():
        if one.severe == severe and one.language == (code or one.language) and (found := one.pattern.search(text)):
            yield found[0]


_BETTER = "Say “women who use drugs”, “people who use drugs”, or leave the word out."


@rule(
    "F411",
    ERROR,
    "A word labels people",
    why="Such words shame the women who are asked, and break with the language rules of their networks.",
    remedy=_BETTER,
)
def labelling_word(instrument: Instrument) -> Iterator[Hit]:
    """Find the words of avoided_words.txt that have no harmless meaning."""
    yield from _words_avoided(instrument, severe=True)


@rule(
    "F412",
    WARNING,
    "A word may label people",
    why="Said of a person or of her test it shames; of a room it does not.",
    remedy="Of equipment say “sterile” or “used”. Of people: " + _BETTER[0].lower() + _BETTER[1:],
)
def doubtful_word(instrument: Instrument) -> Iterator[Hit]:
    """Find the words of avoided_words.txt that also have a harmless meaning."""
    yield from _words_avoided(instrument, severe=False)


@form_rule(
    "F413",
    WARNING,
    "Two translations are the same",
    why="One language's words stand perhaps in another's column, and whoever is asked in it understands nothing.",
    remedy="Translate it; leave it if the two languages really say it with the same words.",
)
def same_in_two(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find texts of several words that are the same in two languages, neither of them the source."""
    source = _source(book, instrument)
    for cell in book.texts:
        seen: dict[str, str] = {}
        for language, text in cell.texts.items() if cell.kind != "media" else ():
            if not language or language == source or len(re.findall(r"[^\W\d_]{2,}", _plain(text))) <= 1:
                continue
            first = seen.setdefault(text.casefold(), language)
            if first != language and text.casefold() != cell.texts.get(source, "").casefold():  # F404 says so
                yield Hit(cell.at(language), f"“{short(text)}” is the same as in {first}.", language=language)


@form_rule(
    "F414",
    ERROR,
    "A text is not finished",
    why="A mark that its author left to come back to would be read aloud to a woman.",
    remedy="Write the text, and take the mark out.",
)
def unfinished(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find the marks that people leave in what they mean to write later."""
    for cell, language, text in _each(book):
        if found := _UNFINISHED.search(text):
            yield Hit(cell.at(language), f"the text says “{found[0].strip()}”.", language=language)


RULES = (
    references_differ,
    markup_differs,
    numbers_differ,
    not_translated,
    wrong_script,
    lengths_differ,
    long_label,
    long_choice,
    long_sentence,
    not_composed,
    labelling_word,
    doubtful_word,
    same_in_two,
    unfinished,
)

"""F1: languages: every text in every language, each language under one name, on all sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from kobo_sync.instrument.checks.book import CHOICES, SETTINGS, SURVEY, Book, Sheet, language_code, written
from kobo_sync.instrument.checks.finding import ERROR, Hit, Place, form_rule, short
from kobo_sync.instrument.checks.instrument import Instrument

_NEAR = 0.8  # two names so alike are taken for one with a slip of the pen


def languages_meant(book: Book, instrument: Instrument) -> tuple[str, ...]:
    """Return the form's languages, without those that are a misspelling of another."""
    odd = misspelt(book, instrument)
    return tuple(dict.fromkeys(name for name, _ in _uses(book).items() if name not in odd))


def misspelt(book: Book, instrument: Instrument) -> Mapping[str, str]:
    """Return names of languages that look like a misspelling, each with the name that is meant."""
    uses = _uses(book)
    known = frozenset(instrument.frame.languages)
    default = book.settings.get("default_language", "")
    # The name to believe: the framework's, then the one used most, then the form's default.
    ranked = sorted(uses, key=lambda name: (name in known, uses[name], name == default), reverse=True)
    odd: dict[str, str] = {}
    for place, name in enumerate(ranked):
        for better in (*ranked[:place], *(other for other in known if other not in uses)):
            if name not in known and better not in odd and _alike(name, better):
                odd.setdefault(name, better)
    return odd


def _uses(book: Book) -> Counter[str]:
    """Count in how many text columns each language stands."""
    found: Counter[str] = Counter()
    for sheet in (book.sheet(SURVEY), book.sheet(CHOICES)):
        for column in sheet.text_columns:
            found.update(language for language in sheet.languages(column) if language)
    return found


def _alike(name: str, other: str) -> bool:
    codes = language_code(name), language_code(other)
    if all(codes) and codes[0] == codes[1]:
        return True
    if all(codes):  # two codes are two languages, unless the names before them are the same
        name, other = name.rpartition("(")[0], other.rpartition("(")[0]
        return name.strip().casefold() == other.strip().casefold()
    if any(codes):  # a code that was left out
        name, other = (text.rpartition(" (")[0] or text for text in (name, other))
    return SequenceMatcher(None, name.casefold(), other.casefold()).ratio() >= _NEAR


def _text_columns(book: Book) -> Iterator[tuple[Sheet, str]]:
    for sheet in (book.sheet(SURVEY), book.sheet(CHOICES)):
        for column in sheet.text_columns:
            yield sheet, column


@form_rule(
    "F101",
    ERROR,
    "A translation is missing",
    why="Whoever is asked in that language sees an empty question, or one in a language that she does not know.",
    remedy="Write the translation into the empty cell.",
)
def missing_translation(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find empty cells beside a text that is there in another language."""
    odd = misspelt(book, instrument)
    for cell in book.texts:
        for language in cell.sheet.languages(cell.column):
            if language and language not in odd and language not in cell.texts:
                given = next(iter(cell.texts.values()))
                yield Hit(cell.at(language), f"“{short(given)}” has no translation.", language=language)


@form_rule(
    "F102",
    ERROR,
    "A language is spelt in two ways",
    why="Phones take it for two languages, each with only some of the texts; the rest stays empty.",
    remedy="Write the language's name in every header in the very same way, code in parentheses included.",
)
def misspelt_language(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find languages whose name is nearly that of another."""
    odd = misspelt(book, instrument)
    for sheet, column in _text_columns(book):
        for language in sheet.languages(column):
            if language in odd:
                yield Hit(
                    sheet.at(1, written(column, language)),
                    f"the language {language!r} is called {odd[language]!r} elsewhere.",
                    f"Write {odd[language]!r} in this header.",
                    language,
                )


@form_rule(
    "F103",
    ERROR,
    "A language of the framework is not in the form",
    why="Reports and forms are promised in the languages of framework.yaml; women who speak this one cannot be asked.",
    remedy="Add the columns of that language, or take it out of the languages in framework.yaml.",
)
def language_not_in_form(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Hold the form's languages to the framework's."""
    there = {*_uses(book), *misspelt(book, instrument).values()}
    if book.form is None or not book.languages:
        return
    for language in instrument.frame.languages:
        if language not in there:
            yield Hit(Place(book.file, SURVEY, 1), f"there is no text in {language}.", language=language)


@form_rule(
    "F104",
    ERROR,
    "A language has no column for some of the texts",
    why="All texts of that kind are missing in it: hints, messages or choices stay empty.",
    remedy="Add the column, its header spelt as on the other sheets, and fill it in.",
)
def missing_column(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find text columns that are there in some of the form's languages only."""
    odd = misspelt(book, instrument)
    meant = languages_meant(book, instrument)
    for sheet, column in _text_columns(book):
        named = [language for language in sheet.languages(column) if language]
        there = {odd.get(language, language) for language in named}
        for language in meant:
            if named and language not in there:
                header = sheet.columns[written(column, named[0])].replace(named[0], language)
                yield Hit(sheet.at(1), f"there is no column {header!r}.", language=language)


@form_rule(
    "F105",
    ERROR,
    "The framework does not know a language of the form",
    why="Nobody could tell whether its translations were reviewed, and no report would be made in it.",
    remedy="Add the language with its status to the languages in framework.yaml, or spell it as there.",
)
def language_not_in_framework(book: Book, instrument: Instrument) -> Iterator[Hit]:
    """Find languages of the form that framework.yaml does not have."""
    known = instrument.frame.languages
    for language in languages_meant(book, instrument):
        if known and language not in known:
            yield Hit(Place(book.file, SURVEY, 1), f"framework.yaml has no language {language!r}.", language=language)


@form_rule(
    "F106",
    ERROR,
    "The default language is none of the form's",
    why="KoboToolbox rejects the import of such a form.",
    remedy="Write one of the form's languages into default_language, spelt as in the headers.",
)
def unknown_default(book: Book, _: Instrument) -> Iterator[Hit]:
    """Hold `default_language` to the languages of the questions."""
    default = book.settings.get("default_language", "")
    if default and book.languages and default not in book.languages:
        yield Hit(
            book.at(2, "default_language", SETTINGS),
            f"{default!r} is none of the form's languages ({', '.join(book.languages)}).",
            language=default,
        )


@form_rule(
    "F107",
    ERROR,
    "A column has no language, beside others that have one",
    why="KoboToolbox makes a nameless language of it, in which all other texts are missing.",
    remedy="Add the language to the header, as in “label::English (en)”, or delete the column.",
)
def nameless_language(book: Book, _: Instrument) -> Iterator[Hit]:
    """Find plain text columns in a form with translations."""
    if not book.languages:
        return
    for sheet, column in _text_columns(book):
        if "" in sheet.languages(column):
            yield Hit(sheet.at(1, column), f"the column {sheet.columns[column]!r} names no language.")


RULES = (
    missing_translation,
    misspelt_language,
    language_not_in_form,
    missing_column,
    language_not_in_framework,
    unknown_default,
    nameless_language,
)

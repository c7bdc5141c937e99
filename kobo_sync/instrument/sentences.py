"""A country's own catalogues: the fixed sentences of pages in a language that the program does not speak.

They lie beside the framework, in xlsform/texts/<language>.po, as gettext files that any text editor opens. What one
lacks is said in English. They are read with the framework and travel with it, but are no part of what scores rest on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

from kobo_sync.errors import FormError

FOLDER = "texts"
_NAME = re.compile(r"%\(([^)]*)\)s")
_LARGEST = 2 * 2**20  # bytes; the program's own have a tenth of it


def own_catalogues(folder: Path, languages: Iterable[str]) -> Mapping[str, str]:
    """Return the text of each language's catalogue in the folder `texts` of `folder`; those that are not there not.

    Raises FormError naming file and line for what is no catalogue, or would break a page.
    """
    found: dict[str, str] = {}
    for language in languages:
        path = folder / FOLDER / f"{language}.po"
        if path.is_file():
            found[language] = _read(path, language)
    return found


def _read(path: Path, language: str) -> str:
    name = f"{FOLDER}/{path.name}"
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise FormError(
            f"cannot be read ({error.strerror}).", file=name, remedy="Close it in other programs, then try again."
        ) from error
    except UnicodeDecodeError:
        raise FormError("is not in UTF-8.", file=name, remedy="Save it as UTF-8 in your text editor.") from None
    if len(data) > _LARGEST:
        raise FormError("is too large for a catalogue of sentences.", file=name, remedy="Is it the right file?")
    _check(text, name, language)
    return text


def _check(text: str, name: str, language: str) -> None:
    """Hold each sentence to the English one: the same places to fill in, no tags of its own."""
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(BytesIO(text.encode("utf-8")), locale=known_to_babel(language), abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise FormError(
            "is no catalogue of sentences that can be read.",
            file=name,
            row=getattr(error, "lineno", None),
            remedy="Make a new one with kobo-sync sentences, and copy your sentences over.",
        ) from error
    for message in catalogue:
        ids, said = _texts(message.id), _texts(message.string)
        if not message.id or message.fuzzy:
            continue
        for one in filter(None, said):
            fault = _fault(ids, one)
            if fault:
                raise FormError(
                    f"the sentence {ids[0][:60]!r} {fault}.",
                    file=name,
                    row=message.lineno,
                    remedy="Write it anew, with what stands between %( and )s as it is in English.",
                )


def _texts(text: object) -> tuple[str, ...]:
    """Return a sentence, or all its forms for one and for several."""
    return (text,) if isinstance(text, str) else tuple(map(str, text)) if isinstance(text, list | tuple) else ()


def _fault(ids: tuple[str, ...], said: str) -> str:
    places = {place for one in ids for place in _NAME.findall(one)}
    unknown = sorted(set(_NAME.findall(said)) - places)
    if unknown:
        return f"has a place %({unknown[0]})s that the English one has not"
    try:
        _ = said % dict.fromkeys(places, "")
    except (KeyError, TypeError, ValueError):
        return "has a % that stands for nothing (write %% for the sign itself)"
    if any(sign in said and not any(sign in one for one in ids) for sign in "<>"):
        return "has a tag (< or >) that the English one has not"
    return ""


def known_to_babel(language: str) -> str:
    """Return the language where Babel knows its numbers, dates and direction, else its family, else English."""
    from babel import Locale, UnknownLocaleError

    for code in (language, language.partition("-")[0]):
        try:
            return str(Locale.parse(code, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return "en"

"""A catalogue for a language that the program does not speak: all its sentences, to be translated in a text editor."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from kobo_sync.csv_files import replace_whole
from kobo_sync.errors import ConfigError
from kobo_sync.instrument.framework import read_framework
from kobo_sync.instrument.kept_framework import FRAMEWORK
from kobo_sync.instrument.sentences import FOLDER, known_to_babel
from kobo_sync.report.texts import SOURCE, catalogue_files

_HEAD = """\
# The sentences of the pages in {language}. Write each translation between the quotes behind msgstr; what stands between
# %( and )s stays as it is. What you leave empty is said in English. Nothing else in this file needs to change."""


def write_catalogue(xlsform: Path, language: str) -> tuple[Path, int, int]:
    """Write xlsform/texts/<language>.po with all sentences; what is translated there already stays.

    Returns the file, how many sentences there are, and how many have a translation. Raises ConfigError for a language
    that the framework does not name, FormError for a catalogue there that cannot be read, and ConfigError where it
    cannot be written.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    framework = read_framework(xlsform / FRAMEWORK)
    if language not in framework.languages:
        raise ConfigError(
            f"The framework has no language {language[:20]!r}: write it under `languages` in {xlsform / FRAMEWORK} "
            f"first. It has: {', '.join(framework.languages)}."
        )
    locale = known_to_babel(language)
    before = read_po(BytesIO(framework.catalogues.get(language, "").encode("utf-8")), locale=locale)
    whole = Catalog(locale=locale, header_comment=_HEAD.format(language=language), fuzzy=False)
    for path in catalogue_files(SOURCE):
        for message in read_po(BytesIO(path.read_bytes()), locale=SOURCE):
            if message.id:
                known = before.get(message.id)
                whole.add(message.id, known.string if known and not known.fuzzy else None)
    text = BytesIO()
    write_po(text, whole, width=120)
    path = xlsform / FOLDER / f"{language}.po"
    try:
        path.parent.mkdir(exist_ok=True)
        replace_whole(path, text.getvalue())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}). Close it in other programs, then run this again."
        ) from error
    sentences = [message for message in whole if message.id]
    return path, len(sentences), sum(_translated(message.string) for message in sentences)


def _translated(said: object) -> bool:
    return bool(said) if isinstance(said, str) else isinstance(said, list | tuple) and all(said)

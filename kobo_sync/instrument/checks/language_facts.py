"""What the checks know about languages: scripts, words to avoid, words that warn, words that ask who somebody is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_CYRILLIC, _LATIN = "CYRILLIC", "LATIN"
# The script of each language that the project plans for; others are not judged.
SCRIPTS = {
    **dict.fromkeys(("en", "id", "es", "fr", "sw", "pt", "vi", "zu", "af"), _LATIN),
    **dict.fromkeys(("ru", "uk"), _CYRILLIC),
    "ar": "ARABIC",
    "hi": "DEVANAGARI",
    "ne": "DEVANAGARI",
    "th": "THAI",
    "my": "MYANMAR",
}

# A free text must say beside it: no names, no places, no dates. The stems of these three, by language.
WARNINGS = {
    "en": ("name", "place", "date"),
    "id": ("nama", "tempat|lokasi", "tanggal"),
    "ru": ("им[её]н", "мест", "дат"),
    "es": ("nombre", "lugar", "fecha"),
    "fr": ("nom", "lieu|endroit", "date"),
    "sw": ("jina|majina", "mahali|eneo|maeneo|sehemu", "tarehe"),
    "pt": ("nome", "lugar|local", "data"),
}

# Words in a question's own name that say what it collects.
PERSONAL_NAMES = frozenset(
    """
    name surname firstname lastname fullname nickname phone telephone tel mobile whatsapp email mail address street
    birth birthdate birthday dob born passport nik ssn idcard
    """.split()
)
# What asks a person who she is or where to find her, by language.
PERSONAL = {
    "en": (
        r"\b(your|her|his|their|client's|woman's|respondent's|person's) ((full|real|first|last|own) )?(name|surname)\b"
        r"|\bfull name|\b(phone|mobile|whatsapp|telephone)\b|\be-?mail\b|\baddress\b|\bwhere do you live\b"
        r"|\bdate of birth\b|\bbirth ?(date|day)\b|\bwhen were you born\b|\bhow old are you\b|\bpassport\b"
        r"|\b(id|identity) (card|number)\b"
    ),
    "id": (
        r"\bnama (anda|lengkap|asli|ibu)\b|\b(nomor|no\.?) (hp|wa|telepon|ponsel|ktp)\b|\balamat\b|\bemail\b"
        r"|\bdi mana anda tinggal\b|\btanggal lahir\b|\bberapa (umur|usia) anda\b"
    ),
    "ru": (
        r"\bкак вас зовут\b|\bваш[аеу]? (полное )?(имя|фамили)|\bтелефон|\bадрес|\bгде вы жив[её]те\b|\bдат[ау] рождения\b"
        r"|\bкогда вы родились\b|\bсколько вам лет\b|\bпаспорт|\bэлектронн\w+ почт"
    ),
    "es": (
        r"\b(su|tu) (nombre|apellido)|\bnombre completo\b|\bcómo (se|te) llamas?\b|\btel[eé]fono|\bcorreo\b|\bdirección\b"
        r"|\bdónde vives?\b|\bfecha de nacimiento\b|\bqué edad tiene|\bcuántos años tiene|\bpasaporte\b"
    ),
    "fr": (
        r"\b(votre|ton|son) (nom|prénom)\b|\bnom complet\b|\bcomment vous appelez|\btéléphone|\badresse\b|\bcourriel\b"
        r"|\boù (habitez|vivez)|\bdate de naissance\b|\bquel âge avez|\bpasseport\b"
    ),
    "sw": (
        r"\bjina (lako|lake|kamili)\b|\b(namba|nambari) ya simu\b|\banwani\b|\bbarua pepe\b|\bunaishi wapi\b"
        r"|\btarehe ya kuzaliwa\b|\bulizaliwa lini\b|\buna umri gani\b|\bpasipoti\b"
    ),
}

# A form's title shows on the phone's screen, to whoever looks over a shoulder.
TELLING_TITLE = re.compile(
    r"\b(drugs?|narco\w*|narko\w*|napza|нарко\w*|droga\w*|drogue\w*|dawa za|harm reduction|methadone|metadon\w*|метадон\w*"
    r"|hiv|aids|vih|sida|вич|спид|vvu|ukimwi|sex work\w*|gender|gbv|violence|kekerasan|насили\w*|violenc\w+|ukatili)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Avoided:
    """One word to avoid; `severe` where it has no harmless meaning."""

    language: str
    word: str
    severe: bool
    pattern: re.Pattern[str]


@cache
def avoided() -> tuple[Avoided, ...]:
    """Return the words to avoid, in the order of their file."""
    text = files("kobo_sync.instrument.checks").joinpath("avoided_words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(_avoided(*line.split(" ", 2)) for line in lines)


def _avoided(language: str, severity: str, word: str) -> Avoided:
    stem = r"[\s-]+".join(re.escape(part) for part in word.removesuffix("*").split())
    pattern = rf"\b{stem}\w*" if word.endswith("*") else rf"\b{stem}\b"
    return Avoided(language, word, severity == "error", re.compile(pattern, re.IGNORECASE))


def script(letter: str) -> str:
    """Return the script of a letter, as the first word of its Unicode name: "LATIN", "CYRILLIC"."""
    return unicodedata.name(letter, "").partition(" ")[0]

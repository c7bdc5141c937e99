"""Countries, by their two letters or English name, and the languages that are official there (from Unicode's CLDR)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from kobo_sync.errors import UserError


@dataclass(frozen=True, slots=True)
class Country:
    """A country: its two-letter code and its English name."""

    code: str
    name: str


def find_country(text: str) -> Country:
    """Return the country that somebody typed, as "KE" or "Kenya". Raises UserError when there is none of that name."""
    from babel import Locale

    names = {code: str(name) for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}  # noqa: PLR2004 -- longer codes are continents
    typed = _plain(text)
    for code, name in names.items():
        if typed in {_plain(code), _plain(name)}:
            return Country(code, name)
    plain = {_plain(name): name for name in names.values()}
    near = [name for known, name in sorted(plain.items()) if typed and typed in known]
    near = near or [plain[known] for known in get_close_matches(typed, plain, cutoff=0.75)]
    hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
    raise UserError(
        f"There is no country {text.strip()[:40]!r}. Write its two-letter code, such as KE, or its English name, "
        f"such as Kenya.{hint}"
    )


def spoken_there(country: Country, languages: Iterable[str]) -> tuple[str, ...]:
    """Return those of `languages` (codes, in their order) that are official in the country; none where none is."""
    from babel.languages import get_official_languages

    official = set(get_official_languages(country.code, regional=True, de_facto=True))
    return tuple(code for code in languages if code in official)


def _plain(text: str) -> str:
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())

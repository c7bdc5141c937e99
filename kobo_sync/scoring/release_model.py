"""What a public release is made of, and what it is: plain frozen values.

`Known` is everything about a closed round, private things too. `Release` is what the wall lets through (3.8): a plain
JSON-able value with one canonical form in bytes. `Remembered` is a release with what has to be remembered of it, which
is private, so that a later one can be held against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from kobo_sync.scoring.areas import AreaAnswers
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.naming import Practice
from kobo_sync.scoring.service import Resampled

Plain = dict[str, Any]
Records = Mapping[str, str]  # one service's interviews with women: keyed hash of the root uuid → that of the version
Bases = Mapping[str, Records]  # by service code

# Words of a release. The first stands for every reason alike: too few women, none at all, a flag that waits for its
# review, a small network, too close to what was published before.
NOT_PUBLISHED = "not_published"
PUBLISHED = "published"
FEW, MOST, ENOUGH = "few_or_none", "most_or_all", "five_or_more"


@dataclass(frozen=True, slots=True)
class Listed:
    """One service of services.csv. `women_band` is private: how many women it sees, "" unknown."""

    code: str
    label: str
    locale: str
    women_band: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Scored:
    """One service's score of the round; `practice` its row of practice.csv.

    `draws` its resamples and `means` the women's mean by indicator: None and empty where the answers are not at hand
    any more. Then what needs them is not published.
    """

    score: ServiceScore
    draws: Resampled | None = None
    practice: Practice | None = None
    means: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocaleForm:
    """One form about an area: its answers, and the barriers that were ticked."""

    answers: AreaAnswers
    barriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity question: its choices that are answers, in the form's order; whether several may be ticked."""

    name: str
    categories: tuple[str, ...]
    several: bool


@dataclass(frozen=True, slots=True)
class IdentityCount:
    """The women of one service by their answers to one identity question; `answered` gave any answer to it."""

    variable: str
    service: str
    answered: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Known:
    """Everything about one closed round. Nothing of it may be shown as it is.

    `locales` label by code; `forms` by locale; `records` the interviews with women that count in the round, by service;
    `versions` what is printed of the program and numpy; `not_lawful` gap items that are not lawful in the country.
    """

    round: str
    made_on: str
    services: tuple[Listed, ...]
    locales: Mapping[str, str] = field(default_factory=dict)
    scored: tuple[Scored, ...] = ()
    forms: Mapping[str, tuple[LocaleForm, ...]] = field(default_factory=dict)
    variables: tuple[Identity, ...] = ()
    identities: tuple[IdentityCount, ...] = ()
    records: Bases = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    not_lawful: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """What is published of one round, frozen. `content` is plain: objects, lists, words, whole numbers, yes or no."""

    round: str
    number: int
    content: Plain

    @property
    def data(self) -> bytes:
        """The canonical bytes: the same for the same content, on every machine."""
        return canonical(self.content)


@dataclass(frozen=True)
class Remembered:
    """A release and, privately, the interviews that its parts were made of.

    `bases`: by part ("services", "areas", or an identity question) and service. What was taken over from an earlier
    release keeps the base of that one, so that changes add up until they are enough.
    """

    release: Release
    bases: Mapping[str, Bases]


def canonical(content: Plain) -> bytes:
    """Return the one form in bytes of a plain value: sorted keys, UTF-8, a line feed at the end."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_release(data: bytes) -> Release:
    """Return the release that these bytes hold; the inverse of `Release.data`."""
    content: Plain = orjson.loads(data)
    return Release(content["round"], content["number"], content)

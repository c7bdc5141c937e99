"""Two public releases, one after the other, with all that public pages can show: for tests that look at pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

import release_samples as samples
from report_pages import public_files
from scoring_samples import best, women, worst

from kobo_sync.followup import Action, Reply
from kobo_sync.report.preview_site import preview_files
from kobo_sync.report.public_site import PublicData
from kobo_sync.report.public_words import PublicWords
from kobo_sync.report.reached import Labels, Reached, reached_in
from kobo_sync.scoring.release_model import Remembered

LABELS = Labels(
    {
        "police": {"en": "The police stand at the door"},
        "young": {"en": "18 to 24 years"},
        "trans": {"en": "Trans woman"},
    },
    {"age_band": {"en": "How old are you?"}, "identities": {"en": "Are any of these true for you?"}},
)
WORDS = PublicWords(
    (
        Action("S1", "", "A woman at the door", "Head", "from March on", dt.date(2027, 3, 1), done=False, publish=True),
        Action("", "D2", "Naloxone in the pharmacy", "Health ministry", "", None, done=True, publish=True),
    ),
    (Reply("S1", "", dt.date(2027, 1, 10), "We will train all staff.", publish=True),),
)
LONG = "Восточный административный округ"


def _round(name: str, bad: int, earlier: tuple[Remembered, ...] = ()) -> Remembered:
    found = [
        samples.plain_service("S1", 24, name),
        samples.service("S2", {"C": [*women(26 - bad), *women(bad, worst("C"))], "O": [best("O")]}, round_=name),
        samples.service("S3", {"C": women(14, worst("C")), "O": [worst("O")]}, round_=name),
        samples.service("S4", {"C": samples.mixed(4)}, round_=name),
    ]
    age = {"S1": {"young": 2, "middle": 12, "old": 10}, "S2": {"young": 1, "middle": 15, "old": 9}}
    who = {"S1": {"trans": 1, "migrant": 9}, "S2": {"trans": 1, "migrant": 7}}
    known = samples.known(
        (
            *samples.listed("S1", "S2"),
            *samples.listed("S3", area="D2"),
            *samples.listed("S4", area="D3"),
        ),
        found,
        locales={"D1": "North", "D2": LONG, "D3": "South"},
        variables=(samples.AGE, samples.WHO),
        identities=(*samples.identities(samples.AGE, age), *samples.identities(samples.WHO, who, answered=20)),
        forms={"D2": tuple(samples.form(team, "r5_9", "no", ["police"]) for team in ("t1", "t2"))},
    )
    return samples.release(replace(known, round=name), earlier)


@cache
def releases() -> tuple[Remembered, Remembered]:
    """Return the releases of two rounds: the second service is much better in the later one."""
    first = _round("2026-H1", 20)
    return first, _round("2026-H2", 1, (first,))


def reached() -> Reached:
    """Return who was hardly reached in the later round."""
    return reached_in(releases()[1].release, LABELS)


@cache
def public() -> dict[str, str]:
    """Return the public pages of the later round."""
    first, second = (one.release for one in releases())
    return public_files(PublicData(second, samples.rules(), LABELS, releases=(first, second), words=WORDS, demo=True))


@cache
def preview() -> dict[str, str]:
    """Return what the first service gets to see before."""
    return preview_files(PublicData(releases()[1].release, samples.rules(), LABELS, words=WORDS, demo=True), "S1")

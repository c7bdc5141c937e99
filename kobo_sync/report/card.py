"""The scorecard of one service as plain words and numbers: what its page and its PDF file are both made of.

A card is one sheet of paper, so it is short: what is not on it stands on the service's page. Whatever a person typed
into a file is one line of text here, and no longer than there is room for.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kobo_sync.report.voice import Voice

NAMED = 3  # strengths, and asks
GAPS = 4  # questions on which the service and women differ
FLAGS = 4
LABEL, SHORT, REPLY = 140, 60, 420  # characters of a service's name, of its place or kind, of its reply

# Fields that are not words on paper.
_UNPRINTED = frozenset({"code", "language", "if_lost", "key"})
# Marks that turn text around: nothing that a file holds may turn the sentence that it stands in.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Big:
    """A figure of the whole service: its heading, itself in few characters or words, what belongs to it."""

    title: str
    value: str
    beside: str
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One band of the ladder; `here` whether the service is in it."""

    label: str
    here: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One domain: `value`, `low` and `high` draw it (percent, or None: hatched), the others are its words.

    `figure` "64%" or why there is none; `between` its interval; `women` how many, "" where that is not told; `mark`
    "lowest", or what a flag lowers it to.
    """

    number: str
    label: str
    value: int | None
    low: int | None
    high: int | None
    figure: str
    between: str
    women: str
    mark: str


@dataclass(frozen=True, slots=True)
class Point:
    """A question or a flag: its name, its figures, and who can fix it."""

    text: str
    detail: str
    fixers: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part with a heading: points in their order, and sentences below them."""

    key: str
    title: str
    points: tuple[Point, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A service's scorecard in one language. Texts are plain: whoever writes them out escapes them.

    `kicker` place, kind, round and code; `copy` for whom it is; `nothing` what stands in place of figures, else empty;
    `bars` with their heading, the headings of their columns and a note; `left` and `right` parts side by side, `wide`
    those below; `if_lost` what a file says whose letters cannot all be printed.
    """

    code: str
    language: str
    title: str
    heading: str
    kicker: tuple[str, ...]
    copy: str
    demo: str
    draft: str
    lead: str
    nothing: tuple[str, ...]
    bigs: tuple[Big, ...]
    ladder: tuple[Step, ...]
    verdict: tuple[str, ...]
    bars_title: str
    bars_head: tuple[str, ...]
    bars: tuple[Bar, ...]
    bars_note: str
    left: tuple[Part, ...]
    right: tuple[Part, ...]
    wide: tuple[Part, ...]
    only: str
    limits: Part
    method: Part
    reply: Part
    reply_empty: bool
    foot: str
    if_lost: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is alike on all cards of a report: the round, for whom it is, when and by what it was made."""

    round: str
    copy: str
    foot: str
    demo: bool
    versions: str


def made_of(card: Card) -> tuple[str, ...]:
    """Return every text of a card that is printed, in no order that matters."""
    return tuple(_texts(asdict(card)))


def plain(text: str, most: int = 10_000) -> str:
    """Return a text of a file as one line, without marks that turn text around, cut where it is too long."""
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char not in _TURNS and (char.isspace() or unicodedata.category(char) not in {"Cc", "Cs", "Co"})
    )
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def share_words(share: int | str, women: int, say: Voice) -> str:
    """Say how many of so many women gave the best answer; `share` as the wall lets it through."""
    ngettext = say.ngettext
    if isinstance(share, str):
        whole = (
            ngettext(
                "few or none of the %(n)s woman who answered gave the best answer",
                "few or none of the %(n)s women who answered gave the best answer",
                women,
            )
            if share.startswith("few")
            else ngettext(
                "most or all of the %(n)s woman who answered gave the best answer",
                "most or all of the %(n)s women who answered gave the best answer",
                women,
            )
        )
        return whole % {"n": say.number(women)}
    part, of = tenths(share)
    told = ngettext(
        "%(part)s in %(of)s of the %(n)s woman who answered gave the best answer",
        "%(part)s in %(of)s of the %(n)s women who answered gave the best answer",
        women,
    )
    return told % {"part": say.number(part), "of": say.number(of), "n": say.number(women)}


def band_share_words(share: int | str, women: str, say: Voice) -> str:
    """Say the same where the number of women is a band, such as 10-19."""
    _ = say.gettext
    if isinstance(share, str):
        told = (
            _("few or none of the women who answered gave the best answer (asked: %(women)s)")
            if share.startswith("few")
            else _("most or all of the women who answered gave the best answer (asked: %(women)s)")
        )
        return told % {"women": women}
    part, of = tenths(share)
    told = _("%(part)s in %(of)s of the women who answered gave the best answer (asked: %(women)s)")
    return told % {"part": say.number(part), "of": say.number(of), "women": women}


def tenths(share: int) -> tuple[int, int]:
    """Return a share in percent as so many in 10, or in 20 or 100 where tenths do not do."""
    whole = next(of for of in (10, 20, 100) if share * of % 100 == 0)
    return share * whole // 100, whole


def limits_part(say: Voice) -> Part:
    """Return what a card cannot show: the guards against its misuse."""
    _ = say.gettext
    return Part(
        "limits",
        _("What this page cannot show"),
        lines=(
            _("What women think who could not be reached, were turned away before, or did not want to speak."),
            _(
                "That something does not happen: “not reported” is not “does not happen”, and no data is not the same "
                "as fine."
            ),
            _(
                "Whose task it is to put things right: it may be the service’s, a ministry’s, a funder’s or the "
                "police’s."
            ),
            _(
                "A reason to close. Where this is the only service, closing it is not a remedy. These figures are not "
                "for pay or for cutting funds."
            ),
        ),
    )


def _texts(value: Any) -> Iterable[str]:  # noqa: ANN401 -- what asdict makes
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in _UNPRINTED:
                yield from _texts(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts(one)


def finished(
    sheet: Sheet,
    say: Voice,
    *,
    code: str,
    label: str,
    kicker: tuple[str, str],
    lead: str,
    nothing: tuple[str, ...],
    bigs: tuple[Big, ...],
    ladder: tuple[Step, ...],
    verdict: tuple[str, ...],
    bars: tuple[Bar, ...],
    parts: tuple[Part, ...],
    wide: tuple[Part, ...],
    only: bool,
    rules: tuple[str, ...],
    reply: tuple[str, ...],
    reply_empty: bool,
) -> Card:
    """Return the card with what stands on each alike: headings, method, limits, what it is a draft or a trial of.

    `kicker` place and kind, either "" where it is not told; `rules` how figures are made and what is left out.
    """
    _ = say.gettext
    head = [_("Domain"), _("Figure"), _("95%% interval") % {}]
    if any(bar.women for bar in bars):
        head.append(_("Women"))
    about = (_("Round %(round)s") % {"round": sheet.round}, _("code %(code)s") % {"code": code})
    note = _("The thin line at each bar is its 95%% interval. It covers chance only: who was asked is not random.") % {}
    return Card(
        code=code,
        language=say.language,
        title=plain(label, LABEL),
        heading=_("Scorecard"),
        kicker=tuple(filter(None, (*kicker, *about))),
        copy=sheet.copy,
        demo=_("Demonstration with invented interviews.") if sheet.demo else "",
        draft=_("Draft translation.") if say.draft else "",
        lead=lead,
        nothing=nothing,
        bigs=bigs,
        ladder=ladder,
        verdict=verdict,
        bars_title=_("The %(n)s domains") % {"n": len(bars)} if bars else "",
        bars_head=tuple(head) if bars else (),
        bars=bars,
        bars_note=note if bars else "",
        left=parts[0::2],
        right=parts[1::2],
        wide=wide,
        only=say.words("only_service") if only else "",
        limits=limits_part(say),
        method=Part(
            "method",
            _("Method"),
            lines=(
                *rules,
                sheet.versions,
            ),
        ),
        reply=Part("reply", _("Reply"), lines=reply),
        reply_empty=reply_empty,
        foot=sheet.foot,
        if_lost=_("Some letters of this service’s name, place or reply cannot be printed here. Its page shows them."),
    )


def sheet_of(
    say: Voice, *, round_: str, made: dt.date, framework: str, program: str, copy: tuple[str, str], demo: bool
) -> Sheet:
    """Return what is alike on all cards of a report; `copy` for whom it is, as a heading and within a line."""
    _, when = say.gettext, say.day(made)
    foot = (
        _("A-Gender Monitor %(version)s · made on %(made)s") % {"version": program, "made": when},
        _("round %(round)s") % {"round": round_},
        copy[1],
    )
    versions = _("Framework %(framework)s · program %(program)s · made on %(made)s.")
    return Sheet(
        round=round_,
        copy=copy[0],
        foot=" · ".join(foot),
        demo=demo,
        versions=versions % {"framework": framework, "program": program, "made": when},
    )

"""From what may be shown to charts in the words of a language: labels and numbers as on the pages.

`Words` knows the language; it is told of services and places by the modules of the two audiences, in the same few plain
values, so that a chart for the public is drawn as one for the team.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from kobo_sync.instrument.framework import Framework
from kobo_sync.report.charts.figures import Bar, Bars, Figure, Grid, Head, Move, Moves, Named, Names, Tiers
from kobo_sync.report.engine import engine
from kobo_sync.scoring.areas import CONFIRMED, NO_DATA, NONE, REPORTED

_STATES = (CONFIRMED, REPORTED, NONE, NO_DATA)


class Range(Protocol):
    """An interval in whole percent."""

    @property
    def low(self) -> int:
        """The lower bound."""

    @property
    def high(self) -> int:
        """The upper bound."""


class Words:
    """The sentences, labels and numbers of a language."""

    def __init__(self, framework: Framework, language: str, foot: Callable[[Words], Iterable[str]]) -> None:
        says: dict[str, Any] = dict(engine(framework, language).globals)
        self.language = language
        self.framework = framework
        self.gettext: Callable[[str], str] = says["catalogue"].gettext
        self.ngettext: Callable[[str, str, int], str] = says["catalogue"].ngettext
        self.percent: Callable[[float], str] = says["percent"]
        self.label: Callable[[str, str], str] = says["label"]
        self.words: Callable[[str], str] = says["words"]
        self.listed: Callable[[Iterable[str]], str] = says["listed"]
        self.day: Callable[[Any], str] = says["day"]
        self.domains: Mapping[str, str] = says["domain_label"]
        self.numbers: Mapping[str, int] = says["domain_number"]
        self.gap_items: Mapping[str, str] = {item.code: says["said"](item.label) for item in says["gap_items"]}
        _ = self.gettext
        draft = [_("Draft translation.")] if says["draft"] else []
        self.foot = (*foot(self), *draft)

    # Parts of a chart

    def head(self, title: str, about: Iterable[str], note: str = "") -> Head:
        """Return what stands above and below a chart; `note` says how to read it."""
        foot = (note, " · ".join(self.foot)) if note else (" · ".join(self.foot),)
        return Head(title, " · ".join(part for part in about if part), foot, self.language)

    def figure(self, percent: int, bounds: Range | None) -> Figure:
        """Return a figure as it is written."""
        _ = self.gettext
        if bounds is None:
            return Figure(percent, self.percent(percent))
        between = _("%(low)s to %(high)s") % {"low": self.percent(bounds.low), "high": self.percent(bounds.high)}
        return Figure(percent, self.percent(percent), bounds.low, bounds.high, between)

    def why_not(self, why: str) -> str:
        """Say in a word or two why a domain has no figure."""
        _ = self.gettext
        if why == "small":
            return _("under %(below)s") % {"below": self.framework.suppress_below}
        return {"not_asked": _("not asked"), "sensitive": _("kept private")}.get(why, _("too little"))

    def women(self, n: int) -> str:
        """Say how many women."""
        return self.ngettext("%(n)s woman", "%(n)s women", n) % {"n": n}

    def round(self, name: str) -> str:
        """Name a round."""
        _ = self.gettext
        return _("Round %(round)s") % {"round": name}

    # Charts

    def bars(self, title: str, about: Iterable[str], overall: tuple[Figure, str] | None, rows: Sequence[Bar]) -> Bars:
        """Return the chart of a service's domains; `overall` its figure and what is to be said of it."""
        _ = self.gettext
        note = _("The line in a bar is its 95%% interval. It covers chance only: who was asked is not random.") % {}
        told = [f"{_('Overall')} {_written(overall[0])}", overall[1]] if overall else []
        head = self.head(title, (*about, *told), note)
        numbered = tuple(Bar(row.code, f"{self.numbers[row.code]} {row.label}", row.figure, row.words) for row in rows)
        said = [head.title, head.about, *(self._bar(row) for row in numbered)]
        said.append(_("In brackets: the 95% interval. It covers chance only: who was asked is not random."))
        return Bars(head, numbered, self._axis(), (*said, *self.foot))

    def _bar(self, row: Bar) -> str:
        _ = self.gettext
        value = _written(row.figure) if row.figure else row.words
        told = _("%(label)s: %(value)s") % {"label": row.label, "value": value}
        return f"{told}; {row.words}" if row.figure and row.words else told

    def moves(self, title: str, before: str, after: str, rows: Iterable[tuple[str, Figure, Figure, str]]) -> Moves:
        """Return the chart of a service's change; of each row the domain's code, "" the whole, figures and verdict."""
        _ = self.gettext
        made = tuple(
            Move(
                code,
                f"{self.numbers[code]} {self.domains[code]}" if code else _("Overall"),
                then,
                now,
                verdict,
                self.label("change", verdict),
            )
            for code, then, now, verdict in rows
        )
        least = self.percent(100 * self.framework.method.min_change)
        rule = _(
            "From %(before)s to %(after)s. A change is called one only where it is at least %(least)s and surely more "
            "than chance."
        ) % {"before": before, "after": after, "least": least}
        note = _("The lines are 95% intervals. They cover chance only: who was asked is not random.")
        head = self.head(title, (_("Change between rounds"), rule), note)
        said = [head.title, _("Change between rounds"), rule]
        said += [
            _("%(label)s: %(before)s, then %(after)s. %(verdict)s.")
            % {"label": row.label, "before": _written(row.before), "after": _written(row.after), "verdict": row.words}
            for row in made
        ]
        said.append(_("In brackets: the 95% interval. It covers chance only: who was asked is not random."))
        return Moves(head, made, before, after, self._axis(), (*said, *self.foot))

    def tiers(self, round_: str, lacking: Sequence[Named], good: Sequence[Named], sheet: tuple[int, int]) -> Tiers:
        """Return a sheet of what is lacking and what is good, in alphabetical order; `sheet` which, of how many."""
        _ = self.gettext
        order = _(
            "In alphabetical order, not by figures. All other services are in between, or there is not enough evidence."
        )
        nothing = _("Nothing in this round is shown to be severely lacking. Where there is no data, nobody knows.")
        nobody = _("No service reaches all conditions in this round. They stand on the page about the method.")
        more = "" if sheet[0] == 1 else "…"  # named on the sheets before
        halves = (
            Names(_("Where services are severely lacking"), more or nothing, tuple(lacking)),
            Names(_("Examples of good practice"), more or nobody, tuple(good)),
        )
        title = _("Harm reduction services, as women who use drugs find them")
        head = self.head(title, (self.round(round_), self._sheet(sheet)), order)
        said = [head.title, head.about]
        for half in halves:
            said += ["", half.title, *(self._named(one) for one in half.rows)]
            said += [half.none] if not half.rows else []
        return Tiers(head, halves, (*said, "", order, *self.foot))

    def _named(self, one: Named) -> str:
        _ = self.gettext
        return _("%(label)s: %(value)s") % {"label": one.label, "value": one.why}

    def grid(self, round_: str, rows: Iterable[tuple[str, str, Mapping[str, str]]], sheet: tuple[int, int]) -> Grid:
        """Return a sheet of what women can reach; of each place label, state of any service, states of gap items."""
        _ = self.gettext
        states = {code: self.label("gap_state", code) for code in _STATES}
        columns = (_("Any harm reduction for women"), *self.gap_items.values())
        made = tuple((label, (any_hr, *(gaps.get(c, NO_DATA) for c in self.gap_items))) for label, any_hr, gaps in rows)
        about = _("Which services women can reach in each place. “No data” is not “fine”.")
        head = self.head(_("Gaps"), (self.round(round_), about, self._sheet(sheet)))
        said = [head.title, head.about]
        for label, found in made:
            said += ["", label]
            for state, words in states.items():
                names = [name for name, here in zip(columns, found, strict=True) if here == state]
                if names:
                    said.append(_("%(label)s: %(value)s") % {"label": words, "value": self.listed(names)})
        return Grid(head, columns, made, tuple(states.items()), (*said, "", *self.foot))

    def _sheet(self, sheet: tuple[int, int]) -> str:
        _ = self.gettext
        number, of = sheet
        return _("Sheet %(number)s of %(all)s") % {"number": number, "all": of} if of > 1 else ""

    def _axis(self) -> tuple[str, ...]:
        return tuple(self.percent(value) for value in (0, 25, 50, 75, 100))

    # Why

    def service_lacks(self, because: Iterable[str]) -> str:
        """Say why a service is severely lacking."""
        _, tiers, why = self.gettext, self.framework.method.tiers, set(because)
        bound = self.percent(100 * tiers.lacking_upper_below) if tiers else ""
        told = [
            _("the whole interval of its overall figure lies below %(bound)s") % {"bound": bound}
            if "interval" in why
            else "",
            _("a red flag that the service caused is open") if "open_r1" in why else "",
        ]
        return "; ".join(part for part in told if part)

    def place_lacks(self, lacking: Iterable[str]) -> str:
        """Say why a place is severely lacking."""
        _, why = self.gettext, set(lacking)
        told = {
            "any_hr": _("no harm reduction that women can use"),
            "gaps": _("several services that count are confirmed as out of reach"),
            "services": _("all its rated services are severely lacking"),
        }
        return "; ".join(words for code, words in told.items() if code in why)

    def is_good(self) -> str:
        """Say why a service is an example as a whole."""
        _ = self.gettext
        return _("as a whole: women confirm it, and it agrees to be named")

    def good_in(self, codes: Iterable[str]) -> str:
        """Say in which domains a service is an example."""
        _ = self.gettext
        return _("in: %(names)s") % {"names": self.listed([self.domains[code] for code in codes])}


def _written(figure: Figure) -> str:
    return f"{figure.value} ({figure.between})" if figure.between else figure.value

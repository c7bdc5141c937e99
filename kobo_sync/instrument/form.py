"""A questionnaire as plain values: what `read_form` returns and everything else is derived from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

SELECTS = frozenset({"select_one", "select_multiple", "select_one_from_file", "select_multiple_from_file", "rank"})
MULTIPLE = frozenset({"select_multiple", "select_multiple_from_file", "rank"})
DATES = frozenset({"date", "time", "dateTime"})

# The types whose answers a record may hold: a list of what is allowed, so that a type nobody thought of is not kept.
STORED = SELECTS | DATES | {"select_one_external", "text", "integer", "decimal", "range", "calculate", "acknowledge"}

# Why a choice has no score: don't know, prefer not to say, does not apply, not observed.
MISSING = ("dk", "pns", "na", "not_observed")

# Never stored, whatever a form asks: a place, a device, a person, a recording. Fields of these names are passed over
# without a word, also where the form has no such question.
NEVER_STORED = frozenset(
    {
        "start", "end", "today", "deviceid", "imei", "phonenumber", "username", "email", "simserial", "subscriberid",
        "audit", "background-audio", "background-geopoint", "start-geopoint", "geopoint", "geotrace", "geoshape",
        "image", "audio", "video", "file", "barcode", "uri:phonenumber", "uri:email", "uri:deviceid",
    }
)  # fmt: skip

# Asked or shown for the moment only, and so never kept: harmless questions for when somebody walks in, the list of who
# can help, the last page's button. Nor is the withdrawal code, as long as this program cannot make use of it.
FOR_THE_MOMENT = frozenset(
    {"decoy", "referrals", "finish", "withdrawal_wish", "withdrawal_code", "withdrawal_code_shown"}
)

Texts = Mapping[str, str]  # language as the form names it, e.g. "English (en)" → text; "" for a plain column


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list. `score` in [0, 1] or None; `missing` one of dk, pns, na, not_observed or None."""

    name: str
    labels: Texts
    score: float | None = None
    missing: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the survey sheet that can hold a value or shows a text.

    `path` is the key in KoboToolbox's JSON ("group/question"); `repeat` the path of the innermost repeat
    around it or ""; `relevant` all conditions that must hold, outermost group first; `required_when` a condition in
    place of a plain yes; `withheld` marks what would carry into the record what is never stored (a place, a
    device, a time): such a question itself, and calculations and defaults that copy from it; and calculations that copy
    a person's own words. `row` as Excel numbers it.
    """

    name: str
    path: str
    type: str
    labels: Texts = field(default_factory=dict)
    hints: Texts = field(default_factory=dict)
    list_name: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    required_when: str = ""
    relevant: tuple[str, ...] = ()
    constraint: str = ""
    repeat: str = ""
    indicator: str = ""
    role: str = ""
    calculation: str = ""
    withheld: bool = False
    row: int | None = None

    @property
    def stored(self) -> bool:
        """Whether the record may hold its value: an answer that is not for the moment only, nor tells of a person."""
        return self.type in STORED and not self.withheld and self.role not in FOR_THE_MOMENT

    @property
    def multiple(self) -> bool:
        """Whether its value is a list of choices."""
        return self.type in MULTIPLE

    @property
    def free_text(self) -> bool:
        """Whether its value is in a person's own words, and so goes to the table that nothing publishes."""
        return self.type == "text"

    @property
    def computed(self) -> bool:
        """Whether the phone fills it in: then nobody is asked, and neither `required` nor `constraint` is enforced."""
        return self.type == "calculate"

    @property
    def scored(self) -> bool:
        """Whether its answer enters a score: it has an indicator and no other role."""
        return bool(self.indicator) and not self.role


@dataclass(frozen=True)
class Form:
    """A questionnaire. `source` says whose word it is: C client, P provider, O observer, L locale, or ""."""

    name: str
    title: str
    languages: tuple[str, ...]
    default_language: str
    questions: tuple[Question, ...]
    repeats: tuple[str, ...] = ()
    source: str = ""

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """Questions by name; names are unique in a form (KoboToolbox refuses it otherwise)."""
        return {question.name: question for question in self.questions}

    @cached_property
    def by_path(self) -> Mapping[str, Question]:
        """Questions by the key that KoboToolbox gives them."""
        return {question.path: question for question in self.questions}

    def with_role(self, role: str) -> Question | None:
        """Return the first question with that role, or None."""
        return self._by_role.get(role)

    @cached_property
    def _by_role(self) -> Mapping[str, Question]:
        return {question.role: question for question in reversed(self.questions)}

    def parent_repeat(self, path: str) -> str:
        """Return the path of the repeat around another repeat, "" for none."""
        return max((other for other in self.repeats if path.startswith(f"{other}/")), key=len, default="")

    @cached_property
    def scored(self) -> tuple[Question, ...]:
        """The questions whose answers enter a score."""
        return tuple(question for question in self.questions if question.scored)

    @cached_property
    def flagged(self) -> tuple[Question, ...]:
        """The questions that a red flag may be read from: those of one choice that are scored, and their follow-ups."""
        single = (question for question in self.questions if question.indicator and not question.multiple)
        return tuple(question for question in single if question.role in {"", "followup"})

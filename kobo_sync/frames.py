"""The answers as pykobo's users know them: DataFrames with names or labels, filled from the store, with all rows.

    from kobo_sync.frames import open_form

    form = open_form("my-network", "client_interview", language="id")
    form.display(columns_as="label", choices_as="label")
    form.data

pykobo alone asks the server and stops at its first hundred rows; here it asks nobody and gets them all. This is the
only module that imports pykobo and pandas, which take half a second.

What a frame holds is behind the wall of item level (scoring.item_level), since a frame is one `to_csv` from a file that
is passed on: service-quality answers of services with enough women, shuffled; the other columns are there and empty.
`restricted=True, force=True` gives all answers that the store holds. Then read what `open_form` says about it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import pandas as pd
import pykobo.form
from pykobo.form import KoboForm

from kobo_sync.errors import RefusedForSafety, UserError
from kobo_sync.export.rows import Reader, merged
from kobo_sync.instrument.form import Form, Question
from kobo_sync.instrument.outline import text_in
from kobo_sync.store.releases import counted
from kobo_sync.store.scores import all_months, rounds
from kobo_sync.store.store import Store
from kobo_sync.workspace import open_workspace

__all__ = ["KoboForm", "labelled", "open_form", "plain_rows"]

Row = Mapping[str, Any]

_OK = 200
_WITH_CHOICES = frozenset({"select_one", "select_multiple"})
_SERVICE, _ROUND = "_service", "_round"  # beside the questions, as pykobo has its own columns
_MEANING = (
    "Restricted frames hold what women said about harms, and who they are: age, identities, month, service, in the "
    "order in which they were asked. A woman can be known by them. They are for work on this computer, by somebody "
    "whom the women's network trusts with it; write nothing of them into a file. If that is what you want: "
    "open_form(…, restricted=True, force=True)"
)


def open_form(
    workspace: str | Path, form: str, language: str = "", *, restricted: bool = False, force: bool = False
) -> KoboForm:
    """Return a form with all its answers: `data`, `repeats` and `display` work as pykobo's users know them.

    `language` a code such as "id" for labels, "" for the form's own. Without `restricted` the rows and cells are those
    that a team may see one by one, of all rounds, shuffled, each with its `_service` and `_round`. With it, and
    `force`, they are all accepted answers that count, in the store's order: identities and harms too, never own words,
    ids or withdrawal codes. Raises RefusedForSafety where `force` is missing, ConfigError where there is no such form,
    FormError and StoreError.
    """
    if restricted and not force:
        raise RefusedForSafety(_MEANING)
    space = open_workspace(Path(workspace))
    with Store(space.store) as store:
        reader = Reader(space, store)
        forms = reader.forms(form)
        if restricted:
            found = counted(store, [form], all_months(store), not_approved=space.not_approved_counts)
            return labelled(forms, [row.document for row in found], language)
        rows: list[Row] = []
        for round_ in rounds(store):
            about = [{_SERVICE: row.place, _ROUND: round_, **row.answers} for row in reader.team(form, round_).rows]
            rows += about
        return labelled(forms, rows, language)


def labelled(forms: Sequence[Form], rows: Sequence[Row], language: str = "") -> KoboForm:
    """Return pykobo's form for answers by question name: text, a number, several choices, or rows of a repeat.

    `forms` are the versions of one form, the newest first; what only older ones asked comes last. Columns of questions
    come in the form's order, whatever else a row has behind them.
    """
    made = _Filled(forms, rows, language)
    made.fetch_data()
    return made


def plain_rows(form: KoboForm, names: Sequence[str]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Show columns and choices by label and return them: the labels of the columns, and rows of text ("" for none)."""
    places = [list(form.data.columns).index(name) for name in names]
    form.display(columns_as="label", choices_as="label")
    columns = tuple(str(form.data.columns[place]) for place in places)
    shown = form.data.iloc[:, places].astype(object)
    rows = shown.where(shown.notna(), "").itertuples(index=False, name=None)
    return columns, [tuple(str(cell) for cell in row) for row in rows]


class _Filled(KoboForm):  # type: ignore[misc] # pykobo has no annotations
    """A form of pykobo that is answered by the store where it would ask the server."""

    def __init__(self, forms: Sequence[Form], rows: Iterable[Row], language: str) -> None:
        super().__init__(forms[0].name)
        self._questions = merged(forms, lambda _question, _form: True)
        self.metadata = {"uid": forms[0].name, "name": forms[0].title}
        self.url_asset, self.url_data = "asset", "data"
        self._asset = {"content": _content(self._questions, language, forms[0].default_language), "summary": {}}
        self._rows = _raw_rows(self._questions, rows)

    def _answer(self, url: str, **_: object) -> SimpleNamespace:
        """Answer as `requests.get` would: the form, or its submissions."""
        found = self._asset if url == self.url_asset else {"results": self._rows}
        return SimpleNamespace(status_code=_OK, json=lambda: found)

    def _without_server(self, name: str) -> FunctionType:
        """Return a method of pykobo's own whose `requests` is this form; nothing of pykobo itself is changed."""
        own = getattr(KoboForm, name)
        around = {**vars(pykobo.form), "requests": SimpleNamespace(get=self._answer)}
        return FunctionType(own.__code__, around, name, own.__defaults__, own.__closure__)

    def fetch_data(self) -> None:
        """Fill the frames from the store, by pykobo's own way of reading."""
        with _of_its_age():
            self._without_server("fetch_data")(self)
        for repeat in {question.repeat for question in self._questions if question.repeat}:
            # pykobo knows the frame of a repeat by its rows, and its `display` fails where nobody answered one.
            names = [question.name for question in self._questions if question.repeat == repeat]
            empty = pd.DataFrame(columns=[*names, "_parent_index"], dtype=object)
            self.repeats.setdefault(_last(repeat), empty)

    def display(self, columns_as: str = "name", choices_as: str = "name") -> None:
        """Show columns and choices by "name" or by "label"."""
        with _of_its_age():
            super().display(columns_as=columns_as, choices_as=choices_as)

    def _fetch_asset(self) -> None:
        self._without_server("_fetch_asset")(self)

    def fetch_media(self) -> None:
        """Refuse: the store keeps no files."""
        raise UserError("The store keeps neither media files nor attachments; download them in KoboToolbox.")

    def download_form(self, format: str) -> None:  # noqa: A002, ARG002 -- as pykobo calls it
        """Refuse: the workbook lies in the workspace."""
        raise UserError("The workbooks lie in the workspace already: in xlsform/ and versions/.")


@contextmanager
def _of_its_age() -> Iterator[None]:
    """Keep to ourselves what newer versions of pandas say about how pykobo calls them: its users can do nothing."""
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, FutureWarning, pd.errors.PerformanceWarning):
            warnings.simplefilter("ignore", kind)
        yield


def _content(questions: Sequence[Question], language: str, default: str) -> dict[str, Any]:
    """Return a form as KoboToolbox's API has it, as far as pykobo reads it; labels in one language.

    Repeats stand behind the other questions: pykobo makes frames of their own of them.
    """
    survey: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    for repeat in ("", *dict.fromkeys(question.repeat for question in questions if question.repeat)):
        inside = [question for question in questions if question.repeat == repeat]
        rows = [_survey_row(question, language, default) for question in inside]
        if repeat:
            name = _last(repeat)
            rows = [{"type": "begin_repeat", "name": name, "$autoname": name}, *rows, {"type": "end_repeat"}]
        survey += rows
    for question in questions:
        for choice in question.choices:
            label = text_in(choice.labels, language, default) or choice.name
            choices.append({"list_name": question.name, "name": choice.name, "label": [label]})
    return {"survey": survey, "choices": choices}


def _survey_row(question: Question, language: str, default: str) -> dict[str, Any]:
    label = text_in(question.labels, language, default) or question.name
    row: dict[str, Any] = {"type": question.type, "name": question.name, "$autoname": question.name, "label": [label]}
    if question.type in _WITH_CHOICES:  # those from a file are not in the form: of them pykobo shows the codes
        row |= {"select_from_list_name": question.name} if question.choices else {"type": f"{question.type}_from_file"}
    return row


def _raw_rows(questions: Sequence[Question], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Write answers as KoboToolbox sends them: text for all, a blank between choices, lists for repeats alone."""
    root = [question.name for question in questions if not question.repeat]
    known = {question.name for question in questions}
    repeats = {_last(question.repeat) for question in questions if question.repeat}
    made = []
    for row in rows:
        raw: dict[str, Any] = dict.fromkeys(root)  # all columns at once: added one by one they make pandas slow
        for name, value in row.items():
            if name in repeats and isinstance(value, list):
                raw[name] = [_raw_repeat(item, known) for item in value]
                raw[f"{name}_count"] = str(len(value))
            elif name in known or name in {_SERVICE, _ROUND}:
                raw[name] = _text(value)
        made.append(raw)
    return made


def _raw_repeat(item: Row, known: set[str]) -> dict[str, Any]:
    """Repeats within a repeat are left out, as pykobo leaves them out."""
    return {name: _text(value) for name, value in item.items() if name in known}


def _text(value: object) -> str | None:
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    return None if value is None else str(value)


def _last(path: str) -> str:
    return path.rpartition("/")[2]

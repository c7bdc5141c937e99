"""The tables of answers one by one: the rows that the wall lets through, by name or, through pykobo's frames, label."""

from __future__ import annotations

from collections.abc import Iterator
from random import SystemRandom

from kobo_sync.export.rows import FormRows, Reader
from kobo_sync.export.table import Cell, Column, Table
from kobo_sync.store.store import ACCEPTED, Store
from kobo_sync.store.texts import reviewed_texts

ANSWERS, HARMS, TEXTS, OWN = "answers", "harms", "texts", "own_forms"

_ROUND = Column("round", "the round, such as 2026-H1")
_SERVICE = Column("service", "the service's code in services.csv")
_AREA = Column("area", "the district's code; harms are never told by service")
_BETWEEN = "|"  # between several choices, as pykobo has it


def team_answers(reader: Reader, round_: str, labels: str) -> Iterator[tuple[Table, FormRows]]:
    """Yield a table for each form of which the team may see rows, with what it was made of."""
    for form in reader.scored_forms():
        found = reader.team(form, round_)
        if found.rows:
            yield _table(f"{ANSWERS}_{form}", found, _SERVICE, round_, labels), found


def restricted_answers(reader: Reader, round_: str, labels: str) -> Iterator[tuple[Table, FormRows]]:
    """Yield the restricted tables: all service-quality answers by service, and harms by area."""
    for form in reader.scored_forms():
        quality, harms = reader.quality(form, round_), reader.harms(form, round_)
        if quality.rows:
            yield _table(f"{ANSWERS}_{form}", quality, _SERVICE, round_, labels), quality
        if harms.rows:
            yield _table(f"{HARMS}_{form}", harms, _AREA, round_, labels), harms


def own_answers(reader: Reader, labels: str) -> Iterator[tuple[Table, FormRows]]:
    """Yield the restricted table of each form that is no part of the instrument."""
    for form in reader.own_forms():
        found = reader.own(form)
        if found.rows:
            columns, cells = _told(found, labels, set())
            yield Table(f"{ANSWERS}_{form}", tuple(columns), tuple(cells)), found


def own_table(reader: Reader) -> Table:
    """Return which forms there are that are no part of the instrument, with how many submissions are accepted."""
    rows = []
    for form in reader.own_forms():
        title = reader.forms(form)[0].title
        rows.append((form, title, reader.store.states(form).get(ACCEPTED, 0)))
    number = Column("accepted", "how many submissions are accepted", number=True)
    return Table(OWN, (Column("form", "the form"), Column("title", "its title in KoboToolbox"), number), tuple(rows))


def restricted_texts(store: Store) -> Table:
    """Return the reviewed wording of own words, of all rounds, shuffled; nothing says whose, or which service's."""
    rows: list[tuple[Cell, ...]] = [(text.form, text.question, text.words) for text in reviewed_texts(store)]
    SystemRandom().shuffle(rows)
    about = "the wording that a trained woman wrote; paraphrase it where fewer than ten women were asked"
    columns = (Column("form", "the form"), Column("question", "the question"), Column("words", about))
    return Table(TEXTS, columns, tuple(rows))


def _table(name: str, found: FormRows, place: Column, round_: str, labels: str) -> Table:
    columns, cells = _told(found, labels, {_ROUND.name, place.name})
    rows = tuple((round_, row.place, *told) for row, told in zip(found.rows, cells, strict=True))
    return Table(name, (_ROUND, place, *columns), rows)


def _told(found: FormRows, labels: str, taken: set[str]) -> tuple[list[Column], list[tuple[str, ...]]]:
    """Return the columns of answers, none of them named as one that is `taken`, and their cells."""
    names = [question.name for question in found.questions]
    if labels:
        from kobo_sync.frames import labelled, plain_rows

        heads, cells = plain_rows(labelled(found.forms, [row.answers for row in found.rows], labels), names)
    else:
        heads = tuple(names)
        cells = [tuple(_BETWEEN.join(row.answers.get(one, ())) for one in names) for row in found.rows]
    return [Column(_free(head, taken), name) for head, name in zip(heads, names, strict=True)], cells


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no other column has."""
    made, number = name, 1
    while made.casefold() in taken:
        number += 1
        made = f"{name} ({number})"
    taken.add(made.casefold())
    return made

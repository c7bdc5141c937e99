"""What of actions.csv and replies.csv stands on public pages: rows that say yes under `publish`, looked through again.

Nobody can tell a woman's name from another word, so a person decides row by row, and the default is no. What can be
told is looked for all the same, and nothing at all is published while it is there: numbers that could be somebody's,
accounts and addresses, and whatever services.csv keeps in columns that are the coordinator's alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from kobo_sync.csv_files import read_cells
from kobo_sync.errors import RefusedForSafety
from kobo_sync.followup import ACTIONS, REPLIES, Action, Reply, read_actions, read_replies
from kobo_sync.places import read_locales
from kobo_sync.services import read_services
from kobo_sync.sync.names import vocabulary
from kobo_sync.sync.screen import SERVICE, Names, plain, screen
from kobo_sync.workspace import Workspace

_PUBLIC = ("code", "label", "locale", "type", "women_band")  # columns of services.csv that are not hers alone
_LEAST = 4  # letters of a private word that is worth looking for
_PRIVATE = "a name or an address that services.csv keeps for you alone"


@dataclass(frozen=True, slots=True)
class PublicWords:
    """The asks and replies that may stand in public, in the order of their files."""

    actions: tuple[Action, ...] = ()
    replies: tuple[Reply, ...] = ()


NO_WORDS = PublicWords()


def public_words(workspace: Workspace) -> PublicWords:
    """Read what may stand in public.

    Raises ConfigError where a list has a mistake, and RefusedForSafety, naming file, row and what was found, where a
    row that says yes holds what could be somebody's number, account or address, or a private name of services.csv.
    """
    known = (
        set(read_services(workspace.services_file)),
        set(read_locales(workspace.locales_file)) if workspace.locales_file.exists() else set[str](),
    )
    paths = (workspace.root / ACTIONS, workspace.root / REPLIES)
    actions = tuple(one for one in read_actions(paths[0], *known) if one.publish)
    replies = tuple(one for one in read_replies(paths[1], *known) if one.publish)
    if actions or replies:
        private = _private(workspace)
        for action in actions:
            for text in (action.ask, action.duty_bearer, action.promise):
                _look(text, paths[0], action.row, private)
        for reply in replies:
            _look(reply.text, paths[1], reply.row, private)
    return PublicWords(actions, replies)


def _look(text: str, path: Path, row: int, private: Names) -> None:
    found = screen(text, private)
    if found:
        what = ", ".join(_PRIVATE if one == SERVICE else one for one in found)
        raise RefusedForSafety(
            f"Nothing was written: {path}: row {row} says yes under publish, and its words hold {what}. What is public "
            "stays public. Take it out of the words, or write no under publish; then run the command again."
        )


def _private(workspace: Workspace) -> Names:
    """Return the coordinator's own cells of services.csv, in pieces as she wrote them.

    Left out is what is public anyway, and single words that the forms have too: everybody uses them.
    """
    rows = list(read_cells(workspace.services_file))
    told = ["".join(_phrase(cell)) for row in rows for column, cell in row.items() if _is_public(column)]
    usual = {word for text in vocabulary(workspace.xlsform) for word in _phrase(text)}
    pieces = {
        _phrase(piece)
        for row in rows
        for column, cell in row.items()
        if not _is_public(column)
        for piece in re.split(r"[,;:/()|]| - ", cell)
    }
    return Names(services=frozenset(piece for piece in pieces if _worth_it(piece, told, usual)))


def _is_public(column: str) -> bool:
    return column in _PUBLIC or column.startswith("label::")


def _worth_it(piece: tuple[str, ...], told: Collection[str], usual: Collection[str]) -> bool:
    letters = "".join(piece)
    common = len(piece) == 1 and piece[0] in usual
    return len(letters) >= _LEAST and not common and not any(letters in one for one in told)


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(_words(plain(text)))


def _words(flat: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"\w+", flat.replace("_", " ")))

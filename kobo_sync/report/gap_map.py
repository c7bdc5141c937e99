"""The map of gaps: one tile a district, never a point, in three states that black and white keeps apart.

Our conventions:

1. A gap that is only reported is a gap, dark too, and its labels lie on white, so that nobody takes it for a confirmed
   one. What is not known to be a gap or a service is no data, and so is a word that this program does not know: no
   data must never look like "fine".
2. Tiles lie where locales.csv puts them (`tile_row`, `tile_column`). Places without a tile stand after them, in
   alphabetical order in rows of their larger area (`parent`), those without one last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from kobo_sync.places import Locale
from kobo_sync.scoring.areas import CONFIRMED, NO_DATA, NONE, REPORTED

GAP, SOME = "gap", "some"  # the third state is NO_DATA
_SHAPES = {CONFIRMED: GAP, REPORTED: GAP, NONE: SOME}


@dataclass(frozen=True, slots=True)
class Tile:
    """One district: what it is called, its page inside `places/`, its state for each gap ("": any harm reduction).

    `at` its row and column, counted from 1 in the group; None where the order is all there is.
    """

    label: str
    page: str
    states: Mapping[str, str]
    at: tuple[int, int] | None = None

    def state(self, gap: str) -> str:
        """Return the state of a gap: "confirmed", "reported", "none" (some service) or "no_data"."""
        found = self.states.get(gap, NO_DATA)
        return found if found in _SHAPES else NO_DATA

    def shape(self, gap: str) -> str:
        """Return what the tile looks like: "gap", "some" or "no_data" (rule 1)."""
        return _SHAPES.get(self.states.get(gap, ""), NO_DATA)


@dataclass(frozen=True, slots=True)
class TileGroup:
    """Tiles that are drawn together; `columns` 0 where their order is all there is, `label` "" for no heading."""

    label: str
    columns: int
    tiles: tuple[Tile, ...]


def tile_groups(tiles: Iterable[tuple[str, Tile]], where: Mapping[str, Locale]) -> tuple[TileGroup, ...]:
    """Return the groups of the map (rule 2); `tiles` each with its place's code, in alphabetical order."""
    placed: list[Tile] = []
    loose: list[tuple[str, Tile]] = []
    for code, tile in tiles:
        one = where.get(code)
        if one is not None and one.tile is not None:
            placed.append(Tile(tile.label, tile.page, tile.states, one.tile))
        else:
            loose.append((one.parent if one else "", tile))
    groups = [_grid(placed)] if placed else []
    loose.sort(key=lambda entry: (not entry[0], entry[0].casefold(), entry[0]))
    for parent, members in groupby(loose, key=lambda entry: entry[0]):
        groups.append(TileGroup(parent, 0, tuple(tile for _, tile in members)))
    return tuple(groups)


def _grid(tiles: Iterable[Tile]) -> TileGroup:
    """Move tiles to the top left, in the order in which somebody reads them."""
    there = sorted(((tile.at, tile) for tile in tiles if tile.at is not None), key=lambda entry: entry[0])
    top, left = min(at[0] for at, _ in there), min(at[1] for at, _ in there)
    moved = [Tile(tile.label, tile.page, tile.states, (at[0] - top + 1, at[1] - left + 1)) for at, tile in there]
    return TileGroup("", max(tile.at[1] for tile in moved if tile.at), tuple(moved))

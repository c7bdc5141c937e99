"""One deliberate mistake at a time: the register of broken samples, by the code of the rule that finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks_sample import Sample


@dataclass(frozen=True)
class Broken:
    """A mistake: what to do to the sample, and where the finding must point. `column` is the header as written."""

    code: str
    do: Callable[[Sample], None]
    file: str
    sheet: str
    row: int | None
    column: str
    language: str

    @property
    def name(self) -> str:
        """Return the name that the test report shows."""
        return f"{self.code}-{self.do.__name__}"


BROKEN: list[Broken] = []


def breaks(
    code: str,
    sheet: str = "",
    row: int | None = None,
    column: str = "",
    *,
    language: str = "",
    file: str = "small.xlsx",
) -> Callable[[Callable[[Sample], None]], Callable[[Sample], None]]:
    """Enter a mistake into the register."""

    def entered(do: Callable[[Sample], None]) -> Callable[[Sample], None]:
        BROKEN.append(Broken(code, do, file, sheet, row, column, language))
        return do

    return entered

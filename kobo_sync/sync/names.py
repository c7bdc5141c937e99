"""What services and places are called in this workspace, real names too: for the screen, never written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kobo_sync.csv_files import read_cells
from kobo_sync.instrument.build import form_files
from kobo_sync.instrument.xlsform import read_form
from kobo_sync.sync.screen import Names, make_names
from kobo_sync.workspace import Workspace

_NO_NAMES = frozenset(
    {"locale", "type", "women_band"}
)  # columns of services.csv whose words say nothing of one service


def known_names(workspace: Workspace) -> Names:
    """Return what the coordinator's lists name. Raises ConfigError and FormError when a list or a form cannot be read.

    Of services.csv every column counts, also those of her own: code, label, real name, address, contact.
    """
    services = [*_cells(workspace.services_file, _NO_NAMES), *_labels(workspace.referrals_file)]
    places = list(_labels(workspace.locales_file))
    return make_names(services, places, list(vocabulary(workspace.xlsform)))


def _cells(path: Path, without: frozenset[str]) -> Iterator[str]:
    if path.exists():
        for row in read_cells(path):
            yield from (cell for column, cell in row.items() if column not in without)


def _labels(path: Path) -> Iterator[str]:
    if path.exists():
        yield from (row.get("label", "") for row in read_cells(path))


def vocabulary(xlsform: Path) -> Iterator[str]:
    """Yield every text of the forms: words that everybody uses. Raises FormError when a form cannot be read."""
    for path in form_files(xlsform):
        form = read_form(path, path.stem)
        for question in form.questions:
            for texts in (question.labels, question.hints, *(choice.labels for choice in question.choices)):
                yield from texts.values()

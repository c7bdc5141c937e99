"""What can go wrong, and the exit code that says so.

    KoboSyncError                 1  unexpected
    ├── UserError                 2  usage, configuration or a bad form
    │   ├── ConfigError              kobo-sync.toml, a secret, a CSV file
    │   └── FormError                a workbook; knows sheet and row
    ├── KoboError                 3  the server refused or cannot be reached (kobo_sync.kobo.errors)
    ├── LockHeld                  4  another run is at work
    └── RefusedForSafety          5  could hurt somebody; --force goes on where that is allowed

Every message says what happened, what it means and what to do next; none holds an answer or a secret.
"""

from __future__ import annotations


class KoboSyncError(Exception):
    """The root of everything that this program raises on purpose; `exit_code` is what the shell sees."""

    exit_code = 1


class UserError(KoboSyncError):
    """The command line, a file or a setting is wrong and a person can mend it."""

    exit_code = 2


class ConfigError(UserError):
    """The workspace, its configuration, a secret or one of its CSV files is wrong."""


class FormError(UserError):
    """A workbook cannot be used; says which file, sheet and row, and the remedy.

    Shapes: `file` and `sheet` are names, `row` is the row number that Excel shows (1 is the header), or None.
    """

    def __init__(self, what: str, *, file: str = "", sheet: str = "", row: int | None = None, remedy: str = "") -> None:
        self.what, self.file, self.sheet, self.row, self.remedy = what, file, sheet, row, remedy
        place = ", ".join(part for part in (file, sheet and f"sheet {sheet}", row and f"row {row}") if part)
        super().__init__(f"{place + ': ' if place else ''}{what}{' ' + remedy if remedy else ''}")


class LockHeld(KoboSyncError):
    """Another run holds the lock of this workspace; nothing was done."""

    exit_code = 4


class RefusedForSafety(KoboSyncError):
    """Going on could hurt somebody, so nothing was done."""

    exit_code = 5

"""`kobo-sync init`: a new workspace, ready to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kobo_sync.errors import ConfigError
from kobo_sync.resources import data_dir
from kobo_sync.workspace import CONFIG, server_address

SERVERS = {
    "https://kf.kobotoolbox.org": "the global KoboToolbox server",
    "https://eu.kobotoolbox.org": "the KoboToolbox server of the European Union",
}
README = "README.txt"  # a double click opens it on Windows

_CONFIG = """\
# The settings of this workspace. {readme} says what to do, step by step.
# The API token never stands here: who gets this file would get the answers.
{country}
# The first round of interviews; an earlier month is a phone's wrong clock, and is kept out of the scores.
{first_round}

# The languages of your team's pages and of printed questionnaires. The forms keep all of theirs, and each enumerator
# chooses hers on the phone; what is published has them all too. Without this line: all.
{languages}
{not_lawful}
# The months that answers are kept after their round was closed. Then the program reminds you to delete them.
# raw_retention_months = 12

[server]
# The address that you see in the browser when you work in KoboToolbox.
url = "{server}"
# Only where phones send to another address than this one.
# collect_url = ""

# [sync]
# mark_on_hold = true    # mark what is quarantined as "on hold" in KoboToolbox, too

# Who works with you, by the names that they log in with; kobo-sync deploy gives them exactly that. Without this table
# it changes nobody's permissions.
# [team]
# enumerators = ["user1"]     # may send interviews, and read none
# viewers = ["user2"]         # may read the answers, and change none
# coordinators = ["user3"]    # may do everything with the forms

# kobo-sync deploy adds a table here for each form that it puts on the server.
"""

_IGNORE = """\
# Answers, private lists and reports never belong in a repository.
*
!.gitignore
!kobo-sync.toml
!xlsform/
!xlsform/*
!schemas/
!schemas/*
!CODEBOOK.md
!codebook/
!codebook/*
"""

README_TEXT = """\
A-Gender Monitor: your workspace
================================

Everything of your monitoring lies in this folder: the forms, your lists, later the answers and the scorecards. The
answers can cost a woman her children or her freedom.

- Keep this folder on your own computer, on an encrypted disk: BitLocker or device encryption (Windows), FileVault
  (macOS), LUKS (Linux). Not in OneDrive, Dropbox or iCloud, not on a shared drive.
- On macOS and Linux the program makes every file readable for you alone. On Windows that depends on the folder: keep it
  inside your own user folder (C:\\Users\\you), and let nobody else log in with your account.
- Never send the folder, store.sqlite or a list by mail or chat.

What to do
----------
Type the commands in this folder (in Windows: open it in Explorer, type powershell into its address bar, Enter).

 1. locales.csv: your districts, nothing smaller.         (Excel; save as "CSV UTF-8")
    services.csv: the services that women will be asked about.
    referrals.csv: who can help a woman; check every number before each round.
    The rows in them are examples: replace them.
 2. Look for mistakes:                         kobo-sync check
 3. Whose token is it, what may it do?         kobo-sync init --check-token
 4. Put the forms on the server:               kobo-sync deploy
    Your team's accounts: kobo-sync.toml, [team]; then deploy again.
 5. Try the whole way with made-up interviews: kobo-sync rehearse
 6. Interviews, with KoboCollect on the phones. Pages to print, where no phone can be used:
                                               kobo-sync paper
 7. Read and check what came in, and score:    kobo-sync sync
 8. Make the scorecards, in report/:           kobo-sync report
    Open report/index.html in a browser; it needs no internet.

When a woman withdraws:                        kobo-sync forget
How is everything?                             kobo-sync status
Services that women named and you do not list: kobo-sync services proposed
All commands; one command with its examples:   kobo-sync --help      kobo-sync sync --help

What lies here
--------------
kobo-sync.toml       the settings; no secret
xlsform              the forms (Excel) and the framework: domains, questions' meaning, weights
schemas, codebook    made from the forms by kobo-sync build; CODEBOOK.md is the forms to read
store.sqlite         the answers, once there are some; report, export: what is made from them
.kobo-sync.key       appears with the first sync. Without it no withdrawal code is recognised: never delete it
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a coordinator decided for her workspace; what is left empty stays a comment in the file.

    `languages` are codes of the framework; `country` is a name, and only a comment: no rule of the program knows
    countries. `gaps` says by code and label which gaps the law of a country may forbid to close, and `not_lawful` which
    of them it does forbid.
    """

    languages: Sequence[str] = ()
    country: str = ""
    not_lawful: Sequence[str] = ()
    first_round: str = ""
    gaps: Mapping[str, str] = field(default_factory=dict)


def typed(path: Path) -> str:
    """Return a path as it is typed in a command: in quotes where it has a space."""
    return f'"{path}"' if " " in str(path) else str(path)


def refuse_existing(folder: Path) -> None:
    """Raise ConfigError when there is a workspace in the folder already."""
    if (folder / CONFIG).exists():
        raise ConfigError(
            f"{folder} is a workspace already; nothing was changed. Its settings stand in {folder / CONFIG}. "
            f"Next: kobo-sync --workspace {typed(folder)} check"
        )


def make_workspace(folder: Path, server: str = "", choices: Choices | None = None) -> None:
    """Make the folder with settings, forms, schemas, examples of the lists and a README; never overwrites anything.

    Raises ConfigError when there is a workspace in it already, `server` is no address, or it cannot be written.
    """
    refuse_existing(folder)
    address = server_address(server, "--server") or next(iter(SERVERS))
    try:
        for path in _files(data_dir("xlsform")):
            _copy(path, folder / path.name if path.suffix == ".csv" else folder / "xlsform" / path.name)
        for path in _files(data_dir("schemas")):
            _copy(path, folder / "schemas" / path.name)
        _write(folder / ".gitignore", _IGNORE.encode())
        _write(folder / README, README_TEXT.encode())
        # Last, since it is what makes the folder a workspace: broken off before, init goes on where it stopped.
        _write(folder / CONFIG, _settings(address, choices or Choices()).encode())
    except OSError as error:
        raise ConfigError(
            f"{folder} could not be made ({error.strerror}). Choose another folder, or see whether you may write "
            f"there. Then the same again: kobo-sync init {typed(folder)}"
        ) from error


def _settings(server: str, choices: Choices) -> str:
    return _CONFIG.format(
        readme=README,
        country=f"# Country: {choices.country}\n" if choices.country else "",
        first_round=_line("first_round", f'"{choices.first_round}"' if choices.first_round else "", '"2026-H1"'),
        languages=_line("languages", _listed(choices.languages), '["en"]'),
        not_lawful=_lawful(choices),
        server=server,
    )


def _lawful(choices: Choices) -> str:
    if not choices.gaps:
        return ""
    there = ", ".join(f"{code} ({label})" for code, label in choices.gaps.items())
    return (
        "\n# Gaps that nobody may close in this country, since the law forbids it: they count towards nothing.\n"
        f"# There is: {there}.\n"
        f"{_line('not_lawful', _listed(choices.not_lawful), _listed(list(choices.gaps)[:1]))}\n"
    )


def _line(name: str, value: str, example: str) -> str:
    """Return a setting or, where nothing was decided, an example of it as a comment."""
    return f"{name} = {value}" if value else f"# {name} = {example}"


def _listed(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]" if words else ""


def _files(folder: Path) -> list[Path]:
    """Return what is to be copied, without the lock files that Excel leaves (~$…)."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(("~$", ".")))


def _copy(source: Path, target: Path) -> None:
    _write(target, source.read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, unless there is one of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)

"""What `kobo-sync init` asks: at a prompt, and only where somebody sits at it; what flags say is not asked."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from kobo_sync.errors import UserError

if TYPE_CHECKING:
    from kobo_sync.instrument.framework import Framework
    from kobo_sync.setup import Choices


Typed = TypeVar("Typed")


@dataclass(frozen=True, slots=True)
class Given:
    """What the flags say; "" or an empty list is what was left out."""

    server: str = ""
    country: str = ""
    languages: Sequence[str] = ()
    not_lawful: Sequence[str] = ()
    first_round: str = ""


def somebody_there() -> bool:
    """Whether questions can be asked: the input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def decide(given: Given, framework: Framework, today: dt.date, *, ask: bool) -> tuple[str, Choices]:
    """Return the server's address and what was decided; asks for what the flags leave open, if `ask`.

    Raises UserError for a flag that cannot be, ConfigError for an address that is none.
    """
    from kobo_sync.countries import find_country, spoken_there
    from kobo_sync.scoring.rounds import round_of
    from kobo_sync.setup import SERVERS, Choices
    from kobo_sync.workspace import server_address

    rules = framework.method.gaps
    gaps = {item.code: item.label["en"] for item in rules.items if item.code in rules.lawful_only} if rules else {}
    now = round_of(f"{today:%Y-%m}", framework.round_months)
    # Every flag is looked at before the first question: nobody shall answer five and then hear that a flag is wrong.
    server = server_address(given.server, "--server")
    country = find_country(given.country) if given.country else None
    chosen = tuple(_language(code, framework) for code in given.languages)
    unlawful = tuple(_gap(code, gaps) for code in given.not_lawful)
    first = _round(given.first_round, now) if given.first_round else now
    if ask and not server:
        server = _again(_ask_server, _typed_server)
    if ask and country is None:
        country = _again(_ask_country, lambda typed: find_country(typed) if typed else None)
    spoken = spoken_there(country, framework.languages) if country else ()
    if not chosen:
        chosen = spoken
        if ask:
            chosen = _again(lambda: _ask_languages(framework, spoken), lambda typed: _split(typed, framework))
    if ask and not unlawful:
        unlawful = tuple(
            code
            for code, label in gaps.items()
            if not click.confirm(f"May “{label}” lawfully be offered there?", default=True)
        )
    if ask and not given.first_round:
        first = _again(lambda: click.prompt("First round of interviews", default=now), lambda typed: _round(typed, now))
    decided = Choices(
        languages=_in_order(chosen, framework),
        country=f"{country.name} ({country.code})" if country else "",
        not_lawful=unlawful,
        first_round=first,
        gaps=gaps,
    )
    return server or next(iter(SERVERS)), decided


def _again(ask: Callable[[], str], read: Callable[[str], Typed]) -> Typed:
    """Ask until the answer can be read; what is wrong with one is said."""
    while True:
        try:
            return read(ask())
        except UserError as error:
            click.echo(str(error))


def _ask_server() -> str:
    from kobo_sync.setup import SERVERS

    click.echo("On which server is your KoboToolbox account?")
    for number, (url, what) in enumerate(SERVERS.items(), 1):
        click.echo(f"  {number}  {url}  {what}")
    click.echo("  or paste the address that you see in the browser when you work in KoboToolbox")
    typed = str(click.prompt("Server", default="1")).strip()
    return dict(enumerate(SERVERS, 1)).get(int(typed), typed) if typed.isdecimal() and typed.isascii() else typed


def _typed_server(typed: str) -> str:
    from kobo_sync.workspace import server_address

    if not typed or (typed.isascii() and typed.isdecimal()):
        raise UserError("Type one of the numbers above, or paste an address, such as https://kf.example.org")
    return server_address(typed, "Server")


def _ask_country() -> str:
    click.echo("In which country are the services? It suggests languages; no rule of the program depends on it.")
    return str(
        click.prompt("Country, such as KE or Kenya (Enter: leave it open)", default="", show_default=False)
    ).strip()


def _ask_languages(framework: Framework, spoken: Sequence[str]) -> str:
    click.echo("In which languages do you want your team's pages? The forms keep all of theirs.")
    click.echo(f"  {', '.join(str(entry['name']) for entry in framework.languages.values())}")
    return str(click.prompt("Languages, by their short names", default=" ".join(spoken) or "all"))


def _split(typed: str, framework: Framework) -> tuple[str, ...]:
    words = typed.replace(",", " ").split()
    return () if words == ["all"] else tuple(_language(word, framework) for word in words)


def _language(typed: str, framework: Framework) -> str:
    code = typed.strip().lower()
    if code not in framework.languages:
        raise UserError(f"There is no language {typed[:20]!r} yet. There are: {', '.join(framework.languages)}.")
    return code


def _in_order(chosen: Sequence[str], framework: Framework) -> tuple[str, ...]:
    """Return the languages in the framework's order, none where they are all: then a new one is there by itself."""
    found = tuple(code for code in framework.languages if code in chosen)
    return () if len(found) == len(framework.languages) else found


def _gap(code: str, gaps: dict[str, str]) -> str:
    if code not in gaps:
        there = ", ".join(f"{known} ({label})" for known, label in gaps.items()) or "none"
        raise UserError(f"--not-lawful: {code[:40]!r} is no gap that a law may forbid to close. There is: {there}.")
    return code


def _round(typed: str, now: str) -> str:
    import re

    name, pattern = typed.strip().upper(), re.sub(r"\d", r"\\d", now)
    if not re.fullmatch(pattern, name):
        raise UserError(f"{typed[:20]!r} is no round. Rounds are written as this one: {now}.")
    return name

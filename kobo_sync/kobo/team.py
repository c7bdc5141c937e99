"""Who may do what with a form: what the configuration's [team] wants, against what the server has.

An enumerator sends interviews and reads none; a viewer reads and changes nothing; a coordinator does everything. Who is
named gets exactly that, and loses what is more. Who is not named any more loses what she was given from here, nothing
else; people who were let in otherwise are left alone, unless that is asked for. The owner, the account that asks, and
the public are never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from kobo_sync.config import Team
from kobo_sync.errors import ConfigError
from kobo_sync.kobo.differences import listed
from kobo_sync.kobo.errors import NotFound, NotKobo, Refused
from kobo_sync.kobo.memory import Memory
from kobo_sync.kobo.session import KoboSession

PUBLIC = "AnonymousUser"
NEEDED: Mapping[str, str] = {
    "enumerators": "add_submissions",  # without view_submissions: she reads no interview, her own neither
    "viewers": "view_submissions",
    "coordinators": "manage_asset",  # files and permissions want this one
}
"""The permission that each role needs; the server adds what it brings with it."""

_BRINGS = {
    "change_asset": ("view_asset",),
    "view_submissions": ("view_asset",),
    "partial_submissions": ("view_asset",),
    "change_submissions": ("view_submissions", "add_submissions"),
    "delete_submissions": ("view_submissions",),
    "validate_submissions": ("view_submissions",),
    "manage_asset": ("change_asset", "change_submissions", "delete_submissions", "validate_submissions"),
}
_WORDS = {
    "add_submissions": "send interviews",
    "view_asset": "see the form",
    "view_submissions": "read answers",
    "partial_submissions": "read some people's answers",
    "change_submissions": "change answers",
    "delete_submissions": "delete answers",
    "validate_submissions": "set validation statuses",
    "change_asset": "change the form",
    "manage_asset": "do everything with the form",
}
_ORDER = tuple(_WORDS)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One permission that an account has on a form; `uid` is its own id on the server."""

    uid: str
    username: str
    permission: str


@dataclass(frozen=True, slots=True)
class Change:
    """One permission to be given (`give`) or taken; `why` in a few words."""

    username: str
    permission: str
    why: str
    give: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """What is to be changed, and the accounts beyond the team that have access."""

    changes: tuple[Change, ...] = ()
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def in_words(self) -> Iterator[str]:
        """Yield a sentence for each account that gets or loses something."""
        for give in (True, False):
            for name in dict.fromkeys(one.username for one in self.changes if one.give is give):
                mine = [one for one in self.changes if one.username == name and one.give is give]
                what = " and ".join(_WORDS.get(one.permission, one.permission) for one in mine)
                yield f"{name} may {'' if give else 'no longer '}{what} ({mine[0].why})"


def assignments(session: KoboSession, uid: str) -> tuple[Assignment, ...]:
    """Return who may do what with a form, as far as this account is told. Raises KoboError."""
    answer = session.get(f"/api/v2/assets/{uid}/permission-assignments/")
    rows = answer.get("results") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise NotKobo("The server's answer does not say who may do what with the form: is it a current KoboToolbox?")
    return tuple(_assignment(row) for row in rows)


def _assignment(row: Any) -> Assignment:  # noqa: ANN401 -- JSON
    if not isinstance(row, dict) or not {"url", "user", "permission"} <= row.keys():
        raise NotKobo("The server's list of permissions is not what KoboToolbox gives.")
    return Assignment(*(unquote(urlsplit(str(row[key])).path).rstrip("/").rpartition("/")[2] for key in _KEYS))


_KEYS = ("url", "user", "permission")


def compare(
    team: Team | None, there: Iterable[Assignment], untouched: Collection[str], memory: Memory, *, only_team: bool
) -> Access:
    """Say what the team wants changed. `untouched` are the owner and the account that asks; all forms alike.

    With `only_team`, people who are not of the team lose everything, however they were let in. Without a team in the
    configuration nothing is changed.
    """
    has: dict[str, set[str]] = {}
    for one in there:
        if one.username not in {PUBLIC, *untouched}:
            has.setdefault(one.username, set()).add(one.permission)
    if team is None:
        return Access(others=tuple(has))
    changes: list[Change] = []
    wanted = _wanted(team, untouched)
    for name, roles in wanted.items():
        needed = {permission for role in roles for permission in _with_all(NEEDED[role])}
        why = " and ".join(role.removesuffix("s") for role in roles)
        explicit = {NEEDED[role] for role in roles} - has.get(name, set())
        changes += [Change(name, permission, why, give=True) for permission in _sorted(explicit)]
        more = has.get(name, set()) - needed
        changes += [Change(name, permission, f"more than {_article(why)} needs") for permission in _sorted(more)]
    others = []
    for name, held in has.items():
        if name in wanted:
            continue
        lost = held if only_team else held & memory.given(name)
        why = "not in the team" if only_team else "let in from here, no longer in the team"
        changes += [Change(name, permission, why) for permission in _sorted(lost)]
        others += [name] if held - lost else []
    return Access(tuple(changes), tuple(others))


def _article(role: str) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"


def _wanted(team: Team, untouched: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role in NEEDED:
        for name in getattr(team, role):
            if name not in untouched:
                found.setdefault(name, []).append(role)
    return found


def _with_all(permission: str) -> set[str]:
    return {permission}.union(*(_with_all(one) for one in _BRINGS.get(permission, ())))


def _sorted(permissions: Iterable[str]) -> list[str]:
    return sorted(permissions, key=lambda one: _ORDER.index(one) if one in _ORDER else len(_ORDER))


NO_CHANGE = Access()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: the team, who asks (`me`), whether all others go; `known` accounts were looked up before."""

    team: Team | None
    me: str
    only_team: bool = False
    known: set[str] = field(default_factory=set)

    def plan(self, session: KoboSession, there: Iterable[Assignment], owner: str, memory: Memory) -> Access:
        """Compare with one form's permissions. Raises ConfigError for an account that nobody knows, and KoboError."""
        there = tuple(there)
        access = compare(self.team, there, {owner, self.me}, memory, only_team=self.only_team)
        self.known.update(one.username for one in there)
        need_accounts(session, (one.username for one in access.changes if one.give), self.known)
        return access


def need_accounts(session: KoboSession, names: Iterable[str], known: set[str]) -> None:
    """Make sure that the server knows these accounts, before anything is changed; those in `known` are not asked for.

    Raises ConfigError naming the one that it does not know, and KoboError.
    """
    for name in dict.fromkeys(names):
        if name in known:
            continue
        try:
            session.get(f"/api/v2/users/{name}/")
        except NotFound:
            raise _unknown(session, name, "Not found") from None
        known.add(name)


def _unknown(session: KoboSession, name: str, words: str) -> ConfigError:
    return ConfigError(
        f"[team] in kobo-sync.toml names {name!r}, and {session.url} knows no such account (it says: {words}). Write "
        "the name that she logs in with, in its exact spelling, not her e-mail address; she needs an account on this "
        "server. Then run kobo-sync deploy again."
    )


def carry_out(session: KoboSession, uid: str, access: Access, memory: Memory) -> None:
    """Give and take what was planned, and nothing else; what is done already is left.

    Raises ConfigError when the server does not know an account, and KoboError; run again, it goes on where it stopped.
    """
    if not access.changes:
        return
    there = {(one.username, one.permission): one.uid for one in assignments(session, uid)}
    for change in access.changes:
        if change.give and (change.username, change.permission) not in there:
            held = {permission for name, permission in there if name == change.username}
            # Remembered first: who was let in and not remembered could never be told from people let in otherwise.
            memory.give(change.username, _with_all(change.permission) - held)
            _give(session, uid, change)
    for change in access.changes:
        if not change.give:
            if found := there.get((change.username, change.permission)):
                with suppress(NotFound):  # it went with another one that needed it
                    session.send("DELETE", f"/api/v2/assets/{uid}/permission-assignments/{found}/")
            memory.take(change.username, [change.permission])


def _give(session: KoboSession, uid: str, change: Change) -> None:
    body = {
        "user": f"{session.url}/api/v2/users/{change.username}/",
        "permission": f"{session.url}/api/v2/permissions/{change.permission}/",
    }
    try:
        session.send("POST", f"/api/v2/assets/{uid}/permission-assignments/", body=body)
    except Refused as error:
        if "does not exist" in error.words:
            raise _unknown(session, change.username, error.words) from error
        raise


def warnings(there: Iterable[Assignment], files: Collection[str]) -> Iterator[str]:
    """Yield what is open to everybody, what that means and where to close it. `files` travel with the form."""
    public = {one.permission for one in there if one.username == PUBLIC}
    where = "In KoboToolbox, open the project, then Settings → Sharing, and switch off"
    if "add_submissions" in public:
        yield (
            "Anybody who has the link can send interviews, without an account: made-up answers would count like real "
            f"ones. {where} “Allow submissions to this form without a username and password”, unless you want that."
        )
    if "view_submissions" in public:
        yield (
            "Everybody on the internet can read all answers. They are about women who could be harmed by it: close "
            f"this now. {where} “Anyone can view submissions made to this form”."
        )
    if "view_asset" in public:
        lists = f", and with it {listed(sorted(files))}: which services there are, and where" if files else ""
        yield f"Everybody on the internet can see the form{lists}. {where} “Anyone can view this form”."

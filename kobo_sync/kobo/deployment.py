"""Deploying a form: a plan first, then its steps, each of which can be done again after a break.

Local and server are compared by what they mean (`kobo_sync.kobo.meaning`), so that no change makes no version, whatever
became of the workbook's bytes or of this workspace's memory. A form that somebody else changed on the server is never
written over unless that is asked for. The workbook of a version is kept here before phones can get it, so that no
answer ever comes in of a version that this workspace does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from kobo_sync.errors import FormError, RefusedForSafety
from kobo_sync.kobo import team
from kobo_sync.kobo.assets import (
    Asset,
    Media,
    deploy,
    import_form,
    md5,
    media,
    put_media,
    read_asset,
    read_content,
    stale,
    titled,
    version_content,
)
from kobo_sync.kobo.differences import Difference, comparable, differences, listed, same
from kobo_sync.kobo.errors import FormRefused
from kobo_sync.kobo.meaning import Meaning, of_content, of_workbook, unreadable
from kobo_sync.kobo.memory import Memory
from kobo_sync.kobo.remedies import in_place
from kobo_sync.kobo.session import KoboSession

CREATE, CHANGE, REDEPLOY, NOTHING, DRIFT, TAKE = "create", "change", "redeploy", "nothing", "drift", "take"
LOCAL, SERVER = "local", "server"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the workspace wants on the server: the workbook and the files that travel with it, by name.

    `title` is what the form is called in KoboToolbox, "" if that is not known.
    """

    form: str
    xlsx: bytes
    media: Mapping[str, bytes]
    title: str = ""

    @property
    def meaning(self) -> Meaning:
        """What the workbook means. Raises FormError."""
        return of_workbook(self.xlsx, self.form)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done. `action` is CREATE, CHANGE, REDEPLOY (files only), NOTHING, DRIFT or TAKE.

    DRIFT: somebody else changed the form, so it is left alone; TAKE: the server's form is written down for comparison.
    `media` are the files to send, `replaced` those of them that the server has another of. `found` tells that the form
    is not in kobo-sync.toml yet: a draft from here, left by a run that broke off. `changes` is what would change for
    phones; `drift` what somebody else changed, since the last time from here or, where that is not known (`compared`
    is "local"), in comparison with the workbook. `warnings` are sentences about what is open or recorded.
    """

    wanted: Wanted
    asset: Asset | None
    action: str
    media: tuple[str, ...]
    found: bool = False
    replaced: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    drift: tuple[Difference, ...] = ()
    compared: str = ""
    access: team.Access = team.NO_CHANGE
    warnings: tuple[str, ...] = ()

    @property
    def todo(self) -> bool:
        """Whether there is anything to do."""
        return self.action in {CREATE, CHANGE, REDEPLOY, TAKE} or bool(self.access.changes)

    @property
    def breaking(self) -> tuple[Difference, ...]:
        """What would make old and new answers different things; nothing before a form was ever deployed."""
        sends = self.action == CHANGE and self.asset is not None and self.asset.deployed
        return tuple(one for one in self.changes if one.breaking) if sends else ()

    def in_words(self) -> str:
        """Say the plan in a sentence."""
        files = f", with {', '.join(self.media)}" if self.media else ""
        where = f" ({self.asset.uid})" if self.asset else ""
        name = f"{self.wanted.form}{where}"
        if self.found:
            how = "send it into" if self.action == CHANGE else "deploy"
            rest = " and deploy it" if self.action == CHANGE else ""
            return f"{name}: {how} the draft of that title on the server{rest}{files}"
        match self.action:
            case "create":
                return f"{name}: create it on the server and deploy it{files}"
            case "change":
                over = " over what somebody changed there," if self.drift else ""
                return f"{name}: send the changed form{over} and deploy it again{files}"
            case "redeploy":
                open_again = "" if self.asset and self.asset.active else ", which opens it for answers again"
                return f"{name}: deploy it again{files or ' as it is there'}{open_again}"
            case "drift":
                return f"{name}: leave it alone, somebody changed it in KoboToolbox"
            case "take":
                return f"{name}: write the server's form beside yours, to compare; nothing is sent"
            case _ if self.access.changes:
                return f"{name}: the form stays as it is; the team changes"
            case _:
                return f"{name}: nothing to do, the server has it"


def plan(
    session: KoboSession,
    wanted: Wanted,
    uid: str,
    memory: Memory,
    wish: team.Wish,
    *,
    take: str = "",
    taken: Collection[str] = (),
) -> Plan:
    """Compare with the server. `take` says whose form to go on with where both changed: LOCAL, SERVER, "" for neither.

    Without `uid`, a draft that was sent from here, of the form's title and not among `taken` (other forms' uids), is
    used before another one is made: the answer to an import may have been lost. Raises FormError for a workbook that
    cannot be read, ConfigError for an account that the server does not know, and KoboError.
    """
    local = wanted.meaning
    found = ""
    if not uid:
        namesakes = [one for one in titled(session, wanted.title) if one.uid not in taken] if wanted.title else []
        found = _draft(session, wanted, local, memory, [one for one in namesakes if not one.deployed])
        if not found:
            access = wish.plan(session, (), wish.me, memory)
            twins = tuple(_twin(wanted, one) for one in namesakes if one.deployed)
            return Plan(wanted, None, CREATE, tuple(wanted.media), access=access, warnings=twins)
    asset, content = read_content(session, uid or found)
    there = {entry.filename: entry for entry in media(session, asset.uid)}
    allowed = team.assignments(session, asset.uid)
    sides = _Sides(local, _read(content, asset.name, wanted.form), asset, memory)
    made = _compare(session, wanted, sides, there, take)
    told = [*team.warnings(allowed, there), *_recorded(sides, made)]
    return replace(
        made,
        found=bool(found),
        access=wish.plan(session, allowed, asset.owner, memory),
        warnings=tuple(told),
    )


@dataclass
class _Sides:
    """The form here and the newest on the server; what phones have is looked up when it is needed."""

    local: Meaning
    server: Meaning
    asset: Asset
    memory: Memory
    _phones: Meaning | None = None

    def phones(self, session: KoboSession) -> Meaning:
        """Return what phones have: from the version kept here, else from the server."""
        if self._phones is None:
            self._phones = self._look(session)
        return self._phones

    def _look(self, session: KoboSession) -> Meaning:
        version = self.asset.deployed_version
        if version == self.asset.version:
            return self.server
        return _kept(self.memory.kept(version)) or _read(
            version_content(session, self.asset.uid, version), "", self.asset.name
        )

    def ours(self) -> bool:
        """Whether what the server has was sent from here."""
        if self.memory.sent(self.server.digest, replace(self.server, title="").digest):
            return True
        versions = (self.asset.version, self.asset.deployed_version)
        kept = (_kept(self.memory.kept(version)) for version in versions)
        return any(same(one, self.server) for one in kept if one is not None)

    def before(self) -> Meaning | None:
        """Return what was last sent from here, as far as it is known."""
        kept = self.memory.kept(self.asset.version) or self.memory.kept(self.asset.deployed_version)
        return _kept(kept or self.memory.newest())


def _kept(xlsx: bytes | None) -> Meaning | None:
    """Read a workbook that was kept; a damaged one is as good as none."""
    try:
        return None if xlsx is None else of_workbook(xlsx, "kept")
    except FormError:
        return None


def _compare(session: KoboSession, wanted: Wanted, sides: _Sides, there: Mapping[str, Media], take: str) -> Plan:
    asset = sides.asset
    files = tuple(
        name for name, content in wanted.media.items() if name not in there or there[name].md5 != md5(content)
    )
    replaced = tuple(name for name in files if name in there)
    if same(sides.local, sides.server):
        # A run may have broken off between sending a file and deploying: phones still have the file of before.
        waiting = any(
            entry.sent and asset.deployed_at and entry.sent > asset.deployed_at
            for name, entry in there.items()
            if name in wanted.media
        )
        on_phones = asset.deployed and same(sides.local, sides.phones(session))
        needed = files or waiting or not on_phones or not asset.active
        return Plan(wanted, asset, REDEPLOY if needed else NOTHING, files, replaced=replaced)
    changes = differences(*comparable(sides.phones(session), sides.local)) if asset.deployed else ()
    if sides.ours():
        return Plan(wanted, asset, CHANGE, files, replaced=replaced, changes=changes)
    before = sides.before()
    made = Plan(
        wanted,
        asset,
        DRIFT,
        (),
        changes=changes,
        drift=differences(*comparable(sides.local if before is None else before, sides.server)),
        compared="local" if before is None else "before",
    )
    if take == LOCAL:
        return replace(made, action=CHANGE, media=files, replaced=replaced)
    return replace(made, action=TAKE) if take == SERVER else made


def _recorded(sides: _Sides, made: Plan) -> tuple[str, ...]:
    """Warn of what phones record because somebody added it on the server."""
    mine = {row.kind for row in sides.local.rows if row.metadata}
    added = sorted({row.kind for row in sides.server.rows if row.metadata} - mine)
    if not added:
        return ()
    asset = sides.asset
    now = (
        "Phones record it already"
        if asset.deployed_version == asset.version
        else "Phones do not record it yet, but will once the form is deployed there"
    )
    undo = (
        "Sending your form takes it out again."
        if made.action == CHANGE
        else f"Take it out there, or put your form back: kobo-sync deploy {made.wanted.form} --take local"
    )
    words = (
        f"Somebody made the form in KoboToolbox record {listed(added, most=10)}, without anybody being asked. That "
        f"tells which phone it was, when, where, or who held it, and could give a woman away. {now}. {undo}"
    )
    return (words,)


def _read(content: Mapping[str, object], title: str, form: str) -> Meaning:
    try:
        return of_content(content, title, form)
    except FormError as error:
        return unreadable(error)


def _draft(session: KoboSession, wanted: Wanted, local: Meaning, memory: Memory, drafts: Iterable[Asset]) -> str:
    """Return the uid of a draft that was sent from here and not written down, "" if there is none."""
    for one in drafts:
        asset, content = read_content(session, one.uid)
        there = _read(content, asset.name, wanted.form)
        if same(local, there) or memory.sent(there.digest, replace(there, title="").digest):
            return one.uid
    return ""


def _twin(wanted: Wanted, there: Asset) -> str:
    return (
        f"A form “{there.name}” of yours is deployed on the server already, with {there.submissions} interviews. If it "
        f"is this one, answer no, and write its id into kobo-sync.toml: under [forms.{wanted.form}], "
        f'asset = "{there.uid}". Otherwise enumerators see two forms of one name on their phones.'
    )


def carry_out(
    session: KoboSession,
    todo: Plan,
    memory: Memory,
    *,
    created: Callable[[str], None],
) -> Asset:
    """Do what the plan says and return the form's state on the server.

    `created(uid)` is called as soon as a new form is on the server. Raises StaleVersion when somebody changed the form
    since the plan was made (nothing is done then), FormRefused with the server's words and where to mend it,
    RefusedForSafety when somebody else's changes are in the way (permissions are set all the same), and KoboError;
    done again, it goes on where it stopped.
    """
    asset = todo.asset
    if todo.action in {CREATE, CHANGE, REDEPLOY}:
        asset = _bring(session, todo, memory, created)
    if asset is None:
        raise ValueError("a plan without an asset creates one")
    if todo.action == NOTHING:
        memory.keep(asset.deployed_version, todo.wanted.xlsx)  # phones have it, and it may not be known here any more
    team.carry_out(session, asset.uid, todo.access, memory)
    if todo.action == DRIFT:
        raise RefusedForSafety(
            f"{todo.wanted.form} was left alone: somebody changed it in KoboToolbox, and that is not written over "
            f"unasked. To compare: kobo-sync deploy {todo.wanted.form} --take server. Put what should stay into your "
            f"workbook. To put your form over theirs: kobo-sync deploy {todo.wanted.form} --take local"
        )
    return asset


def _bring(session: KoboSession, todo: Plan, memory: Memory, created: Callable[[str], None]) -> Asset:
    """Bring form and files to the phones."""
    asset, wanted = todo.asset, todo.wanted
    if asset is not None:
        now = read_asset(session, asset.uid)
        if now.version != asset.version:
            raise stale(asset)
        asset = now
        if todo.found:
            created(asset.uid)
    try:
        if todo.action in {CREATE, CHANGE}:
            memory.send(wanted.meaning.digest)
            uid = import_form(session, f"{wanted.form}.xlsx", wanted.xlsx, replace=asset.uid if asset else None)
            if asset is None:
                created(uid)
            asset = read_asset(session, uid)
        if asset is None:
            raise ValueError("a plan without an asset creates one")
        memory.keep(asset.version, wanted.xlsx)
        for name in todo.media:
            put_media(session, asset.uid, name, wanted.media[name])
        asset = deploy(session, asset)
    except FormRefused as error:
        raise in_place(error, wanted.meaning, f"{wanted.form}.xlsx") from error
    memory.keep(asset.deployed_version, wanted.xlsx)
    return asset

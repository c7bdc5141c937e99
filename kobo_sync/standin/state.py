"""What the stand-in remembers: accounts, forms, their versions, files, permissions and submissions. All in memory."""

from __future__ import annotations

import hashlib
import itertools
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kobo_sync.standin.content import Content, random_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANONYMOUS = "AnonymousUser"


@dataclass
class User:
    """An account; ``token`` is what the API wants, ``password`` what a phone may send instead."""

    username: str
    token: str
    password: str
    joined: datetime
    uid: str = field(default_factory=lambda: random_id(21, "u"))


@dataclass
class Version:
    """One state of a form; ``number`` and ``deployed`` (when) stay None until it is deployed."""

    uid: str
    content: Content
    content_hash: str
    modified: datetime
    deployed: datetime | None = None
    number: int | None = None


@dataclass
class FormFile:
    """A file that a form needs (``form_media``); ``number`` is what phones ask for."""

    number: int
    uid: str
    username: str
    file_type: str
    description: str
    filename: str
    mimetype: str
    data: bytes
    created: datetime

    @property
    def md5(self) -> str:
        """The hash as the server shows it in ``metadata`` and in the phone's manifest."""
        return "md5:" + hashlib.md5(self.data, usedforsecurity=False).hexdigest()


@dataclass
class Deployment:
    """What phones see: the XForm and the files as they were when the form was deployed last."""

    number: int
    form_uuid: str
    xform: str
    version_text: str
    title: str
    media: dict[int, FormFile]
    active: bool = True


@dataclass
class Attachment:
    """A file that came with a submission."""

    uid: str
    filename: str
    mimetype: str
    data: bytes


@dataclass
class Submission:
    """One submission: ``row`` is the JSON that the API gives, ``xml`` what the phone sent or an edit made of it."""

    row: dict[str, Any]
    xml: str
    time: datetime
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The submission's first instance id, without ``uuid:``; edits never change it."""
        return bare(self.row["meta/rootUuid"])


@dataclass
class Asset:
    """A form: what was imported last (``versions[-1]``), what phones have (``deployment``), and its submissions."""

    uid: str
    number: int
    owner: User
    asset_type: str
    name: str
    created: datetime
    modified: datetime
    summary: dict[str, Any] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    known_names: dict[str, str] = field(default_factory=dict)
    files: dict[str, FormFile] = field(default_factory=dict)
    grants: dict[tuple[str, str], str] = field(default_factory=dict)
    deployment: Deployment | None = None
    deployed: datetime | None = None
    submissions: dict[int, Submission] = field(default_factory=dict)
    by_uuid: dict[str, int] = field(default_factory=dict)
    by_root: dict[str, int] = field(default_factory=dict)
    by_hash: dict[str, int] = field(default_factory=dict)
    past_uuids: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    in_progress: set[str] = field(default_factory=set)
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def content(self) -> Content:
        """The form as imported last."""
        return self.versions[-1].content

    @property
    def deployed_versions(self) -> list[Version]:
        """The versions that phones ever had, the newest first."""
        return [version for version in reversed(self.versions) if version.deployed]

    @property
    def last_submission(self) -> datetime | None:
        """When the last new submission came; edits do not count."""
        return max((submission.time for submission in self.submissions.values()), default=None)

    def repeats(self) -> set[str]:
        """Paths of the form's repeats, in any of its versions."""
        return {
            row["$xpath"]
            for version in self.versions
            for row in version.content["survey"]
            if row["type"] == "begin_repeat"
        }

    def put(self, submission: Submission) -> None:
        """Store a new submission, or the new state of one that was edited."""
        number = submission.row["_id"]
        if number in self.submissions:
            self._forget(number)
        self.submissions[number] = submission
        for index, key in self._keys(submission):
            if index.setdefault(key, number) != number:
                self.twice.add(key)
                index[key] = number

    def drop(self, number: int) -> Submission:
        """Delete a submission; the phone may send it again, under a new number."""
        submission = self._forget(number)
        self.past_uuids.discard(submission.root)
        return submission

    def _forget(self, number: int) -> Submission:
        gone = self.submissions.pop(number)
        for index, key in self._keys(gone):
            if index.get(key) == number:
                del index[key]
                if key in self.twice:  # old data hold some ids twice: then the other one is found from now on
                    self._find_twin(index, key)
        return gone

    def _find_twin(self, index: dict[str, int], key: str) -> None:
        for number, other in self.submissions.items():
            if any(one is index and its == key for one, its in self._keys(other)):
                index[key] = number

    def _keys(self, submission: Submission) -> list[tuple[dict[str, int], str]]:
        """Return what a submission is found by, and where."""
        uuid, text = submission.row["_uuid"], fingerprint(submission.xml)
        return [(self.by_uuid, uuid), (self.by_root, submission.root), (self.by_hash, text)]


@dataclass
class Import:
    """An import under way: ``messages`` and ``status`` are shown from the second poll on."""

    uid: str
    username: str
    created: datetime
    first_status: str
    status: str
    messages: dict[str, Any]
    polls: int = 0


class World:
    """Everything that the server holds, and the lock that every request takes."""

    def __init__(self, clock: Callable[[], datetime], first_id: int = 1) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, User] = {}
        self.assets: dict[str, Asset] = {}
        self.imports: dict[str, Import] = {}
        self.media_numbers = itertools.count(1)
        self.form_numbers = itertools.count(1)
        self._asset_numbers = itertools.count(1)
        self._next_id = first_id
        self.uncommitted: list[Callable[[], None]] | None = None
        self.add_user(ANONYMOUS, random_id(40))

    def now(self) -> datetime:
        """Tell the server's time, in UTC."""
        return self.clock().astimezone(UTC)

    def next_id(self) -> int:
        """Draw a number for a submission: counted over the whole server, never given twice."""
        number = self._next_id
        self._next_id += 1
        return number

    def reserve_ids(self, last: int) -> None:
        """Make sure that new submissions are numbered above ``last``."""
        self._next_id = max(self._next_id, last + 1)

    def add_user(self, username: str, password: str) -> User:
        """Make an account with a token of its own. Raises ValueError when the name is taken."""
        if username in self.users:
            raise ValueError(f"There is an account called {username} already.")
        token = uuid.uuid4().hex + random_id(8).lower()
        user = User(username, token, password, self.now())
        self.users[username] = self.tokens[token] = user
        return user

    def add_asset(self, owner: User, *, asset_type: str = "survey", uid: str | None = None) -> Asset:
        """Make a form without content; its owner may do everything with it."""
        now = self.now()
        asset = Asset(uid or random_id(21, "a"), next(self._asset_numbers), owner, asset_type, "", now, now)
        self.assets[asset.uid] = asset
        return asset

    def deployed(self) -> Iterator[tuple[Asset, Deployment]]:
        """Go through the forms that were ever deployed, the oldest first."""
        for asset in self.assets.values():
            if asset.deployment:
                yield asset, asset.deployment


def bare(instance_id: str) -> str:
    """Return an instance id without the ``uuid:`` before it."""
    return instance_id.removeprefix("uuid:")


def fingerprint(xml: str) -> str:
    """Make what tells an exact duplicate from another submission under the same id."""
    return hashlib.sha256(xml.encode()).hexdigest()


def stamp(moment: datetime | None) -> str | None:
    """Write a time as the API does: ``2026-11-22T11:14:51.092933Z``."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def second(moment: datetime) -> str:
    """Write a time as a submission holds it: UTC, whole seconds, no zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"

"""What a view works with: the request, who sent it, and the answers that KoboToolbox gives."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from werkzeug.wrappers import Request, Response

from kobo_sync.standin.state import ANONYMOUS, Asset, User, World

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000
OPENROSA = {"X-OpenRosa-Version": "1.0", "X-OpenRosa-Accept-Content-Length": "10000000"}

IMPLIED = {
    "view_asset": (),
    "change_asset": ("view_asset",),
    "add_submissions": (),
    "view_submissions": ("view_asset",),
    "change_submissions": ("view_asset", "view_submissions", "add_submissions"),
    "delete_submissions": ("view_asset", "view_submissions"),
    "validate_submissions": ("view_asset", "view_submissions"),
    "manage_asset": (
        "view_asset",
        "change_asset",
        "add_submissions",
        "view_submissions",
        "change_submissions",
        "delete_submissions",
        "validate_submissions",
    ),
}
"""What each permission brings with it."""


class Refusal(Exception):  # an answer of the server, not a fault of the program
    """Ends a view with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass
class Call:
    """One request: the server's memory, the request itself and the account behind it (``AnonymousUser`` if none)."""

    world: World
    request: Request
    user: User
    collect_url: str

    @property
    def is_anonymous(self) -> bool:
        """Tell whether nobody logged in."""
        return self.user.username == ANONYMOUS

    def link(self, path: str) -> str:
        """Make a full URL on the host that was asked; ``?format=`` is copied into it, as the real server does."""
        url = self.request.host_url.rstrip("/") + path
        wanted = self.request.args.get("format")
        return f"{url}?{urlencode({'format': wanted})}" if wanted else url

    def asset_link(self, asset: Asset, rest: str = "") -> str:
        """Return the URL of a form, or of something below it."""
        return self.link(f"/api/v2/assets/{asset.uid}/{rest}")

    def user_link(self, username: str) -> str:
        """Return the URL of an account."""
        return self.link(f"/api/v2/users/{username}/")

    def json(self) -> dict[str, Any]:
        """Return the JSON object of the request's body. Refuses with 400 when it is something else."""
        try:
            body = json.loads(self.request.get_data() or b"{}")
        except ValueError as problem:
            raise bad_request({"detail": f"JSON parse error - {problem}"}) from problem
        if not isinstance(body, dict):
            raise bad_request({"non_field_errors": ["Invalid data. Expected a dictionary."]})
        return body

    def asset(self, uid: str, needed: str, *, to_see: str = "view_asset") -> Asset:
        """Return the form, if the caller may do ``needed`` with it.

        Refuses with 404 whoever has not the permission ``to_see``, and with 403 who may look only.
        """
        asset = self.world.assets.get(uid)
        if asset is None:
            raise Refusal(page_not_found())
        if not may(asset, self.user, needed):
            if not may(asset, self.user, to_see):
                raise not_found()
            raise Refusal(reply({"detail": "You do not have permission to perform this action."}, HTTPStatus.FORBIDDEN))
        return asset

    def submissions_of(self, uid: str, needed: str = "view_submissions") -> Asset:
        """As ``asset``, for what concerns its data. Refuses with 400 when the form was never deployed."""
        asset = self.asset(uid, needed, to_see="view_submissions")
        if asset.deployment is None:
            raise bad_request({"detail": "The specified asset has not been deployed"})
        return asset

    def remember(self, asset: Asset, action: str, **metadata: object) -> None:
        """Write a line of the form's history; addresses are added when it is read, on the host that is asked then."""
        details = {
            "source": "stand-in",
            "asset_uid": asset.uid,
            "ip_address": self.request.remote_addr,
            "log_subtype": "project",
            "project_owner": asset.owner.username,
        }
        asset.history.append(
            {
                "user_uid": self.user.uid,
                "username": self.user.username,
                "action": action,
                "metadata": details | metadata,
                "date_created": f"{self.world.now():%Y-%m-%dT%H:%M:%SZ}",
            }
        )

    def page(self, items: Sequence[Any], *, start: int | None = None, limit: int | None = None) -> dict[str, Any]:
        """``items`` cut to the page that was asked for, with ``count``, ``next`` and ``previous``."""
        start = self._number("start") or 0 if start is None else start
        limit = min(self._number("limit") or DEFAULT_PAGE, LARGEST_PAGE) if limit is None else limit
        return self.links(len(items), start, limit) | {"results": list(items[start : start + limit])}

    def _number(self, name: str) -> int | None:
        text = self.request.args.get(name, "")
        return int(text) if text.isdecimal() else None

    def links(self, count: int, start: int, limit: int) -> dict[str, Any]:
        """``count`` and the URLs of the pages beside the one from ``start``."""
        after, before = start + limit, start - limit
        return {
            "count": count,
            "next": self._page_url(limit, after) if after < count else None,
            "previous": self._page_url(limit, before) if start > 0 else None,
        }

    def _page_url(self, limit: int, start: int) -> str:
        parts = urlsplit(self.request.url)
        arguments = dict(parse_qsl(parts.query, keep_blank_values=True)) | {"limit": str(limit)}
        arguments.pop("start", None)
        if start > 0:
            arguments["start"] = str(start)
        return urlunsplit(parts._replace(query=urlencode(sorted(arguments.items()))))


def may(asset: Asset, user: User, permission: str) -> bool:
    """Tell whether an account holds a permission on a form; what everybody may, each account may."""
    if user is asset.owner:
        return True
    return (user.username, permission) in asset.grants or (ANONYMOUS, permission) in asset.grants


def reply(body: object, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    """Make an answer in JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, headers, mimetype="application/json")


def empty() -> Response:
    """Make the answer to a deletion: 204 and nothing."""
    response = Response(status=HTTPStatus.NO_CONTENT)
    del response.headers["Content-Type"]
    return response


def bad_request(body: object) -> Refusal:
    """400 with what is wrong."""
    return Refusal(reply(body, HTTPStatus.BAD_REQUEST))


def not_found() -> Refusal:
    """404 in JSON: there is no such thing, or it is none of the caller's business."""
    return Refusal(reply({"detail": "Not found."}, HTTPStatus.NOT_FOUND))


def server_error() -> Refusal:
    """Make the 500 with which the real server answers some bad requests."""
    return Refusal(reply({"error": "Server Error (500)"}, HTTPStatus.INTERNAL_SERVER_ERROR))


def page_not_found() -> Response:
    """404 as a page: what the server says of a form that does not exist or was deleted."""
    return Response("Resource not found (404)", HTTPStatus.NOT_FOUND, mimetype="text/html")

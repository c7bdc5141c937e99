"""Finds out who sent a request: ``Token``, ``Basic`` or ``Digest``, as KoboToolbox takes them.

Basic passes here over plain http, which a public server refuses: this server only ever listens on the loopback.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from kobo_sync.standin.calls import Refusal, reply
from kobo_sync.standin.state import ANONYMOUS, User, World

if TYPE_CHECKING:
    from werkzeug.datastructures import Authorization
    from werkzeug.wrappers import Request

_REALM = "stand-in"
_nonces: set[str] = set()


def identify(world: World, request: Request) -> User:
    """Return the account behind a request, or that of nobody. Refuses wrong credentials with 401."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "token":
        user = world.tokens.get(credentials.strip())
        if user is None or user.username == ANONYMOUS:
            raise _unauthorised("Invalid token.", {"WWW-Authenticate": "Session"})
        return user
    found = request.authorization
    if found is None or found.type not in ("basic", "digest"):
        return world.users[ANONYMOUS]
    user = world.users.get(found.get("username") or "")
    if user is None or user.username == ANONYMOUS or not _password_fits(user, found, request.method):
        raise _unauthorised("Invalid username/password.", challenge())
    return user


def must_log_in() -> Refusal:
    """401 that makes a phone send its user name and password."""
    return _unauthorised("Authentication credentials were not provided.", challenge())


def challenge() -> dict[str, str]:
    """Make the header that asks for Digest credentials, which the next request may then carry."""
    nonce = secrets.token_hex(16)
    _nonces.add(nonce)
    return {"WWW-Authenticate": f'Digest realm="{_REALM}", qop="auth", nonce="{nonce}", algorithm="MD5"'}


def _unauthorised(detail: str, headers: dict[str, str]) -> Refusal:
    return Refusal(reply({"detail": detail}, HTTPStatus.UNAUTHORIZED, headers))


def _password_fits(user: User, found: Authorization, method: str) -> bool:
    if found.type == "basic":
        return hmac.compare_digest((found.get("password") or "").encode(), user.password.encode())
    said = {key: str(found.get(key) or "") for key in ("nonce", "nc", "cnonce", "qop", "uri", "response")}
    if said["nonce"] not in _nonces:
        return False
    secret = _md5(f"{user.username}:{_REALM}:{user.password}")
    asked = _md5(f"{method}:{said['uri']}")
    middle = ":".join(said[key] for key in ("nonce", "nc", "cnonce", "qop"))
    return hmac.compare_digest(_md5(f"{secret}:{middle}:{asked}"), said["response"])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

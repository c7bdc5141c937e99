"""What KoboToolbox, or the way to it, can answer.

KoboError                    3
├── Unreachable                 no connection, no name, no answer in time
├── ServerBusy                  429, 502, 503, 504 until patience ended; maintenance
├── BadToken                    401
├── NotAllowed                  403
├── NotFound                    404: no such form, or not for this account
├── NotDeployed                 400: the form has never been deployed
├── NotKobo                     an answer that is not KoboToolbox's (a login page, a captive portal)
├── StaleVersion                somebody changed the form on the server meanwhile
└── Refused                     any other 4xx or 5xx; keeps the server's own words
FormRefused                  2  the server will not take the form; keeps the server's own words
"""

from __future__ import annotations

from kobo_sync.errors import FormError, KoboSyncError


class KoboError(KoboSyncError):
    """The server refused or cannot be reached. Nothing is lost; run again once it is mended."""

    exit_code = 3


class Unreachable(KoboError):
    """No connection, or no answer in time."""


class ServerBusy(KoboError):
    """The server, or a proxy before it, kept answering that it is busy."""


class BadToken(KoboError):
    """The API token is wrong or was withdrawn."""


class NotAllowed(KoboError):
    """The account may see this, but not do that."""


class NotFound(KoboError):
    """No such thing, or nothing that this account may see."""


class NotDeployed(KoboError):
    """The form exists, but has never been deployed."""


class NotKobo(KoboError):
    """What answered is not KoboToolbox's API."""


class StaleVersion(KoboError):
    """The form was changed on the server between reading and deploying it."""


class Refused(KoboError):
    """The server refused; `status` is the HTTP status, `words` what it said."""

    def __init__(self, message: str, *, status: int = 0, words: str = "") -> None:
        self.status, self.words = status, words
        super().__init__(message)


OF_ONE_FORM = (NotAllowed, NotFound, NotDeployed, Refused)
"""What one form meets and the next may not: no reason to leave the next one alone."""


class FormRefused(FormError):
    """The server refuses the form; the message holds its own words."""

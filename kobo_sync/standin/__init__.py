"""A stand-in for KoboToolbox, for the demo and the tests: the API and what phones speak, in memory, on the loopback.

It answers as a recorded KoboToolbox server (August 2026) did, its oddities included. Needs the extra ``engine``.
"""

from kobo_sync.standin.server import RequestRecord, Standin

__all__ = ["RequestRecord", "Standin"]

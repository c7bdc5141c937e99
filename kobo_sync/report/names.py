"""File names for pages, made of service codes that a person typed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
# Windows opens a device, not a file, for these names, whatever the ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def page_names(codes: Iterable[str]) -> dict[str, str]:
    """Return a file name (without folder) for each code.

    A code of letters, digits, `_` and `-` is its own name. Any other, a name that Windows keeps for a device, and
    codes that differ only in capitals (one file on Windows and macOS) get what is plain of them and a short hash;
    the dot before the hash cannot stand in a plain code, so no two names meet.
    """
    wanted = sorted(set(codes))
    folded = Counter(code.casefold() for code in wanted)
    return {
        code: f"{code}.html"
        if _PLAIN.fullmatch(code) and folded[code.casefold()] == 1 and code.casefold() not in _DEVICES
        else f"{_hashed(code)}.html"
        for code in wanted
    }


def _hashed(code: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", code).strip("-")[:40]
    digest = hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"service-{plain}.{digest}" if plain else f"service.{digest}"

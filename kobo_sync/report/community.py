"""Writes the community version: a page with pictures and a script to read aloud for each service, and one for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment

from kobo_sync.report.spoken import LISTED

PAGE = "community.html"


def community_files(environment: Environment, code: str, common: Mapping[str, Any]) -> dict[str, str]:
    """Return the pages of a language by relative path, for both audiences: `common["spoken"]` is all that they tell."""
    spoken = common["spoken"]
    whole = environment.get_template("community_round.html.j2")
    one = environment.get_template("community.html.j2")
    files = {f"{code}/{PAGE}": whole.render(common, root="", up="../", page=PAGE, limit=LISTED)}
    for service in spoken.services:
        page = f"community/{service.page}"
        files[f"{code}/{page}"] = one.render(common, root="../", up="../../", page=page, one=service)
    return files

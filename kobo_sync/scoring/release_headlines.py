"""The headlines of a public release: the published shares in words, read from the release alone (3.8)."""

from __future__ import annotations

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.release_model import PUBLISHED, Plain
from kobo_sync.scoring.team_headlines import Headline, Headlines, choose


def public_headlines(block: Plain, framework: Framework) -> Headlines:
    """Return the headlines of one service's block of a release; none where nothing of it is published.

    The number of women is the band of the service: no question has a number of its own.
    """
    if block["status"] != PUBLISHED:
        return Headlines()
    return choose(
        (
            Headline(question["indicator"], question["share"], block["women"])
            for domain in block["domains"]
            for question in domain["questions"]
        ),
        framework,
    )

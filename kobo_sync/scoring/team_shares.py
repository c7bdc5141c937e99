"""What the team may say aloud of how many women gave the best answer: part of the wall (3.8), on top of `disclosure`.

What is read to a room is heard by anybody, so the rules of a public release hold although the page is the team's (our
convention): a question has a share from `public_from` women on, where `team_view` shows its figure; fewer than five
women are "few or none", all but fewer than five "most or all", the rest is rounded as in public.
"""

from __future__ import annotations

from kobo_sync.instrument.framework import Framework
from kobo_sync.scoring.disclosure import team_view
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.release_rounding import share


def team_shares(score: ServiceScore, framework: Framework) -> dict[str, int | str]:
    """Return the shares of women that may be told of a service by question, in the framework's order: percent or words.

    Empty where too few women were asked. A question that rests on anybody but women has none.
    """
    if score.n < framework.public_from:
        return {}
    items = {item.code: item for item in score.items}
    shown = [
        item.code for domain in team_view(score, framework).domains for item in domain.items if item.percent is not None
    ]
    return {
        code: share(item.favourable, item.n, framework)
        for code in shown
        if (item := items[code]).favourable is not None and item.n >= framework.public_from
    }

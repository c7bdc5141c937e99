"""What the service says and what women say (3.2), and questions that may be unsafe to ask (3.1).

Our convention: nothing of this is made of a harm or a gate (`Indicator.harm`, not averaged). A manager's answer is
known, so a gap would give away the women's figure of a harm, which is shown to nobody (3.8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kobo_sync.instrument.framework import Framework, Indicator
from kobo_sync.scoring.bands import reaches
from kobo_sync.scoring.model import (
    CLIENTS,
    DK,
    HEARD,
    PNS,
    PROVIDERS,
    REASONS,
    AnswerSheet,
    ItemScore,
    SaysDoes,
    ServiceSays,
)


def says_does(framework: Framework, sheets: Mapping[str, AnswerSheet]) -> tuple[SaysDoes, ...]:
    """Return the gaps between provider and women that may be shown (3.2): large enough, and enough women answered."""
    if CLIENTS not in sheets or PROVIDERS not in sheets:
        return ()
    method, found = framework.method, list[SaysDoes]()
    women_told, provider_told = _told(sheets[CLIENTS]), _told(sheets[PROVIDERS])
    for column, indicator in enumerate(framework.indicators):
        few = women_told[column] < method.gap_clients or not provider_told[column]
        if few or indicator.harm or not indicator.averaged:
            continue
        women, provider = _values(sheets[CLIENTS], column), _values(sheets[PROVIDERS], column)
        says, does = float(provider.mean()), float(women.mean())
        if reaches(abs(says - does), method.gap_from):
            found.append(SaysDoes(indicator.code, says, does, says - does, len(women)))
    return tuple(found)


def service_says(framework: Framework, sheets: Mapping[str, AnswerSheet]) -> tuple[ServiceSays, ...]:
    """Return what only the provider answered, and what the provider does not know of its own rules (3.1, 3.2).

    A provider's value is told where no woman and no observer has one; her "don't know" or "prefer not to say" always.
    None of it enters items, domains, overall or validity.
    """
    if PROVIDERS not in sheets:
        return ()
    told = {source: _told(sheet) for source, sheet in sheets.items()}
    said = (_said(indicator, column, sheets[PROVIDERS], told) for column, indicator in enumerate(framework.indicators))
    return tuple(one for one in said if one is not None)


def unsafe_questions(framework: Framework, items: Sequence[ItemScore]) -> tuple[str, ...]:
    """Return the questions to which too large a share of the women asked "prefer not to say" (3.1).

    Our convention: of at least `suppress_below` women, so that the warning is never one woman's silence among few.
    """
    bound = framework.method.pns_warning
    return tuple(
        item.code
        for item in items
        if item.asked >= framework.suppress_below and item.pns and reaches(item.pns / item.asked, bound)
    )


def _said(
    indicator: Indicator, column: int, sheet: AnswerSheet, told: Mapping[str, Sequence[int]]
) -> ServiceSays | None:
    if indicator.harm:
        return None
    if told[PROVIDERS][column]:
        heard = any(told[source][column] for source in HEARD if source in told)
        return None if heard else ServiceSays(indicator.code, float(_values(sheet, column).mean()))
    reasons = sheet.reason[:, column].tolist()
    missing = next((reason for reason in (DK, PNS) if reason in reasons), None)
    return None if missing is None else ServiceSays(indicator.code, None, REASONS[missing])


def _told(sheet: AnswerSheet) -> list[int]:
    """Count the respondents with a value, by column."""
    told: list[int] = (~np.isnan(sheet.x)).sum(axis=0).tolist()
    return told


def _values(sheet: AnswerSheet, column: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    values = sheet.x[:, column]
    return values[~np.isnan(values)]

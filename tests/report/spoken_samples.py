"""Pages with pictures of one service, made directly: any share, and the longest words of a language."""

from __future__ import annotations

import datetime as dt

from scoring_samples import framework

from kobo_sync.instrument.framework import Indicator
from kobo_sync.report.engine import engine
from kobo_sync.report.spoken import Share, Spoken, SpokenFlag, Told

LONG = "Центр женского здоровья и социального сопровождения женщин и детей"
PLACE = "Kabupaten Timor Tengah Selatan"


def page(one: Spoken, language: str = "en") -> str:
    """Return the public page with pictures of a service."""
    template = engine(framework(), language, ()).get_template("community.html.j2")
    return template.render(
        one=one,
        public=True,
        preview=False,
        demo=False,
        release={"number": 1},
        round="2026-H2",
        made=dt.date(2027, 1, 12),
        tool_version="2026.3",
        program_version="0.1.0",
        root="../",
        up="../../",
        page="community/S.html",
    )


def told(share: Share | None) -> Spoken:
    """Return a service of which one question stands out."""
    return Spoken("Blue Door", "North", "S.html", least=20, most=29, strengths=(Told("pkg_nsp", share),))


def longest(language: str) -> Spoken:
    """Return a service with the longest words that a language has for everything on the page."""
    rules = framework()

    def length(one: Indicator) -> int:
        return -len(str(one.label.get(language) or one.label["en"]))

    spoken = sorted((one for one in rules.indicators if one.averaged and not one.harm), key=length)
    asked = [one.code for one in spoken if "C" in one.sources][:4]
    flags = sorted((one for one in rules.indicators if one.flag), key=length)
    band = max(rules.method.bands, key=lambda one: len(str(one.label.get(language) or one.label["en"])))
    return Spoken(
        LONG,
        PLACE,
        "S.html",
        least=20,
        most=29,
        percent=65,
        band=band.number,
        tier="lacking",
        strengths=tuple(Told(code, "most_or_all") for code in asked[:2]),
        asks=tuple(Told(code, 45) for code in asked[2:]),
        flags=tuple(SpokenFlag(one.code, "R1", by_service=False) for one in flags[:3]),
        only=True,
    )

"""A framework of twelve domains and nine services of all kinds, for the tests of the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from kobo_sync.instrument.framework import Domain, Framework, Indicator, Validity
from kobo_sync.report.model import Fieldwork, ReportData, ServiceInfo
from kobo_sync.scoring.model import DomainScore, ItemScore, ServiceScore

ROUND = "2026-H1"

# Domain code → label, then its questions: name, core, harm.
DOMAINS: Mapping[str, tuple[str, tuple[tuple[str, bool, bool], ...]]] = {
    "pkg": (
        "Services on offer",
        (
            ("Sterile needles and equipment", True, False),
            ("Methadone or buprenorphine, with take-home doses", True, False),
            ("Naloxone to take home", True, False),
            ("HIV test and treatment", True, False),
            ("Condoms and lubricant without asking", False, False),
        ),
    ),
    "acc": (
        "Getting in",
        (
            ("A time or room only for women", True, False),
            ("Having to pay", True, True),
            ("Opening hours that suit women", False, False),
            ("Getting in without people knowing why", False, False),
        ),
    ),
    "srh": (
        "Sexual and reproductive health and rights",
        (
            ("A contraceptive she chooses herself", True, False),
            ("Menstrual products, a toilet that locks, a place to wash", False, False),
            ("Clear information without judgement", False, False),
        ),
    ),
    "par": (
        "Pregnancy, parenting and childcare",
        (
            ("Methadone or buprenorphine in pregnancy", True, True),
            ("Care of children during a visit", False, False),
            ("Antenatal care without judgement", False, False),
        ),
    ),
    "gbv": (
        "Gender-based violence",
        (("A shelter that accepts women who use drugs", True, False), ("Someone to talk to privately", False, False)),
    ),
    "cnf": (
        "Safety, privacy and consent",
        (("A room where others cannot hear", True, False), ("A rule on secrecy, explained", False, False)),
    ),
    "stf": (
        "Staff and respect",
        (
            ("Respect from staff", True, False),
            ("A woman worker for those who want one", True, False),
            ("No insulting words, lectures or posters", False, False),
        ),
    ),
    "inc": (
        "Welcome for every woman",
        (("Trans women welcome", True, False), ("Sex workers welcome", True, False), ("Young women", False, False)),
    ),
    "mip": (
        "Women who use drugs take part",
        (
            ("Asked before services change", True, False),
            ("Works with a network led by women who use drugs", False, False),
        ),
    ),
    "mhp": (
        "Mental health and basic needs",
        (("Counselling that does not demand abstinence", False, False), ("A women's group", False, False)),
    ),
    "leg": (
        "Legal support and rights",
        (("A lawyer or paralegal", True, False), ("Someone to call on arrest", False, False)),
    ),
    "fbk": (
        "Feedback and accountability",
        (
            ("A known way to complain", True, False),
            ("Complaints without losing services", True, True),
            ("A change after women spoke up", False, False),
        ),
    ),
}


def framework() -> Framework:
    """Return a framework like the real one, with fewer questions."""
    indicators = [
        Indicator(
            code=f"{domain}_{number}",
            domain=domain,
            core=core,
            sources=("C", "P", "O") if domain in ("pkg", "cnf") else ("C",),
            scale="neg" if harm else "ypn",
            kind="mixed" if domain in ("pkg", "cnf") else "experience",
            averaged=True,
            flag="R2" if harm else "",
            label={"en": name},
            source=("INF",),
        )
        for domain, (_, questions) in DOMAINS.items()
        for number, (name, core, harm) in enumerate(questions, start=1)
    ]
    return Framework(
        version="2026.1",
        note="",
        languages={"en": {"name": "English (en)"}},
        sources={"INF": "inferred"},
        domains=tuple(
            Domain(code=code, number=number, label={"en": label})
            for number, (code, (label, _)) in enumerate(DOMAINS.items(), start=1)
        ),
        indicators=tuple(indicators),
        core_weight=2.0,
        other_weight=1.0,
        domain_weights=dict.fromkeys(DOMAINS, 1.0),
        kinds={"experience": {"C": 1.0}, "mixed": {"C": 0.5, "O": 0.3, "P": 0.2}},
        validity=Validity(
            core_share=(2, 3),
            offered_share=(3, 5),
            min_items=2,
            min_averaged=1,
            min_valid_domains=8,
            required_domains=("pkg", "acc", "cnf", "stf"),
            one_of=("srh", "par", "gbv"),
            min_clients=5,
        ),
        suppress_below=5,
        public_from=10,
        round_months=6,
    )


def item(code: str, y: float | None, n: int, *, dk: int = 0, observed: bool = False) -> ItemScore:
    """Return the score of one question that `n` women answered and `dk` did not know."""
    seen = (("C", n), ("P", 1), ("O", 2)) if observed else (("C", n),)
    return ItemScore(
        code=code,
        y=y,
        n=n,
        n_by_source=seen,
        has_data=y is not None,
        offered=y is not None,
        na_for_all=False,
        asked=n + dk,
        dk=dk,
        pns=0,
    )


def service(
    code: str,
    n: int,
    level: float,
    *,
    only: Mapping[str, int] | None = None,
    small: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    dk: int = 2,
    values: Mapping[str, float] | None = None,
) -> ServiceScore:
    """Return a service's score around `level`; `only` limits a domain to its first so many questions.

    `small` domains have 3 women each, `without` are invalid, `values` set a domain's figure apart from the level.
    """
    frame = framework()
    items: list[ItemScore] = []
    domains: list[DomainScore] = []
    for number, domain in enumerate(frame.domains):
        indicators = frame.of_domain(domain.code)[: (only or {}).get(domain.code, 9)]
        women = 3 if domain.code in small else n
        spread = 0.06 * ((number * 5 + len(code) + ord(code[0]) + ord(code[-1])) % 7 - 3)
        base = (values or {}).get(domain.code, min(0.97, max(0.03, level + spread)))
        mine = [
            item(
                indicator.code,
                min(1.0, max(0.0, base + 0.07 * ((place + number) % 3 - 1))) if 0 < base < 1 else base,
                women - min(dk, women - 1),
                dk=min(dk, women - 1),
                observed="O" in indicator.sources and number == 0,
            )
            for place, indicator in enumerate(indicators)
        ]
        items += mine
        weights = [frame.core_weight if indicator.core else frame.other_weight for indicator in indicators]
        valid = domain.code not in without and bool(mine)
        mean = sum(w * (i.y or 0) for w, i in zip(weights, mine, strict=True)) / sum(weights) if mine else None
        domains.append(
            DomainScore(
                code=domain.code,
                value=mean if valid else None,
                valid=valid,
                why_not="" if valid else "few_core" if mine else "no_average",
                n=women if mine else 0,
                items=tuple(i.code for i in mine),
            )
        )
    values_now = {domain.code: domain.value for domain in domains if domain.value is not None}
    valid = len(values_now) >= frame.validity.min_valid_domains and n >= frame.validity.min_clients
    return ServiceScore(
        service=code,
        round=ROUND,
        value=sum(values_now.values()) / len(values_now) if valid else None,
        valid=valid,
        why_not="" if valid else "few_women" if n < frame.validity.min_clients else "few_domains",
        n=n,
        lowest=min(values_now, key=lambda code: values_now[code], default=""),
        domains=tuple(domains),
        items=tuple(items),
        framework_version=frame.version,
    )


SERVICES = (
    ServiceInfo("SBY-01", "Rumah Kenanga women's drop-in", "Surabaya", "drop-in centre"),
    ServiceInfo("SBY-02", "Puskesmas Tambakrejo", "Surabaya", "clinic"),
    ServiceInfo("SBY-03", "Outreach north", "Surabaya", "outreach"),
    ServiceInfo("JKT-01", "Klinik Melati", "Jakarta Timur", "methadone clinic"),
    ServiceInfo("JKT-02", "Aksi Perempuan drop-in", "Jakarta Timur", "drop-in centre"),
    ServiceInfo("JKT-03", "Mobile van, night", "Jakarta Timur", "outreach"),
    ServiceInfo("MKS-01", "Balai Kesehatan Perempuan dan Anak Sungguminasa", "Makassar", "clinic"),
    ServiceInfo("MKS-02", "Ruang Aman", "Makassar", "drop-in centre"),
    ServiceInfo("MKS-03", "Needle exchange Panakkukang", "Makassar", "needle and syringe programme"),
)


def data() -> ReportData:
    """Return a round with nine services: good, bad, too few women, invalid, single questions, small domains."""
    scores = (
        service("SBY-01", 31, 0.82, dk=4),
        service("SBY-02", 24, 0.28, values={"leg": 0.0, "mip": 0.04}, without=("mhp",), dk=9),
        service("SBY-03", 4, 0.7391),
        service("JKT-01", 18, 0.46, only={"par": 1, "gbv": 1, "cnf": 1}),
        service("JKT-02", 27, 0.69, small=("srh", "gbv")),
        service("JKT-03", 9, 0.55, without=("srh", "par", "gbv", "mip", "mhp"), only={"mip": 0, "mhp": 0, "leg": 1}),
        service("MKS-01", 12, 0.51, only={"mhp": 0, "leg": 0, "mip": 1}, without=("mip",)),
        service("MKS-02", 22, 0.75, values={"stf": 1.0}),
    )
    return ReportData(
        framework=framework(),
        round=ROUND,
        scores=scores,
        services={info.code: info for info in SERVICES},
        fieldwork=Fieldwork(interviews=150, refused=11, quarantined=3, waiting=0),
        made_on=dt.date(2026, 7, 12),
        tool_version="2026.1",
        program_version="0.1.0",
        demo=False,
    )


def with_scores(*scores: ServiceScore) -> ReportData:
    """Return the sample round with these scores only, and their services only."""
    base = data()
    codes = {score.service for score in scores}
    return replace(base, scores=scores, services={code: info for code, info in base.services.items() if code in codes})

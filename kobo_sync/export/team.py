"""The tables of the team's scores: what scoring.disclosure lets the team see, the same figures as on its pages."""

from __future__ import annotations

from kobo_sync.export.table import Column, Table
from kobo_sync.report.model import ReportData
from kobo_sync.report.pages import overview

_ROUND = Column("round", "the round, such as 2026-H1")
_SERVICE = Column("service", "the service's code in services.csv", "service")
_DOMAIN = Column("domain", "the domain's code", "domain")
_PERCENT = Column("percent", "the figure in whole percent; empty: not shown", number=True)
_WHY = Column(
    "why",
    "why there is no figure. small: fewer than five women, or none, which of the two is not told; not_asked; "
    "sensitive: it would be the figure of one harm; others: not enough information (docs/scoring.md)",
)
_WOMEN = Column("women", "how many women answered; empty: fewer than five, or not told", number=True)

SERVICES = (
    _ROUND,
    Column("service", "the service's code in services.csv"),
    Column("label", "its public name"),
    Column("locale", "its place"),
    Column("type", "its kind, as services.csv says"),
    _PERCENT,
    _WHY,
    _WOMEN,
    Column("lowest", "the lowest domain that is shown", "domain"),
    Column("framework", "the version of the framework"),
)
DOMAINS = (
    _ROUND,
    _SERVICE,
    _DOMAIN,
    _PERCENT,
    _WHY,
    _WOMEN,
    Column("of_items", "how many questions of the domain can count", number=True),
    Column("unknown", "percent of the answers that were “don't know”", number=True),
)
ITEMS = (
    _ROUND,
    _SERVICE,
    _DOMAIN,
    Column("indicator", "the question that counts in the domain", "indicator"),
    Column("percent", "the figure in whole percent; empty: it counts, and is not shown", number=True),
    Column("women", "how many women answered; 0: observers alone", number=True),
    Column("also", "who else is in the figure: O observers, P the service itself"),
)


def team_tables(data: ReportData) -> tuple[Table, ...]:
    """Return the tables services, domains and items of one round, in the order of the team's pages."""
    rows = overview(data).rows
    services = tuple(
        (
            data.round,
            row.team.service,
            row.info.label,
            row.info.locale,
            row.info.type,
            row.team.percent,
            row.team.why,
            row.team.n,
            row.team.lowest,
            row.team.framework_version,
        )
        for row in rows
    )
    domains = tuple(
        (
            data.round,
            row.team.service,
            domain.code,
            domain.percent,
            domain.why,
            domain.n,
            domain.of_items,
            domain.unknown,
        )
        for row in rows
        for domain in row.team.domains
    )
    items = tuple(
        (data.round, row.team.service, domain.code, item.code, item.percent, item.n, " ".join(item.also))
        for row in rows
        for domain in row.team.domains
        for item in domain.items
    )
    return (
        Table("services", SERVICES, services),
        Table("domains", DOMAINS, domains),
        Table("items", ITEMS, items),
    )

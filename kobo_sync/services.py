"""The coordinator's own list of services: services.csv, and what of it may leave this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kobo_sync.csv_files import CODE, append_row, read_table, write_table
from kobo_sync.errors import ConfigError

_NEEDED = ("code", "label", "locale")
_KNOWN = (*_NEEDED, "type", "women_band")


@dataclass(frozen=True, slots=True)
class Service:
    """One line of services.csv; the file's other columns are not kept.

    `women_band` says in a word of the framework how many women the service sees ("" unknown). It is private: it decides
    what may be published and is neither uploaded nor shown.
    """

    code: str
    label: str
    locale: str
    type: str
    women_band: str = field(default="", repr=False)


def read_services(path: Path) -> dict[str, Service]:
    """Read services.csv by code; only code, label, locale, type and the private band of women are kept.

    Raises ConfigError naming the row, as Excel counts them, when a column, a code or a label is missing, or a code
    stands twice.
    """
    services: dict[str, Service] = {}
    for number, row in read_table(path, _NEEDED, _KNOWN, "the list of the services that women are asked about"):
        service = Service(**row)
        if not CODE.fullmatch(service.code) or not service.label:
            raise ConfigError(
                f"{path}: row {number}: a service needs a code (letters, digits, - and _; no spaces) and a label. "
                "Fill them in, or delete the row."
            )
        if service.code in services:
            raise ConfigError(f"{path}: row {number}: the code {service.code} stands twice. Give it another.")
        services[service.code] = service
    return services


def add_service(path: Path, service: Service) -> bool:
    """Add a service to services.csv; everything else in the file stays as it is. Returns whether it was not there yet.

    Raises ConfigError when the code is none or another service's, a label is missing, or the file cannot be written.
    """
    if not CODE.fullmatch(service.code) or not service.label:
        raise ConfigError(
            f"{service.code[:40]!r}: a service needs a code (letters, digits, - and _; no spaces) and a label."
        )
    there = read_services(path).get(service.code)
    if there is not None:
        if (there.label, there.locale) == (service.label, service.locale):
            return False
        raise ConfigError(
            f"{path}: the code {service.code} is that of {there.label!r} already. Take another code; if it is the same "
            f"service, run: kobo-sync services match ID --to {service.code}"
        )
    cells = {"code": service.code, "label": service.label, "locale": service.locale, "type": service.type}
    append_row(path, cells, "the list of the services that women are asked about")
    return True


def services_for_phones(services: Mapping[str, Service]) -> bytes:
    """Return services.csv as it is uploaded: name, label and locale, nothing else that the coordinator's file holds."""
    return write_table(("name", "label", "locale"), [(s.code, s.label, s.locale) for s in services.values()])

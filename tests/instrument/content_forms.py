"""The committed instrument as its workbooks say it: rows of the sheets, straight from the files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from pyxform.xls2json_backends import xlsx_to_dict

from kobo_sync.engine import Filler
from kobo_sync.instrument.xform import convert_form
from kobo_sync.places import locales_for_phones, read_locales, read_referrals, referrals_for_phones
from kobo_sync.services import read_services, services_for_phones
from kobo_sync.standin.submissions import answers, parse

FOLDER = Path(__file__).parents[2] / "xlsform"
FRAMEWORK: dict[str, Any] = yaml.safe_load((FOLDER / "framework.yaml").read_text(encoding="utf-8"))
INDICATORS: dict[str, dict[str, Any]] = {entry["code"]: entry for entry in FRAMEWORK["indicators"]}
LANGUAGES = tuple(language["name"] for language in FRAMEWORK["languages"].values())

# Words that label women; "korban" stands alone, as some organisations carry it in their names.
UNWANTED = re.compile(
    r"\b(addict|abuse[rd]?|clean|dirty|junkie|pecandu|penyalahguna\w*|korban|наркоман\w*|наркозависим\w*|drogadict\w*"
    r"|toxic[oó]man\w*|yonqui\w*|adictas?|droguée?s?|mateja|teja|mraibu|waraibu|mwathirika|waathirika)\b",
    re.IGNORECASE,
)

Row = Mapping[str, str]


@dataclass(frozen=True)
class Sheets:
    """One form: rows by column name, and what follows from them."""

    name: str
    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: Row
    headers: Mapping[str, tuple[str, ...]]

    @property
    def path(self) -> Path:
        """Where its workbook is."""
        return FOLDER / f"{self.name}.xlsx"

    @property
    def letter(self) -> str:
        """Whose word it is."""
        return self.settings["source"]

    @cached_property
    def lists(self) -> dict[str, list[Row]]:
        """Rows of the choices sheet by list."""
        found: dict[str, list[Row]] = {}
        for row in self.choices:
            found.setdefault(row["list_name"], []).append(row)
        return found

    @property
    def asked(self) -> list[Row]:
        """The rows that have an answer of their own."""
        aside = {"calculate", "note", "begin_group", "end_group"}
        return [row for row in self.survey if row["type"].split()[0] not in aside]

    @property
    def selects(self) -> list[Row]:
        """The rows with choices on the choices sheet."""
        return [row for row in self.asked if row["type"].split()[0] in {"select_one", "select_multiple"}]

    @property
    def indicators(self) -> list[Row]:
        """The rows that ask about an indicator of the framework, without those that only follow one up."""
        return [row for row in self.asked if row.get("indicator") in INDICATORS and row.get("role") != "followup"]

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """Rows by name."""
        return {row["name"]: row for row in self.survey if "name" in row}

    def offers(self, row: Row) -> list[Row]:
        """Return the choice rows of a question."""
        return self.lists[row["type"].split()[1]]

    def with_role(self, role: str) -> list[str]:
        """Return the names of the rows with that role."""
        return [row["name"] for row in self.survey if row.get("role") == role]

    def around(self, name: str) -> list[Row]:
        """Return the groups that a row stands in, outermost first."""
        stack: list[Row] = []
        for row in self.survey:
            if row["type"] == "end_group":
                stack.pop()
            elif row["name"] == name:
                return list(stack)
            elif row["type"] == "begin_group":
                stack.append(row)
        raise KeyError(name)

    @cached_property
    def filler(self) -> Filler:
        """The form on a phone, with the tables that come along."""
        locales = read_locales(FOLDER / "locales.csv")
        tables = {
            "services.csv": services_for_phones(read_services(FOLDER / "services.csv")),
            "locales.csv": locales_for_phones(locales),
            "referrals.csv": referrals_for_phones(read_referrals(FOLDER / "referrals.csv"), locales),
        }
        return Filler(convert_form(self.path), tables)

    def sent(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Fill in the form on a phone with these answers and return what it sends, by question name."""
        found = answers(parse(self.filler.fill(dict(given)).xml), ())
        return {key.rsplit("/", 1)[-1]: str(value) for key, value in found.items() if not key.startswith("meta/")}


@cache
def sheets(name: str) -> Sheets:
    """Read a form's workbook."""
    read: dict[str, Any] = xlsx_to_dict(str(FOLDER / f"{name}.xlsx"))
    headers = {sheet: tuple(read[f"{sheet}_header"][0]) for sheet in ("survey", "choices")}
    return Sheets(name, tuple(read["survey"]), tuple(read["choices"]), read["settings"][0], headers)


NAMES = ("client_interview", "provider_interview", "site_observation", "locale_gap")
FORMS = tuple(sheets(name) for name in NAMES)
CLIENT, PROVIDER, OBSERVER, AREA = FORMS

# Where the client interview asks whether to go on: sensitive parts, the round's topics, more of the sensitive ones.
OPENERS = ("srh", "par", "gbv", "cnf", "more", "srh_more", "par_more", "gbv_more", "cnf_more")
CODE = "once(string(int(random()*900000000)+100000000))"
IN_GROUPS = (
    "concat(substr(${withdrawal_code}, 0, 3), '\u202f\u202f', substr(${withdrawal_code}, 3, 6), '\u202f\u202f', "
    "substr(${withdrawal_code}, 6, 9))"
)
# Which question has which role, form by form.
ROLES: dict[str, dict[str, list[str]]] = {
    "client_interview": {
        "screening": ["screening"], "consent": ["consent"], "modules": ["modules"], "team": ["team"],
        "locale": ["locale"], "quote_consent": ["quote_consent"], "free_text": ["quote"],
        "identity": ["age_band", "identities"], "withdrawal_wish": ["wants_code"],
        "withdrawal_code": ["withdrawal_code"], "finish": ["finish"],
        "decoy": ["daily_hours", "daily_bus", "daily_market", "daily_weather"],
        "followup": ["acc_register_shared_c", "gbv_police_called_c"],
        "part": [f"{opener}_{what}" for opener in OPENERS for what in ("part", "after")],
        "referrals": ["under_18_help", *(f"{opener}_help" for opener in OPENERS), "help"],
        "left_out": ["more_without"], "withdrawal_code_shown": ["code_in_groups"],
    },
    "provider_interview": {
        "screening": ["screening"], "consent": ["consent"], "locale": ["locale"], "context": ["fbk_share_p"],
        "followup": ["acc_register_shared_p", "gbv_police_called_p"] + [
            f"inc_{group}_rule_p"
            for group in ("trans", "sexwork", "lbq", "young", "hiv", "migrant", "disab_older", "closed")
        ],
    },
    "site_observation": {
        "consent": ["screening"], "team": ["team"], "locale": ["locale"], "followup": ["gbv_police_called_o"],
    },
    "locale_gap": {
        "consent": ["consent"], "team": ["team"], "locale": ["loc_admin"], "reporters": ["loc_reporters"],
        "any_hr": ["loc_any_hr"], "nearest_time": ["loc_nearest_time"], "barrier": ["loc_barrier"],
        "closed_since": ["loc_closed_since"], "duty_bearer": ["loc_duty_bearer"],
        "gap": [item["code"] for item in FRAMEWORK["gaps"]["items"]],
    },
}  # fmt: skip

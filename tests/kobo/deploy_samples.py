"""A workspace with one form and the stand-in that it is for, to deploy from and to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import requests
from kobo_samples import Pauses, session
from openpyxl import load_workbook
from recorded import workbook as recorded_workbook

from kobo_sync.kobo.assets import Asset
from kobo_sync.kobo.deploying import Deployer
from kobo_sync.kobo.deployment import Plan
from kobo_sync.standin import Standin
from kobo_sync.standin.state import Asset as ServerAsset
from kobo_sync.workspace import Workspace, open_workspace

_LABELS = {3: "Anything else?", 4: "Ada lagi?"}  # without the warning, which the checks take for a question for dates


@cache
def own_form(name: str) -> bytes:
    """Return a recorded workbook as a form that somebody brings along, and that passes what stops any form."""
    book = load_workbook(BytesIO(recorded_workbook(name)))
    sheet = book["survey"]
    [row] = [cell.row for cell in sheet["B"] if cell.value == "comment"]
    for column, label in _LABELS.items():
        sheet.cell(row, column, label)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


SERVICES = """code,label,locale,type,real_name,address,contact
S01,Service 01,D1,clinic,Canary Real Name,Canary Street 1,canary@example.org
S02,Service 02,D2,outreach,Canary Other Name,Canary Street 2,+62 canary 5550
"""
SENT = b"name,label,locale\nS01,Service 01,D1\nS02,Service 02,D2\n"
CANARIES = (b"Canary", b"canary", b"clinic", b"outreach", b"real_name", b"5550")


@dataclass
class Place:
    """A workspace with one form, and the server that it is for."""

    root: Path
    server: Standin
    token: str

    @property
    def space(self) -> Workspace:
        return open_workspace(self.root)

    @property
    def form(self) -> Path:
        return self.root / "xlsform" / "survey.xlsx"

    def deployer(self, *forms: str, take: str = "", only_team: bool = False) -> Deployer:
        http = session(self.server.url, self.token, Pauses())
        return Deployer(self.space, forms, http, take=take, only_team=only_team)

    def plan(self, *, take: str = "", only_team: bool = False) -> Plan:
        """Return what a run would do now."""
        with self.deployer(take=take, only_team=only_team) as deployer:
            [plan] = deployer.plans()
        return plan

    def run(self, *, take: str = "", only_team: bool = False) -> Asset:
        """Run once, as `kobo-sync deploy --yes` does it, in a process of its own."""
        with self.deployer(take=take, only_team=only_team) as deployer:
            [plan] = deployer.plans()
            return deployer.carry_out(plan)

    def writes(self) -> list[str]:
        """Return what was written on the server so far."""
        return [f"{one.method} {one.path}" for one in self.server.requests if one.method != "GET"]

    def team(self, **roles: list[str]) -> None:
        """Write the team into the configuration, in place of the one that is there."""
        path = self.root / "kobo-sync.toml"
        text = path.read_text(encoding="utf-8")
        before = re.sub(r"\n\[team\]\n(?:[^\[\n].*\n|\n)*", "\n", text).rstrip("\n")
        table = "".join(f"{role} = {json.dumps(names)}\n" for role, names in roles.items())
        path.write_text(f"{before}\n\n[team]\n{table}", encoding="utf-8")

    @property
    def on_server(self) -> ServerAsset:
        """Return the only form on the server."""
        [asset] = self.server.world.assets.values()
        return asset

    def on_phones(self) -> dict[str, bytes]:
        """Return the files that a phone gets with the form."""
        headers = {"Authorization": f"Token {self.token}"}
        listed = requests.get(f"{self.server.url}/formList", headers=headers, timeout=30).text
        [manifest] = [node.text for node in ET.fromstring(listed).iter() if node.tag.endswith("manifestUrl")]
        entries = ET.fromstring(requests.get(str(manifest), headers=headers, timeout=30).text)
        found = {}
        for entry in entries:
            parts = {node.tag.partition("}")[2]: str(node.text) for node in entry}
            found[parts["filename"]] = requests.get(parts["downloadUrl"], headers=headers, timeout=30).content
        return found


@contextmanager
def made_place(root: Path) -> Iterator[Place]:
    """Run a server and make a workspace for it."""
    with Standin() as server:
        (root / "xlsform").mkdir(parents=True)
        made = Place(root, server, server.add_user("owner1"))
        (root / "kobo-sync.toml").write_text(f'# Mine.\n[server]\nurl = "{server.url}"\n', encoding="utf-8")
        (root / "services.csv").write_text(SERVICES, encoding="utf-8")
        made.form.write_bytes(own_form("v1.xlsx"))
        yield made

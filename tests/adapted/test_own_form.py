"""Any XLSForm works, also one that knows nothing of this program: it deploys, syncs and exports, and has no scores."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from small_forms import ROOT, workbook

from kobo_sync.__main__ import run
from kobo_sync.engine import Answer, Phone
from kobo_sync.standin import Standin
from kobo_sync.store.store import Store
from kobo_sync.workspace import open_workspace

WATER = """
| settings |
| | form_title   | default_language |
| | Water points | English (en)     |
| survey |
| | type               | name   | label::English (en) | label::Español (es) |
| | select_one kinds   | kind   | What kind?          | ¿De qué tipo?       |
| | integer            | people | How many people?    | ¿Cuántas personas?  |
| | text               | remark | Anything else?      | ¿Algo más?          |
| | begin_repeat       | tap    | A tap               | Un grifo            |
| | select_one yes_no  | works  | Does it work?       | ¿Funciona?          |
| | end_repeat         |        |                     |                     |
| choices |
| | list_name | name | label::English (en) | label::Español (es) |
| | kinds     | well | Well                | Pozo                |
| | kinds     | tap  | Tap                 | Grifo               |
| | yes_no    | yes  | Yes                 | Sí                  |
| | yes_no    | no   | No                  | No                  |
"""
REMARK = "canary-5520"


@dataclass
class Own:
    """A workspace with the framework alone, and a form of somebody's own that lies elsewhere."""

    server: Standin
    token: str
    root: Path
    form: Path

    def run(self, *arguments: str) -> int:
        return run(["--workspace", str(self.root), *arguments])

    def answer(self, number: int) -> None:
        """Let a phone send so many answers."""
        phone = Phone(self.server.url, token=self.token)
        filler = phone.filler(self.uid)
        for people in range(number):
            answers: dict[str, Answer | None] = {
                "kind": "well",
                "people": people,
                "remark": REMARK,
                "tap": [{"works": "yes"}, {"works": "no"}],
            }
            phone.send(filler.fill(answers).xml)
        phone.close()

    @property
    def uid(self) -> str:
        return open_workspace(self.root).forms["water"]

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.root / "export" / f"{name}.csv").open(encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Own]:
    root, form = tmp_path / "space", tmp_path / "elsewhere" / "water.xlsx"
    (root / "xlsform").mkdir(parents=True)
    form.parent.mkdir()
    form.write_bytes(workbook(WATER))
    shutil.copy(ROOT / "xlsform" / "framework.yaml", root / "xlsform" / "framework.yaml")
    with Standin() as server:
        token = server.add_user("owner1")
        monkeypatch.setenv("KOBO_API_TOKEN", token)
        (root / "kobo-sync.toml").write_text(f'[server]\nurl = "{server.url}"\n', encoding="utf-8")
        yield Own(server, token, root, form)


def test_a_form_from_elsewhere_goes_the_whole_way(own: Own, capfd: pytest.CaptureFixture[str]) -> None:
    """Deployed by its path it is copied here, filled in, synced, described and exported; there are no scores."""
    assert own.run("deploy", str(own.form), "--dry-run") == 0
    assert not (own.root / "xlsform" / "water.xlsx").exists()
    assert own.run("deploy", str(own.form), "--yes") == 0
    assert (own.root / "xlsform" / "water.xlsx").read_bytes() == own.form.read_bytes()
    versions = len(own.server.world.assets[own.uid].versions)
    assert own.run("deploy", str(own.form), "--yes") == 0
    assert len(own.server.world.assets[own.uid].versions) == versions  # the same form: nothing to do
    assert own.run("build") == 0
    assert "What kind?" in (own.root / "codebook" / "water.md").read_text(encoding="utf-8")
    own.answer(6)
    assert own.run("sync") == 0
    with Store(own.root / "store.sqlite") as store:
        assert store.states("water") == {"accepted": 6}
    assert own.run("export") == 0
    assert own.table("team_own_forms") == [{"form": "water", "title": "Water points", "accepted": "6"}]
    capfd.readouterr()
    assert own.run("report") == 2
    assert "no scores" in capfd.readouterr().err


def test_answers_of_an_own_form_are_restricted(own: Own) -> None:
    """Answers one by one want --restricted --force; of choices alone, from five on; deletions reach them."""
    own.run("deploy", str(own.form), "--yes")
    own.answer(4)
    own.run("sync")
    assert own.run("export", "--restricted") == 5
    assert own.run("export", "--restricted", "--force") == 0
    assert not (own.root / "export" / "restricted_answers_water.csv").exists()
    own.answer(2)
    own.run("sync")
    assert own.run("export", "--restricted", "--force") == 0
    assert own.table("restricted_answers_water") == [{"kind": "well"}] * 6
    assert own.run("export", "--restricted", "--force", "--labels", "es") == 0
    assert own.table("restricted_answers_water") == [{"¿De qué tipo?": "Pozo"}] * 6
    exported = b"".join(path.read_bytes() for path in (own.root / "export").iterdir())
    assert REMARK.encode() not in exported
    ids = sorted(own.server.world.assets[own.uid].submissions)[:2]
    answer = requests.delete(
        f"{own.server.url}/api/v2/assets/{own.uid}/data/bulk/",
        json={"payload": {"submission_ids": ids}},
        headers={"Authorization": f"Token {own.token}"},
        timeout=30,
    )
    assert answer.status_code == 200
    assert own.run("sync") == 0
    assert not (own.root / "export" / "restricted_answers_water.csv").exists()


def test_another_form_of_that_name_is_never_overwritten(own: Own, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the workspace has another form of that name, nothing is sent or copied, and it says what to do."""
    mine = own.root / "xlsform" / "water.xlsx"
    mine.write_bytes(workbook(WATER.replace("What kind?", "Which kind?")))
    before = mine.read_bytes()
    assert own.run("deploy", str(own.form), "--yes") == 2
    assert "give it another name" in capfd.readouterr().err
    assert mine.read_bytes() == before
    assert not own.server.world.assets


def test_a_form_from_elsewhere_can_be_checked(own: Own, capfd: pytest.CaptureFixture[str]) -> None:
    """A workbook is checked by its path, here or where there is no workspace at all, and nothing is copied."""
    assert own.run("check", str(own.form)) == 2  # it asks for words without a warning
    assert "water.xlsx" in capfd.readouterr().out
    assert not (own.root / "xlsform" / "water.xlsx").exists()
    assert run(["--workspace", str(own.form.parent), "check", str(own.form)]) == 2
    assert "F506" in capfd.readouterr().out
    assert own.run("check", str(own.form.with_name("nothing.xlsx"))) == 2
    assert "no nothing.xlsx" in capfd.readouterr().err

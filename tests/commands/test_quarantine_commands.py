"""Quarantine at the command line: what is wrong and what to do, judged again when somebody mended it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ops_kit import FORM, NEW, Ops, row

pytest_plugins = ["ops_fixture"]

CANARY = "canary-8842"


def test_nothing_waits_is_said(ops: Ops) -> None:
    """An empty quarantine is one sentence, and retrying it does no harm."""
    ops.seed(row(1))
    assert ops.run("sync")[0] == 0
    assert ops.run("quarantine", "list") == (0, "Nothing is in quarantine.\n")
    assert "Nothing is in quarantine." in ops.run("quarantine", "retry")[1]


def test_the_list_puts_together_what_waits_for_one_reason(ops: Ops) -> None:
    """Submissions with the same trouble are one paragraph with one remedy, the most frequent first."""
    ops.seed(*(row(n, visits="many") for n in range(1, 13)), row(20, made_up=CANARY), row(21))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("quarantine", "list")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == f"{FORM}: 13 in quarantine"
    assert lines[1] == f"  {FORM}, submissions 1, 2, 3, 4, 5, 6, 7, 8 and 4 more:"
    assert "whole number" in lines[2]
    assert "Open each of these submissions in KoboToolbox" in lines[3]
    assert f"{FORM}, submission 20:" in said
    assert "'made_up'" in said
    assert CANARY not in said
    assert "13 in quarantine. More about one: kobo-sync quarantine show ID" in lines[-1]


def test_the_list_for_programs_has_every_reason(ops: Ops) -> None:
    """With --json the list is one document: form, number, and of each problem field, rule, words and remedy."""
    ops.seed(row(1, visits="canary-visits", made_up=CANARY))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("quarantine", "list", "--json")
    (waiting,) = json.loads(said)
    assert code == 0
    assert (waiting["form"], waiting["id"]) == (FORM, 1)
    assert {problem["rule"] for problem in waiting["problems"]} == {"type", "unknown_field"}
    assert all(set(problem) == {"field", "rule", "what", "remedy"} for problem in waiting["problems"])
    assert CANARY not in said
    assert "canary" not in said


def test_show_names_field_rule_and_remedy_and_no_value(ops: Ops) -> None:
    """All reasons of one submission are shown, each with field, rule and remedy, without what was answered."""
    ops.seed(row(7, visits="canary-visits", made_up=CANARY))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("quarantine", "show", "7")
    assert code == 0
    for words in (
        "1. ",
        "2. ",
        "field: visits; rule: type",
        "field: made_up; rule: unknown_field",
        "Open submission 7",
    ):
        assert words in said
    assert "kobo-sync quarantine retry 7" in said
    assert "canary" not in said


@pytest.mark.parametrize("command", [("show", "99"), ("retry", "99")])
def test_a_number_that_does_not_wait_is_one_sentence(ops: Ops, command: tuple[str, str]) -> None:
    """What is not in quarantine can be neither shown nor judged again: exit 2, and how to see what is."""
    ops.seed(row(1))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("quarantine", *command)
    assert code == 2
    assert "Submission 99 is not in quarantine. What is: kobo-sync quarantine list" in said


def test_retry_releases_at_once_what_was_mended_on_the_server(ops: Ops) -> None:
    """Submissions that were mended are released by retry, those that were not wait on; one can be named."""
    ops.seed(row(1, visits="many"), row(2, visits="many"), row(3, visits="many"))
    assert ops.run("sync")[0] == 0
    ops.edit([1, 2], visits="4")
    assert ops.run("quarantine", "retry", "1") == (0, f"{FORM}: 1 looked at again, 1 released.\n")
    code, said = ops.run("quarantine", "retry")
    assert code == 0
    assert f"{FORM}: 2 looked at again, 1 released." in said
    assert "kobo-sync quarantine list" in said
    assert ops.states() == {"accepted": 2, "quarantined": 1}


def test_retry_releases_what_the_list_of_services_lacked(ops: Ops) -> None:
    """A service that the coordinator adds to services.csv releases what waited for it, by retry or by the next sync."""
    ops.seed(row(1, place="S77"), row(2, place="S88"))
    assert ops.run("sync")[0] == 0
    assert ops.states() == {"quarantined": 2}
    with ops.space.services_file.open("a", encoding="utf-8") as file:
        file.write("S77,Service 77,north,mobile,,,\n")
    assert "2 looked at again, 1 released" in ops.run("quarantine", "retry")[1]
    with ops.space.services_file.open("a", encoding="utf-8") as file:
        file.write("S88,Service 88,north,mobile,,,\n")
    assert "1 released from quarantine" in ops.run("sync")[1]


def test_an_unknown_version_waits_until_its_workbook_is_there(ops: Ops) -> None:
    """A submission of a version that is not kept names it and where its workbook belongs; then it is released."""
    ops.seed(row(1, __version__="vForgotten00000000000a"))
    assert ops.run("sync")[0] == 0
    _, said = ops.run("quarantine", "show", "1")
    assert "versions/small/vForgotten00000000000a.xlsx" in said
    kept = Path(ops.space.versions / FORM)
    (kept / "vForgotten00000000000a.xlsx").write_bytes((kept / f"{NEW}.xlsx").read_bytes())
    assert "1 released" in ops.run("sync")[1]


def test_an_encrypted_submission_is_one_sentence(ops: Ops) -> None:
    """What was encrypted on the phone says that this release cannot open it, and that the key is to be kept."""
    ops.seed(row(1, base64EncryptedKey="x" * 20, encryptedXmlFile="submission.xml.enc"))
    assert ops.run("sync")[0] == 0
    _, said = ops.run("quarantine", "list")
    assert "this release cannot open it" in said
    assert "private key" in said


def test_a_month_before_the_first_round_waits_until_the_setting_is_mended(ops: Ops) -> None:
    """With first_round set, an earlier month waits with its remedy, and is released when the setting is changed."""
    ops.set('first_round = "2026-H2"')
    ops.seed(row(1, period="2026-06"), row(2))
    assert ops.run("sync")[0] == 0
    _, said = ops.run("quarantine", "show", "1")
    assert "before the first round" in said
    assert "first_round" in said
    ops.set('first_round = "2026-H1"')
    assert "1 released" in ops.run("sync")[1]


@pytest.mark.parametrize("name", ["2026-Q3", "2026-H3", "2026"])
def test_a_first_round_that_is_none_is_one_sentence(ops: Ops, name: str) -> None:
    """A first round that the framework does not have is a mistake in the file: exit 2, with one that would do."""
    ops.set(f'first_round = "{name}"')
    code, said = ops.run("sync")
    assert code == 2
    assert f"first_round: {name} is no round of 6 months" in said
    assert "2026-H1" in said


def test_what_nobody_can_mend_promises_no_retry(ops: Ops) -> None:
    """Of an encrypted submission it is not said that the next sync mends it: no release can open it yet."""
    ops.seed(row(8, base64EncryptedKey="abc"))
    assert ops.run("sync")[0] == 0
    code, said = ops.run("quarantine", "show", "8")
    assert code == 0
    assert "encrypted" in said
    assert "next sync" not in said

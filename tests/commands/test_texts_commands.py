"""People's own words at the command line: flags without words, words with a warning, redaction; then they are gone."""

from __future__ import annotations

import json
from pathlib import Path

from ops_kit import FORM, SECRET, Ops, row
from sqlalchemy import insert

from kobo_sync.store import tables
from kobo_sync.store.purge import purge_due
from kobo_sync.store.store import Store
from kobo_sync.store.texts import purge_service_name, reviewed_texts, texts_of, waiting_texts
from kobo_sync.sync.lock import lock

pytest_plugins = ["ops_fixture"]

SAID = f"they sent me away, {SECRET}"


def _on_disk(folder: Path, words: str) -> bool:
    return any(words.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _synced(ops: Ops, *rows: dict[str, object]) -> None:
    ops.seed(*rows)
    assert ops.run("sync")[0] == 0


def test_the_list_shows_counts_and_flags_and_no_word(ops: Ops) -> None:
    """The list says how many texts wait and what the screen found, and shows none of the words."""
    _synced(ops, row(1, words=SAID), row(2, words="it was fine"), row(3))
    code, said = ops.run("texts", "list")
    assert code == 0
    assert f"{FORM}: 2 texts waiting in 2 submissions" in said
    assert "1: 1 text — look for a phone number" in said
    assert "  2: 1 text\n" in said
    assert "2 texts waiting, 0 reviewed, 0 discarded." in said
    assert "sent me away" not in said
    assert "fine" not in said


def test_the_list_flags_what_the_private_list_of_services_names(ops: Ops) -> None:
    """Real names, addresses and contacts of services.csv are looked for, and places; words of the form are not."""
    _synced(
        ops,
        row(1, words="at Mawar they laughed"),
        row(2, words="near palm road"),
        row(3, words="in kibera it is worse"),
        row(4, words="Wanjiku was kind"),
        row(5, words="how many visits"),
    )
    _, said = ops.run("texts", "list", "--json")
    flags = {one["id"]: one["flags"] for one in json.loads(said)["waiting"]}
    service, place = "the name of a service or a place of help", "the name of a place"
    assert flags == {1: [service], 2: [service], 3: [place], 4: [service], 5: []}
    assert not _on_disk(ops.space.store_file.parent / "schemas", "Mawar")


def test_show_warns_before_the_words(ops: Ops) -> None:
    """The words are shown after a warning; control signs in them do not reach the terminal."""
    _synced(ops, row(1, words="first line\nsecond \x1b[31mline"))
    code, said = ops.run("texts", "show", "1")
    assert code == 0
    assert "a person's own words" in said
    assert "| first line" in said
    assert "\x1b" not in said
    assert ops.run("texts", "show", "9")[0] == 2


def test_review_keeps_the_wording_and_removes_what_was_said(ops: Ops) -> None:
    """After a review the redacted wording can be exported, and what was said is in no file any more."""
    _synced(ops, row(1, words=SAID))
    assert _on_disk(ops.space.root, SECRET)
    code, said = ops.run("texts", "review", "1", typed="they sent me away\n")
    assert code == 0
    assert "1 text of submission 1 reviewed." in said
    assert not _on_disk(ops.space.root, SECRET)
    with Store(ops.space.store) as store:
        assert [text.words for text in reviewed_texts(store)] == ["they sent me away"]
        assert waiting_texts(store) == ()


def test_a_wording_that_the_screen_still_flags_is_refused_unless_forced(ops: Ops) -> None:
    """A redaction that still holds a number is not kept: exit 2; with --force the reader's word counts."""
    _synced(ops, row(1, words=SAID))
    code, said = ops.run("texts", "review", "1", typed="they sent me away, 08123456789\n")
    assert code == 2
    assert "still holds a phone number" in said
    with Store(ops.space.store) as store:
        assert len(waiting_texts(store)) == 1
        assert reviewed_texts(store) == ()
    assert ops.run("texts", "review", "1", "--force", typed="open since 2019 2020 2021\n")[0] == 0
    with Store(ops.space.store) as store:
        assert len(reviewed_texts(store)) == 1


def test_a_wording_that_is_left_empty_waits_on(ops: Ops) -> None:
    """Nothing typed, nothing done: the text goes on waiting, and what was said stays."""
    _synced(ops, row(1, words=SAID))
    code, said = ops.run("texts", "review", "1", typed="\n")
    assert code == 0
    assert "goes on waiting" in said
    assert ops.run("texts", "review", "9", typed="\n")[0] == 2
    with Store(ops.space.store) as store:
        assert len(waiting_texts(store)) == 1


def test_discard_removes_the_words_and_leaves_the_answers(ops: Ops) -> None:
    """After a discard nothing of the words is in any file, and the interview still counts."""
    _synced(ops, row(1, words=SAID))
    assert ops.run("texts", "discard", "1", typed="n\n")[0] == 1
    assert _on_disk(ops.space.root, SECRET)
    assert ops.run("texts", "discard", "1", typed="y\n")[0] == 0
    assert not _on_disk(ops.space.root, SECRET)
    assert ops.states() == {"accepted": 1}
    assert ops.run("texts", "discard", "1", "--yes")[0] == 2


def test_what_was_dealt_with_stays_so_when_the_submission_is_read_again(ops: Ops) -> None:
    """An edit of another answer brings nothing back: the wording stays reviewed, what was discarded stays away."""
    _synced(ops, row(1, words=SAID), row(2, words=SECRET))
    assert ops.run("texts", "review", "1", typed="they sent me away\n")[0] == 0
    assert ops.run("texts", "discard", "2", "--yes")[0] == 0
    ops.edit([1, 2], visits="9")
    assert "2 edited" in ops.run("sync")[1]
    with Store(ops.space.store) as store:
        assert [text.state for id_ in (1, 2) for text in texts_of(store, id_)] == ["reviewed", "discarded"]
    assert not _on_disk(ops.space.root, SECRET)


def test_new_words_of_an_edited_submission_await_redaction_again(ops: Ops) -> None:
    """When the words themselves are edited, the new ones wait, and the reviewed wording is exported no more."""
    _synced(ops, row(1, words=SAID))
    assert ops.run("texts", "review", "1", typed="they sent me away\n")[0] == 0
    ops.edit([1], words="something quite new")
    assert ops.run("sync")[0] == 0
    with Store(ops.space.store) as store:
        assert [text.words for text in waiting_texts(store)] == ["something quite new"]
        assert reviewed_texts(store) == ()


def test_the_name_of_a_service_is_never_a_quote(ops: Ops) -> None:
    """What an unlisted service is called waits like own words, but review offers no wording for it."""
    _synced(ops, row(1, on_list="no", place=None, called="The House of Roses", words="good people"))
    code, said = ops.run("texts", "review", "1", typed="good people\n")
    assert code == 0
    assert "never a quote" in said
    with Store(ops.space.store) as store:
        assert [text.words for text in reviewed_texts(store)] == ["good people"]
        assert [text.names_service for text in waiting_texts(store)] == [True]
    assert "may still be quoted" in ops.run("texts", "discard", "1", "--yes")[1]
    assert not _on_disk(ops.space.root, "House of Roses")
    with Store(ops.space.store) as store:
        assert [text.words for text in reviewed_texts(store)] == ["good people"]


def test_the_name_of_a_service_goes_once_it_is_linked(ops: Ops) -> None:
    """When the submission is edited to name a listed service, what it was called is purged with that sync."""
    _synced(ops, row(1, on_list="no", place=None, called="The House of Roses"))
    assert _on_disk(ops.space.root, "House of Roses")
    ops.edit([1], on_list="yes", place="S02", called="")
    assert ops.run("sync")[0] == 0
    assert ops.states() == {"accepted": 1}
    assert not _on_disk(ops.space.root, "House of Roses")


def test_a_service_that_was_linked_by_hand_loses_its_name(ops: Ops) -> None:
    """The name can be purged by itself, once; the words beside it stay."""
    _synced(ops, row(1, on_list="no", place=None, called="The House of Roses", words="good"))
    with Store(ops.space.store) as store:
        assert purge_service_name(store, FORM, 1) == 1
        assert purge_service_name(store, FORM, 1) == 0
        assert [text.words for text in waiting_texts(store)] == ["good"]


def test_while_a_run_is_at_work_a_review_is_kept_all_the_same(ops: Ops) -> None:
    """A review needs no lock; the bytes leave the disk with the run that holds it, or the next."""
    _synced(ops, row(1, words=SAID))
    with lock(ops.space):
        code, said = ops.run("texts", "discard", "1", "--yes")
    assert code == 0
    assert "at its end it removes" in said
    assert ops.run("sync")[0] == 0
    assert not _on_disk(ops.space.root, SECRET)


def test_what_is_not_approved_is_not_quoted(ops: Ops) -> None:
    """Reviewed words of an interview that somebody marked "not approved" leave the store no more."""
    _synced(ops, row(1, words="good people"))
    assert ops.run("texts", "review", "1", typed="good people\n")[0] == 0
    ops.call("PATCH", "1/validation_status/", {"validation_status.uid": "validation_status_not_approved"})
    assert ops.run("sync")[0] == 0
    with Store(ops.space.store) as store:
        assert reviewed_texts(store) == ()


def test_a_wording_can_be_taken_back(ops: Ops) -> None:
    """Somebody sees a name in a reviewed wording: discarding the text removes it from every file, for good."""
    _synced(ops, row(1, words=SAID))
    assert ops.run("texts", "review", "1", typed="Amina was sent away\n")[0] == 0
    code, said = ops.run("texts", "discard", "1", typed="y\n")
    assert code == 0
    assert "Remove the wording of 1 text" in said
    assert "has to be taken out by hand" in said
    assert not _on_disk(ops.space.root, "Amina was sent away")
    with Store(ops.space.store) as store:
        assert reviewed_texts(store) == ()
    ops.edit([1], visits="9")
    ops.run("sync")
    assert not _on_disk(ops.space.root, SECRET)
    assert ops.run("texts", "review", "1", typed="x\n")[0] == 2


def test_a_wording_can_be_written_anew(ops: Ops) -> None:
    """A reviewed text can be reviewed again, without what was said; left empty, its wording stays."""
    _synced(ops, row(1, words=SAID))
    assert ops.run("texts", "review", "1", typed="Amina was sent away\n")[0] == 0
    code, said = ops.run("texts", "review", "1", typed="\n")
    assert code == 0
    assert "this wording stays" in said
    assert "sent me away" not in said
    assert "What was said is gone" in said
    assert ops.run("texts", "review", "1", typed="a woman was sent away\n")[0] == 0
    with Store(ops.space.store) as store:
        assert [text.words for text in reviewed_texts(store)] == ["a woman was sent away"]
    assert not _on_disk(ops.space.root, "Amina was sent away")


def test_stopping_in_the_middle_of_a_review_leaves_no_bytes(ops: Ops) -> None:
    """Whoever presses Ctrl-D after the first text has reviewed that one: what was said in it is off the disk."""
    _synced(ops, row(1, words=SAID, on_list="no", place=None, called="The House of Roses"))
    with Store(ops.space.store) as store, store.write() as connection:
        connection.execute(
            insert(tables.free_text).values(
                form=FORM, id=1, question="zzz", text="more words", state="awaiting redaction", mark="m", role=""
            )
        )
    code, _ = ops.run("texts", "review", "1", typed="they sent me away\n")
    assert code == 1
    assert not _on_disk(ops.space.root, SECRET)
    with Store(ops.space.store) as store:
        assert [text.words for text in reviewed_texts(store)] == ["they sent me away"]
        assert not purge_due(store)

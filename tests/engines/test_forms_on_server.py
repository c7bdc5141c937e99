"""The forms on a KoboToolbox server, played by the stand-in: taken, deployed, filled in by a phone, stored whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
from engine_corpus import filled, sets
from engine_instrument import NAMES, instrument

from kobo_sync.engine import Phone
from kobo_sync.kobo.assets import deploy, import_form, put_media, read_asset
from kobo_sync.kobo.session import KoboSession, Secret
from kobo_sync.standin import Standin
from kobo_sync.sync.record import make_record
from kobo_sync.sync.validate import RecordValidator


@pytest.fixture(scope="module")
def server() -> Iterator[Standin]:
    with Standin(port=0) as running:
        yield running


@pytest.mark.parametrize("form", NAMES)
def test_a_form_is_deployed_and_its_answers_come_back(server: Standin, form: str) -> None:
    """The server takes and deploys each form; a phone fills in what it downloads, and its answers are accepted here."""
    opened = instrument(form)
    token = server.add_user(form.replace("_", ""))
    with closing(KoboSession(server.url, Secret(token))) as session:
        uid = import_form(session, opened.path.name, opened.path.read_bytes())
        for name, content in opened.media.items():
            put_media(session, uid, name, content)
        assert deploy(session, read_asset(session, uid)).active
    phone = Phone(server.collect_url, token=token)
    filler = phone.filler(uid)
    assert set(filler.languages) == set(opened.languages)
    tried = [one for one in sets(form) if not one.calculations]
    for one in tried:
        phone.send(filler.fill(filled(one).answers).xml)
    url = f"{server.url}/api/v2/assets/{uid}/data/?limit=1000"
    rows = requests.get(url, headers={"Authorization": f"Token {token}"}, timeout=60).json()["results"]
    assert len(rows) == len(tried)
    validator = RecordValidator(opened.form)
    for one, row in zip(tried, rows, strict=True):
        problems = validator.problems(make_record(row, opened.form))
        assert [problem.rule for problem in problems] == one.waits.split()

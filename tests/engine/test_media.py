"""The files that come with a form."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_forms import INTERVIEW, SERVICES, xform

from kobo_sync.engine import Filler, Stopped
from kobo_sync.engine.media import Media
from kobo_sync.errors import FormError


def test_two_forms_do_not_see_each_others_files() -> None:
    """Two copies of a form with different lists of services offer each its own, whatever the order of interviews."""
    here = Filler(xform(INTERVIEW), SERVICES)
    there = Filler(xform(INTERVIEW), {"services.csv": b"name,label,locale\nS77,Half Moon,east\n"})
    for _ in range(2):
        assert "<place>south</place>" in here.fill({"consent": "yes", "service": "S02"}).xml
        assert "<place>east</place>" in there.fill({"consent": "yes", "service": "S77"}).xml
        with pytest.raises(Stopped, match="not among the choices"):
            here.fill({"consent": "yes", "service": "S77"})
        with pytest.raises(Stopped, match="not among the choices"):
            there.fill({"consent": "yes", "service": "S02"})


def test_a_missing_file_is_named() -> None:
    """A form whose list of services is not with it is refused by naming the file, even after one that had it."""
    Filler(xform(INTERVIEW), SERVICES)
    with pytest.raises(FormError, match=r"services\.csv"):
        Filler(xform(INTERVIEW))


def test_a_file_name_with_folders_is_refused(tmp_path: Path) -> None:
    """A file name that leads elsewhere is refused, and nothing is written there."""
    target = tmp_path / "outside.csv"
    for name in (str(target), "../outside.csv", ".."):
        with pytest.raises(FormError, match="plain file name"):
            Media({name: b"x"})
    assert not target.exists()


def test_the_files_are_gone_with_the_form() -> None:
    """The copies that JavaRosa reads are removed when the form is not used any more."""
    media = Media(SERVICES)
    folder = Path(media.folder)
    assert (folder / "services.csv").read_bytes() == SERVICES["services.csv"]
    media.close()
    assert not folder.exists()


def test_labels_in_any_script_survive() -> None:
    """A list of services in UTF-8, with the mark that Excel puts before it, is read as it is meant."""
    services = "\ufeffname,label,locale\nS01,Дом «Фонарь»,север\n".encode()
    filler = Filler(xform(INTERVIEW), {"services.csv": services})
    assert "<place>север</place>" in filler.fill({"consent": "yes", "service": "S01"}).xml

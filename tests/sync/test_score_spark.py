"""Spark scores as one process does: the very same function, mapped over services."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sync_rig import quiet
from test_score_workers import FORM, VERSION, figures, filled

from kobo_sync.errors import ConfigError
from kobo_sync.sync.all_forms import score_workspace
from kobo_sync.sync.score_spark import MASTER

pytestmark = pytest.mark.file_store


@pytest.mark.soak
@pytest.mark.filterwarnings("default")  # Spark leaves a socket to the collector of garbage
def test_spark_gives_the_same_figures_of_a_thousand_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scored by Spark in local mode, every figure of a thousand services is the one that a single process gives.

    What is wrong is said by the same sentence, and no file of Spark's stays in the workspace or in the folder at hand.
    """
    at_hand = tmp_path / "here"
    at_hand.mkdir()
    monkeypatch.chdir(at_hand)
    space = filled(tmp_path / "space", 1000)
    assert score_workspace(space, everything=True, progress=quiet) == 1000
    loop = figures(space)
    before = {path.name for path in space.root.iterdir()}
    done = score_workspace(space, everything=True, progress=quiet, workers=2, engine="spark")
    assert (done, figures(space) == loop) == (1000, True)
    assert {path.name for path in space.root.iterdir()} == before
    assert list(at_hand.iterdir()) == []
    (space.versions / FORM / f"{VERSION}.xlsx").unlink()
    with pytest.raises(ConfigError, match=f"{VERSION}.xlsx is gone"):
        score_workspace(space, everything=True, progress=quiet, workers=2, engine="spark")


def test_without_spark_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Spark is not installed, one sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(ConfigError, match=r"a-gender-monitor\[spark\]"):
        score_workspace(filled(tmp_path, 2), everything=False, progress=quiet, engine="spark")


def test_a_cluster_cannot_read_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster of other machines with a store in a file is refused before anything is started."""
    monkeypatch.setenv(MASTER, "spark://example.invalid:7077")
    with pytest.raises(ConfigError, match="cannot read a store in a file"):
        score_workspace(filled(tmp_path, 2), everything=False, progress=quiet, engine="spark")

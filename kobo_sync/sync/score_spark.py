"""Apache Spark scores, on this machine or on many: a grouped map over services, with the very function of one process.

Spark is handed codes of services and rounds alone. Each of its processes reads the answers of its services from the
store and gives the scores back; so no answer is written into Spark's own files, where no deletion would find it. The
process that asks writes the scores.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from kobo_sync.errors import ConfigError, UserError
from kobo_sync.scoring.model import ServiceScore
from kobo_sync.scoring.serial import from_plain
from kobo_sync.sync import score_workers
from kobo_sync.sync.scores import Pair, Scorer

if TYPE_CHECKING:
    import pandas as pd

MASTER = "KOBO_SYNC_SPARK_MASTER"  # the address of a cluster; this machine if it is not set
_AT_ONCE = 2000  # service-rounds whose scores are held at once
_GROUPS = 4  # groups of services a process, so that none waits long for another
_COLUMNS = "service string, round string, score string, failed boolean"


def spread(scorer: Scorer, pairs: Sequence[Pair], *, workers: int) -> Iterator[tuple[Pair, ServiceScore | None]]:
    """Yield each pair with its score, in no order; `workers`: how many processes where the machine is this one.

    Raises ConfigError without Spark or where a cluster cannot read the store, UserError where Spark fails, and as
    Scorer does.
    """
    if not pairs:
        return
    session = _session(scorer, workers)
    try:
        plan = pickle.dumps(score_workers.plan_of(scorer))
        for start in range(0, len(pairs), _AT_ONCE):
            for row in _mapped(session, plan, pairs[start : start + _AT_ONCE], workers * _GROUPS):
                pair = row.service, row.round
                if row.failed:  # once more here, which says what is wrong
                    yield pair, scorer.score(*pair)
                else:
                    yield pair, None if row.score is None else from_plain(ServiceScore, orjson.loads(row.score))
    finally:
        session.stop()


def _session(scorer: Scorer, workers: int) -> Any:  # noqa: ANN401 -- a SparkSession, of a library that may be missing
    master = os.environ.get(MASTER, "")
    if master and isinstance(scorer.store.place, Path):
        raise ConfigError(
            f"{MASTER} names other machines, which cannot read a store in a file. Put the store into a PostgreSQL "
            "database that they reach (docs/scaling.md), or take that setting away."
        )
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise ConfigError('Spark is not installed. Type: pip install "a-gender-monitor[spark]"') from None
    builder = SparkSession.builder.appName("kobo-sync").config("spark.ui.enabled", "false")
    if not master:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for setting in ("spark.driver.bindAddress", "spark.driver.host"):
            builder = builder.config(setting, "127.0.0.1")  # nobody else may knock
    settings = {"spark.log.level": "ERROR", "spark.sql.execution.arrow.pyspark.enabled": "true"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.master(master or f"local[{workers}]").getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise _failed(error) from None


def _mapped(session: Any, plan: bytes, pairs: Sequence[Pair], groups: int) -> list[Any]:  # noqa: ANN401 -- as above
    import pandas as pd
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    frame = pd.DataFrame(
        {
            "service": [service for service, _ in pairs],
            "round": [round_ for _, round_ in pairs],
            "part": [number % groups for number in range(len(pairs))],
        }
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of Spark about a newer pandas
            given = session.createDataFrame(frame).repartition(groups, "part")
            found: list[Any] = given.groupBy("part").applyInPandas(lambda part: _group(plan, part), _COLUMNS).collect()
            return found
    except (PySparkException, Py4JError) as error:
        raise _failed(error) from None


_begun = b""  # the plan that this process of Spark has


def _group(plan: bytes, frame: pd.DataFrame) -> pd.DataFrame:
    """Score the services of one group: what Spark maps, a table of codes in, a table of scores out."""
    global _begun  # noqa: PLW0603 -- Spark uses a process again and again
    import pandas as pd

    if plan != _begun:
        score_workers.begin(pickle.loads(plan))  # noqa: S301 -- from the process that started this one
        _begun = plan
    rows: list[tuple[str, str, str | None, bool]] = []
    for pair in zip(frame["service"], frame["round"], strict=True):
        scores = score_workers.score([pair])
        made = scores[0] if scores else None
        rows.append((*pair, None if made is None else orjson.dumps(made).decode(), scores is None))
    return pd.DataFrame(rows, columns=["service", "round", "score", "failed"])


def _failed(error: Exception) -> UserError:
    """Say that Spark did not do it; its own text may show data."""
    return UserError(
        f"Spark could not score ({type(error).__name__}). It wants Java 17 or newer on each machine, this program "
        f"installed there, the workspace at the same path, and the store within reach; {MASTER} is the address of the "
        "cluster. What was scored is kept. Without Spark: kobo-sync score --workers 4"
    )

"""`docs/checks.md`: every rule with its code, made of the table. Run `python -m kobo_sync.instrument.checks.page`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from kobo_sync.instrument.checks.finding import ERROR, Rule
from kobo_sync.instrument.checks.table import FAMILIES

_INTRO = """\
# What `kobo-sync check` looks for

    kobo-sync check                     all forms of the workspace, the framework, the lists
    kobo-sync check client_interview    one form
    kobo-sync check --format json       one JSON document, for a script or CI

Each message has a code, which never changes its meaning, and says where (file, sheet, row as Excel counts it, column),
what is wrong, what it means and what to do. An **error** would lose answers, break the form on a phone or in
KoboToolbox, falsify a score or put somebody at risk: the command ends with exit code 2. A **warning** reads badly, or
should be looked at by somebody who speaks the language; with warnings alone the exit code is 0.

A question that is deliberately not scored has the role `context`; a choice of a scored question always has either a
`score` or, in the column `missing`, the reason for having none (`dk`, `pns`, `na`, `not_observed`).

Where a form steers an interview, its choices bear names that the rules know: `go_on` at the screening and at each part,
`pause` and `skip` at a part, `yes` for a wish or a consent that has no scores. Conditions are judged by what they come
to under every answer, not by how they are written: `${a} = 'yes'` and `not(${a} != 'yes')` are the same to them. What
only a phone can judge counts as not safe.

This page is made from the rules themselves; a test holds it to them.
"""


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join((_INTRO, *_families()))


def _families() -> Iterator[str]:
    for title, rules in FAMILIES:
        yield f"## {title}\n"
        for rule in rules:
            yield _entry(rule)


def _entry(rule: Rule) -> str:
    severity = "error" if rule.severity == ERROR else "warning"
    return f"### {rule.code} {rule.title}\n\n*{severity}* · {rule.why}\n\n**What to do:** {rule.remedy}\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/checks.md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(), encoding="utf-8", newline="\n")

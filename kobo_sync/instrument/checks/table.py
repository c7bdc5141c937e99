"""The table of all rules, family by family; `docs/checks.md` is made of it."""

from __future__ import annotations

from kobo_sync.instrument.checks import (
    asked,
    consent,
    files,
    framework_rules,
    held_back,
    languages,
    layout,
    list_rules,
    logic,
    own_lists,
    parts,
    roles,
    safety,
    scores,
    together,
    wording,
)
from kobo_sync.instrument.checks.finding import Rule

FAMILIES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("The workbook", files.RULES),
    ("Languages", languages.RULES),
    ("Columns, names and lists", layout.RULES),
    ("Expressions", logic.RULES),
    ("Texts", wording.RULES),
    ("Safety", (*safety.RULES, *consent.RULES, *parts.RULES, *held_back.RULES, *roles.RULES)),
    ("Scores", tuple(sorted((*scores.RULES, *together.RULES, *asked.RULES), key=lambda rule: rule.code))),
    ("The framework", framework_rules.RULES),
    ("Services, areas and referrals", (*list_rules.RULES, *own_lists.RULES)),
)
RULES: tuple[Rule, ...] = tuple(rule for _, rules in FAMILIES for rule in rules)
BY_CODE = {rule.code: rule for rule in RULES}

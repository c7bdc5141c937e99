"""Every rule, by a sample that breaks it and nothing else."""

from __future__ import annotations

from pathlib import Path

import broken_asked
import broken_forms
import broken_lists
import broken_scores
import broken_texts
import broken_wiring
import pytest
from checks_broken import BROKEN, Broken
from checks_sample import Sample

from kobo_sync.instrument.checks.table import BY_CODE, RULES

EXAMPLES = (
    broken_forms,
    broken_lists,
    broken_texts,
    broken_scores,
    broken_wiring,
    broken_asked,
)  # their import fills the register


def test_a_good_instrument_has_no_findings(tmp_path: Path) -> None:
    """In the unbroken sample the rules find nothing, so that each example below has one mistake."""
    assert Sample().look(tmp_path) == ()


def test_every_rule_has_an_example() -> None:
    """There is no rule without a sample that breaks it, and no sample without a rule."""
    assert {broken.code for broken in BROKEN} == {rule.code for rule in RULES}
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_form_gets_its_own_code(broken: Broken, tmp_path: Path) -> None:
    """A deliberate mistake gets the code of its rule and no other, at its place, with what to do."""
    sample = Sample()
    broken.do(sample)
    findings = sample.look(tmp_path)
    assert {finding.code for finding in findings} == {broken.code}, findings
    first = findings[0]
    assert (first.file, first.sheet, first.row) == (broken.file, broken.sheet, broken.row)
    assert (first.column, first.language) == (broken.column, broken.language)
    assert first.severity == BY_CODE[broken.code].severity
    assert first.what.rstrip("”")[-1] in ".?!…" or first.what.endswith("”")
    assert len(first.remedy.split()) > 1


def test_codes_are_unique_and_say_their_family() -> None:
    """Codes are an F and three digits, never two of one, and stand in order."""
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert all(len(code) == 4 and code[0] == "F" and code[1:].isdigit() for code in codes)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_explains_itself(rule: object) -> None:
    """Each rule has a title without a full stop, and whole sentences for what it means and what to do."""
    one = next(known for known in RULES if known is rule)
    assert one.title
    assert not one.title.endswith(".")
    for sentence in (one.why, one.remedy):
        assert sentence[0].isupper() or sentence[0] == "“"
        assert sentence.endswith((".", ")"))
        assert len(sentence.split()) > 2

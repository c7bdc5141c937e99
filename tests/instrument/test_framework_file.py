"""Reading framework.yaml: whatever is wrong with it is told by its place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_forms import ROOT

from kobo_sync.errors import FormError
from kobo_sync.instrument.framework import read_framework

COMMITTED = ROOT / "xlsform" / "framework.yaml"
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # some ten times faster
DOCUMENT: dict[str, Any] = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))


def told(folder: Path, text: str | bytes) -> str:
    """Read a framework that is wrong, and return what is told about it."""
    path = folder / "framework.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    with pytest.raises(FormError) as caught:
        read_framework(path)
    message = str(caught.value)
    assert message.startswith("framework.yaml: ")
    assert "\n" not in message
    return message


def changed(change: str) -> str:
    """Return the committed framework with a change; `change` is a statement about `it`."""
    it = copy.deepcopy(DOCUMENT)
    exec(change, {"it": it})  # noqa: S102 -- the changes stand below
    return str(yaml.dump(it, Dumper=DUMPER, allow_unicode=True, sort_keys=False))


FIRST = DOCUMENT["indicators"][0]["code"]
WRONG = {
    "it['indicators'].append(it['indicators'][0] | {'core': False})": f"indicator {FIRST} stands in it twice",
    "it['domains'][1]['code'] = it['domains'][0]['code']": "domain pkg stands in it twice",
    "it['domains'][1]['number'] = 1": "domain number 1 stands in it twice",
    "it['indicators'][0]['domain'] = 'xyz'": f"indicator {FIRST} names the domain 'xyz', which the file does not",
    "it['indicators'][0]['kind'] = 'other'": f"indicator {FIRST} names the kind 'other'",
    "it['indicators'][0]['scale'] = 'other'": f"indicator {FIRST} names the scale 'other'",
    "it['indicators'][0]['source'] = ['NOBODY']": f"indicator {FIRST} names the source 'NOBODY'",
    "it['validity']['required_domains'] = ['xyz']": "validity → required_domains names the domain 'xyz'",
    "it['validity']['one_of'] = ['xyz']": "validity → one_of names the domain 'xyz'",
    "it['weights']['domains'] |= {'xyz': 1}": "weights → domains names the domain 'xyz'",
    "del it['weights']['domains']['pkg']": "weights → domains has no weight for the domain pkg",
    "it['indicators'][0]['core'] = 'maybe'": f"indicators → {FIRST} → core: 'maybe' is not of type 'boolean'",
    "del it['indicators'][3]['label']": "'label' is a required property",
    "it['scales']['yn']['choices'] = {False: 0}": "scales → yn → choices: the key False is not a text",
    "it['weights']['core'] = float('nan')": "weights → core: nan is not a number that can be counted with",
    "it['weights']['core'] = float('inf')": "weights → core: inf is not a number that can be counted with",
    "it['languages']['id']['reviewed_on'] = __import__('datetime').date(2026, 3, 1)": "languages → id → reviewed_on: ",
    "it['colour'] = 'red'": "the file: Additional properties are not allowed ('colour' was unexpected)",
}


@pytest.mark.parametrize("change", WRONG)
def test_a_mistake_is_told_by_its_place(change: str, tmp_path: Path) -> None:
    """A mistake in the framework is told with its place, an indicator by its code, and with what to do."""
    message = told(tmp_path, changed(change))
    assert WRONG[change] in message
    assert message.rsplit(". ", 1)[1].startswith(("Correct", "Write"))


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "not yaml": ("a: [1\nb: 2", "is not readable as YAML: "),
    "a tab": ("a:\n\tb: 1", "(line 2). Undo the last change there."),
    "a key twice": ("version: '2026.1'\nnote: a\nversion: '2026.2'\n", "the key 'version' stands in it twice (line 3)"),
    "a key twice inside": ("scales:\n  ypn: {label: {en: a, en: b}}\n", "the key 'en' stands in it twice (line 2)"),
    "another encoding": (b"note: caf\xe9", "is not in UTF-8. Save it"),
    "nothing": ("", "the file: None is not of type 'object'"),
    "a list": ("- a\n- b\n", "is not of type 'object'"),
    "code": ("!!python/object/apply:os.system ['true']", "is not readable as YAML: could not determine a constructor"),
    "a list as a key": ("? [a]\n: b\n", "is not readable as YAML: found unhashable key"),
    "very deep": ("[" * 5000 + "]" * 5000, "nested too deep (line 1)"),
    "very deep and not closed": ("[" * 5000, "nested too deep (line 1)"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    """What is no YAML, has a key twice, or is no framework at all is told in one line."""
    text, words = UNREADABLE[name]
    assert words in told(tmp_path, text)


def test_a_framework_that_is_gone_is_told(tmp_path: Path) -> None:
    """A framework that is not there is told with its path, and how to get one again."""
    with pytest.raises(FormError, match=r"framework\.yaml: cannot be read\. Put it back"):
        read_framework(tmp_path / "framework.yaml")


def test_the_committed_framework_is_read_whole(tmp_path: Path) -> None:
    """Everything in the file arrives; Windows' byte order mark does no harm; comments do not change its fingerprint."""
    framework = read_framework(COMMITTED)
    assert [indicator.code for indicator in framework.indicators] == [entry["code"] for entry in DOCUMENT["indicators"]]
    assert framework.by_code[FIRST].domain == DOCUMENT["indicators"][0]["domain"]
    assert sum(len(framework.of_domain(domain.code)) for domain in framework.domains) == len(framework.indicators)
    path = tmp_path / "framework.yaml"
    path.write_text("\ufeff# A comment.\n" + COMMITTED.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_framework(path) == framework
    path.write_text(changed("it['weights']['core'] = 3"), encoding="utf-8")
    assert read_framework(path).fingerprint != framework.fingerprint


def test_harms_are_flags_and_negative_items() -> None:
    """An indicator is a harm when a woman's answer can raise a flag or report something bad done."""
    by_code = read_framework(COMMITTED).by_code
    for entry in DOCUMENT["indicators"]:
        raised = set((entry["flag"] or {}).get("raised_by") or ())
        assert by_code[entry["code"]].harm == (bool(raised & {"C", "O"}) or entry["scale"] == "neg")

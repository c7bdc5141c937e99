"""Lists of the author's own that travel with a form, and lookups in lists."""

from __future__ import annotations

from checks_broken import breaks
from checks_sample import Sample, ask


def _shows(sample: Sample, file: str, content: str) -> None:
    sample.lists[file] = content
    sample.add(ask(f"select_one_from_file {file}", "who", "Who helps?", "¿Quién ayuda?", role="context"))


@breaks("F815", "survey", 14, "type")
def private_list(sample: Sample) -> None:
    """Show a list in which the team keeps telephone numbers."""
    _shows(sample, "contacts.csv", "name,label,Phone,address\nA,Anna,555,Lane 1\n")


@breaks("F815", "survey", 14, "type")
def private_list_in_other_letters(sample: Sample) -> None:
    """Call it otherwise, with semicolons, its columns in capitals."""
    _shows(sample, "Staff.CSV", "NAME;LABEL;REAL NAME\nA;Anna;Anna B\n")


@breaks("F815", "survey", 14, "type")
def text_beside_a_list(sample: Sample) -> None:
    """Write a note beside the last column, under no name."""
    _shows(sample, "contacts.csv", "name,label\nA,Anna,call after dark\n")


@breaks("F815", "survey", 14, "type")
def list_on_a_map(sample: Sample) -> None:
    """Show a list with coordinates."""
    _shows(sample, "places.geojson", '{"type": "FeatureCollection", "features": []}')


@breaks("F815", "survey", 14, "type")
def external_list(sample: Sample) -> None:
    """Give phones a list to look things up in, with a private column."""
    sample.lists["people.csv"] = "name,label,real_name\nA,Anna,Anna B\n"
    sample.add(ask("csv-external", "people"))


@breaks("F816", "survey", 14, "calculation")
def pulled_column(sample: Sample) -> None:
    """Look up a column that phones do not get."""
    looked_up = "pulldata('services', 'real_name', 'name', ${place})"
    sample.add(ask("calculate", "pulled", calculation=looked_up, role="context"))


@breaks("F816", "survey", 14, "calculation")
def pulled_from_nowhere(sample: Sample) -> None:
    """Look it up in a list that no question shows."""
    looked_up = 'pulldata("contacts.csv", "label", "name", ${place})'
    sample.add(ask("calculate", "pulled", calculation=looked_up, role="context"))

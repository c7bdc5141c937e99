"""Mistakes in scores, framework and lists (F6 to F8)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from checks_broken import breaks
from checks_sample import Sample, ask, choice, text

from kobo_sync.instrument.checks.frame import read_frame


@breaks("F601", "survey", 14, "indicator")
def no_such_indicator(sample: Sample) -> None:
    """Name an indicator that the framework does not have."""
    sample.q("visits")["indicator"] = "abc_opne"


@breaks("F602", "survey")
def indicator_left_out(sample: Sample) -> None:
    """Leave out a question that the framework wants."""
    sample.survey.remove(sample.q("things_c"))
    sample.choices = [row for row in sample.choices if row["list_name"] != "things"]


@breaks("F602", "survey")
def module_left_out(sample: Sample) -> None:
    """Leave out a question of a module, where the form has modules."""
    sample.add(ask("calculate", "modules", calculation="'abc'", role="modules"))
    sample.indicator("abc_things")["core"] = False
    indicator_left_out(sample)


@breaks("F603", "survey", 11, "indicator")
def asked_of_others(sample: Sample) -> None:
    """Ask women what only the provider is to be asked."""
    sample.indicator("abc_open")["sources"] = ["P"]


@breaks("F604", "choices", 5, "score")
def choice_without_worth(sample: Sample) -> None:
    """Forget a score."""
    sample.c("ypn", "partly").pop("score")


@breaks("F605", "choices", 16, "missing")
def both_score_and_missing(sample: Sample) -> None:
    """Give “prefer not to say” a score."""
    sample.c("age", "pns")["score"] = 0


@breaks("F606", "choices", 5, "score")
def other_score(sample: Sample) -> None:
    """Write another score than the scale's."""
    sample.c("ypn", "partly")["score"] = 0.6


@breaks("F606", "survey", 11, "type")
def choice_of_the_scale_left_out(sample: Sample) -> None:
    """Leave out a choice that the scale has."""
    sample.choices.remove(sample.c("ypn", "partly"))


@breaks("F606", "survey", 12, "type")
def one_thing_too_many(sample: Sample) -> None:
    """List more things than the framework says."""
    sample.choices.insert(9, choice("things", "shower", "A shower", "Una ducha", score=1))


@breaks("F607", "survey", 11, "type")
def several_for_one(sample: Sample) -> None:
    """Let several answers be chosen where one is scored."""
    alone = "not((selected(., 'no') or selected(., 'dk') or selected(., 'pns')) and count-selected(.) > 1)"
    sample.q("open_c").update(type="select_multiple ypn", constraint=alone)
    sample.q("open_c").update(text("constraint_message", "Not both.", "No ambas."))


@breaks("F608", "survey", 11, "type")
def does_not_apply(sample: Sample) -> None:
    """Offer “not applicable” where the framework does not."""
    sample.choices.insert(5, choice("ypn", "na", "Not done here", "Aquí no se hace", missing="na"))


@breaks("F608", "survey", 11, "type")
def cannot_say_that_it_does_not_apply(sample: Sample) -> None:
    """Do not offer “not applicable” where the framework does."""
    sample.indicator("abc_open")["na_when"] = {"en": "Not lawful.", "es": "No es legal."}


@breaks("F609", "survey", 11, "type")
def pushed_to_an_answer(sample: Sample) -> None:
    """Offer no “don't know”."""
    sample.choices.remove(sample.c("ypn", "dk"))


@breaks("F610", "survey", 12, "constraint")
def none_and_some(sample: Sample) -> None:
    """Let “don't know” be chosen beside an answer."""
    sample.q("things_c")["constraint"] = (
        "not((selected(., 'none') or selected(., 'pns')) and count-selected(.) > 1)"  # dk is forgotten
    )


@breaks("F611", "survey", 11, "type")
def flag_that_nobody_raises(sample: Sample) -> None:
    """Raise a flag by a choice that is not offered."""
    sample.indicator("abc_open")["flag"]["raised_by"] = {"C": ["never"]}


@breaks("F611", "survey", 11, "indicator")
def no_follow_up(sample: Sample) -> None:
    """Want a follow-up question that nobody asks."""
    sample.indicator("abc_open")["flag"]["followup"] = {"when": {"C": ["no"]}, "answers": ["yes"], "means": "R1"}


@breaks("F612", "survey", 12, "indicator")
def twice(sample: Sample) -> None:
    """Ask about an indicator twice."""
    again = ask("select_one ypn", "again", "And at night?", "¿Y de noche?", indicator="abc_open", required="yes")
    sample.add(again, before="things_c")


@breaks("F613", "settings", 2, "source")
def nobodys_word(sample: Sample) -> None:
    """Say of a form nothing about whose word it is."""
    sample.settings["source"] = "X"
    sample.framework["forms"]["small"]["source"] = "X"


@breaks("F614", "survey", 14, "role")
def odd_role(sample: Sample) -> None:
    """Misspell a role."""
    sample.q("visits")["role"] = "contxt"


@breaks("F701", file="framework.yaml")
def no_yaml(sample: Sample) -> None:
    """Put something else in the framework's place."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "framework.yaml"
        path.write_text("domains: [", encoding="utf-8")
        sample.frame = read_frame(path)


@breaks("F702", column="indicators → abc_open → label", language="es", file="framework.yaml")
def framework_untranslated(sample: Sample) -> None:
    """Leave a label in one language."""
    sample.indicator("abc_open")["label"] = {"en": "Open"}


@breaks("F703", column="sources → OLD", file="framework.yaml")
def source_not_cited(sample: Sample) -> None:
    """Add a source that nothing rests on."""
    sample.framework["sources"]["OLD"] = "An old book"


@breaks("F704", column="rules", file="framework.yaml")
def rule_without_source(sample: Sample) -> None:
    """Take the source from a block."""
    del sample.framework["rules"]["bands"]


@breaks("F704", column="rules → bands → source", file="framework.yaml")
def source_that_is_none(sample: Sample) -> None:
    """Cite what is not among the sources."""
    sample.framework["rules"]["bands"]["source"] = ["NEW"]


@breaks("F705", column="indicators → abc_open → fixers", file="framework.yaml")
def nobody_can_fix_it(sample: Sample) -> None:
    """Name nobody."""
    sample.indicator("abc_open")["fixers"] = []


@breaks("F706", column="forms → large", file="framework.yaml")
def form_without_workbook(sample: Sample) -> None:
    """Promise a form that there is not."""
    sample.framework["forms"]["large"] = {"source": "P", "unit": "service"}


@breaks("F706")
def workbook_without_form(sample: Sample) -> None:
    """Have a workbook that the framework knows by another name."""
    sample.framework["forms"]["client"] = sample.framework["forms"].pop("small")


@breaks("F706", "settings", 2, "source")
def other_word(sample: Sample) -> None:
    """Take a form for that of another source."""
    sample.framework["forms"]["small"]["source"] = "P"


@breaks("F707", column="bands", file="framework.yaml")
def bands_in_disorder(sample: Sample) -> None:
    """Let two bands start at the same score."""
    sample.framework["bands"][1]["from"] = 0


@breaks("F707", column="bands → high → gate", file="framework.yaml")
def gate_of_nothing(sample: Sample) -> None:
    """Let a gate look at a domain that there is not."""
    sample.framework["bands"][1]["gate"] = [{"domain": "xyz", "at_least": 0.5}]


@breaks("F708", column="languages → es", language="es", file="framework.yaml")
def reviewed_by_nobody(sample: Sample) -> None:
    """Call a translation reviewed without saying by whom."""
    sample.framework["languages"]["es"]["status"] = "reviewed"


@breaks("F709", "settings", 2, "version")
def older_form(sample: Sample) -> None:
    """Leave the form at another version."""
    sample.settings["version"] = "2025.9"


@breaks("F709", "survey", 2, "calculation")
def older_constant(sample: Sample) -> None:
    """Let the form send another version."""
    sample.q("tool_version")["calculation"] = "'2025.9'"


@breaks("F710", "survey", 14, "calculation")
def no_such_module(sample: Sample) -> None:
    """Set a module that there is not."""
    sample.add(ask("calculate", "modules", calculation="'abc xyz'", role="modules"))


@breaks("F710", "survey", 14, "calculation")
def too_many_modules(sample: Sample) -> None:
    """Set more modules than the framework allows."""
    sample.framework["modules"]["max"] = 1
    sample.add(ask("calculate", "modules", calculation="'abc def'", role="modules"))


@breaks("F711", column="gaps → items → loc_open", file="framework.yaml")
def gap_of_nothing(sample: Sample) -> None:
    """Let a gap rest on an indicator that there is not."""
    sample.framework["gaps"]["items"][0]["indicator"] = "abc_opne"


@breaks("F801", file="locales.csv")
def column_missing(sample: Sample) -> None:
    """Forget a column."""
    sample.lists["locales.csv"] = "code,name\n"
    for name in ("services.csv", "referrals.csv"):
        sample.lists[name] = sample.lists[name].splitlines()[0] + "\n"


@breaks("F801", file="referrals.csv")
def quotation_left_open(sample: Sample) -> None:
    """Leave a quotation mark open."""
    sample.swap("referrals.csv", "Night line", '"Night line')


@breaks("F802", row=2, column="label", file="services.csv")
def no_label(sample: Sample) -> None:
    """Forget the public label."""
    sample.swap("services.csv", "Service 01", "")


@breaks("F802", row=3, column="code", file="services.csv")
def code_twice(sample: Sample) -> None:
    """Give two services the same code."""
    sample.lists["services.csv"] += "S01,Service 02,north,clinic,few,Lily House,9 Elm Lane,Rose\n"


@breaks("F803", row=2, column="label", file="services.csv")
def real_name_as_label(sample: Sample) -> None:
    """Publish a part of the real name."""
    sample.swap("services.csv", "Service 01", "The Marigold")


@breaks("F803", row=2, column="label", file="services.csv")
def address_as_label(sample: Sample) -> None:
    """Publish a part of the address."""
    sample.swap("services.csv", "Service 01", "Service in Poplar")


@breaks("F803", row=2, column="label", file="services.csv")
def number_as_label(sample: Sample) -> None:
    """Publish a telephone number."""
    sample.swap("services.csv", "Service 01", "Call 555 123 456")


@breaks("F804", row=2, column="locale", file="services.csv")
def unknown_area(sample: Sample) -> None:
    """Put a service into an area that there is not."""
    sample.swap("services.csv", ",north,", ",nort,")


@breaks("F805", "survey", 10, "type")
def list_left_out(sample: Sample) -> None:
    """Forget the list of services."""
    del sample.lists["services.csv"]


@breaks("F806", "survey")
def nowhere_to_go(sample: Sample) -> None:
    """Show her no referrals."""
    sample.survey.remove(sample.q("help"))


@breaks("F807", row=2, column="phone", file="referrals.csv")
def no_telephone(sample: Sample) -> None:
    """Forget a telephone number."""
    sample.swap("referrals.csv", "000 111", "")


@breaks("F808", row=3, column="accepts_women_who_use_drugs", file="referrals.csv")
def sends_her_away(sample: Sample) -> None:
    """List a place of which nobody knows whether it accepts her."""
    sample.lists["referrals.csv"] += "north,Day line,000 222,always,not sure,2026-10-01\n"


@breaks("F808", row=3, column="accepts_women_who_use_drugs", file="referrals.csv")
def says_no_honestly(sample: Sample) -> None:
    """Note a place that does not accept her, never checked again."""
    sample.lists["referrals.csv"] += "north,Day line,,always,no,2020-10-01\n"


@breaks("F811", row=2, column="code", file="locales.csv")
def area_named_by_no_referral(sample: Sample) -> None:
    """Let the line of an area's only referral lose its place."""
    sample.swap("referrals.csv", "north,Night", "south,Night")
    sample.lists["locales.csv"] += "south,South\n"


@breaks("F809", row=2, column="checked_on", file="referrals.csv")
def day_that_is_none(sample: Sample) -> None:
    """Write the day in another way."""
    sample.swap("referrals.csv", "2026-10-01", "1 October")


@breaks("F809", row=2, column="checked_on", file="referrals.csv")
def day_to_come(sample: Sample) -> None:
    """Check it tomorrow."""
    sample.swap("referrals.csv", "2026-10-01", "2026-11-23")


@breaks("F810", row=2, column="checked_on", file="referrals.csv")
def long_ago(sample: Sample) -> None:
    """Check it six months and a day ago."""
    sample.swap("referrals.csv", "2026-10-01", "2026-05-21")


@breaks("F811", row=3, column="code", file="locales.csv")
def area_without_help(sample: Sample) -> None:
    """Add an area that no referral is for."""
    sample.lists["locales.csv"] += "south,South\n"


@breaks("F812", row=2, column="label", file="referrals.csv")
def example_left(sample: Sample) -> None:
    """Leave the example in the list."""
    sample.swap("referrals.csv", "Night line", "Example night line")


@breaks("F813", row=2, column="women_band", file="services.csv")
def unknown_band(sample: Sample) -> None:
    """Write a number in place of a band."""
    sample.swap("services.csv", ",few,", ",14,")


@breaks("F814", "survey", 18, "choice_filter")
def filter_by_the_service(sample: Sample) -> None:
    """Filter help by the service in place of the area."""
    sample.add(ask("select_one_from_file locales.csv", "area", "Area", "Zona", role="locale"), before="wish")
    sample.survey.remove(sample.q("visits"))
    sample.q("help")["choice_filter"] = "locale=${place}"


@breaks("F814", "survey", 18, "choice_filter")
def filter_by_a_private_column(sample: Sample) -> None:
    """Filter help by a column that phones do not get."""
    sample.q("help")["choice_filter"] = "accepts_women_who_use_drugs = 'yes'"


@breaks("F620", "survey", 11, "indicator")
def codes_exchanged(sample: Sample) -> None:
    """Exchange the codes of two questions on one scale."""
    sample.framework["indicators"].append({**sample.indicator("abc_open"), "code": "abc_near", "flag": None})
    near = {"indicator": "abc_open", "required": "yes"}
    sample.add(ask("select_one ypn", "abc_near_c", "Is it near?", "¿Está cerca?", **near))
    sample.q("open_c").update(indicator="abc_near")
    for row in sample.survey:
        row["name"] = "abc_open_c" if row["name"] == "open_c" else row["name"]

"""Slips of the hand in the committed forms that would endanger women, and changes that only look like some."""

from __future__ import annotations

import pytest
from checks_slips import (
    AREA,
    CLIENT,
    PROVIDER,
    VISIT,
    Slip,
    cell,
    choice,
    errors,
    moved,
    setting,
    without,
    without_choice,
)

_EN = "label::English (en)"
_SRH_MORE = "selected(${modules}, 'srh') and (${srh_more_part} = 'go_on' or ${srh_more_after} = 'go_on')"
_GBV = "(${gbv_part} = 'go_on' or (${gbv_part} = 'pause' and ${gbv_after} = 'go_on'))"

SLIPS = (
    cell(CLIENT, "gbv", "relevant", None).gets("F531"),
    cell(CLIENT, "gbv", "relevant", "${gbv_part} != 'go_on'").gets("F531"),
    cell(CLIENT, "gbv", "relevant", _GBV.replace("gbv", "par")).gets("F531"),
    cell(CLIENT, "gbv", "relevant", "${gbv_part} = 'go_on'").gets("F615"),
    cell(CLIENT, "gbv_more", "relevant", "selected(${modules}, 'gbv')").gets("F531"),
    cell(CLIENT, "cnf_more", "relevant", "selected(${modules}, 'gbv')").gets("F615"),
    cell(CLIENT, "gbv_part", "type", "select_one after_pause").gets("F310"),
    cell(CLIENT, "gbv_part", "default", "go_on").gets("F618"),
    cell(CLIENT, "gbv_part", "required", None).gets("F616"),
    cell(CLIENT, "gbv_part", "role", None).gets("F553"),
    cell(CLIENT, "gbv_pause", "relevant", "${gbv_part} = 'skip'").gets("F532"),
    cell(CLIENT, "gbv_help", "type", "select_one_from_file services.csv").gets("F551"),
    cell(CLIENT, "gbv_help", "read_only", None).gets("F534"),
    cell(CLIENT, "gbv_help", "choice_filter", "locale=${service}").gets("F814"),
    without(CLIENT, "gbv_help").gets("F532"),
    without(CLIENT, "gbv_after").gets("F532"),
    moved(CLIENT, "gbv_staff_abuse_c", "stf_respect_c").gets("F531"),
    without_choice(CLIENT, "part", "skip").gets("F531"),
    cell(CLIENT, "help", "relevant", "${gbv_staff_abuse_c} = 'yes'").gets("F533"),
    moved(CLIENT, "help", "srh_part").gets("F533"),
    cell(CLIENT, "consent", "default", "agrees").gets("F618"),
    cell(CLIENT, "consent", "relevant", "${screening} != ''").gets("F523"),
    cell(CLIENT, "consent_kept", "relevant", "${screening} = 'under_18'").gets("F524"),
    cell(CLIENT, "interview", "relevant", "${consent} != ''").gets("F522"),
    cell(CLIENT, "interview", "relevant", "${screening} = 'go_on'").gets("F522"),
    cell(CLIENT, "consent_kept", "label::Français (fr)", "Nous n'écrivons aucun nom. Voulez-vous continuer ?").gets(
        "F526"
    ),
    choice(CLIENT, "consent", "refuses", "score", "1").gets("F521"),
    moved(CLIENT, "age_band", "consent").gets("F522"),
    cell(CLIENT, "quote", "relevant", "${quote_consent} = 'no'").gets("F537"),
    cell(CLIENT, "quote", "relevant", None).gets("F537"),
    cell(CLIENT, "quote", "required", "yes").gets("F543"),
    cell(CLIENT, "quote", _EN, "What is your name?").gets("F503"),
    moved(CLIENT, "quote_consent", "closing_thanks").gets("F311"),
    cell(CLIENT, "code", "relevant", "${wants_code} != ''").gets("F538"),
    without(CLIENT, "code_shown").gets("F539"),
    cell(CLIENT, "withdrawal_code", "calculation", "once(string(int(random()*900)+100))").gets("F509"),
    cell(CLIENT, "withdrawal_code", "role", None).gets("F553"),
    cell(CLIENT, "daily", "relevant", "${consent} = 'agrees'").gets("F535"),
    cell(CLIENT, "daily", "relevant", "${consent} = 'agrees' and ${finish} = 'done'").gets("F535"),
    cell(CLIENT, "finish", "required", None).gets("F535"),
    cell(CLIENT, "finish", "default", "done").gets("F618"),
    cell(CLIENT, "daily_bus", "required", "yes").gets("F536"),
    cell(CLIENT, "daily_bus", "role", None).gets("F553"),
    cell(CLIENT, "gbv_police_called_c", "relevant", "${gbv_police_c} = 'inside'").gets("F617"),
    cell(CLIENT, "acc_register_shared_c", "relevant", None).gets("F617"),
    cell(CLIENT, "pkg_nsp_c", "relevant", "${service_listed} = 'yes'").gets("F615"),
    cell(CLIENT, "pkg_nsp_c", "required", None).gets("F616"),
    cell(CLIENT, "stf_refused_c", "constraint", ". != 'yes'").gets("F619"),
    cell(CLIENT, "stf_refused_c", "default", "no").gets("F618"),
    cell(CLIENT, "age_band", "type", "integer").gets("F551"),
    cell(CLIENT, "service_name", "relevant", None).gets("F544"),
    cell(CLIENT, "service_name", _EN, "What is her name?").gets("F503"),
    cell(CLIENT, "team", _EN, "Your name").gets("F503"),
    cell(CLIENT, "closing_thanks", _EN, "You are ${age_band}. Thank you.").gets("F545"),
    cell(CLIENT, "help", _EN, "You said ${gbv_staff_abuse_c}. They can help.").gets("F545"),
    cell(CLIENT, "month", "calculation", "pulldata('services', 'address', 'name', ${service})").gets("F816"),
    setting(CLIENT, "instance_name", "concat(${service}, ${age_band})").gets("F542"),
    cell(PROVIDER, "inc_trans_rule_p", "relevant", "${inc_trans_p} = 'yes'").gets("F617"),
    cell(PROVIDER, "acc_register_shared_p", "relevant", "${acc_no_conditions_p} = 'happens'").gets("F617"),
    cell(PROVIDER, "leg", "relevant", "${pkg_nsp_p} = 'yes'").gets("F615"),
    cell(VISIT, "visit", "relevant", "${screening} != 'works_here'").gets("F522"),
    choice(VISIT, "screening", "not_safe", "score", "1").gets("F615"),
    without(VISIT, "team").gets("F554"),
    cell(AREA, "area", "relevant", None).gets("F522"),
    cell(AREA, "loc_nsp", "relevant", "${loc_any_hr} = 'yes'").gets("F615"),
    cell(AREA, "loc_reporters", "type", "integer").gets("F551"),
)

HARMLESS = (
    cell(CLIENT, "gbv", "relevant", "not(${gbv_part} = 'skip' or (${gbv_part} = 'pause' and ${gbv_after} != 'go_on'))"),
    cell(CLIENT, "gbv", "relevant", "${gbv_after} = 'go_on' or selected(${gbv_part}, 'go_on')"),
    cell(CLIENT, "gbv", "relevant", "if(${gbv_part} = 'skip', false(), ${gbv_part}='go_on' or ${gbv_after}='go_on')"),
    cell(CLIENT, "interview", "relevant", "${screening} = 'go_on' and not(${consent} != 'agrees')"),
    cell(CLIENT, "consent", "relevant", "'go_on' = ${screening}"),
    cell(CLIENT, "quote", "relevant", "${quote_consent}!='no' and ${quote_consent}!=''"),
    cell(CLIENT, "code", "relevant", "selected(${wants_code}, 'yes') and string-length(${wants_code}) > 0"),
    cell(CLIENT, "daily", "relevant", "${consent} = 'agrees' and not(${finish} = 'done')"),
    cell(CLIENT, "daily", "relevant", "${finish} = '' and ${consent} = 'agrees'"),
    cell(CLIENT, "srh_more", "relevant", _SRH_MORE),
    cell(
        PROVIDER,
        "gbv_police_called_p",
        "relevant",
        "not(${gbv_police_p}='no') and ${gbv_police_p}!='dk' and ${gbv_police_p}!='pns'",
    ),
    cell(CLIENT, "modules", "calculation", "'pkg acc srh'"),
    cell(CLIENT, "modules", "calculation", "''"),
    cell(CLIENT, "withdrawal_code", "calculation", "once(substr(uuid(), 0, 8))"),
    cell(CLIENT, "withdrawal_code", "calculation", "once(string(int(random()*900000000)+100000000))"),
    cell(CLIENT, "pkg_nsp_c", _EN, "Can women get sterile needles here, as many as they want?"),
    cell(PROVIDER, "inc_trans_rule_p", "relevant", "selected(${inc_trans_p}, 'no')"),
    choice(CLIENT, "yes_no_plain", "yes", "score", "1"),
    without(CLIENT, "gbv_rest"),
)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.code}-{slip.what}")
def test_a_slip_in_a_committed_form_is_found(slip: Slip) -> None:
    """A cell changed by mistake in one of the four forms gets the code of the rule that is meant to find it."""
    found = errors(slip)
    assert slip.code in {one.code for one in found}, found
    assert all(one.what and one.remedy for one in found)


@pytest.mark.parametrize("slip", HARMLESS, ids=lambda slip: slip.what)
def test_a_condition_in_other_words_is_fine(slip: Slip) -> None:
    """Said in another way, or changed where nobody is harmed, nothing is an error."""
    assert errors(slip) == []


@pytest.mark.parametrize("form", [CLIENT, PROVIDER, VISIT, AREA])
def test_the_committed_forms_pass_as_they_are(form: str) -> None:
    """Without a slip there is no error, so that each one above is the slip's own."""
    assert errors(Slip(form, "nothing", lambda _: None)) == []

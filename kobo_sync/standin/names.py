"""The spellings of XLSForm words that KoboToolbox takes, and the one that it keeps."""

from __future__ import annotations

META_TYPES = frozenset(
    ["start", "today", "end", "deviceid", "phone_number", "phonenumber", "imei", "audit", "username", "start-geopoint"],
)
"""Questions that the phone answers by itself; they move to the top of the form."""

STRUCTURE = frozenset(["begin_group", "end_group", "begin_repeat", "end_repeat"])

TYPE_ALIASES = {
    "begin group": "begin_group",
    "begin lgroup": "begin_repeat",
    "begin looped group": "begin_repeat",
    "begin repeat": "begin_repeat",
    "end group": "end_group",
    "end lgroup": "end_repeat",
    "end looped group": "end_repeat",
    "end repeat": "end_repeat",
    "dateTime": "datetime",
    "gps": "geopoint",
    "imei": "deviceid",
    "photo": "image",
    "string": "text",
    "trigger": "acknowledge",
}

SELECTS = {
    "add select multiple prompt using": "select_multiple",
    "add select one prompt using": "select_one",
    "rank": "rank",
    "select all that apply": "select_multiple",
    "select all that apply from": "select_multiple",
    "select many": "select_multiple",
    "select multiple": "select_multiple",
    "select multiple from file": "select_multiple_from_file",
    "select one": "select_one",
    "select one external": "select_one_external",
    "select one from": "select_one",
    "select one from file": "select_one_from_file",
    "select1": "select_one",
    "select_many": "select_multiple",
    "select_multiple": "select_multiple",
    "select_multiple_from_file": "select_multiple_from_file",
    "select_one": "select_one",
    "select_one_external": "select_one_external",
    "select_one_from_file": "select_one_from_file",
}

SURVEY_COLUMNS = {
    "bind::calculate": "calculation",
    "bind::constraint": "constraint",
    "bind::jr:constraintMsg": "constraint_message",
    "bind::jr:requiredMsg": "required_message",
    "bind::readonly": "read_only",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "calculate": "calculation",
    "command": "type",
    "constraint message": "constraint_message",
    "control::appearance": "appearance",
    "count": "repeat_count",
    "jr:count": "repeat_count",
    "read only": "read_only",
    "readonly": "read_only",
    "relevance": "relevant",
    "required message": "required_message",
    "tag": "name",
}

CHOICE_COLUMNS = {"list name": "list_name", "value": "name"}

SETTINGS_COLUMNS = {
    "form id": "id_string",
    "form title": "form_title",
    "form_id": "id_string",
    "public key": "public_key",
    "set form id": "id_string",
    "set form title": "form_title",
    "set_form_id": "id_string",
    "set_form_title": "form_title",
    "title": "form_title",
}

YES_NO = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "true()"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "false()"), False),
}

"""Small forms for the tests of the engine, written as Markdown and converted by pyxform."""

from __future__ import annotations

from functools import cache


@cache
def xform(markdown: str) -> str:
    """Convert a form written as Markdown, without ODK Validate: here the phone itself is asked."""
    from pyxform.xls2xform import convert

    return str(convert(markdown, validate=False).xform)


SERVICES = {"services.csv": b"name,label,locale\nS01,Lantern House,north\nS02,Blue Door,south\n"}

INTERVIEW = """
| survey |
| | type | name | label::English (en) | label::Bahasa Indonesia (id) | required | required_message::English (en) | required_message::Bahasa Indonesia (id) | relevant | constraint | constraint_message::English (en) | constraint_message::Bahasa Indonesia (id) | calculation | default | appearance |
| | calculate | month | | | | | | | | | | format-date(today(), '%Y-%m') | | |
| | note | privacy | Are you alone? | Sendirian? | | | | | | | | | | |
| | select_one agree | consent | Do you agree? | Setuju? | yes | Please choose. | Pilih satu. | | | | | | | |
| | begin_group | talk | Talk | Bicara | | | | ${consent}='yes' | | | | | | field-list |
| | select_one_from_file services.csv | service | Which service? | Layanan mana? | yes | | | | | | | | | |
| | integer | visits | How many visits? | Berapa kali? | | | | | . > 0 and . < 100 | 1 to 99 | 1 sampai 99 | | 3 | |
| | end_group | | | | | | | | | | | | | |
| | select_multiple things | things | Which do you get? | Dapat apa? | | | | ${consent}='yes' | not(selected(., 'none') and count-selected(.) > 1) | None excludes the rest. | Pilih satu saja. | | | |
| | date | since | Since when? | Sejak kapan? | | | | ${consent}='yes' | | | | | | |
| | acknowledge | thanks | Say thank you. | Terima kasih. | | | | | | | | | | |
| | calculate | twice | | | | | | | | | | if(${visits}='', '', ${visits} * 2) | | |
| | calculate | place | | | | | | | | | | pulldata('services', 'locale', 'name', ${service}) | | |
| | calculate | code | | | | | | | | | | once(substr(uuid(), 0, 8)) | | |
| choices |
| | list_name | name | label::English (en) | label::Bahasa Indonesia (id) |
| | agree | yes | Yes | Ya |
| | agree | no | No | Tidak |
| | things | needles | Needles | Jarum |
| | things | condoms | Condoms | Kondom |
| | things | none | None | Tidak ada |
| settings |
| | form_id | default_language |
| | interview | English (en) |
"""  # noqa: E501 -- a table is as wide as its columns

REPEATS = """
| survey |
|        | type         | name    | label          | required | repeat_count | calculation          |
|        | begin_repeat | child   | A child        |          |              |                      |
|        | text         | called  | Called         | yes      |              |                      |
|        | begin_repeat | visit   | A visit        |          |              |                      |
|        | integer      | minutes | How long?      |          |              |                      |
|        | end_repeat   |         |                |          |              |                      |
|        | end_repeat   |         |                |          |              |                      |
|        | begin_repeat | twice   | Two rounds     |          | 2            |                      |
|        | text         | word    | A word         |          |              |                      |
|        | end_repeat   |         |                |          |              |                      |
|        | calculate    | total   |                |          |              | sum(${minutes})      |
"""

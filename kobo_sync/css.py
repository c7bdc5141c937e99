"""Texts in style sheets: the feet of printed pages."""

from __future__ import annotations

from markupsafe import Markup


def css_string(text: str) -> Markup:
    """Write a text as a CSS string: all but ASCII letters and digits as code points, so nothing in it can be markup."""
    written = "".join(char if char.isascii() and char.isalnum() else f"\\{ord(char):06x}" for char in text)
    return Markup(f'"{written}"')  # noqa: S704 -- letters, digits and backslashes only

"""Keeps what somebody typed within its line."""

import re

_ENDS_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Or turns the direction of all that follows, or is no character at all."""


def keep_in_line(text: str) -> str:
    """The text with a space for all that could begin a header, a line or another direction."""
    return _ENDS_A_LINE.sub(" ", text)

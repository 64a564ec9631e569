"""W3C trace context: one need keeps one trace id through all services, in the headers of its records."""

import os
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """The start of a new trace."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def child_of(traceparent: str) -> str:
    """A new span in the same trace."""
    return f"{traceparent[:36]}{os.urandom(8).hex()}{traceparent[52:]}"


def trace_id(traceparent: str) -> str:
    """The 32 hexadecimal digits that all spans of a trace share."""
    return traceparent[3:35]


def set_current(traceparent: str) -> None:
    """What this task and its children are part of from now on."""
    _current.set(traceparent)


def current_traceparent() -> str:
    """What this task is part of; a new trace where nobody said."""
    found = _current.get()
    if found is None:
        found = new_traceparent()
        _current.set(found)
    return found

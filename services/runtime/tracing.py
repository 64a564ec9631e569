"""W3C trace context: one need keeps one trace id through all services, in the headers of its records."""

import os
from contextvars import ContextVar

from schemas.envelope import is_traceparent

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


def begin_trace(incoming: str | None) -> str:
    """Goes on with a caller's trace, or begins a new one; returns its trace id."""
    valid = incoming is not None and is_traceparent(incoming)
    traceparent = child_of(incoming) if incoming is not None and valid else new_traceparent()
    _current.set(traceparent)
    return trace_id(traceparent)


def current_traceparent() -> str:
    """What this task is part of; a new trace where nobody said."""
    found = _current.get()
    if found is None:
        found = new_traceparent()
        _current.set(found)
    return found

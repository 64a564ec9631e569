"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version

_PACKAGES = ("aiokafka", "asyncpg", "faststream", "pydantic", "uvicorn")


def describe_machine(*besides: str) -> str:
    """One line: cores, memory, system, Python, the versions that matter; `besides` are packages too."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in (*_PACKAGES, *besides))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {packages}, Kafka 4.3.0, PostgreSQL 18"
    )

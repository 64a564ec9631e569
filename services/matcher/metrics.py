"""The matcher's figures."""

from time import monotonic

from prometheus_client import Gauge

from services.matcher.directory.directory import Directory
from services.matcher.store.needs import count_open_needs
from services.runtime.database import Connection
from services.runtime.figures import set_counts

NEEDS = Gauge("switchboard_needs_open", "Needs that have not ended", ["state"])
STUCK = Gauge("switchboard_needs_stuck", "Needs that wait for a person", ["cause"])
OVERDUE = Gauge("switchboard_timers_overdue", "Needs with something due that nobody did yet")
OVERDUE_OLDEST = Gauge("switchboard_timers_overdue_oldest_seconds", "For how long the first of them has been due")
DIRECTORY = Gauge("switchboard_directory_position", "Records of partners that went into the directory in memory")
DIRECTORY_PARTNERS = Gauge("switchboard_directory_partners", "Partners in it")
DIRECTORY_AGE = Gauge("switchboard_directory_age_seconds", "Since a record last went into it")


def watch_directory(directory: Directory) -> None:
    """Lets the directory's gauges read it whenever somebody asks."""
    DIRECTORY.set_function(lambda: directory.position)
    DIRECTORY_PARTNERS.set_function(lambda: len(directory))
    DIRECTORY_AGE.set_function(lambda: monotonic() - directory.changed_at)


async def measure(connection: Connection) -> None:
    """Reads what the database knows."""
    figures = await count_open_needs(connection)
    set_counts(NEEDS, figures.by_state)
    set_counts(STUCK, figures.by_cause)
    OVERDUE.set(figures.overdue)
    OVERDUE_OLDEST.set(figures.overdue_oldest_s)

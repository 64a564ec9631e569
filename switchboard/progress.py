"""Tell whoever waits what we are doing: a spinner on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

CONSOLE = Console(stderr=True)
SECONDS_BETWEEN_LINES = 2.0

Tell = Callable[[str], None]


@contextmanager
def step(label: str) -> Iterator[Tell]:
    """Show `label` while the block runs, and how long it took. The yielded function adds a detail to it."""
    started = time.monotonic()
    with _shown(label) as tell:
        yield tell
    CONSOLE.print(f"[green]✓[/green] {label} [dim]({time.monotonic() - started:.1f} s)[/dim]", highlight=False)


@contextmanager
def _shown(label: str) -> Iterator[Tell]:
    if CONSOLE.is_terminal:
        with CONSOLE.status(label) as status:
            yield lambda detail: status.update(f"{label}: {detail}")
        return

    told_at = time.monotonic()

    def tell(detail: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= SECONDS_BETWEEN_LINES:
            told_at = time.monotonic()
            CONSOLE.print(f"  {label}: {detail}", highlight=False)

    CONSOLE.print(f"  {label} ...", highlight=False)
    yield tell

"""`python -m switchboard.metrics_page`: writes docs/metrics.md, made from the metrics that the services register."""

import sys
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

import services.intake.gate
import services.intake.metrics
import services.matcher.metrics
import services.notifier.metrics
import services.runtime.consuming
import services.runtime.figures
import services.runtime.relay
import services.runtime.settling
import switchboard.ops.metrics

PAGE = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
_ALL = (services.runtime.relay, services.runtime.consuming, services.runtime.settling, services.runtime.figures)
_SOURCES = {
    "All services": _ALL,
    "Intake": (services.intake.gate, services.intake.metrics),
    "Matcher": (services.matcher.metrics,),
    "Notifier": (services.notifier.metrics,),
    "`switchboard ops --page`": (switchboard.ops.metrics,),
}
_HEAD = """\
# Metrics

Each service serves its own at `/metrics`, beside `/health/live` and `/health/ready`; `switchboard ops --page` serves at
`/metrics` what it reads of Kafka. This page is generated: `python -m switchboard.metrics_page`.
"""
_TABLE_HEAD = """\
| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""


def metrics_of(module: object) -> list[MetricWrapperBase]:
    """The metrics that a module makes."""
    return [value for value in vars(module).values() if isinstance(value, MetricWrapperBase)]


def write_page() -> str:
    """The page's text."""
    parts = [_HEAD]
    for place, modules in _SOURCES.items():
        parts.append(f"\n## {place}\n\n{_TABLE_HEAD}")
        parts += sorted(_to_line(metric) for module in modules for metric in metrics_of(module))
    return "".join(parts)


def _to_line(metric: MetricWrapperBase) -> str:
    # The library gives these no public names.
    name, kind, labels, meaning = metric._name, metric._type, metric._labelnames, metric._documentation  # noqa: SLF001
    shown = f"{name}_total" if kind == "counter" else name
    return f"| `{shown}` | {kind} | {', '.join(labels)} | {meaning} |\n"


if __name__ == "__main__":
    PAGE.write_text(write_page())
    sys.stdout.write(f"{PAGE.name} is up to date\n")

"""`python -m bench.faults`: storms by seed, and the table that the README shows."""

import argparse
import asyncio
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence

from bench.faults.storm import FAULTS, LONG, SHORT, Report, Strike, run_storm
from bench.machine import describe_machine
from switchboard.local.folders import claimed_run_folder
from switchboard.people import link_in


def main() -> None:
    """Runs the storms one after the other; exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--short", action="store_true", help="a few strikes of each kind")
    parser.add_argument("--only", choices=list(FAULTS), help="this fault alone")
    given = parser.parse_args()
    times = SHORT if given.short else LONG
    if given.only:
        times = {given.only: times[given.only]}
    print(describe_machine())
    reports = []
    for seed in given.seeds:
        with claimed_run_folder("faults", fresh=True) as folder:
            reports.append(asyncio.run(run_storm(folder, seed, times, lambda said: print(said, flush=True))))
        for promise, findings in reports[-1].broken.items():
            print(f"BROKEN, seed {seed}: {promise}, {len(findings)} times")
            for finding in findings[:20]:
                print(f"  {finding}")
    print_table(reports)
    sys.exit(any(report.broken for report in reports))


def print_table(reports: Sequence[Report]) -> None:
    """A line for each fault: how often, kills, needs in flight, seconds to recover; then what holds for all of them."""
    strikes: defaultdict[str, list[tuple[Strike, float | None]]] = defaultdict(list)
    for report in reports:
        for strike in report.strikes:
            strikes[strike.fault].append((strike, recovery(strike, report)))
    print("| fault | times | kills | in flight, median | recovered after, p50 | p95 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for fault, rows in strikes.items():
        took = sorted(seconds for _, seconds in rows if seconds is not None)
        kills = sum(strike.kills for strike, _ in rows)
        flight = statistics.median(strike.in_flight for strike, _ in rows)
        p95 = took[min(len(took) - 1, int(len(took) * 0.95))] if took else float("nan")
        p50 = statistics.median(took) if took else float("nan")
        print(f"| {fault} | {len(rows)} | {kills} | {flight:.0f} | {p50:.1f} s | {p95:.1f} s |")
    kills = sum(strike.kills for report in reports for strike in report.strikes)
    needs = sum(len(report.evidence.acknowledged) for report in reports)
    twice = sum(taken_twice(report) for report in reports)
    accepts = sum(len(report.evidence.accepts) for report in reports)
    lost = sum(len(report.broken.get("one outcome", [])) for report in reports)
    print(
        f"seeds {[report.seed for report in reports]}: {kills} kills, {needs} needs, {lost} lost; {accepts} messages, "
        f"{twice} of them twice, each flagged before: {1000 * twice / max(kills, 1):.0f} per 1,000 kills"
    )


def recovery(strike: Strike, report: Report) -> float | None:
    """Seconds from the strike until a need that came in after it was told to a partner."""
    return min((told - strike.at for at, told in report.first_told.items() if at > strike.at), default=None)


def taken_twice(report: Report) -> int:
    """How many messages a provider took more than once: emails by their Message-ID, texts by what names their offer."""
    emails = [accept.mark for accept in report.evidence.accepts if accept.mark]
    texts = [(one.to, one.body) for one in report.evidence.accepts if one.sid and (link_in(one.body) is not None)]
    return len(emails) - len(set(emails)) + len(texts) - len(set(texts))


if __name__ == "__main__":
    main()

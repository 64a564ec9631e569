"""The promises, each held against the evidence. Each check returns what breaks it; nothing is all well."""

from bench.faults import message_checks, need_checks, record_checks
from bench.faults.evidence import Evidence, Findings
from services.notifier.domain.quiet_hours import QuietHours


def check(evidence: Evidence, quiet: QuietHours) -> dict[str, Findings]:
    """By promise, what breaks it."""
    found = {
        "one outcome": need_checks.check_outcomes(evidence),
        "no over-award": need_checks.check_awards(evidence),
        "each yes answered": need_checks.check_answers(evidence),
        "taken back is taken back": need_checks.check_withdrawals(evidence),
        "nobody asked for nothing": need_checks.check_offers_after_the_end(evidence),
        "nobody wrongly asked": message_checks.check_recipients(evidence),
        "everybody told": message_checks.check_told(evidence),
        "nothing twice": message_checks.check_duplicates(evidence),
        "sent is sent": message_checks.check_sent(evidence),
        "quiet nights": message_checks.check_quiet_hours(evidence, quiet),
        "nothing left in hand": record_checks.check_backlog(evidence),
        "dead letters": record_checks.check_dead_letters(evidence),
        "order": record_checks.check_order(evidence),
        "nobody is named": record_checks.check_identity(evidence),
    }
    return {promise: findings for promise, findings in found.items() if findings}

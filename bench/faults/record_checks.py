"""What was promised about records: nothing is left in hand, what cannot be read is set aside once, order holds."""

from collections import Counter
from datetime import UTC, datetime

from bench.faults.evidence import Evidence, Findings, Row, group_by, tells_of_a_family
from bench.faults.neighbours import ASLEEP
from schemas.vocabulary import DeliveryProblem


def check_backlog(evidence: Evidence) -> Findings:
    """Nothing is left in hand: outboxes, parked records, leases, idle transactions, messages, lag."""
    findings = [
        f"{service}: {count} in {name}"
        for service, backlog in evidence.backlog.items()
        for name, count in backlog.items()
        if count
    ]
    findings += [
        f"message {row['message_id']} waits until {row['due_at']}"
        for row in evidence.messages
        if row["status"] == "queued" and not _sleeps(evidence, row)
    ]
    findings += [
        f"text {row['message_id']} is still looked for at its provider"
        for row in evidence.messages
        if (row["status"], row["channel"]) == ("unknown", "text")
        and row["problem"] == DeliveryProblem.TIMED_OUT_AFTER_SENDING
        and row["deadline"] > datetime.now(UTC)
    ]
    return findings + [f"{place}: {count} records not committed" for place, count in evidence.lag.items() if count]


def _sleeps(evidence: Evidence, row: Row) -> bool:
    neighbour = evidence.neighbours.get(row["partner_id"])
    return neighbour is not None and neighbour.contact["time_zone"] == ASLEEP


def check_dead_letters(evidence: Evidence) -> Findings:
    """What cannot be read is a dead letter once for each who reads it, with its coordinates; nothing else is one."""
    counted = Counter(evidence.letters)
    findings = [f"{letter} is there {count} times" for letter, count in counted.items() if count > 1]
    wanted = {
        (one.topic.dead_letters_of(service), one.topic.name, one.partition, one.offset)
        for one in evidence.planted
        if one.poison.deadly
        for service in one.topic.consumers
    }
    found = {(one.dead_letter_topic, one.topic, one.partition, one.offset) for one in evidence.letters}
    findings += [f"no dead letter for {place}" for place in sorted(wanted - found)]
    return findings + [f"a dead letter that nobody planted: {place}" for place in sorted(found - wanted)]


def check_identity(evidence: Evidence) -> Findings:
    """Who a family is stands in no topic and no log, and is told to nobody but itself."""
    told = [
        f"{accept.channel} to {accept.to}"
        for accept in evidence.accepts
        if not tells_of_a_family(accept.to.encode()) and tells_of_a_family(accept.body.encode())
    ]
    return [f"a family is named in {place}" for place in (*evidence.named, *told)]


def check_order(evidence: Evidence) -> Findings:
    """The events of a need stand in their order and without a gap; a compacted topic ends on the newest of each key."""
    findings, last = [], dict[tuple[str, str], int]()
    for record in evidence.events_once(*("needs", "responses", "handovers", "offers", "outcomes", "deliveries")):
        about = str(record.facts.get("message_id", record.key))
        place = record.topic, about
        if record.sequence <= last.get(place, 0):
            findings.append(f"{record.topic}: {about} went from {last[place]} to {record.sequence}")
        last[place] = record.sequence
    for topics, rows in (
        (("needs", "responses", "handovers"), evidence.entered),
        (("offers", "outcomes"), evidence.matched),
    ):
        told = group_by(lambda one: one.key, evidence.events_once(*topics))
        for need_id, row in rows.items():
            sequences = sorted(one.sequence for one in told.get(str(need_id), []))
            if sequences != list(range(1, row["version"] + 1)):
                findings.append(f"{' and '.join(topics)}: need {need_id} is at {row['version']}, told are {sequences}")
    newest: Counter[str] = Counter()
    ends: dict[str, int] = {}
    for record in evidence.events("partners"):
        newest[record.key] = max(newest[record.key], record.sequence)
        ends[record.key] = record.sequence
    return findings + [
        f"partners: {key} ends on {ends[key]}, the newest is {newest[key]}" for key in ends if ends[key] < newest[key]
    ]

"""The promises, each held against the evidence. A function for each returns what breaks it; nothing is all well."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from bench.faults.evidence import Evidence, Published, Row
from bench.faults.people import ASLEEP
from bench.faults.providers import Accept
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.quiet_hours import QuietHours
from switchboard.people import ids_in, link_in

Findings: TypeAlias = list[str]
Thing = TypeVar("Thing")

_ENDED = {"fulfilled", "partly_fulfilled", "unmet"}
_OUTCOMES = {f"switchboard.outcomes.need_{status}.v1" for status in _ENDED}
_TAKEN = {"accepted", "delivered"}
_SENT = {*_TAKEN, "bounced"}


def check_outcomes(evidence: Evidence) -> Findings:
    """Each acknowledged need has exactly one outcome, or stands in a queue that a person sees; so with answers."""
    told: defaultdict[UUID, set[str]] = defaultdict(set)
    for record in _events(evidence, "outcomes"):
        if record.type in _OUTCOMES:
            told[UUID(record.key)].add(record.event_id)
    findings = []
    for need_id in evidence.acknowledged:
        entered, matched = evidence.entered.get(need_id), evidence.matched.get(need_id)
        if entered is None or matched is None:
            findings.append(f"need {need_id} was acknowledged and is gone (intake {entered}, matcher {matched})")
        elif matched["status"] == "closed":
            if len(told[need_id]) != 1 or entered["status"] not in _ENDED:
                findings.append(f"need {need_id} has {len(told[need_id])} outcomes, intake shows {entered['status']}")
        elif matched["stuck"] is None or entered["stuck"] != matched["stuck"] or told[need_id]:
            findings.append(
                f"need {need_id} waits unseen: matcher {matched['status']}, stuck {matched['stuck']}, "
                f"due {matched['due_at']}; intake {entered['status']}, stuck {entered['stuck']}"
            )
    return findings + [
        f"a yes to offer {offer_id} was acknowledged and is gone"
        for offer_id in evidence.taken
        if (offer_id, "accepted") not in evidence.answers
    ]


def check_awards(evidence: Evidence) -> Findings:
    """What is awarded never passes what is needed, at any moment, in the events and in the database."""
    findings = [
        f"need {line['need_id']} line {line['line']}: {line['held']} of {line['quantity']} are held"
        for line in evidence.lines
        if not 0 <= line["held"] <= line["quantity"]
    ]
    needed = {(line["need_id"], line["line"]): line["quantity"] for line in evidence.lines}
    held: Counter[tuple[UUID, int]] = Counter()
    for record in sorted(_once(_events(evidence, "outcomes")), key=lambda one: (one.key, one.sequence)):
        if record.facts.get("cause") == "family_disputed":
            # What was handed over did not arrive: all of it is needed again.
            held = Counter({place: count for place, count in held.items() if place[0] != UUID(record.key)})
        sign = {"claim_awarded": 1, "claim_lapsed": -1}.get(record.type.split(".")[2], 0)
        for line in record.facts.get("awarded" if sign > 0 else "returned", []) if sign else []:
            place = UUID(record.key), line["line"]
            held[place] += sign * line["quantity"]
            if held[place] > needed.get(place, 0):
                findings.append(f"need {record.key} line {line['line']}: {held[place]} awarded of {needed.get(place)}")
    return findings


def check_recipients(evidence: Evidence) -> Findings:
    """Nobody is asked who is paused, does other things or is elsewhere; nobody who said stop is written to."""
    findings = []
    for record in _events(evidence, "offers"):
        if not record.type.startswith("switchboard.offers.made."):
            continue
        neighbour = evidence.neighbours.get(UUID(record.facts["partner_id"]))
        categories = {str(ITEM_KINDS[item["code"]].category) for item in record.facts["terms"]["items"]}
        fits = neighbour is not None and neighbour.may_be_asked and neighbour.state == "NY"
        if not fits or neighbour is None or not categories <= neighbour.categories:
            findings.append(
                f"offer {record.facts['offer_id']} went to {record.facts['partner_id']}, who is not eligible"
            )
    silent = {
        one.contact["phone"]: one.record["name"]
        for one in evidence.neighbours.values()
        if one.record["name"].startswith("Stopped") or not one.may_be_asked
    }
    findings += [f"{silent[one.to]} got a text" for one in evidence.accepts if one.to in silent]
    return findings + _offers_after_the_end(evidence)


def _offers_after_the_end(evidence: Evidence) -> Findings:
    ended: dict[str, int] = {}
    findings = []
    for record in sorted(_once(_events(evidence, "offers", "outcomes")), key=lambda one: (one.key, one.sequence)):
        if record.type in _OUTCOMES:
            ended[record.key] = record.sequence
        elif record.key in ended and record.type.startswith("switchboard.offers.made."):
            findings.append(f"need {record.key} was offered after it had ended or its family had withdrawn")
    return findings


def check_duplicates(evidence: Evidence) -> Findings:
    """A provider takes each message once, and once more for each time it was flagged unknown before."""
    flags = Counter(
        record.facts["message_id"]
        for record in _once(_events(evidence, "deliveries"))
        if record.type.startswith("switchboard.deliveries.unknown.")
        and record.facts["problem"] == DeliveryProblem.TIMED_OUT_AFTER_SENDING
    )
    emails, texts = _taken(evidence)
    findings = [
        f"email {message_id} was taken {count} times and flagged {flags[message_id]} times"
        for message_id, count in emails.items()
        if count > 1 + flags[message_id]
    ]
    sent = _texts_by_phone(evidence)
    for phone, count in texts.items():
        rows = sent.get(phone, [])
        most = sum(row["status"] in _SENT for row in rows) + sum(flags[str(row["message_id"])] for row in rows)
        if count > most:
            findings.append(f"{phone} got {count} texts, where {most} can be accounted for")
    return findings


def check_sent(evidence: Evidence) -> Findings:
    """What counts as sent, a provider has taken."""
    emails, texts = _taken(evidence)
    findings = [
        f"email {row['message_id']} counts as sent, and nobody took it"
        for row in evidence.messages
        if row["channel"] == "email" and row["status"] in _TAKEN and not emails[str(row["message_id"])]
    ]
    for phone, rows in _texts_by_phone(evidence).items():
        said = sum(row["status"] in _TAKEN for row in rows)
        if said > texts[phone]:
            findings.append(f"{phone} got {texts[phone]} texts of the {said} that count as sent")
    return findings


def _taken(evidence: Evidence) -> tuple[Counter[str], Counter[str]]:
    emails = Counter(one.mark.strip("<>").partition("@")[0] for one in evidence.accepts if one.mark)
    return emails, Counter(one.to for one in evidence.accepts if one.sid)


def _texts_by_phone(evidence: Evidence) -> dict[str, list[Row]]:
    return _by(lambda row: _phone_of(evidence, row), (row for row in evidence.messages if row["channel"] == "text"))


def check_quiet_hours(evidence: Evidence, quiet: QuietHours) -> Findings:
    """Nobody is written to at night, but for what is urgent where they said that it may wake them."""
    asleep = {
        address: one
        for one in evidence.neighbours.values()
        if one.contact["time_zone"] == ASLEEP
        for address in (one.contact["phone"], one.contact["email"])
    }
    return [
        f"{asleep[one.to].record['name']} was written to at night"
        for one in evidence.accepts
        if one.to in asleep
        and quiet.wait_until(datetime.fromtimestamp(one.at, UTC), ASLEEP)
        and not (asleep[one.to].contact["urgent_at_night"] and _is_urgent(evidence, one))
    ]


def _is_urgent(evidence: Evidence, accept: Accept) -> bool:
    # A message without a link is about an offer as well, and which one it does not say.
    link = link_in(accept.body)
    return link is None or evidence.matched[ids_in(link)[0]]["urgency"] == "today"


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


def check_order(evidence: Evidence) -> Findings:
    """The events of a need stand in their order and without a gap; a compacted topic ends on the newest of each key."""
    findings, last = [], dict[tuple[str, str], int]()
    for record in _once(_events(evidence, *("needs", "responses", "offers", "outcomes", "deliveries"))):
        about = str(record.facts.get("message_id", record.key))
        place = record.topic, about
        if record.sequence <= last.get(place, 0):
            findings.append(f"{record.topic}: {about} went from {last[place]} to {record.sequence}")
        last[place] = record.sequence
    for topics, rows in ((("needs", "responses"), evidence.entered), (("offers", "outcomes"), evidence.matched)):
        told = _by(lambda one: one.key, _once(_events(evidence, *topics)))
        for need_id, row in rows.items():
            sequences = sorted(one.sequence for one in told.get(str(need_id), []))
            if sequences != list(range(1, row["version"] + 1)):
                findings.append(f"{' and '.join(topics)}: need {need_id} is at {row['version']}, told are {sequences}")
    newest: Counter[str] = Counter()
    ends: dict[str, int] = {}
    for record in _events(evidence, "partners"):
        newest[record.key] = max(newest[record.key], record.sequence)
        ends[record.key] = record.sequence
    return findings + [
        f"partners: {key} ends on {ends[key]}, the newest is {newest[key]}" for key in ends if ends[key] < newest[key]
    ]


def check(evidence: Evidence, quiet: QuietHours) -> dict[str, Findings]:
    """By promise, what breaks it."""
    found = {
        "one outcome": check_outcomes(evidence),
        "no over-award": check_awards(evidence),
        "nobody wrongly asked": check_recipients(evidence),
        "nothing twice": check_duplicates(evidence),
        "sent is sent": check_sent(evidence),
        "quiet nights": check_quiet_hours(evidence, quiet),
        "nothing left in hand": check_backlog(evidence),
        "dead letters": check_dead_letters(evidence),
        "order": check_order(evidence),
    }
    return {promise: findings for promise, findings in found.items() if findings}


def _events(evidence: Evidence, *topics: str) -> Iterable[Published]:
    planted = {(one.topic.name, one.partition, one.offset) for one in evidence.planted}
    return (
        one
        for one in evidence.published
        if one.topic in topics and one.event_id and (one.topic, one.partition, one.offset) not in planted
    )


def _once(records: Iterable[Published]) -> Iterable[Published]:
    seen = set()
    for record in records:
        if record.event_id not in seen:
            seen.add(record.event_id)
            yield record


def _by(key: Callable[[Thing], str], things: Iterable[Thing]) -> dict[str, list[Thing]]:
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


def _phone_of(evidence: Evidence, row: Row) -> str:
    if row["partner_id"] is not None:
        neighbour = evidence.neighbours.get(row["partner_id"])
        return neighbour.contact["phone"] if neighbour else ""
    need = evidence.acknowledged.get(row["need_id"])
    return need.phone if need else ""

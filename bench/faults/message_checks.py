"""What was promised about messages: the right people hear, of everything, once, at an hour they accept."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from bench.faults.evidence import Evidence, Findings, Row, group_by
from bench.faults.neighbours import ASLEEP
from bench.faults.providers import Accept
from schemas.event import NeedEvent
from schemas.taxonomy import ITEM_KINDS
from schemas.topics import OFFERS, OUTCOMES
from schemas.vocabulary import DeliveryProblem
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.telling import messages_for
from switchboard.people import ids_in, link_in

_TAKEN = {"accepted", "delivered"}
_MODELS = {model.type: model for topic in (OFFERS, OUTCOMES) for model in topic.events}


def check_recipients(evidence: Evidence) -> Findings:
    """Nobody is asked who is paused, does other things or is elsewhere; nobody who said stop is written to."""
    findings = []
    for record in evidence.events("offers"):
        if not record.makes_offer:
            continue
        neighbour = evidence.neighbours.get(UUID(record.facts["partner_id"]))
        categories = {str(ITEM_KINDS[item["code"]].category) for item in record.facts["terms"]["items"]}
        fits = neighbour is not None and neighbour.may_be_asked and neighbour.state == "NY"
        if not fits or neighbour is None or not categories <= neighbour.categories:
            findings.append(
                f"offer {record.facts['offer_id']} went to {record.facts['partner_id']}, who is not eligible"
            )
    silent = {
        address: one.record["name"]
        for one in evidence.neighbours.values()
        if one.record["name"].startswith("Stopped") or not one.may_be_asked
        for address in (one.contact["phone"], one.contact["email"])
    }
    return findings + [f"{silent[one.to]} was written to" for one in evidence.accepts if one.to in silent]


def check_told(evidence: Evidence) -> Findings:
    """Everything that somebody is to hear of has its message, whatever became of that."""
    there = {row["message_id"] for row in evidence.messages}
    findings = []
    for record in evidence.events_once("offers", "outcomes"):
        event = _MODELS[record.type].model_validate(record.facts)
        if not isinstance(event, NeedEvent) or record.at is None:
            continue
        findings += [
            f"nobody wrote to the {draft.recipient} about {record.type} of need {record.key}"
            for draft in messages_for(event, record.at)
            if uuid5(UUID(record.event_id), draft.recipient) not in there
        ]
    return findings


def check_duplicates(evidence: Evidence) -> Findings:
    """A provider takes each message once, and once more for each time that it was flagged unknown before that."""
    flags = _flags(evidence)
    emails = group_by(lambda one: _message_of(one.mark), (one for one in evidence.accepts if one.mark))
    findings = []
    for message_id, accepts in emails.items():
        findings += _taken_too_often(f"email {message_id}", accepts, 1, flags[message_id])
    owners = {row["provider_id"]: str(row["message_id"]) for row in evidence.messages if row["channel"] == "text"}
    rows = _texts_by_phone(evidence)
    # The words of a text name its offer or its need: the same words are the same message.
    alike = group_by(lambda one: f"{one.to} {one.body}", (one for one in evidence.accepts if one.sid))
    for accepts in alike.values():
        phone = accepts[0].to
        own = {owners[one.sid] for one in accepts if one.sid in owners}
        flagged = [at for message_id in own for at in flags[message_id]]
        if not own:
            # Nobody heard the provider's yes: then the text was flagged, sooner or later.
            flagged = [at for row in rows.get(phone, []) for at in flags[str(row["message_id"])]]
            findings += [] if flagged else [f"{phone} got a text that no message knows of"]
        findings += _taken_too_often(f"a text to {phone}", accepts, max(len(own), 1), flagged)
    return findings


def _taken_too_often(what: str, accepts: Sequence[Accept], allowed: int, flags: Sequence[float]) -> Findings:
    for number, at in enumerate(sorted(one.at for one in accepts)):
        before = sum(flag <= at for flag in flags)
        if number >= allowed + before:
            return [f"{what} was taken {len(accepts)} times, flagged {before} times before that"]
    return []


def _flags(evidence: Evidence) -> defaultdict[str, list[float]]:
    """By message, when it was flagged unknown, in seconds."""
    flags: defaultdict[str, list[float]] = defaultdict(list)
    for record in evidence.events_once("deliveries"):
        if record.facts.get("problem") == DeliveryProblem.TIMED_OUT_AFTER_SENDING:
            flags[record.facts["message_id"]].append(datetime.fromisoformat(record.facts["at"]).timestamp())
    return flags


def check_sent(evidence: Evidence) -> Findings:
    """What counts as sent, a provider has taken."""
    emails = {_message_of(one.mark) for one in evidence.accepts if one.mark}
    texts = {one.sid for one in evidence.accepts if one.sid}
    return [
        f"{row['channel']} {row['message_id']} counts as sent, and nobody took it"
        for row in evidence.messages
        if row["status"] in _TAKEN
        and not (row["provider_id"] in texts if row["channel"] == "text" else str(row["message_id"]) in emails)
    ]


def _message_of(mark: str) -> str:
    return mark.strip("<>").partition("@")[0]


def _texts_by_phone(evidence: Evidence) -> dict[str, list[Row]]:
    return group_by(
        lambda row: _phone_of(evidence, row), (row for row in evidence.messages if row["channel"] == "text")
    )


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
    return link is None or evidence.matched[ids_in(link)[0]]["urgency"] in {"tonight", "today"}


def _phone_of(evidence: Evidence, row: Row) -> str:
    if row["partner_id"] is not None:
        neighbour = evidence.neighbours.get(row["partner_id"])
        return neighbour.contact["phone"] if neighbour else ""
    need = evidence.acknowledged.get(row["need_id"])
    return need.phone if need else ""

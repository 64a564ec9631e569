"""What was promised about needs: none is lost, each ends once, nothing is given twice, a withdrawal is heeded."""

from collections import Counter, defaultdict
from uuid import UUID

from bench.faults.evidence import Evidence, Findings

_ENDED = {"fulfilled", "partly_fulfilled", "unmet"}
OUTCOMES = {f"switchboard.outcomes.need_{status}.v1" for status in _ENDED}
_TAKEN_BACK = {"cancelled", "consent_withdrawn"}
_HEEDED_WITHIN_S = 60
"""Longer than any outage of a storm: what the matcher ends or asks later than that, it knew better."""


def check_outcomes(evidence: Evidence) -> Findings:
    """Each acknowledged need has exactly one outcome, or stands in a queue that a person sees."""
    told: defaultdict[UUID, set[str]] = defaultdict(set)
    for record in evidence.events("outcomes"):
        if record.type in OUTCOMES:
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
    return findings


def check_awards(evidence: Evidence) -> Findings:
    """What is awarded never passes what is needed, at any moment, in the events and in the database."""
    findings = [
        f"need {line['need_id']} line {line['line']}: {line['held']} of {line['quantity']} are held"
        for line in evidence.lines
        if not 0 <= line["held"] <= line["quantity"]
    ]
    needed = {(line["need_id"], line["line"]): line["quantity"] for line in evidence.lines}
    held: Counter[tuple[UUID, int]] = Counter()
    for record in sorted(evidence.events_once("outcomes"), key=lambda one: (one.key, one.sequence)):
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


def check_answers(evidence: Evidence) -> Findings:
    """Each yes that was acknowledged is kept, and was answered with an award or a refusal."""
    answered = {
        UUID(record.facts["offer_id"])
        for record in evidence.events("outcomes")
        if record.type.split(".")[2] in {"claim_awarded", "claim_refused"}
    }
    return [
        f"a yes to offer {offer_id} was acknowledged and is gone"
        for offer_id in evidence.taken
        if (offer_id, "accepted") not in evidence.answers or offer_id not in answered
    ]


def check_withdrawals(evidence: Evidence) -> Findings:
    """A need that was taken back ends as that, and nobody is asked any more."""
    findings = []
    for record in evidence.events_once("offers", "outcomes"):
        posted = evidence.acknowledged.get(UUID(record.key))
        if posted is None or posted.withdrawn_at is None or record.at is None:
            continue
        late = record.at.timestamp() > posted.withdrawn_at + _HEEDED_WITHIN_S
        if late and record.type in OUTCOMES and record.facts.get("cause") not in _TAKEN_BACK:
            findings.append(f"need {record.key} was taken back and ended as {record.type}")
        elif late and record.makes_offer:
            findings.append(f"need {record.key} was taken back and offered")
    return findings


def check_offers_after_the_end(evidence: Evidence) -> Findings:
    """Nobody is asked for what has ended."""
    ended: dict[str, int] = {}
    findings = []
    for record in sorted(evidence.events_once("offers", "outcomes"), key=lambda one: (one.key, one.sequence)):
        if record.type in OUTCOMES:
            ended[record.key] = record.sequence
        elif record.key in ended and record.makes_offer:
            findings.append(f"need {record.key} was offered after it had ended")
    return findings

"""The whole loop over HTTP, SMTP and the texting API, with every service in a process of its own."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import DEAD_LETTER_ORIGINS, TOPICS
from switchboard.history import read_history
from switchboard.people import Person, ids_in
from tests.system import System, number_in, what_happened
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

CANARY = {"name": "Zephyrine Quillfeather", "phone": "+13475550177", "email": "quillfeather@family.example.org"}
CANARY_WORDS = ("Zephyrine", "Quillfeather", "quillfeather", "5550177", "555-0177", "Hollow Lane", "canary-note")


async def test_a_need_travels_from_the_coordinator_to_the_familys_yes(system: System) -> None:
    partner = await system.add_partner()
    notes = {"notes": "canary-note", "partner_notes": "a canary-note, after 5 pm"}
    family = CANARY | notes | {"address": "7 Hollow Lane", "channels": ["text"], "language": "es"}
    need = await system.add_need(family=family, items=[{"code": "bed.crib", "quantity": 2}])
    email = partner["contacts"][0]["email"]

    link = await system.offer_link(email, need["need_id"])
    async with Person() as volunteer:
        assert await volunteer.send(link, "/accept")
        await system.need_reaches(need["need_id"], "claimed")
        award = await system.offer_link(email, need["need_id"], "Thank you!")
        assert ids_in(award)[1] == ids_in(link)[1]
        assert await volunteer.send(link, "/contacted")
        assert await volunteer.send(link, "/completed")
    await system.need_reaches(need["need_id"], "confirming")

    async def asked() -> str | None:
        found = [text["text"] for text in await system.texts(CANARY["phone"]) if need["reference"] in text["text"]]
        return found[0] if found else None

    question = await eventually(asked)
    assert question is not None
    assert "¿Recibio 2 cunas?" in question
    assert number_in(question) == need["reference"]
    assert "Gracias" in await system.reply(CANARY["phone"], f"si {need['reference']}")
    ended = await system.need_reaches(need["need_id"], "fulfilled")
    assert [entry["facts"]["by"] for entry in what_happened(ended, "responses.family_confirmed")] == ["family"]

    happenings = await read_history(system.run.parts.bootstrap_servers, UUID(need["need_id"]))
    assert {one.service for one in happenings} == {"intake", "matcher", "notifier"}
    assert len({one.trace_id for one in happenings}) == 1
    await no_canary_anywhere(system)


async def no_canary_anywhere(system: System) -> None:
    """The family's own texts aside, its identity is in no topic, log, email or text."""
    places = {f"the log {path.name}": path.read_text() for path in (system.run.folder / "logs").glob("*.log")}
    for message in [*await system.emails(), *await system.texts()]:
        if message["to"] != CANARY["phone"]:
            places[f"{message['kind']} {message['number']} to {message['to']}"] = str(message)
    for topic, raw in (await all_records(system.run.parts.bootstrap_servers)).items():
        places[f"the topic {topic}"] = raw
    found = [(place, word) for place, text in places.items() for word in CANARY_WORDS if word in text]
    assert found == []
    assert any(text for place, text in places.items() if place.startswith("the topic needs"))


async def all_records(bootstrap_servers: str) -> dict[str, str]:
    names = [*(topic.name for topic in TOPICS), *DEAD_LETTER_ORIGINS]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    found = dict.fromkeys(names, "")
    try:
        places = [
            TopicPartition(name, partition) for name in names for partition in consumer.partitions_for_topic(name) or ()
        ] or [TopicPartition(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while not all([await consumer.position(place) >= end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    found[record.topic] += f"{record.key!r} {record.value!r} {record.headers!r}\n"
    finally:
        await consumer.stop()
    return found


async def test_two_partners_at_the_same_second_never_get_more_than_is_needed(system: System) -> None:
    partners = [await system.add_partner() for _ in range(3)]
    need = await system.add_need(items=[{"code": "bed.bunk", "quantity": 1}])
    links = [await system.offer_link(one["contacts"][0]["email"], need["need_id"]) for one in partners]
    async with AsyncExitStack() as stack:
        opened = [(one := await stack.enter_async_context(Person()), await one.open(link)) for link in links * 3]
        assert all(await asyncio.gather(*(volunteer.press(page, "/accept") for volunteer, page in opened)))

    async def all_decided() -> bool:
        now = await system.read_need(need["need_id"])
        awarded, refused = (what_happened(now, what) for what in ("outcomes.claim_awarded", "outcomes.claim_refused"))
        assert sum(line["quantity"] for entry in awarded for line in entry["facts"]["awarded"]) <= 1
        withdrawn = what_happened(now, "offers.withdrawn")
        return len(awarded) == 1 and len(refused) >= len(withdrawn) and len(refused) + len(awarded) == 3

    await eventually(all_decided)


async def test_a_text_claims_and_says_back_what_it_took(system: System) -> None:
    phone = f"+1718555{uuid4().int % 9000 + 1000}"
    contact = {"contact_id": str(uuid4()), "name": "Luz", "phone": phone, "language": "es", "channels": ["text"]}
    partner = await system.add_partner(contacts=[contact])
    need = await system.add_need(items=[{"code": "bed.bedding", "quantity": 3}])

    async def offered() -> str | None:
        texts = await system.texts(phone)
        return texts[0]["text"] if texts else None

    offer = await eventually(offered)
    assert offer is not None
    assert "3 juegos de sabanas" in offer
    reply = await system.reply(phone, f"Sí {number_in(offer)}")
    assert "3 juegos de sábanas" in reply
    await system.need_reaches(need["need_id"], "claimed")
    assert "ALTO" in await system.reply(phone, "ayuda")
    await system.reply(phone, "STOP")
    record = (await system.client.get(f"{system.run.public_url}/v1/partners/{partner['partner_id']}")).json()
    assert record["contacts"][0]["channels"] == []


async def test_a_no_asks_the_next_and_a_family_no_opens_the_need_again(system: System) -> None:
    partners = [await system.add_partner() for _ in range(5)]
    need = await system.add_need(items=[{"code": "bed.twin", "quantity": 1}])

    async def asked() -> list[str]:
        made = what_happened(await system.read_need(need["need_id"]), "offers.made")
        return [entry["facts"]["partner_id"] for entry in made]

    first_wave = await eventually(asked)
    by_id = {partner["partner_id"]: partner["contacts"][0]["email"] for partner in partners}
    async with Person() as first, Person() as second:
        link = await system.offer_link(by_id[first_wave[0]], need["need_id"])
        assert await first.send(link, "/decline", {"reason": "no_capacity"})

        async def another_asked() -> str | None:
            later = (await asked())[len(first_wave) :]
            return later[0] if later else None

        other = await eventually(another_asked)
        link = await system.offer_link(by_id[other], need["need_id"])
        assert await second.send(link, "/accept")
        assert await second.send(link, "/completed")
    await system.need_reaches(need["need_id"], "confirming")
    answer = await system.client.post(
        f"{system.run.public_url}/v1/needs/{need['need_id']}/confirmation", json={"arrived": False}
    )
    assert answer.status_code == 202

    async def asked_again() -> bool:
        now = await system.read_need(need["need_id"])
        return now["status"] == "asking" and len(await asked()) > len(first_wave) + 1

    await eventually(asked_again)


async def test_nobody_can_help_is_said_plainly(system: System) -> None:
    need = await system.add_need(items=[{"code": "childcare.week", "quantity": 1}])

    async def stuck() -> bool:
        return bool((await system.read_need(need["need_id"]))["stuck"] == "nobody_eligible")

    await eventually(stuck)

    async def coordinator_told() -> bool:
        return any(need["reference"] in one["subject"] for one in await system.emails("coordinator@example.org"))

    await eventually(coordinator_told)
    answer = await system.client.post(
        f"{system.run.public_url}/v1/needs/{need['need_id']}/cancel", json={"reason": "met_elsewhere"}
    )
    assert answer.status_code == 202
    ended = await system.need_reaches(need["need_id"], "unmet")
    assert ended["cause"] == "cancelled"


async def test_a_stranger_reads_and_answers_nothing(system: System) -> None:
    partner = await system.add_partner()
    need = await system.add_need()
    link = await system.offer_link(partner["contacts"][0]["email"], need["need_id"])
    async with httpx.AsyncClient(timeout=30) as stranger:
        for path in (f"/v1/needs/{need['need_id']}", "/v1/needs", f"/v1/partners/{partner['partner_id']}"):
            assert (await stranger.get(system.run.public_url + path)).status_code == 401
        assert (await stranger.get(f"{system.run.public_url}/needs/{need['need_id']}")).status_code == 303
        forged = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
        page = await stranger.get(forged)
        assert page.status_code == 404
        assert "twin" not in page.text
        asking = f"{system.run.public_url}/internal/v1/needs/{need['need_id']}/addresses/family"
        assert (await stranger.get(asking)).status_code == 401
        assert (await system.client.get(asking)).status_code == 403

"""The commands that talk to a running Switchboard, as a shell runs them."""

import asyncio
import csv
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer

import switchboard
from switchboard.local.folders import CHECKOUT
from switchboard.local.ports import find_free_port
from tests.system import System
from tests.waiting import WITHIN_SECONDS, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLE = Path(switchboard.__file__).parent / "partners_example.csv"
NEED_EXAMPLE = EXAMPLE.with_name("need_example.json")


async def start(system: System, *arguments: str, **environment: str) -> Process:
    return await create_subprocess_exec(
        *(sys.executable, "-m", "switchboard", *arguments),
        cwd=CHECKOUT,
        env=system.run.environment | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def run(system: System, *arguments: str, **environment: str) -> tuple[int | None, str, str]:
    process = await start(system, *arguments, **environment)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def partners_marked(system: System, mark: str) -> set[str]:
    return {partner["name"] for partner in await system.partners() if mark in partner["name"]}


def spreadsheet(folder: Path, mark: str, **changes: str) -> Path:
    """The example with its partners' names marked, and cells of its last line changed."""
    with EXAMPLE.open(newline="") as example:
        rows = [{"partner_id": "", **row, "partner": f"{row['partner']} {mark}"} for row in csv.DictReader(example)]
    rows[-1] |= changes
    path = folder / "partners.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


async def test_match_says_of_a_partner_that_was_just_recorded_that_it_can_help(system: System) -> None:
    partner = await system.add_partner()

    async def can_help() -> bool:
        code, out, err = await run(
            system, "match", "--explain", str(NEED_EXAMPLE), "--partner", str(partner["partner_id"])
        )
        assert (code, err) == (0, "")
        return f"{partner['name']}: Can help, and was not asked yet" in out

    await eventually(can_help)


async def test_the_example_is_taken_and_importing_again_replaces(system: System, tmp_path: Path) -> None:
    mark = uuid4().hex[:8]
    file = str(spreadsheet(tmp_path, mark))
    for became in ("2 new and 0 replaced", "0 new and 2 replaced"):
        code, out, err = await run(system, "partners", "import", file)
        assert (code, err) == (0, "")
        assert "rows in: 3 = 3 taken + 0 taken with gaps + 0 refused\n" in out
        assert out.endswith(f"partners.csv: 2 partners taken, {became}\n")
    assert await partners_marked(system, mark) == {f"Second Street Church {mark}", f"After School Lincoln {mark}"}


async def test_a_wrong_line_is_refused_with_its_reason_and_the_others_are_taken(system: System, tmp_path: Path) -> None:
    mark = uuid4().hex[:8]
    file = str(spreadsheet(tmp_path, mark, area="radius 00000 5"))
    code, out, err = await run(system, "partners", "import", file)
    assert (code, err) == (1, "switchboard: 1 of partners.csv's 3 rows were refused (see above)\n")
    assert "partners.csv, line 4: services.0.area.radius.zip_code: there is no such ZIP code" in out
    assert await partners_marked(system, mark) == {f"Second Street Church {mark}"}


async def test_of_json_each_entry_is_taken_or_refused(system: System, tmp_path: Path) -> None:
    mark = uuid4().hex[:8]
    good = {"name": f"Pantry {mark}", "kind": "nonprofit"}
    file = tmp_path / "partners.json"
    file.write_text(json.dumps([good, {"name": f"Other {mark}", "kind": "dragon"}]))
    code, out, _ = await run(system, "partners", "import", str(file))
    assert (code, "partners.json, entry 2: kind: Input should be" in out) == (1, True)
    assert await partners_marked(system, mark) == {good["name"]}


@pytest.mark.parametrize(
    ("content", "environment", "says"),
    [
        (None, {}, "partners.csv cannot be read: No such file"),
        ("", {}, "has no partners in it"),
        ("colour,shape\n", {}, "has no column that names an organization"),
        ("partner,kind,categories,area\n", {}, "has no partners in it"),
        ("partner,kind,categories,area,colour\n", {}, "columns that mean nothing here: colour"),
        ("partner,kind,categories,area\nA,church,beds,nation\n", {"PUBLIC_URL": "http://127.0.0.1:1"}, "be reached"),
        ("partner,kind,categories,area\nA,church,beds,nation\n", {"PUBLIC_URL": "nonsense"}, "nonsense"),
        ("partner,kind,categories,area\nA,church,beds,nation\n", {"SWITCHBOARD_API_KEY": "x"}, "Send a key"),
    ],
)
async def test_what_stops_an_import_is_said_in_one_line(
    system: System, tmp_path: Path, content: str | None, environment: dict[str, str], says: str
) -> None:
    file = tmp_path / "partners.csv"
    if content is not None:
        file.write_text(content)
    code, _, err = await run(system, "partners", "import", str(file), **environment)
    assert code == 1
    assert says in err
    assert err.count("\n") == 1


async def test_need_shows_what_happened_in_all_services(system: System) -> None:
    partner = await system.add_partner()
    need = await system.add_need()
    await system.offer_link(partner["contacts"][0]["email"], need["need_id"])
    code, out, err = await run(system, "need", need["need_id"], "--json")
    assert (code, err) == (0, "")
    happened = [json.loads(line) for line in out.splitlines()]
    assert happened[0]["what"] == "needs.opened"
    assert {"intake", "matcher"} <= {one["service"] for one in happened}
    code, out, _ = await run(system, "need", need["need_id"], COLUMNS="200")
    assert code == 0
    assert re.search(r"intake +│ needs\.opened", out)

    async def message_is_listed() -> bool:
        _, shown, _ = await run(system, "need", need["need_id"], COLUMNS="200")
        messages = shown.partition("Its messages")[2]
        return re.search(r"partner \w{8} +│ offer +│ email +│ accepted \+", messages) is not None

    await eventually(message_is_listed)


async def test_need_says_when_there_is_no_such_need(system: System) -> None:
    need_id = str(uuid4())
    code, out, err = await run(system, "need", need_id)
    assert (code, out, err) == (1, "", f"switchboard: no topic holds anything about the need {need_id}\n")
    code, out, err = await run(system, "need", "seven")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "'need_id'" in err


@asynccontextmanager
async def tailing(system: System, *arguments: str) -> AsyncIterator[asyncio.StreamReader]:
    """What `switchboard tail` prints; Ctrl-C ends it without an error."""
    process = await start(system, "tail", *arguments, PYTHONUNBUFFERED="1")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")


async def test_tail_shows_one_needs_events_as_they_pass(system: System) -> None:
    need = await system.add_need()
    async with tailing(system, "needs", "--since", "5m", "--key", need["need_id"], "--type", "opened") as lines:
        line = (await lines.readline()).decode()
    assert re.fullmatch(rf"[\d:.]{{12}} {need['need_id'][:8]} needs\.opened .*items 2 bed\.twin.*\n", line)
    assert "A Family" not in line


async def test_tail_goes_on_after_what_cannot_be_read(system: System) -> None:
    key = str(uuid4())
    async with AIOKafkaProducer(bootstrap_servers=system.run.parts.bootstrap_servers) as producer:
        sent = await producer.send_and_wait("needs", b"\xff", key.encode())
    need = await system.add_need()
    found: dict[str, dict[str, str | int]] = {}
    async with tailing(system, "needs", "--since", "5m", "--json") as lines:
        while not {key, need["need_id"]} <= found.keys():
            one = json.loads(await lines.readline())
            found[one["key"]] = one
    assert found[key]["offset"] == sent.offset
    assert found[key]["problem"]
    assert str(found[need["need_id"]]["what"]).startswith("needs.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dragons",), "there is no topic 'dragons'; there are needs, partners"),
        (("needs", "--since", "long ago"), "--since is not 'long ago': write 30s, 10m"),
        (("needs", "--key", "7"), "'--key'"),
    ],
)
async def test_tail_says_what_it_cannot_do(system: System, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = await run(system, "tail", *arguments)
    assert code in {1, 2}
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


async def test_ops_shows_topics_and_services(system: System) -> None:
    await system.add_need(items=[{"code": "childcare.week", "quantity": 1}])

    async def shown() -> bool:
        code, out, err = await run(system, "ops", "--once", COLUMNS="160")
        assert (code, err) == (0, "")
        assert re.search(r"│ offers +│ +[\d.]+ │ notifier +│ +[\d.]+ │", out), out
        assert re.search(r"│ intake +│ yes +│", out), out
        return "1 nobody_eligible" in out

    await eventually(shown)


async def test_ops_goes_on_when_a_part_is_away(system: System) -> None:
    code, out, _ = await run(system, "ops", "--once", COLUMNS="160", MATCHER_URL="http://127.0.0.1:1")
    assert code == 0
    assert re.search(r"│ matcher +│ away \(ConnectError\)", out)
    code, out, _ = await run(system, "ops", "--once", COLUMNS="160", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert code == 0
    assert "Kafka: away" in out
    assert re.search(r"│ matcher +│ yes", out)


async def test_the_ops_page_shows_the_same_and_tells_by_its_status_whether_a_person_is_needed(system: System) -> None:
    await system.add_partner()
    await system.need_reaches((await system.add_need())["need_id"], "asking")
    async with ops_page(system) as url, httpx.AsyncClient(timeout=30) as client:
        page = await client.get(url)
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        for wanted in ('<th scope="row">offers</th>', '<th scope="row">notifier</th>', "directory: "):
            assert wanted in page.text
        calm = "Nothing needs a person." in page.text
        assert page.status_code == (200 if calm else 503)
        figures = (await client.get(f"{url}metrics")).text
        assert re.search(r'switchboard_topic_records\{topic="offers"\} [1-9]', figures)
        assert re.search(r'switchboard_group_records\{group="notifier",topic="offers"\} [1-9]', figures)
        assert 'switchboard_dead_letters_open{topic="needs-matcher-dlq"}' in figures
    async with ops_page(system, MATCHER_URL="http://127.0.0.1:1") as url, httpx.AsyncClient(timeout=30) as client:
        page = await client.get(url)
        assert page.status_code == 503
        assert "<li>matcher: away (ConnectError)</li>" in page.text


@asynccontextmanager
async def ops_page(system: System, **environment: str) -> AsyncIterator[str]:
    """`switchboard ops --page`, until the block ends; then it ends well."""
    process = await start(system, "ops", "--page", str(find_free_port()), **environment)
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()

    async def serves() -> bool:
        try:
            async with httpx.AsyncClient(timeout=30) as client:
                return bool((await client.get(url)).text)
        except httpx.ConnectError:
            return False

    try:
        await eventually(serves)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode in {0, -signal.SIGTERM}

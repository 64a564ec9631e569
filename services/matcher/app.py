"""Where the matcher is wired together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from schemas.topics import PARTNERS, ServiceName, topics_read_by
from services.matcher import metrics
from services.matcher.api import internal_routes
from services.matcher.directory.index import IndexedDirectory
from services.matcher.handlers import Matching
from services.matcher.policy import load_policy
from services.matcher.settings import MatcherSettings
from services.runtime.consuming import Consumer
from services.runtime.database import open_pool
from services.runtime.figures import measuring
from services.runtime.health import health_routes
from services.runtime.inbox import pruning
from services.runtime.logs import configure_logging
from services.runtime.loops import Loop
from services.runtime.parts import After, Part, running
from services.runtime.relay import Relay
from services.runtime.replaying import Replay
from services.runtime.serving import serve

_TIMERS_EVERY_S = 0.1
_RECORDS_EVERY_S = 60.0


def main() -> None:
    """Serves until told to stop."""
    settings = MatcherSettings()
    configure_logging(ServiceName.MATCHER, settings.log_level)
    serve(create_app(settings), settings.bind_host, settings.matcher_port)


def create_app(settings: MatcherSettings) -> Starlette:
    """The matcher: its parts run for as long as the app does."""
    policy = load_policy(settings.policy_file)
    directory = IndexedDirectory(policy.ranking)
    metrics.watch_directory(directory)
    matching = Matching(policy, directory)
    replay = Replay(ServiceName.MATCHER, PARTNERS, settings.kafka_bootstrap_servers, directory.apply)
    parts: list[Part] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        kafka = settings.kafka_bootstrap_servers
        async with open_pool(settings.matcher_database_url, settings.database_connections) as pool:
            consumer = Consumer(ServiceName.MATCHER, topics_read_by(ServiceName.MATCHER), kafka, pool, matching.handle)
            parts[:] = [
                Relay(ServiceName.MATCHER, settings.matcher_database_url, kafka),
                replay,
                After(replay.caught_up, consumer),
                After(replay.caught_up, Loop("records", lambda: matching.learn(pool), _RECORDS_EVERY_S, vital=False)),
                After(replay.caught_up, Loop("timers", lambda: matching.fire_due(pool), _TIMERS_EVERY_S)),
                pruning(pool),
                measuring(pool, metrics.measure),
            ]
            async with running(parts):
                yield

    internal = internal_routes(directory, lambda: matching.closed, replay.caught_up.is_set, settings.matcher_api_key)
    return Starlette(routes=[*health_routes(parts), *internal], lifespan=lifespan)

"""The send machine: claim a set, find out where each goes, send, write down what became of it."""

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from schemas.links import LinkKeys
from schemas.vocabulary import DeliveryProblem
from services.notifier import deliveries, metrics
from services.notifier.addresses import Addresses
from services.notifier.domain.choosing import Choice
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.sending import Attempt, MessageStatus, NotNow, Refused, Result, Sent, conclude
from services.notifier.handing_over import Courier
from services.notifier.parcels import Going, Parcel, gather
from services.notifier.providers import Providers
from services.notifier.receiving import apply_receipts
from services.notifier.recipients import Destination, Known, Recipients, hash_address
from services.notifier.store import contacts, parcels, queue, waiting
from services.runtime.database import Connection, Pool, read_clock
from services.runtime.logs import get_logger
from services.runtime.outbox import Outgoing

_SET = 100
"""Not more, because a crash makes what was in hand unknown."""
_PARCELS = 20

_WRITTEN_WITHIN_S = 0.05
"""So long what has ended waits for others, to be written with them."""
_AGAIN_IN = timedelta(seconds=3)
"""What has to go one way, which is closed, looks again then."""

_log = get_logger(__name__)


@dataclass(frozen=True)
class _Tried:
    """What came of an attempt; the address that is refused for good, and the parcel that is tried again as a whole."""

    sent: Sent
    refused: str | None = None
    parcel_id: UUID | None = None


_Trying: TypeAlias = Coroutine[None, None, list[_Tried]]


class Sender:
    """Sends what is due. Offers that come within `window` after one to the same contact go out together."""

    def __init__(
        self,
        pool: Pool,
        providers: Providers,
        addresses: Addresses,
        courier: Courier,
        *,
        keys: LinkKeys,
        public_url: str,
        quiet: QuietHours,
        window: timedelta = timedelta(0),
    ) -> None:
        self._pool, self._providers, self._addresses, self._courier = pool, providers, addresses, courier
        self._keys, self._public_url, self._quiet = keys, public_url.rstrip("/"), quiet
        self._window = window

    async def send_due(self) -> int:
        """Sends one set. Returns how many messages went or came to an end."""
        async with self._pool.acquire() as connection:
            outlook, room = await self._providers.look(connection)
            now = outlook.now
            messages = await queue.claim_due(connection, _SET, room)
            if outlook.parcel_due and any(room.values()):
                messages += await parcels.claim_due(connection, _PARCELS, self._window)
            if not messages:
                return 0
            known = await Known.load(connection, messages)
        metrics.observe_claimed(messages, now)
        recipients = Recipients(known, self._addresses, self._keys, self._public_url, self._quiet, now)
        found = await asyncio.gather(*(_find(message, recipients) for message in messages))
        going = [(message, to) for message, to in zip(messages, found, strict=True) if isinstance(to, Destination)]
        trying = [
            _settled(_tried(message, None, to))
            for message, to in zip(messages, found, strict=True)
            if not isinstance(to, Destination)
        ]
        trying += await self._set_out(going, now)
        await self._write_as_they_end({message.message_id: message for message in messages}, trying)
        return len(trying)

    async def _set_out(self, going: Sequence[Going], now: datetime) -> list[_Trying]:
        """The sends of what is still ours to send, and has a provider.

        The way is written down first: whoever finds the message in the middle of it must know which way it went.
        """
        if not going:
            return []
        async with self._pool.acquire() as connection:
            refused = await contacts.suppressed(connection, [hash_address(to.address) for _, to in going])
            trying = [
                _settled(_tried(message, to, Refused(DeliveryProblem.ADDRESS_SUPPRESSED)))
                for message, to in going
                if (hash_address(to.address), to.channel) in refused
            ]
            able = [(one, to) for one, to in going if (hash_address(to.address), to.channel) not in refused]
            ready = await gather(connection, able, now, self._window)
            choices = await self._providers.place(connection, [parcel.wanted for parcel in ready])
            placed = [(parcel, choice) for parcel, choice in zip(ready, choices, strict=True) if choice]
            unplaced = [parcel for parcel, choice in zip(ready, choices, strict=True) if not choice]
            trying += await _hold(connection, unplaced, now)
            ways = [way for parcel, choice in placed for way in parcel.ways(choice.provider)]
            held = await queue.save_ways(connection, ways) if ways else set()
        return trying + [
            self._send(parcel, choice)
            for parcel, choice in placed
            if all(message.message_id in held for message, _ in parcel.messages)
        ]

    async def _send(self, parcel: Parcel, choice: Choice) -> list[_Tried]:
        attempt = await self._courier.hand_over(parcel, choice)
        refused_for_good = isinstance(attempt, Refused) and attempt.suppress
        again = parcel.parcel_id if parcel.stays_together else None
        return [
            _Tried(_sent(message, to, attempt), to.address if refused_for_good else None, again)
            for message, to in parcel.messages
        ]

    async def _write_as_they_end(self, messages: Mapping[UUID, queue.Message], attempts: Sequence[_Trying]) -> None:
        """A crash doubles what was taken and not written down: nothing quick waits for what is slow."""
        going = {asyncio.create_task(attempt) for attempt in attempts}
        failure: Exception | None = None
        while going:
            ended, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            if going:
                others, going = await asyncio.wait(going, timeout=_WRITTEN_WITHIN_S)
                ended |= others
            try:
                await self._write(messages, [tried for task in ended for tried in task.result()])
            except Exception as error:  # noqa: BLE001 - raised below, once all that is under way has ended
                failure = error
        if failure is not None:
            raise failure

    async def _write(self, messages: Mapping[UUID, queue.Message], tried: Sequence[_Tried]) -> None:
        refused = [
            (hash_address(one.refused), str(one.sent.channel)) for one in tried if one.refused and one.sent.channel
        ]
        async with self._pool.acquire() as connection, connection.transaction():
            now = await read_clock(connection)
            results = [conclude(one.sent, now, random.random()) for one in tried]  # noqa: S311 - not a secret
            versions = await queue.save_results(connection, results)
            again = {
                one.parcel_id: result.due_at
                for one, result in zip(tried, results, strict=True)
                if one.parcel_id and result.status is MessageStatus.QUEUED
            }
            if again:
                await parcels.delay(connection, again)
            if refused:
                await contacts.suppress(connection, refused)
            await deliveries.publish(connection, _to_deliveries(messages, results, versions, now))
            await apply_receipts(connection, versions.keys())
        for result in results:
            if result.message_id in versions:
                metrics.observe(result, messages[result.message_id], now)


async def _hold(connection: Connection, unplaced: Sequence[Parcel], now: datetime) -> list[_Trying]:
    """Gives back what no provider takes now; what is too late for that is given up."""
    waits, again = [], {}
    late = []
    for parcel in unplaced:
        if any(message.deadline < now for message, _ in parcel.messages):
            late += [_settled(_tried(message, to, NotNow())) for message, to in parcel.messages]
            continue
        due_at = now + _AGAIN_IN if parcel.stays_together or parcel.wanted.pinned else None
        waits += parcel.waits(due_at)
        metrics.observe_held(parcel.channel)
        if parcel.stays_together and due_at:
            again[parcel.parcel_id] = due_at
    if waits:
        await waiting.hold(connection, waits)
    if again:
        await parcels.delay(connection, again)
    return late


async def _find(message: queue.Message, recipients: Recipients) -> Destination | Attempt:
    try:
        return await recipients.find(message)
    except Exception as error:  # noqa: BLE001 - one message that goes nowhere must not hold the others
        _log.error("message goes nowhere", message_id=str(message.message_id), exc_info=error)
        return NotNow()


async def _settled(tried: _Tried) -> list[_Tried]:
    return [tried]


def _tried(message: queue.Message, to: Destination | None, attempt: Attempt) -> _Tried:
    return _Tried(_sent(message, to, attempt), None, message.parcel_id if message.in_parcel else None)


def _to_deliveries(
    messages: Mapping[UUID, queue.Message], results: Sequence[Result], versions: dict[UUID, int], now: datetime
) -> list[Outgoing | None]:
    return [
        deliveries.to_delivery(
            messages[result.message_id],
            result.status,
            versions[result.message_id],
            now,
            channel=result.channel,
            contact_id=result.contact_id,
            problem=result.problem,
        )
        for result in results
        if result.message_id in versions
    ]


def _sent(message: queue.Message, destination: Destination | None, attempt: Attempt) -> Sent:
    return Sent(
        message.message_id,
        message.attempts,
        message.perhaps_sent,
        message.deadline,
        destination.channel if destination else message.channel,
        destination.contact_id if destination else None,
        attempt,
        others=destination is not None and destination.others,
    )

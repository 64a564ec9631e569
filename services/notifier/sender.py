"""The send machine: claim a set, find out where each goes, send, write down what became of it."""

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import httpx

from schemas.links import LinkKeys
from schemas.topics import TOPICS
from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier import deliveries, metrics
from services.notifier.addresses import Addresses
from services.notifier.composing import Composer
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.domain.sending import (
    Accepted,
    Attempt,
    NotNow,
    Refused,
    Result,
    Sent,
    Unclear,
    conclude,
)
from services.notifier.email import Letter, Mailer
from services.notifier.recipients import Destination, Known, Recipients, hash_address
from services.notifier.rendering import Renderer, Words
from services.notifier.store import contacts, queue
from services.notifier.texts import Texter
from services.runtime.database import Pool, read_clock
from services.runtime.logs import get_logger
from services.runtime.outbox import Outgoing

_SET = 50
"""Small, because a crash makes what was in hand unknown."""

_WRITTEN_WITHIN_S = 0.05
"""So long what has ended waits for others, to be written with them."""

_Tried: TypeAlias = tuple[Sent, str | None]
"""What came of an attempt, and the address that is refused for good."""

_log = get_logger(__name__)

_MODELS = {model.type: model for topic in TOPICS for model in topic.events}


class Sender:
    """Sends what is due."""

    def __init__(
        self,
        pool: Pool,
        mailer: Mailer,
        texter: Texter,
        addresses: Addresses,
        *,
        keys: LinkKeys,
        public_url: str,
        email_from: str,
        quiet: QuietHours,
    ) -> None:
        self._pool, self._mailer, self._texter, self._addresses = pool, mailer, texter, addresses
        self._keys, self._public_url, self._quiet = keys, public_url.rstrip("/"), quiet
        self._renderer = Renderer()
        self._composer = Composer(email_from)

    async def send_due(self) -> int:
        """Sends one set. Returns how many messages were in it."""
        async with self._pool.acquire() as connection:
            messages = await queue.claim_due(connection, _SET)
            if not messages:
                return 0
            known = await Known.load(connection, messages)
            now = await read_clock(connection)
        recipients = Recipients(known, self._addresses, self._keys, self._public_url, self._quiet, now)
        found = await asyncio.gather(*(_find(message, recipients) for message in messages))
        ways = [(message, to) for message, to in zip(messages, found, strict=True) if isinstance(to, Destination)]
        refused, held = await self._set_out(ways)
        attempts = [
            self._try(message, to, refused)
            for message, to in zip(messages, found, strict=True)
            if message.message_id in held or not isinstance(to, Destination)
        ]
        await self._write_as_they_end({message.message_id: message for message in messages}, attempts)
        return len(messages)

    async def _set_out(
        self, ways: Sequence[tuple[queue.Message, Destination]]
    ) -> tuple[set[tuple[bytes, str]], set[UUID]]:
        """Which addresses are refused, and which messages are still ours to send.

        The way is written down first: whoever finds the message in the middle of it must know which way it went.
        """
        async with self._pool.acquire() as connection:
            refused = await contacts.suppressed(connection, [hash_address(to.address) for _, to in ways])
            held = await queue.save_ways(
                connection,
                [(message.message_id, message.attempts, to.channel, to.contact_id) for message, to in ways],
            )
        return refused, held

    async def _try(self, message: queue.Message, to: Destination | Attempt, refused: set[tuple[bytes, str]]) -> _Tried:
        if not isinstance(to, Destination):
            return _sent(message, None, to), None
        if (hash_address(to.address), to.channel) in refused:
            return _sent(message, to, Refused(DeliveryProblem.ADDRESS_SUPPRESSED)), None
        try:
            words = self._word(message, to)
            letter = (
                Letter.close(self._composer.compose(message.message_id, to.address, to.reader, words))
                if to.channel is Channel.EMAIL
                else None
            )
        except Exception as error:  # noqa: BLE001 - one message that cannot be made must not hold the others
            return _not_made(message, error), None
        attempt = await self._hand_over(message, to, letter or words.text)
        refused_for_good = isinstance(attempt, Refused) and attempt.suppress
        return _sent(message, to, attempt), to.address if refused_for_good else None

    def _word(self, message: queue.Message, to: Destination) -> Words:
        event = _MODELS[message.event_type].model_validate(message.event)
        return self._renderer.render(message.purpose, event, to.reader)

    async def _hand_over(self, message: queue.Message, destination: Destination, made: Letter | str) -> Attempt:
        within = queue.LONGEST_ATTEMPT.total_seconds()
        try:
            if isinstance(made, Letter):
                return await self._mailer.send(made, within)
            async with asyncio.timeout(within):
                return await self._send_text(message, destination.address, made)
        except TimeoutError:
            return Unclear()
        except Exception as error:  # noqa: BLE001 - whatever it is, it came up with the message half out of the door
            _log.error("message perhaps sent", message_id=str(message.message_id), exc_info=error)
            return Unclear()

    async def _send_text(self, message: queue.Message, to: str, body: str) -> Attempt:
        if message.perhaps_sent:
            # We do not know whether the provider took it; it does.
            try:
                alike = await self._texter.find(to, body)
            except httpx.HTTPError:
                return NotNow()
            async with self._pool.acquire() as connection, connection.transaction():
                own = await queue.adopt_text(connection, message.message_id, message.attempts, alike)
            if own is not None:
                return Accepted(own)
        return await self._texter.send(to, body)

    async def _write_as_they_end(
        self, messages: Mapping[UUID, queue.Message], attempts: Sequence[Coroutine[None, None, _Tried]]
    ) -> None:
        """A crash doubles what was taken and not written down: nothing quick waits for what is slow."""
        going = {asyncio.create_task(attempt) for attempt in attempts}
        failure: Exception | None = None
        while going:
            ended, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            if going:
                others, going = await asyncio.wait(going, timeout=_WRITTEN_WITHIN_S)
                ended |= others
            try:
                await self._write(messages, [task.result() for task in ended])
            except Exception as error:  # noqa: BLE001 - raised below, once all that is under way has ended
                failure = error
        if failure is not None:
            raise failure

    async def _write(self, messages: Mapping[UUID, queue.Message], tried: Sequence[_Tried]) -> None:
        refused = [
            (hash_address(address), str(sent.channel))
            for sent, address in tried
            if address is not None and sent.channel
        ]
        async with self._pool.acquire() as connection, connection.transaction():
            now = await read_clock(connection)
            results = [conclude(sent, now, random.random()) for sent, _ in tried]  # noqa: S311 - not a secret
            versions = await queue.save_results(connection, results)
            if refused:
                await contacts.suppress(connection, refused)
            await deliveries.publish(connection, _to_deliveries(messages, results, versions, now))
        for result in results:
            if result.message_id in versions:
                metrics.observe(result, (now - messages[result.message_id].created_at).total_seconds())


async def _find(message: queue.Message, recipients: Recipients) -> Destination | Attempt:
    try:
        return await recipients.find(message)
    except Exception as error:  # noqa: BLE001 - one message that goes nowhere must not hold the others
        return _not_made(message, error).attempt


def _not_made(message: queue.Message, error: Exception) -> Sent:
    _log.error("message not made", message_id=str(message.message_id), purpose=message.purpose, exc_info=error)
    return _sent(message, None, NotNow())


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

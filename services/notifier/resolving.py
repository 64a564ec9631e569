"""What became of messages whose fate is not known, or not final: asked of the provider, never guessed."""

from dataclasses import dataclass

from schemas.vocabulary import Channel, DeliveryProblem
from services.notifier.deliveries import publish, to_delivery
from services.notifier.domain.sending import MessageStatus
from services.notifier.store import queue
from services.notifier.texts import Texter
from services.runtime.database import Pool, read_clock

_AT_ONCE = 200


@dataclass(frozen=True)
class Resolver:
    """Finds out."""

    pool: Pool
    texter: Texter

    async def expire_leases(self) -> int:
        """Messages whose sender went away in the middle: tried once more; those that had set out flagged unknown first.

        Whether the provider took the first attempt cannot be known for email; an offer that never arrives is worse
        than one that arrives twice, so after the flag it goes out again, under the same Message-ID. A text is
        looked up in the provider's listing first.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            messages = await queue.expire_leases(connection, _AT_ONCE)
            now = await read_clock(connection)
            flagged = [
                to_delivery(
                    message,
                    MessageStatus.UNKNOWN,
                    message.version,
                    now,
                    channel=message.channel,
                    problem=DeliveryProblem.TIMED_OUT_AFTER_SENDING,
                )
                for message in messages
                if message.perhaps_sent
            ]
            await publish(connection, flagged)
            await queue.queue_again(connection, [message.message_id for message in messages])
        return len(messages)

    async def look_up_texts(self) -> int:
        """Texts that failed while the provider may have taken them: tried again, by a look at its listing first."""
        async with self.pool.acquire() as connection:
            return await queue.queue_unknown_texts(connection)

    async def learn_texts(self) -> int:
        """Which accepted texts arrived or never will."""
        final = await self.texter.list_final()
        if not final:
            return 0
        async with self.pool.acquire() as connection, connection.transaction():
            now = await read_clock(connection)
            messages = await queue.conclude_texts(connection, final)
            went_on = await queue.try_other_ways(connection, [one.message_id for one in messages])
            learned = [
                to_delivery(
                    message,
                    MessageStatus.DELIVERED if final[message.provider_id or ""] else MessageStatus.BOUNCED,
                    message.version,
                    now,
                    channel=Channel.TEXT,
                    problem=None if final[message.provider_id or ""] else DeliveryProblem.ADDRESS_REFUSED,
                )
                for message in messages
                if message.message_id not in went_on
            ]
            await publish(connection, learned)
        return 0

"""What became of messages whose fate is not known, or not final: asked of the provider, never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.receipts import ReceiptReceived
from schemas.vocabulary import Channel, DeliveryProblem, Fate
from services.notifier.deliveries import publish, to_delivery
from services.notifier.domain.sending import MessageStatus
from services.notifier.receiving import take_receipts
from services.notifier.store import parcels, queue, receipts, unknown_texts, waiting
from services.notifier.texts import Texter
from services.runtime.database import Pool, read_clock

_AT_ONCE = 200


@dataclass(frozen=True)
class Resolver:
    """Finds out."""

    pool: Pool
    texters: Sequence[Texter]

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

    async def let_go(self) -> int:
        """What waits for a provider, or goes with others, and nobody would look at any more."""
        async with self.pool.acquire() as connection:
            await parcels.revive(connection)
            return await waiting.let_go_late(connection)

    async def look_up_texts(self) -> int:
        """Texts that failed while the provider may have taken them: tried again, by a look at its listing first."""
        async with self.pool.acquire() as connection:
            return await unknown_texts.queue_unknown_texts(connection)

    async def learn_texts(self) -> int:
        """Which accepted texts arrived or never will, where no callback came: then the provider's listing knows."""
        async with self.pool.acquire() as connection:
            waiting = await receipts.texts_nobody_reported(connection)
        final: dict[str, bool] = {}
        for texter in self.texters if waiting else ():
            final |= await texter.list_final()
        async with self.pool.acquire() as connection, connection.transaction():
            now = await read_clock(connection)
            reported = [
                ReceiptReceived(
                    message_id=waiting[provider_id],
                    channel=Channel.TEXT,
                    fate=Fate.DELIVERED if arrived else Fate.BOUNCED_FOR_NOW,
                    problem=None if arrived else DeliveryProblem.NOT_REACHED,
                    at=now,
                )
                for provider_id, arrived in final.items()
                if provider_id in waiting
            ]
            if reported:
                await take_receipts(connection, reported)
        return 0

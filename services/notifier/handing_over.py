"""From a parcel to a provider: its words are made, it is handed over, and what came of it is said."""

import asyncio

import httpx

from schemas.offers import OfferMade
from schemas.topics import TOPICS
from schemas.vocabulary import Channel
from services.notifier.composing import Composer
from services.notifier.domain.choosing import Choice
from services.notifier.domain.sending import Accepted, Attempt, NotNow, Unclear
from services.notifier.email import Letter, Mailer
from services.notifier.parcels import Parcel
from services.notifier.providers import Providers
from services.notifier.rendering import Renderer, Words
from services.notifier.store import queue, unknown_texts
from services.notifier.texts import Texter
from services.runtime.database import Pool
from services.runtime.logs import get_logger

_TURN_WITHIN_S = 8
"""What waited for longer has too little left of the time for which it is held."""

_log = get_logger(__name__)

_MODELS = {model.type: model for topic in TOPICS for model in topic.events}


class Courier:
    """Makes words of parcels, and hands them over."""

    def __init__(self, pool: Pool, providers: Providers, renderer: Renderer, composer: Composer) -> None:
        self._pool, self._providers = pool, providers
        self._renderer, self._composer = renderer, composer

    async def hand_over(self, parcel: Parcel, choice: Choice) -> Attempt:
        """Sends a parcel by the provider that was chosen, and says what became of it."""
        until = asyncio.get_running_loop().time() + queue.LONGEST_ATTEMPT.total_seconds()
        provider = self._providers[choice.provider]
        try:
            async with asyncio.timeout(_TURN_WITHIN_S):
                await provider.turns.acquire()
        except TimeoutError:
            return NotNow()
        try:
            attempt = await self._make_and_send(parcel, choice, until)
        finally:
            provider.turns.release()
        self._providers.observe(choice.provider, attempt)
        return attempt

    async def _make_and_send(self, parcel: Parcel, choice: Choice, until: float) -> Attempt:
        to = parcel.messages[0][1]
        try:
            words = self._word(parcel)
            made = (
                self._composer.compose(parcel.parcel_id, to.address, to.reader, words)
                if parcel.channel is Channel.EMAIL
                else words.text
            )
        except Exception as error:  # noqa: BLE001 - one message that cannot be made must not hold the others
            message = parcel.messages[0][0]
            _log.error("message not made", message_id=str(message.message_id), purpose=message.purpose, exc_info=error)
            return NotNow()
        return await self._send(parcel, choice, made, until)

    def _word(self, parcel: Parcel) -> Words:
        if len(parcel.messages) > 1:
            offers = [(OfferMade.model_validate(message.event), to.reader) for message, to in parcel.messages]
            return self._renderer.render_offers(offers)
        [(message, to)] = parcel.messages
        event = _MODELS[message.event_type].model_validate(message.event)
        return self._renderer.render(message.purpose, event, to.reader)

    async def _send(self, parcel: Parcel, choice: Choice, made: Letter | str, until: float) -> Attempt:
        carrier = self._providers[choice.provider].carrier
        try:
            match carrier, made:
                case Mailer(), Letter():
                    return await carrier.send(made, until - asyncio.get_running_loop().time())
                case Texter(), str():
                    async with asyncio.timeout_at(until):
                        return await self._send_text(parcel, carrier, choice.number or "", made)
        except TimeoutError:
            return Unclear()
        except Exception as error:  # noqa: BLE001 - whatever it is, it came up with the message half out of the door
            _log.error("message perhaps sent", parcel_id=str(parcel.parcel_id), exc_info=error)
            return Unclear()
        raise TypeError(f"{choice.provider} carries no {parcel.channel}")

    async def _send_text(self, parcel: Parcel, texter: Texter, number: str, body: str) -> Attempt:
        if parcel.perhaps_sent:
            # We do not know whether the provider took it; it does.
            try:
                alike = await texter.find(parcel.address, body)
            except httpx.HTTPError:
                return NotNow()
            async with self._pool.acquire() as connection, connection.transaction():
                own = await unknown_texts.adopt_text(
                    connection, {message.message_id: message.attempts for message, _ in parcel.messages}, alike
                )
            if own is not None:
                return Accepted(own)
        return await texter.send(parcel.parcel_id, number, parcel.address, body)

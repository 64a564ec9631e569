"""The form of a contact's preferences: what was typed, and what it comes to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location, get_timezone_name
from starlette.datastructures import FormData

from schemas.partners import Contact
from schemas.vocabulary import Channel
from services.intake.contacts import Wishes
from services.intake.domain.reaching import read_email, read_phone
from services.intake.pages.languages import LANGUAGES, LOCALES, Words
from services.intake.pages.time_zones import ZONES

WAYS: dict[str, tuple[Channel, ...]] = {
    "email": (Channel.EMAIL,),
    "text": (Channel.TEXT,),
    "email_first": (Channel.EMAIL, Channel.TEXT),
    "text_first": (Channel.TEXT, Channel.EMAIL),
}
"""What can be chosen, best first."""
_FIRST_HOUR, _LAST_HOUR, _USUAL_HOUR = 8, 20, 17
"""A digest comes in the daytime."""
_LONGEST_AWAY = timedelta(days=366)
DIGEST_HOURS = range(_FIRST_HOUR, _LAST_HOUR + 1)


@dataclass(frozen=True)
class Typed:
    """The form as it was filled in."""

    ways: str
    rhythm: str
    digest_hour: str
    language: str
    time_zone: str
    away_until: str
    email: str = ""
    phone: str = ""
    urgent_at_night: bool = False

    def check(self, contact: Contact, words: Words, now: datetime) -> tuple[Wishes | None, dict[str, str]]:
        """What it comes to, or what is wrong, by field."""
        problems: dict[str, str] = {}
        email, phone = self._read_new(words, problems)
        channels = WAYS.get(self.ways)
        there = {Channel.EMAIL: email or contact.email, Channel.TEXT: phone or contact.phone}
        if channels is None:
            problems["ways"] = words("problem.reason")
        elif missing := [one for one in channels if there[one] is None]:
            problems["ways"] = words("contact.needs_email" if Channel.EMAIL in missing else "contact.needs_phone")
        away_until = self._read_away(contact, now)
        if self.away_until and away_until is None:
            problems["away_until"] = words("contact.bad_day")
        daily = self.rhythm == "daily"
        hour = next((one for one in DIGEST_HOURS if daily and str(one) == self.digest_hour), None)
        if daily and hour is None:
            problems["rhythm"] = words("contact.bad_hour")
        if problems or channels is None:
            return None, problems
        wishes = Wishes(
            channels=channels,
            language=self.language if self.language in LANGUAGES else contact.language,
            time_zone=self._zone(contact),
            urgent_at_night=self.urgent_at_night,
            digest_hour=hour,
            away_until=away_until,
            email=email,
            phone=phone,
        )
        return wishes, {}

    def _zone(self, contact: Contact) -> str:
        return self.time_zone if self.time_zone in ZONES else contact.time_zone

    def _read_new(self, words: Words, problems: dict[str, str]) -> tuple[str | None, str | None]:
        found: dict[str, str | None] = {}
        for name, read in (("email", read_email), ("phone", read_phone)):
            typed = getattr(self, name).strip()
            try:
                found[name] = read(typed) if typed else None
            except ValueError:
                found[name], problems[name] = None, words(f"problem.{name}")
        return found["email"], found["phone"]

    def _read_away(self, contact: Contact, now: datetime) -> datetime | None:
        """The first moment of that day where they live."""
        try:
            day = date.fromisoformat(self.away_until)
        except ValueError:
            return None
        begins = datetime.combine(day, time(0), ZoneInfo(self._zone(contact))).astimezone(UTC)
        return begins if now < begins <= now + _LONGEST_AWAY else None


def read_form(form: FormData) -> Typed:
    """What was sent."""

    def one(name: str) -> str:
        return str(form.get(name, ""))

    return Typed(
        ways=one("ways"),
        rhythm=one("rhythm"),
        digest_hour=one("digest_hour"),
        language=one("language"),
        time_zone=one("time_zone"),
        away_until=one("away_until"),
        email=one("email"),
        phone=one("phone"),
        urgent_at_night="urgent_at_night" in form,
    )


def typed_of(contact: Contact) -> Typed:
    """The form as what stands would have filled it in."""
    away = contact.away_until.astimezone(ZoneInfo(contact.time_zone)) if contact.away_until else None
    return Typed(
        ways=next((name for name, channels in WAYS.items() if channels == contact.channels), ""),
        rhythm="at_once" if contact.digest_hour is None else "daily",
        digest_hour=str(_USUAL_HOUR if contact.digest_hour is None else contact.digest_hour),
        language=contact.language,
        time_zone=contact.time_zone,
        away_until=away.date().isoformat() if away and away > datetime.now(UTC) else "",
        urgent_at_night=contact.urgent_at_night,
    )


def zones_for(contact: Contact, language: str) -> dict[str, str]:
    """The zones to choose from, with their names; the contact's own is always among them."""
    return {
        zone: _name_zone(zone, language)
        for zone in (*(() if contact.time_zone in ZONES else (contact.time_zone,)), *ZONES)
    }


def _name_zone(zone: str, language: str) -> str:
    locale = LOCALES[language]
    name = get_timezone_name(ZoneInfo(zone), locale=locale)
    return f"{name[0].upper()}{name[1:]} ({get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)})"

"""What pages say: one TOML file for each language in `words/`, and times as people there write them."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_interval, format_skeleton, format_time, get_day_names

LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""By code, with each language's own name."""

_FOLDER = Path(__file__).parent / "words"
LOCALES = {"en": "en_US", "es": "es_US"}
_SURE_OF_THE_YEAR = timedelta(days=300)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language, by dotted key. Raises FileNotFoundError for a language that has no file."""
    sections = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, texts in sections.items() for key, text in texts.items()}


class Words:
    """Speaks one language: `words("need.title", reference="482913")`. Raises KeyError for a text that is not there."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text, with its braces filled in."""
        return self._texts[key].format_map(values)

    def moment(self, moment: datetime, zone: str, now: datetime) -> str:
        """A time as people there say it: "tomorrow, 5:00 PM", else "Sat, Nov 28, 5:00 PM"."""
        there = ZoneInfo(zone)
        local, locale = moment.astimezone(there), LOCALES[self.language]
        clock = format_time(local, "short", tzinfo=there, locale=locale)
        days_away = local.date() - now.astimezone(there).date()
        near = {timedelta(0): "today", timedelta(1): "tomorrow", timedelta(-1): "yesterday"}.get(days_away)
        if near:
            return self(f"time.{near}", time=clock)
        skeleton = "MMMEd" if abs(days_away) < _SURE_OF_THE_YEAR else "yMMMd"
        return f"{format_skeleton(skeleton, local, tzinfo=there, locale=locale)}, {clock}"

    def end(self, begins: datetime, ends: datetime, zone: str, now: datetime) -> str:
        """When something ends whose beginning was just said: on the same day, the time alone."""
        there = ZoneInfo(zone)
        first, last = begins.astimezone(there), ends.astimezone(there)
        return self.clock(last.time()) if first.date() == last.date() else self.moment(ends, zone, now)

    def date_of(self, moment: datetime, zone: str) -> str:
        """Its day there, as a form's date field takes it."""
        return moment.astimezone(ZoneInfo(zone)).date().isoformat()

    def day(self, day: date) -> str:
        """A day without a time: "Sat, Nov 28"."""
        # As a moment of no zone: a day is the same day everywhere.
        noon = datetime.combine(day, time(12), UTC)
        words: str = format_skeleton("MMMEd", noon, tzinfo=UTC, locale=LOCALES[self.language])
        return words

    def term(self, begins: date, ends: date) -> str:
        """From the first day to the last, such as from "Sep 1, 2026" to "Dec 18, 2026"."""
        words: str = format_interval(begins, ends, "yMMMd", locale=LOCALES[self.language])
        return words

    def month(self, first: date) -> str:
        """A month, such as "July 2026"."""
        words: str = format_skeleton("yMMMM", first, locale=LOCALES[self.language])
        return words[0].upper() + words[1:]

    def months(self, begins: date, ends: date) -> str:
        """From month to month, such as from "Jul" to "Sep 2026"."""
        words: str = format_interval(begins, ends, "yMMM", locale=LOCALES[self.language])
        return words[0].upper() + words[1:]

    def hour(self, hour: int) -> str:
        """A full hour of the day, from 0 to 24, as people there say it: "9 AM"."""
        words: str = format_time(time(hour % 24), "h a", locale=LOCALES[self.language])
        return words

    def clock(self, at: time) -> str:
        """A time of day, such as "9:30 AM"."""
        words: str = format_time(at, "short", locale=LOCALES[self.language])
        return words

    def weekday(self, number: int) -> str:
        """A day of the week by its number, Monday being 0, in short: "Mon"."""
        words: str = get_day_names("abbreviated", locale=LOCALES[self.language])[number]
        return words


def choose_language(wanted: str | None, remembered: str | None, own: str | None, accepted: str) -> str:
    """What to speak: what was just chosen, what was chosen before, the person's own, what the browser asks for."""
    offered = [part.split(";")[0].strip()[:2].lower() for part in accepted.split(",")]
    return next((one for one in (wanted, remembered, own, *offered) if one is not None and one in LANGUAGES), "en")

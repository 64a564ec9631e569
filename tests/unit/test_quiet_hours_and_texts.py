"""Small rules of the edges: when nobody is disturbed, and what a text means."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.addresses import Hours
from schemas.vocabulary import RecipientKind
from services.intake.api.texts import sign
from services.intake.domain.texting import Said, Word, is_spanish, understand
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.rendering import Renderer
from services.notifier.wording import LANGUAGES

NIGHT = QuietHours(21, 8)


@pytest.mark.parametrize(
    ("moment", "zone", "until"),
    [
        ("2026-11-24T15:00", "America/New_York", None),
        ("2026-11-25T02:00", "America/New_York", "2026-11-25T13:00"),
        ("2026-11-25T12:59", "America/New_York", "2026-11-25T13:00"),
        ("2026-11-25T13:00", "America/New_York", None),
        ("2026-11-25T13:00", "Pacific/Honolulu", "2026-11-25T18:00"),
        # The night in which clocks go forward is an hour shorter, and the morning comes at 8 all the same.
        ("2026-03-08T04:00", "America/New_York", "2026-03-08T12:00"),
        # The night in which they go back is an hour longer.
        ("2026-11-01T04:00", "America/New_York", "2026-11-01T13:00"),
        # The last minute before the night, and its first one, on the day before each change.
        ("2026-03-08T01:59", "America/New_York", None),
        ("2026-03-08T02:00", "America/New_York", "2026-03-08T12:00"),
        ("2026-11-01T00:59", "America/New_York", None),
        ("2026-11-01T01:00", "America/New_York", "2026-11-01T13:00"),
        # Between the two: half past one comes twice, and both are night.
        ("2026-11-01T05:30", "America/New_York", "2026-11-01T13:00"),
        ("2026-11-01T06:30", "America/New_York", "2026-11-01T13:00"),
        # The evening after each change is at nine by the new clock.
        ("2026-03-09T00:59", "America/New_York", None),
        ("2026-03-09T01:00", "America/New_York", "2026-03-09T12:00"),
        ("2026-11-02T01:59", "America/New_York", None),
        ("2026-11-02T02:00", "America/New_York", "2026-11-02T13:00"),
        # Where clocks never change, and where they change in the other half of the year.
        ("2026-03-08T05:00", "America/Phoenix", "2026-03-08T15:00"),
        ("2026-10-03T12:00", "Australia/Sydney", "2026-10-03T21:00"),
        ("2026-04-04T12:00", "Australia/Sydney", "2026-04-04T22:00"),
    ],
)
def test_nobody_is_disturbed_at_night_by_their_own_clock(moment: str, zone: str, until: str | None) -> None:
    found = NIGHT.wait_until(datetime.fromisoformat(moment).replace(tzinfo=UTC), zone)
    assert found == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_quiet_hours_are_read_and_can_be_off() -> None:
    assert QuietHours.parse("21-8") == NIGHT
    assert QuietHours(0, 0) == QuietHours.parse("off")
    assert QuietHours(0, 0).wait_until(datetime(2026, 1, 1, 3, tzinfo=UTC), "UTC") is None
    for bad in ("21", "21-25", "night", ""):
        with pytest.raises(ValueError, match="21-8"):
            QuietHours.parse(bad)


HOURS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda pair: pair[0] < pair[1])
# Hours that change at midnight, by half an hour, or never; offsets of a quarter hour.
ZONES = ("America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Honolulu", "UTC")
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - in UTC
    # Around the nights in which clocks change in New York.
    st.sampled_from((datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))).flatmap(
        lambda change: st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda away: change + away)
    ),
)


@given(
    moment=MOMENTS,
    zone=st.sampled_from(ZONES),
    quiet=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    own=st.none() | HOURS,
)
def test_a_message_waits_for_the_first_moment_at_which_it_may_come(
    moment: datetime, zone: str, quiet: tuple[int, int], own: tuple[int, int] | None
) -> None:
    within = Hours(start=own[0], end=own[1]) if own else None
    start, length = quiet[0], (quiet[1] - quiet[0]) % 24
    asleep = {(start + hour) % 24 for hour in range(length)}
    awake = set(range(*own) if own else range(24)) - asleep or set(range(*own or (0, 24)))

    def may_come(at: datetime) -> bool:
        return at.astimezone(ZoneInfo(zone)).hour in awake

    until = QuietHours(*quiet).wait_until(moment, zone, within)
    assert (until is None) == may_come(moment)
    if until is None:
        return
    assert may_come(until)
    assert until > moment
    # An hour that the clock skips is a day later; any other comes within a day, 25 hours long at most.
    skipped = 24 if len(awake) == 1 else 0
    assert until - moment <= timedelta(hours=25 + skipped)
    passed = moment
    while passed < until:
        assert not may_come(passed), "it could have come sooner"
        passed += timedelta(minutes=5)


@pytest.mark.parametrize(
    ("moment", "own", "until"),
    [
        ("2026-11-24T15:00", (9, 17), None),
        ("2026-11-24T22:00", (9, 17), "2026-11-25T14:00"),
        ("2026-11-24T12:30", (9, 17), "2026-11-24T14:00"),
        # Quiet hours hold within them: nobody is written to at seven.
        ("2026-11-24T12:00", (6, 12), "2026-11-24T13:00"),
        # Who can only be reached before eight is.
        ("2026-11-24T12:00", (5, 7), "2026-11-25T10:00"),
        ("2026-11-24T11:00", (5, 7), None),
        # The morning after clocks went forward.
        ("2026-03-08T01:00", (9, 17), "2026-03-08T13:00"),
    ],
)
def test_a_familys_own_hours_are_kept(moment: str, own: tuple[int, int], until: str | None) -> None:
    found = NIGHT.wait_until(
        datetime.fromisoformat(moment).replace(tzinfo=UTC), "America/New_York", Hours(start=own[0], end=own[1])
    )
    assert found == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


@pytest.mark.parametrize(("start", "end"), [(9, 9), (17, 9), (-1, 9), (9, 25), (24, 24)])
def test_own_hours_are_an_hour_of_one_day_at_least(start: int, end: int) -> None:
    with pytest.raises(ValidationError):
        Hours(start=start, end=end)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("YES 41", Said(Word.YES, 41)),
        (" yes, 41! ", Said(Word.YES, 41)),
        ("Sí 482913", Said(Word.YES, 482_913)),
        ("si", Said(Word.YES, None)),
        ("No41", Said(Word.NO, 41)),
        ("NO 41.", Said(Word.NO, 41)),
        ("Stop", Said(Word.STOP, None)),
        ("ALTO", Said(Word.STOP, None)),
        ("ayuda?", Said(Word.HELP, None)),
        ("opt-out", Said(Word.STOP, None)),
        ("Opt out.", Said(Word.STOP, None)),
        ("STOP ALL", Said(Word.STOP, None)),
        ("stopall", Said(Word.STOP, None)),
        ("Revoke", Said(Word.STOP, None)),
        ("no más", Said(Word.STOP, None)),
        ("NO MAS", Said(Word.STOP, None)),
        ("¡Cancelar!", Said(Word.STOP, None)),
        ("baja", Said(Word.STOP, None)),
        ("STOP 41", Said(Word.STOP, 41)),
        ("Start", Said(Word.START, None)),
        ("UNSTOP", Said(Word.START, None)),
        ("comenzar", Said(Word.START, None)),
        ("INFO", Said(Word.HELP, None)),
        ("informacio\u0301n", Said(Word.HELP, None)),
        ("Si\u0301 41", Said(Word.YES, 41)),
        ("NO no 41", None),
        ("stop it please", None),
        ("yes please call me", None),
        ("", None),
        ("YES 1234567", None),
    ],
)
def test_a_text_means_one_thing_or_is_asked_back(body: str, said: Said | None) -> None:
    assert understand(body) == said


def test_all_that_a_carrier_counts_as_an_opt_out_is_one() -> None:
    # Twilio's default keywords, and those that 47 CFR 64.1200(a)(10) names.
    for body in ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"):
        assert understand(body) == understand(body.lower()) == Said(Word.STOP, None)


@pytest.mark.parametrize(("body", "spanish"), [("ALTO", True), ("sí 41", True), ("stop", False), ("hola", False)])
def test_who_writes_our_words_in_spanish_is_answered_in_it(body: str, *, spanish: bool) -> None:
    assert is_spanish(body) is spanish


def test_the_providers_signature_is_the_one_that_it_publishes() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, form) == "GvWf1cFY/Q7PnoempGyD5oXAezc="
    assert sign("12345", url, dict(reversed(form.items()))) == "GvWf1cFY/Q7PnoempGyD5oXAezc="
    assert sign("12346", url, form) != "GvWf1cFY/Q7PnoempGyD5oXAezc="


def test_every_language_says_the_same_things() -> None:
    def keys(table: object, path: str = "") -> set[str]:
        if not isinstance(table, dict):
            return {path}
        return set().union(*(keys(inner, f"{path}.{name}") for name, inner in table.items()))

    catalogues = Renderer().catalogues
    assert set(catalogues) == set(LANGUAGES)
    assert keys(catalogues["es"]) == keys(catalogues["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_family_is_told_can_be_told_without_saying_what_it_is_about(language: str) -> None:
    told = [kinds[RecipientKind.FAMILY] for kinds in Renderer().catalogues[language].values() if "family" in kinds]
    assert told
    for entry in told:
        assert {"body", "text"} <= set(entry["discreet"])
        assert "delivered" not in f"{entry['subject']} {entry['discreet']}"

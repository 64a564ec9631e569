"""Small rules of the edges: when nobody is disturbed, and what a text means."""

from datetime import UTC, datetime

import pytest

from services.intake.domain.texting import Said, Word, understand
from services.notifier.domain.quiet_hours import QuietHours
from services.notifier.rendering import LANGUAGES, Renderer

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
        ("yes please call me", None),
        ("", None),
        ("YES 1234567", None),
    ],
)
def test_a_text_means_one_thing_or_is_asked_back(body: str, said: Said | None) -> None:
    assert understand(body) == said


def test_every_language_says_the_same_things() -> None:
    def keys(table: object, path: str = "") -> set[str]:
        if not isinstance(table, dict):
            return {path}
        return set().union(*(keys(inner, f"{path}.{name}") for name, inner in table.items()))

    catalogues = Renderer().catalogues
    assert set(catalogues) == set(LANGUAGES)
    assert keys(catalogues["es"]) == keys(catalogues["en"])

"""Every language says everything that pages can ask of it."""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from string import Formatter

import pytest

from schemas import vocabulary
from schemas.topics import TOPICS
from schemas.vocabulary import RecipientKind
from services.intake import pages
from services.intake.domain.family import PhoneOwner
from services.intake.domain.gaps import UNKNOWN_RULE, Dimension
from services.intake.domain.progress import NeedProgress
from services.intake.explaining import CAN_BE_CHANGED
from services.intake.pages.contact_form import WAYS
from services.intake.pages.languages import LANGUAGES, catalogue
from services.intake.pages.offer_stage import Stage

FOLDER = Path(pages.__file__).parent
SPOKEN_KEYS = re.compile(r'(?:\bt|words)\(\s*"([a-z_]+\.[a-z_]+)"')
SECTIONS: dict[str, Iterable[Enum]] = {
    "cancel": vocabulary.CancelReason,
    "channel": vocabulary.Channel,
    "circumstance": vocabulary.Circumstance,
    "condition": vocabulary.Condition,
    "condition_one": vocabulary.Condition,
    "consent": vocabulary.ConsentKind,
    "decline": vocabulary.DeclineReason,
    "gap_rule": vocabulary.EligibilityRule,
    "gaps_by": Dimension,
    "handover": vocabulary.HandoverWay,
    "income": vocabulary.IncomeBand,
    "left_out": vocabulary.EligibilityRule,
    "left_out_one": vocabulary.EligibilityRule,
    "phone_of": PhoneOwner,
    "phone_of_hint": PhoneOwner,
    "nearly": CAN_BE_CHANGED,
    "preference": vocabulary.Fit,
    "recipient": RecipientKind,
    "referral": vocabulary.ReferralAnswer,
    "shortfall": vocabulary.ShortfallCause,
    "part_of_day": vocabulary.PartOfDay,
    "release": vocabulary.ReleaseReason,
    "status": NeedProgress,
    "status_hint": NeedProgress,
    "stuck": vocabulary.StuckCause,
    "to_confirm": vocabulary.EligibilityRule,
    "unmet": vocabulary.UnmetCause,
    "urgency": vocabulary.Urgency,
    "urgency_hint": vocabulary.Urgency,
}
HISTORY = {event.type.split(".")[2] for topic in TOPICS if topic.key == "need_id" for event in topic.events} - {
    event.type.split(".")[2] for topic in TOPICS if topic.name == "deliveries" for event in topic.events
}
CHOSEN = {
    "status.confirm_yourself",
    "status_hint.confirm_yourself",
    "by_phone.accepted",
    "by_phone.declined",
    "by_phone.released",
    "change.bad_needed_by",
    "contact.stop_alone",
    "change.bad_quantities",
    "family.title",
    "family.discreet_title",
    "history.family_not_reached",
    "history.family_without_address",
    "history.completed_in_part",
    "history.no_seat_left",
    "history.not_handed_over",
    "history.not_whole",
    "problem.shortfall",
    "history.referred",
    "said_for_family.family_confirmed",
    "said_for_family.family_disputed",
    "problem.contact_hours",
    "problem.phone_of",
    "reaching.voicemail_no",
}
CHOSEN |= {f"problem.{name}" for name in ("income", "circumstances", "handover", "excluded_conditions", "preferences")}
CHOSEN |= {f"address_{text}.{what}" for text in ("lead", "done") for what in ("email", "text", "change")}
CHOSEN |= {"address.title", "address.yes", "address.not_me", "contact.waiting", "contact.needs_phone"}
CHOSEN |= {f"contact_ways.{way}" for way in WAYS}
CHOSEN |= {f"gaps.{name}" for name in ("from", "to", "column_value", "column_whole")} | {f"gap_rule.{UNKNOWN_RULE}"}
CHOSEN |= {f"matching.{text}_{form}" for text in ("near", "can_help", "miles") for form in ("none", "one", "many")}
QUIET_STAGES = {Stage.OPEN, Stage.AWARDED}


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing(language: str) -> None:
    texts = catalogue(language)
    used = {
        key
        for path in [
            *FOLDER.glob("*.py"),
            *FOLDER.glob("templates/*.html"),
            *FOLDER.parent.glob("*.py"),
            *FOLDER.parent.glob("api/*.py"),
        ]
        for key in SPOKEN_KEYS.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 50
    used |= CHOSEN
    used |= {f"{section}.{one.value}" for section, kind in SECTIONS.items() for one in kind}
    used |= {f"history.{what}" for what in HISTORY}
    used |= {f"offer.{stage}{part}" for stage in set(Stage) - QUIET_STAGES for part in ("", "_title")}
    assert used - set(texts) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same_things_with_the_same_blanks(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert set(english) == set(other)
    assert {key: braces(text) for key, text in english.items()} == {key: braces(text) for key, text in other.items()}
    assert all(text.strip() for text in other.values())

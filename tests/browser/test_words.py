"""Every language says everything that pages can ask of it."""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from string import Formatter

import pytest

from schemas import vocabulary
from schemas.examples import EXAMPLES
from schemas.partners import PartnerRecorded
from schemas.topics import TOPICS
from schemas.vocabulary import RecipientKind
from services.intake import pages
from services.intake.applying import EnteredApplication
from services.intake.directory import Sort
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.recognising import Beside, Form
from services.intake.directory_import.rows import Verdict
from services.intake.domain.approval import ApprovalRule, ApprovalState
from services.intake.domain.family import PhoneOwner
from services.intake.domain.gaps import UNKNOWN_RULE, Dimension
from services.intake.domain.next_step import Step
from services.intake.domain.progress import NeedProgress
from services.intake.explaining import CAN_BE_CHANGED
from services.intake.pages import colleague_form, service_form
from services.intake.pages.contact_form import WAYS
from services.intake.pages.languages import LANGUAGES, catalogue
from services.intake.pages.offer_stage import Stage
from services.intake.pages.raised_needs import REASONS
from services.intake.raising import EnteredRaised
from services.intake.staff import EnteredPerson, EnteredSite
from services.intake.store.people import Role
from services.intake.store.raised import Closed

FOLDER = Path(pages.__file__).parent
SPOKEN_KEYS = re.compile(r'(?:\bt|words)\(\s*"([a-z_]+\.[a-z_]*[a-z])"')
SECTIONS: dict[str, Iterable[Enum]] = {
    "approval_rule": ApprovalRule,
    "approval_state": set(ApprovalState) - {ApprovalState.WAITING},
    "cancel": vocabulary.CancelReason,
    "channel": vocabulary.Channel,
    "circumstance": vocabulary.Circumstance,
    "condition": vocabulary.Condition,
    "condition_one": vocabulary.Condition,
    "consent": vocabulary.ConsentKind,
    "decline": vocabulary.DeclineReason,
    "delivery_problem": vocabulary.DeliveryProblem,
    "gap_rule": vocabulary.EligibilityRule,
    "gaps_by": Dimension,
    "handover": vocabulary.HandoverWay,
    "handover_by": vocabulary.HandoverWay,
    "own_condition": vocabulary.Condition,
    "own_handover": vocabulary.HandoverWay,
    "kind": vocabulary.PartnerKind,
    "sort": Sort,
    "income": vocabulary.IncomeBand,
    "left_out": vocabulary.EligibilityRule,
    "left_out_one": vocabulary.EligibilityRule,
    "phone_of": PhoneOwner,
    "phone_of_hint": PhoneOwner,
    "nearly": CAN_BE_CHANGED,
    "preference": vocabulary.Fit,
    "recipient": RecipientKind,
    # About no need, and on no page of one.
    "purpose": set(vocabulary.MessagePurpose) - {vocabulary.MessagePurpose.CONTACT_CONFIRMATION},
    "referral": vocabulary.ReferralAnswer,
    "role": Role,
    "role_hint": Role,
    "shortfall": vocabulary.ShortfallCause,
    "part_of_day": vocabulary.PartOfDay,
    "release": vocabulary.ReleaseReason,
    "status": NeedProgress,
    "step": Step,
    "step_why": Step,
    "status_hint": NeedProgress,
    "stuck": vocabulary.StuckCause,
    "to_confirm": vocabulary.EligibilityRule,
    "unmet": vocabulary.UnmetCause,
    "urgency": vocabulary.Urgency,
    "urgency_hint": vocabulary.Urgency,
}
EXAMPLE = next(one for event in EXAMPLES if isinstance(event, PartnerRecorded) for one in event.services)
PERSON = next(one for event in EXAMPLES if isinstance(event, PartnerRecorded) for one in event.contacts)
DELIVERIES = {event.type.split(".")[2] for topic in TOPICS if topic.name == "deliveries" for event in topic.events}
ABOUT_NEEDS = {event.type.split(".")[2] for topic in TOPICS if topic.key == "need_id" for event in topic.events}
HISTORY = ABOUT_NEEDS - DELIVERIES
LETTERS = (
    *("welcome", "raised", "need_raised", "approval_asked", "need_sent_back", "approval_expired"),
    *("application", "application_accepted", "application_refused", "contact_removed"),
)
CHOSEN = {
    "change.bad_approval",
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
CHOSEN |= {f"staff_problem.{name}" for model in (EnteredPerson, EnteredSite) for name in model.model_fields}
CHOSEN |= {f"staff_problem.{name}" for name in ("email_known", "own", "last")}
CHOSEN |= {f"noted_field.{name}" for model in (EnteredPerson, EnteredSite) for name in model.model_fields}
CHOSEN |= {f"noted.{what}" for what in ("person_added", "person_changed", "person_paused", "person_resumed")}
CHOSEN |= {f"noted.{what}" for what in ("site_added", "site_changed", "link_renewed", "partners_imported")}
CHOSEN |= {f"raise_problem.{name}" for name in EnteredRaised.model_fields} | {"problem.form"}
CHOSEN |= {f"raised_closed.{reason}" for reason in REASONS} | {f"raised_status.closed_{reason}" for reason in Closed}
CHOSEN |= {f"raised_status.{status}" for status in (*NeedProgress, "raised", "stuck", "cancelled", "consent_withdrawn")}
CHOSEN |= {f"letter.{what}_{part}" for what in LETTERS for part in ("subject", "text")}
CHOSEN |= {f"history.{what}" for what in ("approval_asked", "approval_escalated", "approval_expired")}
CHOSEN |= {"history.approved", "history.sent_back"}
CHOSEN |= {f"{section}.{verdict}" for section in ("import_row", "import_verdict") for verdict in Verdict}
CHOSEN |= {f"import_form.{form}" for form in Form} | {f"import_report.{why}" for why in Beside}
CHOSEN |= {f"import_reason.{reason}" for reason in Reason} | {"import_report.gaps", "import_report.refused"}
CHOSEN |= {f"join_problem.{name}" for name in EnteredApplication.model_fields}
CHOSEN |= {f"noted.application_{became}" for became in ("accepted", "refused")}
CHOSEN |= {f"service_field.{name.partition('-')[0]}" for name in service_form.fields_of(EXAMPLE)}
CHOSEN |= {f"service_problem.{name}" for name in ("categories", "county", "county_near", "zip_code", "zip_near")}
CHOSEN |= {f"service_problem.{name}" for name in (*service_form.NUMBERS, *service_form.CHOICES, "languages", "miles")}
CHOSEN |= {f"area_kind.{kind}" for kind in service_form.AREA_KINDS}
CHOSEN |= {f"limits.{name}" for name in ("week", "hand", "messages", "offers")}
CHOSEN |= {f"colleague.{name}" for name in colleague_form.fields_of(PERSON)}
CHOSEN |= {f"colleague.refused_{name}" for name in ("form", "channels", "email", "phone", "roles", "last", "twice")}
CHOSEN |= {f"colleague.needs_{name}" for name in ("email", "phone")} | {"colleague.remove_self"}
CHOSEN |= {f"colleague_about.{one}" for one in colleague_form.ABOUT}
CHOSEN |= {f"turns.{name}" for name in ("turns", "first", "since", "days")}
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
    used |= {f"history.{what}" for what in HISTORY} | {"history.settled"}
    used |= {f"message_state.{what}" for what in DELIVERIES}
    used |= {f"offer.{stage}{part}" for stage in set(Stage) - QUIET_STAGES for part in ("", "_title")}
    assert used - set(texts) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same_things_with_the_same_blanks(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert set(english) == set(other)
    assert {key: braces(text) for key, text in english.items()} == {key: braces(text) for key, text in other.items()}
    assert all(text.strip() for text in other.values())

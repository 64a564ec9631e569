"""The closed lists that events speak in. A code here is for life: rename its words, never its value."""

from enum import StrEnum, auto
from typing import Annotated

from pydantic import StringConstraints

ZipCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
StateCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
"""ISO 639-1 (or 639-3 where there is no two-letter code)."""

PlaceName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f@]{1,80}$")]
"""A city or county with its state, made from a ZIP code and never typed by anyone."""


class Urgency(StrEnum):
    """How soon a need must be met; the policy file gives each its durations."""

    TONIGHT = auto()
    TODAY = auto()
    THIS_WEEK = auto()
    ROUTINE = auto()


class AgeBand(StrEnum):
    """Ages of household members, as wide as eligibility allows and no finer."""

    AGES_0_2 = "0-2"
    AGES_3_5 = "3-5"
    AGES_6_12 = "6-12"
    AGES_13_17 = "13-17"
    AGES_18_24 = "18-24"
    AGES_25_59 = "25-59"
    AGES_60_UP = "60+"

    @property
    def years(self) -> tuple[int, int]:
        """The youngest and the oldest age in the band, in years."""
        low, _, high = self.value.removesuffix("+").partition("-")
        return int(low), int(high) if high else 130


class IncomeBand(StrEnum):
    """What a household earns, in percent of the federal poverty guideline for its size, as wide as rules need it."""

    UP_TO_100 = "0-100"
    UP_TO_130 = "101-130"
    UP_TO_150 = "131-150"
    UP_TO_185 = "151-185"
    UP_TO_200 = "186-200"
    UP_TO_300 = "201-300"
    OVER_300 = "301+"

    @property
    def percent(self) -> tuple[int, int]:
        """The least and the most percent of the guideline."""
        low, _, high = self.value.removesuffix("+").partition("-")
        return int(low), int(high) if high else 10_000


class Circumstance(StrEnum):
    """What some services are for alone. Nobody has to say which of them holds."""

    WOMAN = auto()
    MAN = auto()
    VETERAN = auto()
    PREGNANT = auto()
    DISABILITY = auto()
    FOSTER_CARE = auto()
    KINSHIP_CARE = auto()
    SINGLE_PARENT = auto()
    COLLEGE_STUDENT = auto()


class HandoverWay(StrEnum):
    """How help gets from a partner to a family."""

    PICK_UP = auto()
    DROP_OFF = auto()
    IN_PERSON = auto()
    REMOTE = auto()


class Condition(StrEnum):
    """What a partner asks of whom it helps: told before anybody is asked; a family may leave such partners out."""

    SHOWS_ID = auto()
    INTERVIEW = auto()
    WORSHIP = auto()
    RESIDENCE = auto()


class Fit(StrEnum):
    """What makes help fit a family better: it ranks partners, and leaves none out."""

    HALAL = auto()
    KOSHER = auto()
    VEGETARIAN = auto()
    GLUTEN_FREE = auto()
    STEP_FREE = auto()
    SIGN_LANGUAGE = auto()
    INTERPRETER = auto()
    FEMALE_STAFF = auto()
    LGBTQ_WELCOMING = auto()
    CULTURALLY_SPECIFIC = auto()


class ConsentKind(StrEnum):
    """How the family agreed. Spoken permits anonymous offers; identity needs the written kind (34 CFR 99.30)."""

    SPOKEN = auto()
    WRITTEN = auto()


class IdentityRecord(StrEnum):
    """What may be told of a family, one by one: the "records" of 34 CFR 99.30."""

    NAME = auto()
    PHONE = auto()
    EMAIL = auto()
    ADDRESS = auto()


class PartnerKind(StrEnum):
    """What sort of organization a partner is; a family may exclude a kind."""

    CHURCH = auto()
    NONPROFIT = auto()
    AGENCY = auto()
    SCHOOL_PROGRAMME = auto()
    BUSINESS = auto()


class Interest(StrEnum):
    """What a partner is to families besides a helper, and could use against them what it hears."""

    LANDLORD = auto()
    EMPLOYER = auto()


class PartnerStatus(StrEnum):
    """Whether a partner is asked at all."""

    ACTIVE = auto()
    PAUSED = auto()
    SUSPENDED = auto()


class Channel(StrEnum):
    """How a message travels to a person."""

    EMAIL = auto()
    TEXT = auto()


class ContactRole(StrEnum):
    """What one of several contacts of a partner is written to about."""

    REQUESTS = auto()
    """Is asked and reminded."""
    FOLLOW_THROUGH = auto()
    """Hears what comes after a yes."""


class AnswerChannel(StrEnum):
    """How an answer came in."""

    LINK = auto()
    TEXT = auto()
    PORTAL = auto()
    API = auto()
    PHONE = auto()
    """Said to a coordinator, who wrote it down."""


class Answerer(StrEnum):
    """Who says that help arrived, or did not. Silence is nobody's answer."""

    FAMILY = auto()
    COORDINATOR = auto()


class CancelReason(StrEnum):
    """Why a coordinator took a need back."""

    NO_LONGER_NEEDED = auto()
    MET_ELSEWHERE = auto()
    ENTERED_BY_MISTAKE = auto()


class DeclineReason(StrEnum):
    """Why a partner says "not this time"."""

    NO_CAPACITY = auto()
    NOT_OUR_SERVICE = auto()
    TOO_FAR = auto()
    TOO_SOON = auto()
    WAITLISTED = auto()
    INELIGIBLE = auto()
    OTHER = auto()


class ReferralAnswer(StrEnum):
    """What a partner that referred a family hears of it."""

    ENROLLED = auto()
    WAITLISTED = auto()
    DECLINED = auto()
    INELIGIBLE = auto()


class ReleaseReason(StrEnum):
    """Why a partner hands a claim back."""

    NO_LONGER_ABLE = auto()
    FAMILY_UNREACHABLE = auto()
    NOT_A_FIT = auto()


class PartOfDay(StrEnum):
    """When on a day, as people arrange it."""

    MORNING = auto()
    AFTERNOON = auto()
    EVENING = auto()


class ShortfallCause(StrEnum):
    """Why less was handed over than a partner had taken on."""

    FAMILY_NOT_HOME = auto()
    FAMILY_NO_LONGER_NEEDS = auto()
    ITEM_UNAVAILABLE = auto()
    NO_TIME = auto()
    OTHER_HELP_FOUND = auto()

    @property
    def ends_need(self) -> bool:
        """Whether nobody has to be asked for the rest: the family does without it, or has it already."""
        return self in {ShortfallCause.FAMILY_NO_LONGER_NEEDS, ShortfallCause.OTHER_HELP_FOUND}


class WithdrawalReason(StrEnum):
    """Why an open offer is taken back."""

    FILLED = auto()
    NEED_CHANGED = auto()
    NEED_CANCELLED = auto()
    NEED_ENDED = auto()
    CONSENT_WITHDRAWN = auto()
    PARTNER_UNAVAILABLE = auto()


class EligibilityRule(StrEnum):
    """What decides whether a partner may be asked, in the order in which a partner that fails several is counted."""

    STATUS = auto()
    AREA = auto()
    CATEGORY = auto()
    CONSENT = auto()
    SENSITIVE = auto()
    CONFLICT = auto()
    AGES = auto()
    HOUSEHOLD_SIZE = auto()
    INCOME = auto()
    CIRCUMSTANCES = auto()
    LANGUAGES = auto()
    HANDOVER = auto()
    HOURS = auto()
    CONDITIONS = auto()
    ASKED_BEFORE = auto()
    CAPACITY = auto()


class RefusalReason(StrEnum):
    """Why a claim was not awarded."""

    ALREADY_FILLED = auto()
    OFFER_CLOSED = auto()
    NEED_CLOSED = auto()
    PARTNER_UNAVAILABLE = auto()
    NO_SEAT_LEFT = auto()
    NOT_WHOLE = auto()
    """A part of what helps only as a whole."""


class LapseReason(StrEnum):
    """Why an awarded claim returned its items."""

    NOT_CONTACTED = auto()
    NOT_COMPLETED = auto()
    RELEASED = auto()
    UNDONE = auto()
    """The yes was a mistake, and taken back at once."""
    NOT_DELIVERED = auto()
    """The partner says that it handed nothing over."""
    NEED_CLOSED = auto()
    PARTNER_UNAVAILABLE = auto()


class StuckCause(StrEnum):
    """Why a need stands in a coordinator's queue."""

    NOBODY_ELIGIBLE = auto()
    NOBODY_LEFT = auto()
    NOBODY_YET = auto()
    FAMILY_SILENT = auto()
    FAMILY_DISPUTED = auto()
    FAMILY_UNREACHABLE = auto()
    """A partner that has the help tried on several days."""


class UnmetCause(StrEnum):
    """Why a need, or a part of it, ended without help."""

    NOBODY_ELIGIBLE = auto()
    NOBODY_ANSWERED = auto()
    NO_CAPACITY = auto()
    FAMILY_UNREACHABLE = auto()
    NO_LONGER_NEEDED = auto()
    """As a partner heard from the family."""
    CANCELLED = auto()
    CONSENT_WITHDRAWN = auto()


class Arrival(StrEnum):
    """What is known, at a need's end, of what a partner handed over: said by the family, or the coordinator for it."""

    ARRIVED = auto()
    NOT_ARRIVED = auto()
    NOT_SAID = auto()


class ReminderKind(StrEnum):
    """What a partner is reminded of."""

    ANSWER = auto()
    CONTACT = auto()
    COMPLETE = auto()


class RecipientKind(StrEnum):
    """Who a message is for, without saying who that is."""

    PARTNER = auto()
    COORDINATOR = auto()
    BACKUP = auto()
    """Who is told when a coordinator may not be there and it cannot wait."""
    FAMILY = auto()


class MessagePurpose(StrEnum):
    """What a message is about: one value for each kind of message anyone gets."""

    OFFER = auto()
    OFFER_REMINDER = auto()
    CONTACT_REMINDER = auto()
    COMPLETE_REMINDER = auto()
    OFFER_WITHDRAWN = auto()
    CLAIM_AWARDED = auto()
    CLAIM_REFUSED = auto()
    CLAIM_LAPSED = auto()
    CONFIRMATION = auto()
    NEED_STUCK = auto()
    NEED_CLOSED = auto()
    IDENTITY_CODE = auto()
    VISIT_PLANNED = auto()
    VISIT_REFUSED = auto()
    CONSENT_ENDED = auto()
    NOT_TOLD = auto()
    REFERRAL_ANSWERED = auto()
    CONTACT_CONFIRMATION = auto()
    """Whether an address is its reader's: about no need."""
    HELP_ENDED = auto()


class DeliveryProblem(StrEnum):
    """Why a message did not go, in words that name nobody."""

    ADDRESS_REFUSED = auto()
    ADDRESS_SUPPRESSED = auto()
    OPTED_OUT = auto()
    NO_ADDRESS = auto()
    NO_LONGER_TRUE = auto()
    PROVIDER_REFUSED = auto()
    TRIES_EXHAUSTED = auto()
    DEADLINE_PASSED = auto()
    TIMED_OUT_AFTER_SENDING = auto()
    MAILBOX_FULL = auto()
    NOT_REACHED = auto()
    """A phone that is off, or a mail server that does not answer."""
    COMPLAINED = auto()
    """Its reader called it unwanted."""


class Fate(StrEnum):
    """What a provider reports of a message that it took, the weakest first: of several, the strongest stands."""

    DELAYED = auto()
    """It still tries."""
    BOUNCED_FOR_NOW = auto()
    """It gave up; another message may arrive."""
    DELIVERED = auto()
    BOUNCED = auto()
    """It gave up, and nothing will ever arrive at this address."""
    COMPLAINED = auto()
    """It arrived, and its reader wants no more of them."""

    @property
    def strength(self) -> int:
        """Larger outweighs smaller, whichever was heard of first."""
        return list(Fate).index(self)

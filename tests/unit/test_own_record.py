"""What a partner may change of its own record, and what two people who change it at once lose: nothing."""

from datetime import date, time
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from schemas.event import Programme
from schemas.partners import (
    Contact,
    CountyArea,
    NationArea,
    OnCall,
    Opening,
    PartnerRecorded,
    RadiusArea,
    Service,
    ServiceArea,
    StateArea,
    ZipListArea,
)
from schemas.taxonomy import Category
from schemas.vocabulary import (
    Channel,
    Circumstance,
    Condition,
    ContactRole,
    Fit,
    HandoverWay,
    PartnerKind,
    PartnerStatus,
)
from services.intake.domain.contacts import changed_hands, confirm, signed_out, signs_in_by, turns_on_texts
from services.intake.domain.editing import Fields, lay_over
from services.intake.domain.need import NotPossible
from services.intake.domain.own_record import (
    Limits,
    NewAddress,
    add_contact,
    change_contact,
    change_service,
    limit,
    remove_contact,
    take_turns,
)
from services.intake.pages import colleague_form, limits_form, service_form
from services.intake.pages.edited import ChangedMeanwhile, Typed, read_form
from services.intake.pages.languages import Words
from services.intake.pages.need_form import BadForm

EN = Words("en")
BOTH = (Channel.EMAIL, Channel.TEXT)
SERVICE = Service(
    service_id=uuid4(),
    categories=(Category.FURNITURE, Category.BEDS),
    area=RadiusArea(zip_code="11215", miles=2.5),
    zip_code="11215",
    min_age=3,
    income_limit=200,
    only_for=(Circumstance.VETERAN,),
    languages=("pl", "es", "en"),
    handover=(HandoverWay.REMOTE, HandoverWay.PICK_UP),
    hours=(
        Opening(weekday=5, opens=time(9), closes=time(12)),
        Opening(weekday=5, opens=time(14), closes=time(17, 30)),
    ),
    conditions=(Condition.RESIDENCE,),
    fits=(Fit.STEP_FREE, Fit.HALAL),
    claims_per_week=3,
    programme=Programme(seats=4, begins=date(2026, 9, 1), ends=date(2026, 12, 18)),
)
AREAS: tuple[ServiceArea, ...] = (
    SERVICE.area,
    ZipListArea(zip_codes=("11215", "11201")),
    CountyArea(county="Kings County", state="NY"),
    StateArea(state="NY"),
    NationArea(),
)
NAMES = st.sampled_from("abcd")
VALUES = st.lists(st.sampled_from("12345"), max_size=2).map(tuple)
FORMS = st.dictionaries(NAMES, VALUES)


def person(name: str, **changes: Any) -> Contact:
    contact = Contact(contact_id=uuid4(), name=name, email=f"{name}@example.org", phone="+17185550141", channels=BOTH)
    return contact.model_copy(update=changes)


ADA, BEN, CLEO = person("ada"), person("ben"), person("cleo")


def partner(*contacts: Contact, **changes: Any) -> PartnerRecorded:
    record = PartnerRecorded(
        partner_id=uuid4(), name="Second Street", kind=PartnerKind.CHURCH, services=(SERVICE,), contacts=contacts
    )
    return record.model_copy(update=changes)


def typed(changes: Fields | None = None, service: Service = SERVICE) -> Typed:
    return Typed({**service_form.fields_of(service), **(changes or {})}, {})


def problems(changes: dict[str, str], words: Words = EN) -> dict[str, str]:
    form = typed({name: tuple(filter(None, [value])) for name, value in changes.items()})
    with pytest.raises(BadForm) as caught:
        service_form.understand(SERVICE, form, words)
    return caught.value.problems


@given(opened=FORMS, typed=FORMS, now=FORMS)
def test_what_two_people_change_at_once_is_lost_by_neither(opened: Fields, typed: Fields, now: Fields) -> None:
    laid = lay_over(opened, typed, now)
    assert laid.fields.keys() == now.keys()
    for name, stands in now.items():
        mine, theirs = (sorted(one.get(name, ())) != sorted(opened.get(name, ())) for one in (typed, now))
        shown = sorted(laid.fields[name])
        assert shown == sorted(typed.get(name, ()) if mine or not theirs else stands)
        if theirs and sorted(typed.get(name, ())) != sorted(stands):
            assert name in laid.changed, "what another saved is never replaced without a word"
    assert not set(laid.changed) - now.keys()


@given(opened=FORMS, typed=FORMS)
def test_alone_everything_is_as_it_was_typed(opened: Fields, typed: Fields) -> None:
    laid = lay_over(opened, typed, opened)
    assert (laid.changed, laid.fields) == ((), {name: typed.get(name, ()) for name in opened})


@pytest.mark.parametrize("area", AREAS)
def test_a_form_that_is_sent_as_it_was_opened_changes_nothing(area: ServiceArea) -> None:
    service = SERVICE.model_copy(update={"area": area})
    assert service_form.understand(service, typed(service=service), EN) == service


@pytest.mark.parametrize("area", AREAS)
def test_the_area_is_what_was_chosen_whatever_stands_in_the_other_fields(area: ServiceArea) -> None:
    service = SERVICE.model_copy(update={"area": area})
    elsewhere = {"center": ("11201",), "miles": ("10",), "zip_codes": ("x",), "county": ("y",), "state": ("zz",)}
    names = {*elsewhere, "county_state"}
    own = {name: values for name, values in service_form.fields_of(service).items() if name in names and values}
    form = typed({**elsewhere, **own, "area": (area.kind,)})
    assert service_form.understand(SERVICE, form, EN).area == area


def test_a_zip_code_that_does_not_exist_is_named_with_near_ones_in_both_languages() -> None:
    assert problems({"center": "11299"})["center"].startswith("There is no ZIP code 11299. Near it are 112")
    found = problems({"area": "zip_codes", "zip_codes": "11215, 11299;abcde 11201"})["zip_codes"]
    assert "no ZIP code 11299" in found
    assert "Write the 5 digits" in found
    assert (
        "Did you mean Kings County" in problems({"area": "county", "county": "Kings", "county_state": "NY"})["county"]
    )
    assert problems({"zip_code": "11299"}, Words("es"))["zip_code"].startswith(
        "No hay código postal 11299. Cerca están 112"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("miles", "many"),
        ("miles", "nan"),
        ("miles", ""),
        ("min_age", "-1"),
        ("max_age", "2"),
        ("max_household", "21"),
        ("categories", ""),
        ("categories", "rockets"),
        ("conditions", "pays"),
        ("languages", "English"),
        ("area", "moon"),
    ],
)
def test_what_cannot_be_is_named_by_its_field(field: str, value: str) -> None:
    assert list(problems({field: value})) == [field]


def test_hours_that_end_before_they_begin_are_named_by_their_day() -> None:
    assert list(problems({"opens-5-0": "13:00"})) == ["opens-5-0"]
    assert list(problems({"opens-0-0": "09:00"})) == ["opens-0-0"]
    form = typed({"opens-5-1": (), "closes-5-1": (), "opens-0-0": ("09:00",), "closes-0-0": ("10:15",)})
    hours = service_form.understand(SERVICE, form, EN).hours
    assert [(one.weekday, one.closes) for one in hours] == [(0, time(10, 15)), (5, time(12))]


def test_a_partner_takes_a_kind_of_help_away_and_adds_none() -> None:
    record = partner(ADA)
    fewer = SERVICE.model_copy(update={"categories": (Category.BEDS,)})
    assert change_service(record, fewer).services == (fewer,)
    wider = SERVICE.model_copy(update={"categories": (*SERVICE.categories, Category.FOOD)})
    with pytest.raises(NotPossible) as caught:
        change_service(record, wider)
    assert caught.value.field == "categories"


def test_no_partner_says_more_than_a_topic_takes_in_one_piece() -> None:
    area = ZipListArea(zip_codes=tuple(f"{number:05}" for number in range(2000)))
    wide = [SERVICE.model_copy(update={"service_id": uuid4(), "area": area}) for _ in range(54)]
    record = partner(ADA, services=(SERVICE, *wide))
    assert change_service(record, SERVICE.model_copy(update={"min_age": 4})).services[0].min_age == 4
    with pytest.raises(NotPossible) as caught:
        change_service(record, SERVICE.model_copy(update={"area": area}))
    assert caught.value.field == "too_much"


def test_limits_change_nothing_of_a_service_that_came_meanwhile() -> None:
    newer = SERVICE.model_copy(update={"service_id": uuid4(), "claims_at_once": 7})
    limits = Limits({SERVICE.service_id: (None, 2)}, messages_per_week=9, open_offers=1)
    record = limit(partner(ADA, services=(SERVICE, newer)), limits)
    assert [(one.claims_per_week, one.claims_at_once) for one in record.services] == [(None, 2), (3, 7)]
    assert (record.messages_per_week, record.open_offers) == (9, 1)


def test_an_address_in_use_stays_until_both_its_readers_agree() -> None:
    moved = ADA.model_copy(update={"email": "new@example.org", "name": "Ada L.", "phone": "+17185550199"})
    changed = change_contact(partner(ADA, BEN), moved)
    assert changed.record.contacts[0] == ADA.model_copy(update={"name": "Ada L."})
    assert set(changed.new_addresses) == {
        NewAddress(ADA.contact_id, Channel.EMAIL, "new@example.org"),
        NewAddress(ADA.contact_id, Channel.TEXT, "+17185550199"),
    }


def test_nobody_is_written_to_in_a_way_that_a_colleague_turned_on() -> None:
    quiet = ADA.model_copy(update={"channels": (Channel.EMAIL,)})
    with pytest.raises(NotPossible) as caught:
        change_contact(partner(quiet, BEN), quiet.model_copy(update={"channels": BOTH}))
    assert caught.value.field == "channels"


def test_an_address_that_is_written_to_is_not_taken_away_and_another_is() -> None:
    with pytest.raises(NotPossible) as caught:
        change_contact(partner(ADA), ADA.model_copy(update={"phone": None}))
    assert caught.value.field == "phone"
    called = ADA.model_copy(update={"phone": None, "channels": (Channel.EMAIL,)})
    assert change_contact(partner(ADA), called).record.contacts[0].phone is None


def test_who_has_not_said_yes_yet_is_corrected_at_once_and_who_is_added_is_asked() -> None:
    added = add_contact(partner(ADA), BEN).record.contacts[1]
    assert not added.confirmed
    right = added.model_copy(update={"email": "ben@right.example.org"})
    assert change_contact(partner(ADA, added), right).record.contacts[1] == right
    assert add_contact(partner(ADA, added), BEN).record.contacts == (ADA, added), "sent twice is one person"
    for record, contact in ((partner(ADA), person("x", email="ADA@example.org")), (partner(ADA, BEN), BEN)):
        with pytest.raises(NotPossible):
            add_contact(record, contact.model_copy(update={"contact_id": uuid4()}))
    with pytest.raises(NotPossible):
        add_contact(partner(*(person(f"p{number}") for number in range(20))), BEN)


def test_an_email_that_nobody_was_asked_about_opens_no_door() -> None:
    unsure = ADA.model_copy(update={"channels": (Channel.TEXT,), "confirmed": False})
    sure = confirm(unsure, Channel.TEXT, "+17185550141")
    assert (sure.confirmed, sure.email, sure.ways) == (True, None, ((Channel.TEXT, "+17185550141"),))
    assert signs_in_by(partner(sure), sure) is None


def test_a_phone_for_calls_stays_and_one_for_texts_waits_for_its_own_yes() -> None:
    unsure = ADA.model_copy(update={"channels": (Channel.EMAIL,), "confirmed": False})
    by_email = confirm(unsure, Channel.EMAIL, "ada@example.org")
    assert (by_email.phone, by_email.ways) == (ADA.phone, ((Channel.EMAIL, "ada@example.org"),))
    both = confirm(unsure.model_copy(update={"channels": BOTH}), Channel.EMAIL, "ada@example.org")
    assert (both.phone, confirm(both, Channel.TEXT, "+17185550141").phone) == (None, "+17185550141")


@pytest.mark.parametrize(
    ("changes", "asked"),
    [({"channels": (Channel.EMAIL,)}, True), ({"channels": BOTH}, False), ({"channels": (), "email": None}, False),
     ({"channels": (Channel.EMAIL,), "phone": None}, False)],
)  # fmt: skip
def test_a_phone_for_calls_is_asked_before_it_gets_texts(changes: dict[str, Any], *, asked: bool) -> None:
    assert turns_on_texts(ADA.model_copy(update=changes), BOTH) is asked


def test_who_is_added_is_nobody_who_is_or_was_there_whatever_the_form_says() -> None:
    partner_id, other_id, key = uuid4(), uuid4(), str(BEN.contact_id)
    added = colleague_form.new_contact(ADA, partner_id, key)
    assert added.contact_id == colleague_form.new_contact(ADA, partner_id, key).contact_id, "sent twice is one person"
    assert added.contact_id.version == 4, "no import made it"
    others = ((ADA, other_id, key), (CLEO, partner_id, key), (ADA, partner_id, ""))
    ids = {colleague_form.new_contact(*one).contact_id for one in others}
    assert len({BEN.contact_id, added.contact_id, *ids}) == 5


def test_a_clearance_stands_for_the_same_name_that_said_yes_and_for_nobody_else() -> None:
    before = partner(ADA, BEN, CLEO)
    renamed, unsure = ADA.model_copy(update={"name": "Eve"}), person("dan", confirmed=False)
    after = before.model_copy(update={"contacts": (renamed, BEN.model_copy(update={"language": "es"}), unsure)})
    assert changed_hands(before, after) == {ADA.contact_id, CLEO.contact_id, unsure.contact_id}
    assert signed_out(before, after) == {CLEO.contact_id}
    assert len(signed_out(before, before.model_copy(update={"status": PartnerStatus.SUSPENDED}))) == 3


@pytest.mark.parametrize(
    "others",
    [(), (BEN.model_copy(update={"confirmed": False}),), (BEN.model_copy(update={"channels": ()}),),
     (BEN.model_copy(update={"roles": (ContactRole.FOLLOW_THROUGH,)}),)],
)  # fmt: skip
def test_the_last_who_can_be_asked_stays(others: tuple[Contact, ...]) -> None:
    record = partner(ADA, *others)
    with pytest.raises(NotPossible):
        remove_contact(record, ADA.contact_id)
    with pytest.raises(NotPossible):
        change_contact(record, ADA.model_copy(update={"roles": (ContactRole.FOLLOW_THROUGH,)}))


def test_who_is_taken_away_takes_no_turns_any_more() -> None:
    turns = OnCall(contact_ids=(BEN.contact_id, ADA.contact_id), since=date(2026, 11, 2), days=7)
    record = partner(ADA, BEN, on_call=turns)
    assert remove_contact(record, BEN.contact_id).on_call == turns.model_copy(update={"contact_ids": (ADA.contact_id,)})
    alone = turns.model_copy(update={"contact_ids": (BEN.contact_id,)})
    assert remove_contact(record.model_copy(update={"on_call": alone}), BEN.contact_id).on_call is None


def test_turns_begin_with_who_is_chosen_and_go_on_in_their_order() -> None:
    record = partner(ADA, BEN, CLEO)
    everybody = tuple(str(one.contact_id) for one in record.contacts)
    form = {"turns": everybody, "first": (everybody[1],), "since": (), "days": ("7",)}
    today = date(2026, 11, 26)
    order, since, days = colleague_form.understand_turns(record, Typed(form, {}), today, EN)
    assert (order, since, days) == ([BEN.contact_id, CLEO.contact_id, ADA.contact_id], today, 7)
    changed = take_turns(record, order, since, days)
    again = colleague_form.understand_turns(changed, Typed(colleague_form.fields_of_turns(changed), {}), today, EN)
    assert take_turns(changed, *again) == changed
    assert take_turns(changed, [], since, days).on_call is None


@pytest.mark.parametrize(
    "changes", [{}, {"channels": (), "language": "ht"}, {"phone": None}, {"email": None, "channels": (Channel.TEXT,)}]
)
def test_a_contacts_form_that_is_sent_as_it_was_opened_changes_nothing(changes: dict[str, Any]) -> None:
    contact = ADA.model_copy(update=changes)
    form = Typed(colleague_form.fields_of(contact), {})
    assert colleague_form.understand(contact, form, EN) == contact


def test_what_no_form_of_ours_sends_is_said_back_as_it_was_sent() -> None:
    assert limits_form.say_pause(("next week",), EN)[1] == "next week"
    assert limits_form.say_pause(("2026-11-28",), EN)[1] == "Sat, Nov 28"
    for name in ("area", "handover", "conditions", "fits"):
        assert service_form.say(name, ("x",), EN)[1] == "x"
    assert service_form.say("handover", (HandoverWay.PICK_UP,), EN)[1] == EN("own_handover.pick_up")
    for name in ("about", "ways"):
        assert colleague_form.say(name, ("x",), EN)[1] == "x"
    assert colleague_form.say("ways", ("email",), EN)[1] == EN("contact_ways.email")


def test_what_is_nested_too_deep_is_what_no_form_of_ours_carried() -> None:
    with pytest.raises(ChangedMeanwhile):
        read_form(FormData({"opened": "[" * 200_000, "miles": "6"}), {"miles": ("5",)})

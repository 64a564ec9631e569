"""The demo's community shows everything that eligibility knows, and the API takes all of it."""

from datetime import UTC, datetime
from uuid import uuid4

from schemas.needs import NeedTerms
from schemas.partners import PartnerRecorded, Service
from services.intake.domain.need import EnteredNeed, to_terms
from services.intake.domain.partner import EnteredPartner
from switchboard.demo.community import invent

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
COMMUNITY = invent(NOW)
PARTNERS: list[PartnerRecorded] = [
    EnteredPartner.model_validate(record).to_record(partner_id) for partner_id, record in COMMUNITY.partners.items()
]
NEEDS: list[NeedTerms] = [to_terms(EnteredNeed.model_validate(need), uuid4(), NOW) for need in COMMUNITY.needs]
SERVICES = [service for partner in PARTNERS for service in partner.services]


def test_it_is_the_same_every_time() -> None:
    assert invent(NOW) == COMMUNITY
    assert len({service.service_id for service in SERVICES}) == len(SERVICES)


def test_every_rule_of_a_service_is_had_by_some_and_lacked_by_others() -> None:
    assert {service.area.kind for service in SERVICES} == {"radius", "zip_codes", "county", "state", "nation"}
    assert {len(partner.services) for partner in PARTNERS} == {1, 2, 3}
    for name in Service.model_fields.keys() - {"service_id", "categories", "area", "zip_code"}:
        told = [getattr(service, name) not in (None, ()) for service in SERVICES]
        assert any(told), name
        assert not all(told), name


def test_every_fact_of_a_need_is_told_by_some_families_and_not_by_others() -> None:
    for name in ("income", "circumstances", "not_circumstances", "handover", "excluded_conditions", "preferences"):
        told = [bool(getattr(terms, name)) for terms in NEEDS]
        assert any(told), name
        assert not all(told), name
    assert {terms.must_speak for terms in NEEDS} == {True, False}


def test_two_needs_are_sent_to_picked_partners_first_who_do_what_is_needed() -> None:
    partners = {partner.partner_id: partner for partner in PARTNERS}
    picked = [terms for terms in NEEDS if terms.first_ask is not None]
    assert len(picked) == 2
    for terms in picked:
        assert terms.first_ask is not None
        for partner_id in terms.first_ask.partner_ids:
            offered = {category for service in partners[partner_id].services for category in service.categories}
            assert terms.items[0].category in offered

"""The page of what is asked says what the models ask, and the models say what they do with it."""

from schemas.event import OfferTerms
from schemas.needs import NeedTerms
from services.intake.domain.asked import NEVER_ASKED, SeenBy, fields_in
from services.intake.domain.family import Family
from services.intake.domain.need import EnteredNeed
from switchboard.what_we_ask import PAGE, write_page

FIELDS = dict(fields_in(EnteredNeed))


def seen_by(path: str) -> set[SeenBy]:
    return {one for one in FIELDS[path].metadata if isinstance(one, SeenBy)}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m switchboard.what_we_ask"


def test_every_field_says_who_sees_it_and_why_it_is_asked() -> None:
    assert set(FIELDS) > {"items.code", "consent.until", "family.partner_notes"}
    assert {f"family.{name}" for name in Family.model_fields} <= set(FIELDS)
    for path, field in FIELDS.items():
        assert len(seen_by(path)) == 1, path
        assert len((field.description or "").split()) >= 4, path


def test_what_the_page_says_of_partners_is_what_offers_hold() -> None:
    told = {path for path in FIELDS if "." not in path and path in OfferTerms.model_fields}
    # That it is sensitive is not shown: it decides how little is.
    assert told - {"sensitive"} == {path for path in FIELDS if "." not in path and SeenBy.ASKED in seen_by(path)}


def test_nothing_of_the_family_is_a_term() -> None:
    assert not set(Family.model_fields) & set(NeedTerms.model_fields)
    assert "family" not in NeedTerms.model_fields


def test_nothing_is_asked_that_is_never_asked() -> None:
    assert not {path.rpartition(".")[2].replace("_", "") for path in FIELDS} & NEVER_ASKED

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.links import (
    AddressLink,
    ApprovalLink,
    BadLink,
    ContactLink,
    ExpiredLink,
    FamilyLink,
    Link,
    LinkKeys,
    OfferLink,
    RaisedLink,
    SiteLink,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
OLD, NEW = b"o" * 32, b"n" * 32


def offer_link() -> OfferLink:
    return OfferLink(uuid4(), uuid4(), uuid4(), LATER)


def test_a_link_comes_back_as_it_was() -> None:
    keys = LinkKeys({"k1": NEW})
    links: list[Link] = [
        offer_link(),
        FamilyLink(uuid4(), LATER),
        ContactLink(uuid4(), uuid4(), LATER),
        AddressLink(uuid4(), LATER),
        SiteLink(uuid4(), uuid4(), LATER),
        RaisedLink(uuid4(), LATER),
        ApprovalLink(uuid4(), uuid4(), LATER),
    ]
    for link in links:
        assert keys.verify(keys.sign(link), NOW) == link


def test_an_old_key_still_verifies_and_a_removed_one_does_not() -> None:
    token = LinkKeys({"k1": OLD}).sign(offer_link())
    LinkKeys({"k2": NEW, "k1": OLD}).verify(token, NOW)
    with pytest.raises(BadLink):
        LinkKeys({"k2": NEW}).verify(token, NOW)


def test_an_expired_link_says_so() -> None:
    keys = LinkKeys({"k1": NEW})
    with pytest.raises(ExpiredLink):
        keys.verify(keys.sign(offer_link()), LATER)


def test_a_key_of_the_same_name_with_another_secret_is_refused() -> None:
    token = LinkKeys({"k1": OLD}).sign(offer_link())
    with pytest.raises(BadLink):
        LinkKeys({"k1": NEW}).verify(token, NOW)


@given(position=st.integers(0, 95), character=st.sampled_from("ABCabc012-_"))
def test_no_changed_token_is_taken(position: int, character: str) -> None:
    keys = LinkKeys({"k1": NEW})
    token = keys.sign(offer_link())
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        with pytest.raises(BadLink):
            keys.verify(changed, NOW)


@given(st.text(max_size=200))
def test_no_made_up_token_is_taken(token: str) -> None:
    with pytest.raises(BadLink):
        LinkKeys({"k1": NEW}).verify(token, NOW)


@pytest.mark.parametrize("text", ["", "k1", "k1:short", "k1:****", "waytoolongid:" + "A" * 44])
def test_a_bad_key_ring_is_refused_without_showing_the_secret(text: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        LinkKeys.parse(text)
    assert "AAAA" not in str(caught.value)

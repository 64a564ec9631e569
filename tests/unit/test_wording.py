"""A county's own words and brand: laid over ours, and refused by file and key where they cannot be used."""

from pathlib import Path

import pytest

from schemas.examples import EXAMPLES
from schemas.offers import OfferMade
from schemas.vocabulary import MessagePurpose, RecipientKind
from services.notifier.domain.contrast import contrast
from services.notifier.reader import Reader
from services.notifier.rendering import Renderer, Words
from services.notifier.wording import BadWording, Wording

MADE = next(one for one in EXAMPLES if isinstance(one, OfferMade))


def render(wording: Wording, language: str = "en") -> Words:
    reader = Reader(
        RecipientKind.PARTNER, "Ada", language, "America/New_York", "Second Street", "https://a.example/o/t"
    )
    return Renderer(wording).render(MessagePurpose.OFFER, MADE, reader)


def test_a_county_says_it_in_its_own_words_and_the_rest_stays_ours(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text(
        '[offer.partner]\nsubject = "Neighbours near {{ place }} need {{ items }}"\n'
        '[words]\naway = { other = ", {{ number }} miles off," }\n'
    )
    words = render(Wording.load(tmp_path))
    assert words.subject == "Neighbours near Brooklyn, NY need 2 twin beds and 2 sets of bedding"
    assert "Brooklyn, NY, 3 miles off, needs" in words.plain
    assert "Can Second Street help with all of it" in words.plain
    assert render(Wording.load(tmp_path), "es") == render(Wording.load(), "es")


def test_a_county_goes_by_its_own_name_colours_and_address(tmp_path: Path) -> None:
    (tmp_path / "brand.toml").write_text(
        'name = "Kings Helps"\naddress = "12 Court Street, Brooklyn & Co"\nreply_to = "desk@kings.example.org"\n'
        '[light]\naccent = "#7a1f5c"\n'
    )
    wording = Wording.load(tmp_path)
    words = render(wording)
    assert "Switchboard" not in words.plain + words.html + words.text
    assert "helps families through Kings Helps" in words.plain
    assert "12 Court Street, Brooklyn & Co\n" in words.plain
    assert "12 Court Street, Brooklyn &amp; Co" in words.html
    assert "background-color:#7a1f5c" in words.html
    assert wording.brand.light.ink == Wording.load().brand.light.ink
    assert wording.brand.reply_to == "desk@kings.example.org"


def test_what_a_county_writes_is_words_and_not_markup(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('[offer.partner]\nbody = "<b>Beds</b> & {{ items }}"\n')
    words = render(Wording.load(tmp_path))
    assert "&lt;b&gt;Beds&lt;/b&gt; &amp; 2 twin beds" in words.html
    assert "<b>Beds</b> & 2 twin beds" in words.plain


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("es.toml", "[offer.partner]\ntext = 'Hola {{ nombre }}'", "es.toml: offer.partner.text: nombre is not known"),
        ("en.toml", "[ofer.partner]\ntext = 'Hi'", "en.toml: ofer: there is no such entry"),
        ("en.toml", "[offer.partner]\ntitle = 'Hi'", "en.toml: offer.partner.title: there is no such entry"),
        ("en.toml", "[offer.partner]\ntext = 3", "en.toml: offer.partner.text: this has to be text"),
        ("en.toml", "offer = 'Hi'", "en.toml: offer: this has to be a table"),
        ("en.toml", "[offer.partner]\ntext = 'Hi {{ items'", "en.toml: offer.partner.text: "),
        ("en.toml", "[offer.partner]\ntext = 'Hi {{ items | join(\"<\") }}'", "en.toml: offer.partner.text: "),
        ("en.toml", "[offer.partner", "en.toml: "),
        # What is said of a sensitive need, or to a phone that others read, says no more than ours does.
        ("en.toml", "[sensitive.offer.partner]\ntext = '{{ items }}'", "en.toml: sensitive.offer.partner.text: items"),
        ("en.toml", "[confirmation.family.discreet]\ntext = '{{ delivered }}'", "discreet.text: delivered"),
        ("en.toml", "[words]\nmet = '{{ name }}'", "en.toml: words.met: name is not known"),
        ("fr.toml", "", "fr.toml: nothing reads a file of this name"),
        ("brand.toml", "[light]\naccent = 'green'", "brand.toml: light.accent: "),
        ("brand.toml", "[dark]\nink = '#202020'", "brand.toml: dark: ink on card is hard to read: its contrast is 1."),
        ("brand.toml", "reply_to = 'the desk'", "brand.toml: reply_to"),
        ("brand.toml", "name = ''", "brand.toml: name"),
        ("brand.toml", "name = '<img>'", "brand.toml: name"),
        ("brand.toml", "address = '{{ items }}'", "brand.toml: address"),
        ("brand.toml", "logo = 'x.png'", "brand.toml: logo: there is no such entry"),
    ],
)
def test_what_cannot_be_used_is_named_by_file_and_key(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadWording) as caught:
        Wording.load(tmp_path)
    assert said in str(caught.value)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadWording, match="is not a folder"):
        Wording.load(tmp_path / "none")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # Published examples: black on white is 21, #767676 the palest grey that is readable on white.
    [
        ("#000000", "#ffffff", 21),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_as_wcag_computes_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_one_mile_is_not_miles() -> None:
    near = MADE.model_copy(update={"terms": MADE.terms.model_copy(update={"distance_miles": 1})})
    for language, said in (("en", ", about a mile from you, needs"), ("es", ", a una milla de usted, necesita")):
        reader = Reader(
            RecipientKind.PARTNER, "Ada", language, "America/New_York", "Second Street", "https://a.example"
        )
        assert said in Renderer().render(MessagePurpose.OFFER, near, reader).plain

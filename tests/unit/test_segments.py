"""What a text costs, by published examples, and in which letters it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.segments import Segments, segments, to_gsm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 3GPP TS 23.038 and 23.040: 160 septets alone, 153 with the header that joins them; 70 and 67 in UCS-2.
        ("", Segments(1, unicode=False, used=0)),
        ("a" * 160, Segments(1, unicode=False, used=160)),
        ("a" * 161, Segments(2, unicode=False, used=161)),
        ("a" * 306, Segments(2, unicode=False, used=306)),
        ("a" * 307, Segments(3, unicode=False, used=307)),
        ("á" * 70, Segments(1, unicode=True, used=70)),
        ("á" * 71, Segments(2, unicode=True, used=71)),
        ("á" * 134, Segments(2, unicode=True, used=134)),
        ("á" * 135, Segments(3, unicode=True, used=135)),
        # Letters of the basic table that look foreign, and those of the extension, which take two places.
        ("¿Cuándo? ¡Sí!".replace("á", "a").replace("í", "i") + "éñÑÉüÜèàç".replace("ç", "Ç"), None),
        ("€" * 80, Segments(1, unicode=False, used=160)),
        ("€" * 81, Segments(2, unicode=False, used=162)),
        # The escape and its letter stay together: 152 places and a euro do not fit into 153.
        ("a" * 152 + "€" + "a" * 152, Segments(3, unicode=False, used=306)),
        # So does a surrogate pair; a family emoji is many.
        ("🎈" * 35, Segments(1, unicode=True, used=70)),
        ("🎈" * 36, Segments(2, unicode=True, used=72)),
        ("a" * 66 + "🎈" + "a" * 66, Segments(3, unicode=True, used=134)),
        ("👨‍👩‍👧", Segments(1, unicode=True, used=8)),
    ],
)
def test_segments_are_counted_as_a_phone_network_does(text: str, expected: Segments | None) -> None:
    if expected is None:
        assert not segments(text).unicode
    else:
        assert segments(text) == expected


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Petición número 41: ¿Llegó el sofá? ¡Sí!", "Peticion numero 41: ¿Llego el sofa? ¡Si!"),
        ("El niño de Ñuñoa, café, Zoë, Ça", "El niño de Ñuñoa, café, Zoe, Ça"),
        ("5:00\u202fp.m. \u2013 \u201chola\u201d\u2026", '5:00 p.m. - "hola"...'),
        # What has no such letter needs the wide alphabet anyway, and then keeps its accents.
        ("Petición de Иван", "Petición de Иван"),
        ("Petición 🎈", "Petición 🎈"),
    ],
)
def test_letters_that_would_halve_a_segment_are_sent_as_the_nearest(text: str, sent: str) -> None:
    assert to_gsm(text) == sent


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_a_text_in_the_nearest_letters_never_costs_more(text: str) -> None:
    near = to_gsm(text)
    assert to_gsm(near) == near
    assert segments(near).count <= segments(text).count

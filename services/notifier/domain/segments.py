"""What a text costs: how many segments it is cut into (3GPP TS 23.038)."""

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """How many segments a text is cut into: of 160 characters or 153, of 70 or 67 where one is not in GSM-7."""
    if set(text) <= _BASIC | _EXTENDED:
        length, alone, together = len(text) + sum(letter in _EXTENDED for letter in text), 160, 153
    else:
        length, alone, together = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // together)

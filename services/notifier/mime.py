"""An email's bytes, written at once: the library's own message parses and folds every header several times over."""

import re
from binascii import b2a_qp
from collections.abc import Mapping
from email.header import Header

_LINE = 76
_BREAK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_NEWLINE = re.compile(r"\r\n?|\n")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def write_email(headers: Mapping[str, str], plain: str, html: str, boundary: str) -> bytes:
    """An email of one text in two forms. `headers` hold ASCII alone; `boundary` stands nowhere in the text."""
    lines = [_fold(f"{name}: {value}") for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"', "", ""]
    parts = b"".join(_write_part(text, kind, boundary) for text, kind in ((plain, "plain"), (html, "html")))
    return "\r\n".join(lines).encode("ascii") + parts + f"--{boundary}--\r\n".encode()


def encode_words(text: str) -> str:
    """Text as it may stand in a header: in one line, and as RFC 2047 says where it is not plain ASCII."""
    line = _BREAK.sub(" ", text).strip()
    if line.isascii() and "=?" not in line and all(len(word) <= _LINE for word in line.split(" ")):
        return line
    return " ".join(Header(line, "utf-8", maxlinelen=_LINE).encode().split())


def write_mailbox(name: str, address: str) -> str:
    """`"Name" <address>`. Raises ValueError for an address that cannot stand in a header."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("an address that no mail server can read")
    words = encode_words(name)
    if not words:
        return address
    if not words.startswith("=?"):
        words = '"{}"'.format(words.replace("\\", "\\\\").replace('"', '\\"'))
    return f"{words} <{address}>"


def _fold(line: str) -> str:
    if _BREAK.sub(" ", line) != line or not line.isascii():
        raise ValueError("a header that would begin another one")
    folded: list[str] = []
    room = 0
    for word in line.split(" "):
        if folded and len(word) < room:
            folded[-1] += f" {word}"
            room -= len(word) + 1
        else:
            folded.append(word)
            room = _LINE - len(word)
    return "\r\n ".join(folded)


def _write_part(text: str, kind: str, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    # It breaks lines as the text's first break does.
    return head.encode() + b2a_qp(_NEWLINE.sub("\r\n", f"{text}\n").encode(), istext=True)

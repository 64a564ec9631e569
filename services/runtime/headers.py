"""Headers of a Kafka record as JSON: any bytes must survive, in order, also those of a record nobody can read."""

import json

from schemas.envelope import Headers


def headers_to_json(headers: Headers) -> str:
    """Latin-1 maps each byte to one character, so that nothing is lost."""
    return json.dumps([[name, value.decode("latin-1")] for name, value in headers])


def headers_from_json(text: str) -> Headers:
    """The headers as they were."""
    return tuple((name, value.encode("latin-1")) for name, value in json.loads(text))

"""The contracts between the services, as they are committed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jsoncompat
import jsonschema
import pytest

from schemas.codec import Undecodable, decode, encode
from schemas.envelope import Envelope
from schemas.event import Event
from schemas.examples import EXAMPLE_BY_TYPE, EXAMPLES
from schemas.generate import GENERATED, generated_files
from schemas.topics import NEED_PARTITIONS, TOPICS, topic_of

EVENT_MODELS = [model for topic in TOPICS for model in topic.events]
FREE_TEXT_ALLOWED = {("PartnerRecorded", "name"), ("Contact", "name"), ("Contact", "email"), ("Contact", "phone")}


def test_every_event_stands_on_exactly_one_topic_with_one_example() -> None:
    types = [model.type for model in EVENT_MODELS]
    assert len(set(types)) == len(types)
    assert sorted(EXAMPLE_BY_TYPE) == sorted(types)
    assert len(EXAMPLES) == len(types)


def test_no_event_class_is_an_orphan() -> None:
    def leaves(model: type[Event]) -> set[type[Event]]:
        below = model.__subclasses__()
        return {model} if not below else set().union(*(leaves(one) for one in below))

    named = {model for model in leaves(Event) if "type" in model.__dict__}
    assert named == set(EVENT_MODELS)


def test_types_name_their_topic() -> None:
    for topic in TOPICS:
        for model in topic.events:
            assert model.type.startswith(f"switchboard.{topic.name}.")


def test_topics_keyed_by_need_have_the_same_partitions() -> None:
    assert {topic.partitions for topic in TOPICS if topic.key == "need_id"} == {NEED_PARTITIONS}


def test_generated_files_are_what_is_committed() -> None:
    committed = {path.name: path.read_text() for path in GENERATED.iterdir()}
    assert committed == generated_files(), "run `python -m schemas.generate`"


@pytest.mark.parametrize("model", EVENT_MODELS, ids=lambda model: model.type)
def test_the_example_is_valid_against_the_committed_schema(model: type[Event]) -> None:
    schema = json.loads((GENERATED / f"{model.type}.schema.json").read_text())
    example = json.loads((GENERATED / f"{model.type}.example.json").read_text())
    jsonschema.validate(example, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_an_event_survives_the_wire(example: Event) -> None:
    topic, envelope = topic_of(example), envelope_of(example)
    key = str(getattr(example, topic.key)).encode()
    event, read = decode(topic, key, encode(example), envelope.to_headers())
    assert (event, read) == (example, envelope)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_a_reader_of_today_reads_a_writer_of_tomorrow(example: Event) -> None:
    topic = topic_of(example)
    value = json.loads(encode(example)) | {"added_tomorrow": {"anything": [1, 2]}}
    event, _ = decode(
        topic,
        str(getattr(example, topic.key)).encode(),
        json.dumps(value).encode(),
        envelope_of(example).to_headers(),
    )
    assert event == example


@pytest.mark.parametrize("model", EVENT_MODELS, ids=lambda model: model.type)
def test_no_string_is_free_text(model: type[Event]) -> None:
    schema = model.model_json_schema()
    for owner, field, spec in strings_in(schema):
        bound = spec.keys() & {"enum", "const", "pattern", "format"} or field == "code"
        assert bound, f"{owner}.{field} takes any text"
        assert field not in {"name", "email", "phone", "address", "notes"} or (owner, field) in FREE_TEXT_ALLOWED


def strings_in(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    found = []

    def visit(owner: str, field: str, spec: dict[str, Any]) -> None:
        if spec.get("type") == "string":
            found.append((owner, field, spec))
        for inner in [*spec.get("anyOf", []), *spec.get("oneOf", []), *([spec["items"]] if "items" in spec else [])]:
            visit(owner, field, inner)

    for owner, definition in {schema["title"]: schema, **schema.get("$defs", {})}.items():
        for field, spec in definition.get("properties", {}).items():
            visit(owner, field, spec)
        if "properties" not in definition:
            visit(owner, owner, definition)
    return found


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "frozen").glob("*.schema.json")), ids=lambda p: p.name)
def test_a_contract_only_grows(path: Path) -> None:
    """`frozen/` holds each schema as it was first released; within v1 both directions must keep reading."""
    old, new = (named_only(json.loads(file.read_text())) for file in (path, GENERATED / path.name))
    assert jsoncompat.check_compat(json.dumps(old), json.dumps(new), "deserializer"), (
        "today's reader must read what yesterday's writer wrote"
    )


def named_only(schema: Any) -> Any:
    """The schema of what its writer writes: the fields that it names, and no others, which may come later."""
    if isinstance(schema, list):
        return [named_only(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: named_only(one) for name, one in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in schema and "type" in schema else {})


@pytest.mark.parametrize(
    ("change", "reads"),
    [
        pytest.param({"properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}}, True, id="a field more"),
        pytest.param({"properties": {}}, False, id="a field less"),
        pytest.param({"required": ["a"]}, False, id="a field that has to be there"),
        pytest.param({"properties": {"a": {"type": "integer"}}}, False, id="another type"),
    ],
)
def test_what_counts_as_growing(change: dict[str, Any], *, reads: bool) -> None:
    old: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    before, after = json.dumps(named_only(old)), json.dumps(named_only(old | change))
    assert jsoncompat.check_compat(before, after, "deserializer") is reads


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="no headers"),
        pytest.param((("ce_id", b"x"),), id="a bad id"),
        pytest.param((("ce_id", b"\xff"),), id="bytes that are not text"),
    ],
)
def test_bad_headers_are_undecodable(headers: tuple[tuple[str, bytes], ...]) -> None:
    with pytest.raises(Undecodable):
        decode(TOPICS[0], str(uuid4()).encode(), b"{}", headers)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_an_undecodable_value_names_fields_and_no_values(example: Event) -> None:
    topic = topic_of(example)
    value = json.loads(encode(example)) | {topic.key: "canary-value"}
    with pytest.raises(Undecodable) as caught:
        decode(topic, str(uuid4()).encode(), json.dumps(value).encode(), envelope_of(example).to_headers())
    assert "canary-value" not in str(caught.value)


def test_the_key_must_be_the_events_own() -> None:
    example = EXAMPLES[0]
    with pytest.raises(Undecodable, match="need_id"):
        decode(topic_of(example), str(uuid4()).encode(), encode(example), envelope_of(example).to_headers())


def envelope_of(event: Event) -> Envelope:
    key: UUID = getattr(event, topic_of(event).key)
    return Envelope(
        id=uuid4(),
        type=event.type,
        source=f"switchboard/{topic_of(event).producer}",
        time=datetime.now(UTC),
        subject=str(key),
        sequence=7,
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )

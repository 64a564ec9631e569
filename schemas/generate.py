"""Writes what is made from the models and the topics table: `python -m schemas.generate`, with `--check` to compare.

The files are committed, so that other languages can use them and a change of a contract shows in review.
"""

import json
import sys
from pathlib import Path
from typing import Any

from schemas.examples import EXAMPLE_BY_TYPE
from schemas.topics import TOPICS, Topic

GENERATED = Path(__file__).parent / "generated"


def generated_files() -> dict[str, str]:
    """Every generated file's text, by its path below `schemas/generated`."""
    files = {"asyncapi.json": _json(_asyncapi())}
    for topic in TOPICS:
        for model in topic.events:
            files[f"{model.type}.schema.json"] = _json(model.model_json_schema())
            files[f"{model.type}.example.json"] = _json(EXAMPLE_BY_TYPE[model.type].model_dump(mode="json"))
    return files


def _asyncapi() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Switchboard events", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"{service}.{action}.{topic.name}": {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in TOPICS
            for action, services in (("send", (topic.producer,)), ("receive", topic.consumers))
            for service in services
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "messages": {
            model.type: {
                "name": model.type,
                "summary": (model.__doc__ or "").strip().splitlines()[0],
                "payload": {"$ref": f"./{model.type}.schema.json"},
            }
            for model in topic.events
        },
        "bindings": {"kafka": {"partitions": topic.partitions, "key": {"type": "string", "title": topic.key}}},
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Rewrites the folder; with `--check`, only says (exit code 1) that it is not what it should be."""
    wanted = generated_files()
    found = {path.name: path.read_text() for path in GENERATED.iterdir()} if GENERATED.exists() else {}
    if found == wanted:
        return
    if "--check" in sys.argv:
        sys.exit("schemas/generated is not up to date: run `python -m schemas.generate` and commit what it writes")
    GENERATED.mkdir(exist_ok=True)
    for name in found.keys() - wanted.keys():
        (GENERATED / name).unlink()
    for name, text in wanted.items():
        (GENERATED / name).write_text(text)


if __name__ == "__main__":
    main()

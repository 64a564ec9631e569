"""`python -m switchboard.messages`: writes tests/contract/messages, which holds what every message says."""

import sys
from collections.abc import Mapping
from pathlib import Path

from services.notifier.rendering import Renderer
from services.notifier.wording import LANGUAGES
from switchboard.messages.preview import to_lines
from switchboard.messages.samples import make_samples

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "contract" / "messages"


def write_snapshots() -> Mapping[str, str]:
    """By file name: all messages of a language in words, and one as a page, whose form all share."""
    renderer, files = Renderer(), {}
    for language in LANGUAGES:
        samples = make_samples(renderer, language)
        files[f"{language}.txt"] = "\n".join(to_lines(samples))
        files[f"{language}.html"] = samples[0].words.html
    return files


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in write_snapshots().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{FOLDER.name} is up to date\n")

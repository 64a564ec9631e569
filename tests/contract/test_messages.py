"""What people are told: every message in every language, what its text costs, and how easily it reads."""

import re
from pathlib import Path

import pytest
import textstat
from typer.testing import CliRunner

from schemas.vocabulary import RecipientKind
from services.notifier.domain.segments import segments
from services.notifier.rendering import Renderer
from services.notifier.wording import LANGUAGES
from switchboard.cli import app
from switchboard.messages.__main__ import FOLDER, write_snapshots
from switchboard.messages.samples import Sample, make_samples

RENDERER = Renderer()
SAMPLES = {language: make_samples(RENDERER, language) for language in LANGUAGES}
TWO_SEGMENTS = {
    "offer partner",
    "offers partner",
    "contact_reminder partner",
    "complete_reminder partner",
    "claim_awarded partner",
    "visit_planned family",
    "visit_refused partner",
}
"""A link takes 130 characters of the 160: these need more than 30 to say what it is about, by when, and who."""
READS_AS_GRADE = 5.0
"""Flesch-Kincaid: what a child of ten reads. Most are at 3."""
FAIRLY_EASY = 70
"""Szigriszt-Pazos and Fernández-Huerta: from 65 and 70 on it is "bastante fácil"."""


CASES = [
    pytest.param(language, sample, id=f"{language} {sample.title}")
    for language, samples in SAMPLES.items()
    for sample in samples
]


def paragraphs(sample: Sample) -> list[str]:
    """What is said to the reader: without greeting, contact lines, link and footer."""
    body = sample.words.plain.split("\n-- \n")[0].split("\n\n")[1:]
    return [" ".join(part.split()) for part in body if "@" not in part and "://" not in part]


def test_every_message_says_what_it_said_when_somebody_last_looked() -> None:
    """After a change of words: `python -m switchboard.messages`, then look at `switchboard messages preview --out`."""
    written = write_snapshots()
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert set(kept) == set(written)
    for name, text in written.items():
        assert kept[name] == text, f"{name} is not what is sent; run python -m switchboard.messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_sample_of_every_entry(language: str) -> None:
    catalogue = RENDERER.catalogues[language]
    entries = {
        (purpose, recipient)
        for purpose, recipients in catalogue.items()
        if purpose not in {"shared", "formats", "words", "sensitive"}
        for recipient in recipients
    }
    assert entries == {(sample.purpose, sample.recipient) for sample in SAMPLES[language]}
    quiet = {(purpose, kind) for purpose, kinds in catalogue["sensitive"].items() for kind in kinds}
    assert quiet == {(one.purpose, one.recipient) for one in SAMPLES[language] if "sensitive" in one.case}
    assert len({sample.title for sample in SAMPLES[language]}) == len(SAMPLES[language])


@pytest.mark.parametrize(("language", "sample"), CASES)
class TestEveryMessage:
    """By language and sample."""

    def test_its_text_is_one_segment_wherever_it_can_be(self, language: str, sample: Sample) -> None:
        del language
        cost = segments(sample.words.text)
        assert not cost.unicode
        assert cost.count == (2 if sample.title in TWO_SEGMENTS else 1), (cost.used, sample.words.text)

    def test_a_long_case_takes_two_at_most(self, language: str, sample: Sample) -> None:
        del language
        longer = sample.words.text.replace("Second Street Church", "Our Lady of Perpetual Help Parish")
        longer = longer.replace("Robin Reyes", "Maria Guadalupe Hernandez").replace("Brooklyn", "Rancho Cucamonga")
        assert segments(longer).count <= 2

    def test_it_is_easily_read(self, language: str, sample: Sample) -> None:
        said = " ".join(paragraphs(sample))
        textstat.set_lang(language)
        if language == "en":
            assert textstat.flesch_kincaid_grade(said) <= READS_AS_GRADE, said
        else:
            assert textstat.szigriszt_pazos(said) >= FAIRLY_EASY, said
            assert textstat.fernandez_huerta(said) >= FAIRLY_EASY, said

    def test_nothing_is_left_open_or_said_twice(self, language: str, sample: Sample) -> None:
        del language
        for said in (sample.words.subject, sample.words.plain, sample.words.html, sample.words.text):
            assert not re.search(r"\{\{|\}\}|\[\[|\]\]|\{%|\[%|None", said)
        for said in (sample.words.subject, sample.words.plain, sample.words.text):
            assert not re.search(r" [,.;:]|\.\.|,,| {2}|\?\.|!\.", said), said
        assert len(sample.words.subject) <= 130

    def test_a_subject_or_text_names_no_person_but_who_hands_over_or_visits(
        self, language: str, sample: Sample
    ) -> None:
        del language
        shown = f"{sample.words.subject} {sample.words.text}"
        assert not re.search("Marisol|Lincoln|Volunteer|Okafor", shown)
        if sample.purpose == "offer":
            assert not re.search("Robin|Ada|Second Street", shown)

    def test_its_email_needs_no_picture_and_says_where_a_link_goes(self, language: str, sample: Sample) -> None:
        page = sample.words.html
        assert f'<html lang="{language}"' in page
        assert not re.search(r"<img|<script|url\(|<link", page)
        assert page.count("<table") == page.count('role="presentation"')
        links = re.findall(r"<a [^>]*>([^<]+)</a>", page)
        assert all(len(link) >= 5 for link in links)
        assert ("/o/" in page) <= (sample.recipient is RecipientKind.PARTNER)

    def test_links_stand_on_lines_of_their_own_in_plain_text(self, language: str, sample: Sample) -> None:
        del language
        lines = [line for line in sample.words.plain.split("\n") if "://" in line]
        assert all(line.startswith("https://") and " " not in line for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_an_email_begins_gives_nothing_away_on_a_locked_phone(language: str) -> None:
    hidden = re.compile(r'<div class="preheader"[^>]*>([^<]*)</div>')
    for sample in SAMPLES[language]:
        found = hidden.search(sample.words.html)
        assert found is not None
        quiet = RENDERER.catalogues[language]["shared"]["quiet_preheader"]
        if re.search("sensitive|discreet", sample.case):
            assert found[1].startswith(quiet)
            assert len(found[1]) > 150
        else:
            assert paragraphs(sample)[0].split(". ")[0][:40] in found[1].replace("&#39;", "'")


def test_the_command_shows_one_message_or_writes_them_all(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["messages", "preview", "offer", "--language", "es", "--sensitive"])
    assert shown.exit_code == 0
    assert shown.output.count("===") == 2
    assert "Text (1 segment, " in shown.output
    county = tmp_path / "county"
    county.mkdir()
    (county / "brand.toml").write_text('name = "Kings Helps"')
    written = CliRunner().invoke(
        app, ["messages", "preview", "--templates-dir", str(county), "--out", str(tmp_path / "out")]
    )
    assert written.output.strip() == str(tmp_path / "out" / "index.html")
    pages = list((tmp_path / "out").glob("??-*.html"))
    assert len(pages) == sum(map(len, SAMPLES.values()))
    assert all("Kings Helps" in page.read_text() for page in pages)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["not_told", "--recipient", "family"], "No message is like that."),
        (["--language", "fr"], "There are words in en, es."),
        (["--templates-dir", "nowhere"], "nowhere is not a folder"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(arguments: list[str], said: str) -> None:
    shown = CliRunner().invoke(app, ["messages", "preview", *arguments])
    assert shown.exit_code != 0
    assert said in " ".join(shown.output.split())
    assert len(shown.output.strip().splitlines()) == 1

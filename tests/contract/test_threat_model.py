"""Each line of the threat model names a test that is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = [line for line in (ROOT / "docs/threat-model.md").read_text().splitlines() if re.match(r"\| [STRIDE] \|", line)]


def test_every_line_has_a_threat_what_is_done_and_a_test() -> None:
    assert len(LINES) > 40
    for line in LINES:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        assert len(cells) == 4, line
        assert all(cells), line
        assert re.fullmatch(r"`tests/[a-z0-9_/]+\.py::\w+`", cells[3].strip()), line


def test_every_test_that_it_names_is_there() -> None:
    for line in LINES:
        named = re.search(r"`(tests/\S+)::(\w+)`", line)
        assert named is not None
        tree = ast.parse((ROOT / named[1]).read_text())
        there = {
            node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        there |= {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert named[2] in there, line

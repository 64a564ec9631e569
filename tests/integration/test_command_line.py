"""The `switchboard` command as a shell sees it: one line for an error, and an exit code."""

import subprocess
import sys

import asyncpg
import pytest

from switchboard.local.folders import CHECKOUT
from tests.parts import DatabaseMaker

EXAMPLE = "switchboard/need_example.json"
NOBODY_LISTENS = "127.0.0.1:1"


def switchboard(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "switchboard", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["demo", "up", "run", "migrate", "topics create"])
def test_every_command_explains_itself(command: str) -> None:
    result = switchboard(*command.split(), "--help")
    assert result.returncode == 0
    assert f"switchboard {command}" in result.stdout


@pytest.mark.parametrize(
    ("command", "exit_code", "says"),
    [
        ("no-such-command", 2, "No such command"),
        ("run nothing", 2, "'nothing' is not one of"),
        ("up --no-such-option", 2, "No such option"),
        ("topics", 2, "Missing command"),
        ("topics create", 2, "KAFKA_BOOTSTRAP_SERVERS"),
        ("migrate", 1, "Set INTAKE_DATABASE_URL"),
        ("run intake", 1, "INTAKE_DATABASE_URL"),
        (f"topics create --bootstrap-servers {NOBODY_LISTENS}", 1, "127.0.0.1"),
        ("match --explain there-is-none.json --url http://127.0.0.1:1 --key x", 1, "there-is-none.json cannot be read"),
        ("match --explain README.md --url http://127.0.0.1:1 --key x", 1, "README.md is not JSON"),
        (f"match --explain {EXAMPLE} --url http://{NOBODY_LISTENS} --key x", 1, "did not answer as Switchboard does"),
        (f"match --explain {EXAMPLE}", 2, "PUBLIC_URL"),
        (f"dlq list needs --bootstrap-servers {NOBODY_LISTENS}", 1, "needs is no dead-letter topic; there are"),
        (f"dlq replay needs-matcher-dlq x --bootstrap-servers {NOBODY_LISTENS}", 2, "Invalid value for 'numbers'"),
    ],
)
def test_an_error_is_one_line(command: str, exit_code: int, says: str) -> None:
    result = switchboard(*command.split())
    assert result.returncode == exit_code
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_the_script_of_the_readme_is_the_same_command() -> None:
    result = subprocess.run(  # noqa: S603 - our own command
        [CHECKOUT / "bin" / "switchboard", "partners", "--help"], cwd="/", capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "import" in result.stdout


def test_debug_shows_where_an_error_came_from() -> None:
    assert "Traceback" in switchboard("migrate", SWITCHBOARD_DEBUG="1").stderr


def test_dead_letters_are_listed_and_one_that_is_not_there_is_said(kafka: str) -> None:
    result = switchboard("dlq", "list", "deliveries-intake-dlq", KAFKA_BOOTSTRAP_SERVERS=kafka)
    assert (result.returncode, result.stdout, result.stderr) == (0, "no dead letters\n", "")
    result = switchboard("dlq", "show", "deliveries-intake-dlq", "7", KAFKA_BOOTSTRAP_SERVERS=kafka)
    assert (result.returncode, result.stderr) == (1, "switchboard: deliveries-intake-dlq holds no dead letter 7\n")


def test_topics_are_made_once(kafka: str) -> None:
    result = switchboard("topics", "create", KAFKA_BOOTSTRAP_SERVERS=kafka)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")  # the fixture has made them


async def test_migrate_can_be_repeated(postgres: DatabaseMaker) -> None:
    url = await postgres("matcher")
    for _ in range(2):
        result = switchboard("migrate", MATCHER_DATABASE_URL=url)
        assert (result.returncode, result.stdout) == (0, "matcher's database is up to date\n"), result.stderr
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await connection.close()

"""What the board says of two looks, and when it calls for a person."""

from schemas.topics import TOPICS
from switchboard.ops.board import make_board
from switchboard.ops.reading import KafkaFigures, Lag, Look, ServiceFigures


def kafka(at: float = 100.0, *, read: int = 0, lags: tuple[Lag, ...] = (), dead: int = 0) -> KafkaFigures:
    committed = {(str(group), topic.name): read for topic in TOPICS for group in topic.consumers}
    return KafkaFigures(at, {topic.name: read for topic in TOPICS}, committed, lags, {"needs-matcher-dlq": dead})


def service(**gauges: float) -> ServiceFigures:
    return ServiceFigures({}, {f"switchboard_{name}": {(): value} for name, value in gauges.items()})


def test_two_looks_give_rates_and_one_gives_none() -> None:
    first, second = Look(kafka(100, read=10)), Look(kafka(102, read=50))
    assert {line.came for line in make_board(first, None).topics} == {"-"}
    assert {(line.came, line.went) for line in make_board(second, first).topics} == {("20.0", "20.0")}


def test_a_group_that_is_behind_is_shown_by_partition_and_calls_when_it_is_late() -> None:
    lags = (Lag("matcher", "needs", 3, 12, 4.2), Lag("matcher", "needs", 7, 1, 61.0))
    board = make_board(Look(kafka(lags=lags)), None)
    [line] = [one for one in board.topics if (one.topic, one.group) == ("needs", "matcher")]
    assert (line.waiting, line.oldest, line.where) == (13, "61.0 s", "3: 12 (4.2 s), 7: 1 (61.0 s)")
    assert board.alarms == ("matcher is 61 s behind on needs, partition 7",)


def test_dead_letters_and_parts_that_are_away_call_for_a_person() -> None:
    board = make_board(Look(kafka(dead=2), {"intake": "away (ConnectError)", "matcher": service()}), None)
    assert board.alarms == ("2 dead letters: switchboard dlq list needs-matcher-dlq", "intake: away (ConnectError)")
    assert make_board(Look("away (KafkaConnectionError)"), None).alarms == ("Kafka is away (KafkaConnectionError)",)


def test_what_has_waited_for_long_calls_for_a_person() -> None:
    figures = service(outbox_oldest_seconds=75, timers_overdue=3, timers_overdue_oldest_seconds=90)
    board = make_board(Look(kafka(), {"matcher": figures}), None)
    assert board.alarms == (
        "matcher: events wait in the outbox for 75 s",
        "matcher: timers are overdue by 90 s",
    )
    assert board.services[0].waits == ("timers overdue: 3, the oldest by 90.0 s",)


def test_a_calm_system_calls_for_nobody() -> None:
    figures = service(directory_partners=40, directory_position=55, directory_age_seconds=12, outbox_records=0)
    board = make_board(Look(kafka(), {"matcher": figures}), None)
    assert board.alarms == ()
    assert board.services[0].waits == ("directory: 40 partners from 55 records, the last 12 s ago",)

"""When a consumer counts as standing still."""

from aiokafka import TopicPartition

from services.runtime.stalls import Stall

ONE, OTHER = TopicPartition("needs", 0), TopicPartition("needs", 1)


def test_records_that_wait_while_nothing_moves_are_a_stall() -> None:
    stall = Stall(after=60)
    assert [stall.look({ONE: 5, OTHER: 3}, {ONE: 9, OTHER: 3}, now) for now in (0, 30, 59, 60)] == [
        False,
        False,
        False,
        True,
    ]


def test_whoever_moves_at_all_does_not_stand_still() -> None:
    stall = Stall(after=60)
    assert not any(stall.look({ONE: now // 50}, {ONE: 900}, now) for now in range(0, 600, 10))


def test_an_empty_topic_is_no_stall() -> None:
    stall = Stall(after=60)
    assert not any(stall.look({ONE: 9}, {ONE: 9}, now) for now in range(0, 600, 10))
    assert not stall.look({ONE: 9}, {ONE: 10}, 600), "waiting begins when there is something to wait for"


def test_what_is_forgotten_begins_anew() -> None:
    stall = Stall(after=60)
    stall.look({ONE: 5}, {ONE: 9}, 0)
    stall.forget()
    assert not stall.look({ONE: 5}, {ONE: 9}, 60)

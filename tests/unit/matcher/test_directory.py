"""The index and the plain loop give the same partners, in the same order, for the same reasons."""

import random

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from bench.matching.agreement import Both, run
from schemas.vocabulary import EligibilityRule


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_all(chance=st.randoms(use_true_random=False), steps=st.lists(st.sampled_from(["change", "ask"]), max_size=60))
def test_the_index_says_what_the_plain_loop_says(chance: random.Random, steps: list[str]) -> None:
    both = Both(chance)
    for step in steps:
        both.change() if step == "change" else both.ask()
    both.ask()
    both.explain()
    assert len(both.index) == len(both.plain) == len(both.partners)


def test_they_agree_for_long_and_each_rule_is_seen_to_decide() -> None:
    both = run(questions=600)
    assert both.hits > 1000
    assert [rule for rule in EligibilityRule if not both.decided_alone[rule]] == []

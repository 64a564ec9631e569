"""When records wait and nothing moves: a consumer can stop without dying."""

from collections.abc import Mapping

from aiokafka import TopicPartition

STALLED_AFTER_S = 60.0


class Stall:
    """Compares looks at a consumer's positions."""

    def __init__(self, after: float = STALLED_AFTER_S) -> None:
        self._after = after
        self._positions: Mapping[TopicPartition, int] = {}
        self._since: float | None = None

    def look(self, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int], now: float) -> bool:
        """Whether records have waited for so long with no position moving. `now` is in seconds of any clock."""
        waiting = any(ends[partition] > position for partition, position in positions.items())
        if not waiting or positions != self._positions:
            self._positions, self._since = dict(positions), None
        if waiting and self._since is None:
            self._since = now
        return self._since is not None and now - self._since >= self._after

    def forget(self) -> None:
        """Begins anew: something else explains the standstill, or it was dealt with."""
        self._positions, self._since = {}, None

"""The queue: fair between lanes.

A lane is one visitor (or one panel of one visitor). The next job is the longest-waiting one of the lane that has the
fewest jobs running; between equals the lane that was served longest ago comes first.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping

from explorer.engine.errand import Errand


class Lanes:
    """Errands that wait."""

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, deque[Errand]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def __iter__(self) -> Iterator[Errand]:
        for lane in self._lanes.values():
            yield from lane

    def add(self, errand: Errand) -> None:
        """Queue an errand."""
        self._lanes.setdefault(errand.lane, deque()).append(errand)

    def put_back(self, errand: Errand) -> None:
        """Queue an errand that had its turn in vain: before the others of its lane."""
        self._lanes.setdefault(errand.lane, deque()).appendleft(errand)
        self._lanes.move_to_end(errand.lane, last=False)

    def remove(self, errand: Errand) -> bool:
        """Take an errand out of the queue; False if it does not wait."""
        lane = self._lanes.get(errand.lane, deque())
        if errand not in lane:
            return False
        lane.remove(errand)
        if not lane:
            del self._lanes[errand.lane]
        return True

    def next(self, running: Mapping[str, int], most: int) -> Errand | None:
        """Take the errand whose turn it is.

        Args:
            running: how many errands of each lane are running.
            most: how many may run of one lane at once.
        """
        open_lanes = [lane for lane in self._lanes if running.get(lane, 0) < most]
        if not open_lanes:
            return None
        lane = min(open_lanes, key=lambda name: running.get(name, 0))  # the first of equals, in order of service
        errand = self._lanes[lane].popleft()
        if self._lanes[lane]:
            self._lanes.move_to_end(lane)
        else:
            del self._lanes[lane]
        return errand

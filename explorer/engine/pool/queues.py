"""The queue: fair between lanes.

A lane is one visitor (or one panel of one visitor; for a visitor's own code all panels are one). The next job is the
longest-waiting one of the lane that has the fewest jobs running; between equals the lane that was served longest ago
comes first.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping

from explorer.engine.pool.task import Task


class Lanes:
    """Tasks that wait.

    Args:
        whose: the lane of a task's, which may be a wider one than it says.
    """

    def __init__(self, whose: Callable[[str], str] = str) -> None:
        self._whose = whose
        self._lanes: OrderedDict[str, deque[Task]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def __iter__(self) -> Iterator[Task]:
        for lane in self._lanes.values():
            yield from lane

    def add(self, task: Task) -> None:
        """Queue a task."""
        self._lanes.setdefault(self._whose(task.lane), deque()).append(task)

    def put_back(self, task: Task) -> None:
        """Queue a task that had its turn in vain: before the others of its lane."""
        lane = self._whose(task.lane)
        self._lanes.setdefault(lane, deque()).appendleft(task)
        self._lanes.move_to_end(lane, last=False)

    def remove(self, task: Task) -> bool:
        """Take a task out of the queue; False if it does not wait."""
        name = self._whose(task.lane)
        lane = self._lanes.get(name, deque())
        if task not in lane:
            return False
        lane.remove(task)
        if not lane:
            del self._lanes[name]
        return True

    def waiting(self, of: Callable[[str], bool]) -> int:
        """How many tasks of some lanes wait."""
        return sum(len(tasks) for lane, tasks in self._lanes.items() if of(lane))

    def next(self, running: Mapping[str, int], most: int, may: Callable[[str], bool] = bool) -> Task | None:
        """Take the task whose turn it is.

        Args:
            running: how many tasks of each lane are running.
            most: how many may run of one lane at once.
            may: whether a lane's turn may come at all.
        """
        open_lanes = [lane for lane in self._lanes if running.get(lane, 0) < most and may(lane)]
        if not open_lanes:
            return None
        lane = min(open_lanes, key=lambda name: running.get(name, 0))  # the first of equals, in order of service
        task = self._lanes[lane].popleft()
        if self._lanes[lane]:
            self._lanes.move_to_end(lane)
        else:
            del self._lanes[lane]
        return task

"""What kind of workers an engine has, and what their jobs may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from explorer.engine.transport.wire import MAX_HEADER, MAX_MESSAGE


class Walls(Enum):
    """What is around a worker."""

    POSSIBLE = "as far as possible"
    """What the system offers; a part that is missing is written into the log."""
    ALL = "all"
    """All of them, or no job is done."""
    NONE = "none"
    """For code of the person whose machine it is."""


@dataclass(frozen=True)
class Regime:
    """How workers are held. The default is that of the project's own jobs.

    Attributes:
        walls: what is around a worker.
        single_use: whether a worker does one job and ends. Only such a worker does a job that holds a visitor's code,
            and only for the first word of a job's lane, its visitor, one at a time: "page" or "address/page".
        seconds: the most that a job may run, whatever its deadline; None for no such limit, which not all walls take.
        waiting: how many jobs may wait at a time; None for no such limit. One more is refused at once. Half of them may
            come from one address, which may also have all workers but one.
        waiting_of_one: how many of them may be one visitor's.
        message: the longest message that a worker may send, in bytes.
        header: how many bytes of a reply may be its header. Read, they become some twenty times as many.
    """

    walls: Walls = Walls.POSSIBLE
    single_use: bool = False
    seconds: float | None = None
    waiting: int | None = None
    waiting_of_one: int | None = None
    message: int = MAX_MESSAGE
    header: int = MAX_HEADER

    def __post_init__(self) -> None:
        if self.walls is Walls.ALL and self.seconds is None:
            raise ValueError("Expected: seconds, since a wall limits the time of the processor. Received: None")

    def visitor(self, lane: str) -> str:
        """Whose a lane is, where jobs of one visitor count together."""
        return lane.partition(" ")[0] if self.single_use else lane

    @staticmethod
    def address(visitor: str) -> str:
        """Where a visitor comes from, "10.1.2.3" of "10.1.2.3/page": many pages may come from one."""
        return visitor.partition("/")[0]


ORDINARY = Regime()

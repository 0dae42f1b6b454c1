"""What goes to a worker and what comes back. A job is a pure function of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from explorer.engine.transport import wire


@dataclass(frozen=True, eq=False)
class Job:
    """One thing to compute.

    Attributes:
        name: which function of the jobs module: "run", "trail", ...
        args: its arguments, as JSON.
        arrays: arrays that it needs (uploads).
    """

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The job as a message. Equal jobs give equal bytes, so the bytes are also the key of the cache."""
        return wire.encode({"name": self.name, "args": self.args}, self.arrays)

    @classmethod
    def from_bytes(cls, message: bytes | bytearray | memoryview) -> Job:
        """Read a message that `to_bytes` made.

        Raises:
            BadMessage: if it is not one.
        """
        meta, arrays = wire.decode(message)
        name, args = meta.get("name"), meta.get("args")
        if not isinstance(name, str) or not isinstance(args, dict):
            raise wire.BadMessage("A job has a name and arguments.")
        return cls(name, args, arrays)


def codes_in(args: Mapping[str, Any]) -> tuple[str, ...]:
    """The code of a visitor that a job's arguments hold, themselves and in their experiment."""
    return tuple(code for place in _places(args) if isinstance(code := place.get("code"), str) and code)


def names_model(args: Mapping[str, Any]) -> bool:
    """Whether a job's experiment is about a model file.

    It is loaded in safe mode, so that no Python of its own runs. But parsers written in C read its bytes, and its
    config calls what it likes of Keras: that is as little to be trusted as code.
    """
    return any(bool(place.get("model")) for place in _places(args))


def needs_walls(args: Mapping[str, Any]) -> bool:
    """Whether a job may be done in a process for that only: it holds code of a visitor, or names a model file."""
    return bool(codes_in(args)) or names_model(args)


def _places(args: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    experiment = args.get("experiment")
    return (args, experiment) if isinstance(experiment, Mapping) else (args,)


class Reporter(Protocol):
    """What a job is given to tell how far it is."""

    def __call__(self, fraction: float, text: str = "") -> None:
        """Tell the progress, from 0 to 1, and what is being done."""

    def so_far(self, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        """Tell what the answer is if the job is cut short from now on: by its deadline, or by its worker's end."""


@dataclass(frozen=True, eq=False)
class Reply:
    """What a job gave: JSON values and read-only arrays."""

    meta: dict[str, Any]
    arrays: dict[str, np.ndarray]


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        fraction: from 0 to 1.
        text: what it is doing (an English msgid), or "".
    """

    fraction: float = 0.0
    text: str = ""

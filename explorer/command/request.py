"""What the command line asks for, as it goes to the process that examines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """One examination.

    Attributes:
        layer: "path/to/file.py:ClassName" or "package.module:ClassName".
        inputs: as they were written, "2,10,10".
        params: `NAME=VALUE` texts.
        as_list: whether the call takes its inputs as one list.
        as_dict: whether it takes its named inputs as one dictionary.
        seconds: how long it may take.
        select: ids of checks; with any, only these are made, and those that they come after.
        ignore: ids of checks that do not count.
        seed: of all random numbers; None for those that it draws without one.
        backend: another backend of Keras, on which it is run, too; "" for none.
        fix: whether to look for changes of the file that cure what is found.
    """

    layer: str
    inputs: tuple[str, ...]
    params: tuple[str, ...] = ()
    as_list: bool = False
    as_dict: bool = False
    seconds: float = 300.0
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    seed: int | None = None
    backend: str = ""
    fix: bool = False


class NotExamined(Exception):
    """There is no report; the text says why."""

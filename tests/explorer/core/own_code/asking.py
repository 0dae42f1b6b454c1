"""Jobs on typed code, as the page asks for them."""

from __future__ import annotations

from typing import Any

from explorer.core import jobs
from explorer.core.own_code import own_classes


class Silent:
    """A reporter of progress that nobody hears."""

    def __call__(self, fraction: float, text: str = "") -> None: ...

    def so_far(self, meta: Any, arrays: Any) -> None: ...


def asked(job: str, **args: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer of a job.

    Raises:
        Problem: as the job does.
    """
    return jobs.perform(job, args, {}, Silent())


def experiment(code: str, layer: str = "", **parts: Any) -> dict[str, Any]:
    """An experiment on the class of a text that opens first, or on another one."""
    return {"layer": layer or own_classes(code).first, "code": code, **parts}

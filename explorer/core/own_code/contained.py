"""A job on typed code: whatever it ends in is told as a Problem, and what it prints goes nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from explorer.core.own_code.failures import stopped
from explorer.core.own_code.old import fixes
from explorer.core.own_code.printing import captured
from explorer.model.problem import Problem


@contextlib.contextmanager
def contained(code: str) -> Iterator[None]:
    """Let a job run on typed code.

    Raises:
        Problem: of the job, with the changes that its old lines need; or in place of anything else that it raised.
        MemoryError: as the job: the process has to end.
    """
    try:
        with captured():
            yield
    except Problem as problem:
        problem.fixes = (*problem.fixes, *(fix for fix in fixes(code) if fix not in problem.fixes))
        raise
    except MemoryError:
        raise
    except BaseException as error:
        raise stopped(error, code) from error

"""For tests of layers, in any project: `assert_healthy(MyLayer(4), [x])`.

Imported before Keras, it examines under the app's configuration; else under the caller's, with a warning.

The layer runs in the process of the test, as it does in any test. What ends that process (`os._exit`, a crash), blocks
it or takes its memory does so here, too. `python -m explorer doctor` examines in a process of its own, within a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from explorer.engine import configuration
from explorer.model.report import Report

configuration.adopt()


def assert_healthy(
    layer: Any,
    inputs: Sequence[Any],
    call_keywords: Mapping[str, Any] | None = None,
    *,
    advice: bool = False,
    ignore: Collection[str] = (),
    backend: str = "",
) -> Report:
    """Examine a layer, and fail with the report's text if anything is wrong with it.

    Args:
        layer: an instance, or a class or function that makes one without arguments.
        inputs: the positional arguments of its call, as a list.
        call_keywords: keyword arguments of the call.
        advice: whether advice fails, too.
        ignore: ids of checks that do not count, as the report prints them: "registered". A comment in the source of the
            layer does the same, with its reason: `# layer-explorer: ignore[registered] it is never saved`.
        backend: another backend of Keras ("jax"), on which the layer must compute the same.
    Returns:
        The report.
    Raises:
        AssertionError: if a check failed or broke.
        ImportError: if the backend is not installed.
        KeyError: if there is no check of an ignored id.
    """
    from explorer.command.printing import printed
    from explorer.core.doctor import examine

    report = examine(layer, inputs, call_keywords, ignore=ignore, backend=backend)
    advised = advice and any(finding.outcome == "advice" for finding in report.findings)
    if advised or not report.healthy:
        raise AssertionError(f"{report.layer} is not healthy.\n\n{printed(report)}")
    return report

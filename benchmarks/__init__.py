"""Every speed and memory figure that docs/figures.md states: `python -m benchmarks`.

A figure is measured against something in the same run, on the same machine, so that the ratio says something where the
milliseconds do not. One measure a file in `benchmarks.measures`; each states its goals and is discovered.
"""

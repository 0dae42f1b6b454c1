"""The command `python -m explorer`. A subcommand is a module here with `add(subparsers)`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from explorer.command import doctor


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says.

    Returns:
        The exit code of the process.
    """
    parser = argparse.ArgumentParser("python -m explorer", description="See, and examine, Keras layers.")
    doctor.add(parser.add_subparsers(required=True, metavar="command"))
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code

"""`layer-explorer run`: start the app. Streamlit takes this process's place, and gets the signals that end it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from explorer.project import APP, INSTALLED
from explorer.settings import NAME, TRUST_VARIABLE, VARIABLE, WATCH_VARIABLE, path_in_force

NOT_STARTED = 2


def add(commands: Any) -> None:
    """Add the subcommand to the parser's."""
    parser = commands.add_parser(
        "run",
        help="start the app",
        description="Start the app. It listens on 127.0.0.1 only, unless told otherwise.",
        usage="%(prog)s [-h] [--port PORT] [--address ADDRESS] [--settings FILE] [--trust-own-code] [-- OPTION ...]",
        epilog="What stands after -- goes to `streamlit run`, for example: -- --server.baseUrlPath base",
    )
    add_common(parser)
    parser.add_argument(
        "--trust-own-code",
        action="store_true",
        help="run code that is typed into the page without walls around it, with your rights. It also takes "
        'mode = "trusted" in [own_code] of the settings, and an address of loopback',
    )
    parser.add_argument("streamlit", nargs="*", metavar="OPTION", help="an option of `streamlit run`")
    parser.set_defaults(run=run)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every way to start the app takes."""
    parser.add_argument("--port", type=int, help="the port to listen on (default: Streamlit's, 8501 or the next free)")
    parser.add_argument("--address", help="the address to listen on (default 127.0.0.1)")
    top = "the current directory, if it is there" if INSTALLED else "the project's top, if it is there"
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help=f"the operator's settings (default: what {VARIABLE} names; else the {NAME} of {top})",
    )


def run(options: argparse.Namespace) -> int:
    """Become the server. Returns only if it cannot."""
    return start(options, {TRUST_VARIABLE: "1"} if options.trust_own_code else {})


def start(options: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Become the server. Returns only if it cannot.

    Args:
        options: what the command line says: port, address, settings, and further ones of Streamlit's.
        variables: what its owner allows it beyond any server: of `TRUST_VARIABLE` and `WATCH_VARIABLE`. One that the
            environment has already does not count.
    """
    for name in (TRUST_VARIABLE, WATCH_VARIABLE):
        os.environ.pop(name, None)
    os.environ.update(variables)
    file = options.settings or path_in_force() or (Path(NAME) if INSTALLED and Path(NAME).exists() else None)
    if file is not None and not file.is_file():
        print(f"Expected: a settings file. Received: {file}, which is none.", file=sys.stderr)
        return NOT_STARTED
    if file is not None:
        os.environ[VARIABLE] = str(file.resolve())
        print(f"Settings: {file.resolve()}", file=sys.stderr, flush=True)
    return _become(options)


def _become(options: argparse.Namespace) -> NoReturn:
    chosen = {"port": options.port, "address": options.address}
    own = [text for name, value in chosen.items() if value is not None for text in (f"--server.{name}", str(value))]
    # -P: nothing is imported from the current directory, which may have an `explorer` or a `layers` of its own.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(APP), *own, *options.streamlit]
    os.execv(command[0], command)

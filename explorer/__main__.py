"""`python -m explorer doctor path/to/file.py:ClassName --input 2,10,10`: the library on the command line."""

from __future__ import annotations

import sys

from explorer.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

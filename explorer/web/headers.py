"""What every answer carries: headers that keep a page from being framed, sniffed or made to load foreign code.

The Content-Security-Policy allows what the page needs and nothing else:

- scripts: the server's own; the one inline script of Streamlit's page, by its hash; `blob:` because Streamlit imports
  a component's entry (here a few lines that import the stage's own modules) from a blob; WebAssembly, by which
  Streamlit's page counts in 64 bits. Never text as code.
- styles: inline ones as well, since Streamlit's widgets and Plotly write theirs while the page runs.
- pictures: the server's own, and those that the page draws itself (`data:`, `blob:`).
- connections, the manifest: the server's own; fonts also from the stylesheet itself (`data:`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def headers(page: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The headers.

    Args:
        page: Streamlit's HTML page, whose inline scripts are allowed by their hashes.
    """
    return (
        (b"content-security-policy", policy(page).encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    )


def policy(page: bytes) -> str:
    """The Content-Security-Policy."""
    inline = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE.findall(page))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {inline}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )


def streamlit_page() -> bytes:
    """The HTML page that Streamlit serves."""
    import streamlit

    return (Path(streamlit.__file__).parent / "static" / "index.html").read_bytes()


def _digest(script: bytes) -> str:
    return base64.b64encode(hashlib.sha256(script).digest()).decode()

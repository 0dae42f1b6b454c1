"""The files of open pages: kept only if a widget asked for them, and only so many."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from explorer.settings import Uploads

MAX_ASKED = 100
"""So many addresses for files are good at a time for one page."""


class BoundedFiles(MemoryUploadedFileManager):
    """Streamlit's store of uploaded files, with limits. Streamlit drops a page's files when its session ends."""

    _limits: Uploads
    _asked: dict[str, deque[str]]

    @classmethod
    def bound(cls, files: Any, limits: Uploads) -> None:
        """Give the store of a running server these limits. Streamlit offers no place to name another store."""
        files.__class__ = cls
        files._limits = limits
        files._asked = {}
        files._lock = threading.RLock()  # one decision and what follows from it are one step

    def get_upload_urls(self, session_id: str, file_names: Any) -> Any:
        """Addresses for files that a widget is about to send; only these are taken."""
        addresses = super().get_upload_urls(session_id, file_names)
        with self._lock:
            asked = self._asked.setdefault(session_id, deque(maxlen=MAX_ASKED))
            asked.extend(address.file_id for address in addresses)
        return addresses

    def add_file(self, session_id: str, file: Any) -> None:
        """Keep a file. The page's oldest ones make way.

        Raises:
            HTTPException: if no widget asked for the file, or there is no room for it.
        """
        new, most, most_in_all = len(file.data), self._limits.visitor_mib << 20, self._limits.server_mib << 20
        with self._lock:
            if file.file_id not in self._asked.get(session_id, ()):
                raise HTTPException(403, "Expected: a file that the page asked for. Received: another one.")
            own = {name: len(one.data) for name, one in self.file_storage.get(session_id, {}).items()}
            going = []
            while own and sum(own.values()) + new > most:
                going.append(next(iter(own)))
                del own[going[-1]]
            others = self._total_bytes - self._bytes_of(session_id)
            if others + sum(own.values()) + new > most_in_all:
                raise HTTPException(
                    503, f"Expected: at most {self._limits.server_mib} MiB of files of all pages. Received: more."
                )
            for oldest in going:
                self.remove_file(session_id, oldest)
            super().add_file(session_id, file)

    def _bytes_of(self, session_id: str) -> int:
        return sum(len(one.data) for one in self.file_storage.get(session_id, {}).values())

    def remove_session_files(self, session_id: str) -> None:
        """Forget a page that has gone."""
        super().remove_session_files(session_id)
        with self._lock:
            self._asked.pop(session_id, None)

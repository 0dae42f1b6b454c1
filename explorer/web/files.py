"""The files of open pages: kept only if a widget asked for them, and only so many."""

from __future__ import annotations

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
        most = self._limits.visitor_mib << 20
        with self._lock:
            if file.file_id not in self._asked.get(session_id, ()):
                raise HTTPException(403, "Expected: a file that the page asked for. Received: another one.")
            if self._total_bytes + len(file.data) > self._limits.server_mib << 20:
                most_in_all = f"at most {self._limits.server_mib} MiB of files"
                raise HTTPException(503, f"Expected: {most_in_all}. Received: more.")
            own = dict(self.file_storage.get(session_id, {}))
        while own and sum(len(one.data) for one in own.values()) + len(file.data) > most:
            oldest = next(iter(own))
            del own[oldest]
            self.remove_file(session_id, oldest)
        super().add_file(session_id, file)

    def remove_session_files(self, session_id: str) -> None:
        """Forget a page that has gone."""
        super().remove_session_files(session_id)
        with self._lock:
            self._asked.pop(session_id, None)

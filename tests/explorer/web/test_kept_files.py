"""Which uploaded files are kept, and how many."""

from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from explorer.settings import Uploads
from explorer.web.files import MAX_ASKED, BoundedFiles

MIB = 1 << 20


def files(**limits: int) -> MemoryUploadedFileManager:
    made = MemoryUploadedFileManager("/upload")
    BoundedFiles.bound(made, Uploads(**limits))
    return made


def send(kept: MemoryUploadedFileManager, session: str, size: int, file_id: str = "") -> str:
    file_id = file_id or kept.get_upload_urls(session, ["a"])[0].file_id
    kept.add_file(session, UploadedFileRec(file_id, "a", "b", bytes(size)))
    return file_id


def test_a_file_that_no_widget_asked_for_is_refused() -> None:
    kept = files()
    asked = kept.get_upload_urls("one", ["a"])[0].file_id
    for session, file_id in (("one", "made up"), ("two", asked)):
        with pytest.raises(HTTPException) as refused:
            send(kept, session, 1, file_id)
        assert refused.value.status_code == 403
    send(kept, "one", 1, asked)
    assert len(kept.get_files("one", [asked])) == 1


def test_the_oldest_files_of_a_page_make_way() -> None:
    kept = files(visitor_mib=2)
    first, second, third = (send(kept, "one", MIB) for _ in range(3))
    assert [bool(kept.get_files("one", [name])) for name in (first, second, third)] == [False, True, True]


def test_all_pages_together_have_a_limit_which_pages_that_go_give_back() -> None:
    kept = files(visitor_mib=2, server_mib=3)
    for session in ("one", "two", "three"):
        send(kept, session, MIB)
    with pytest.raises(HTTPException) as refused:
        send(kept, "four", MIB)
    assert refused.value.status_code == 503
    kept.remove_session_files("one")
    send(kept, "four", MIB)


def test_addresses_are_good_for_a_while() -> None:
    kept = files()
    early = kept.get_upload_urls("one", ["a"])[0].file_id
    kept.get_upload_urls("one", ["a"] * MAX_ASKED)
    with pytest.raises(HTTPException):
        send(kept, "one", 1, early)

"""Files in the visitor's box, as the Data page shows and stores them."""

from __future__ import annotations

import io
import zipfile

from evaluations.store import Store

BOX, FILE = "b" * 32, "a" * 16


def put_in_box(settings, name: str, data: bytes) -> None:
    """A file that has arrived whole."""
    from uploads import Box

    box = Box(settings.data_dir / "uploads", BOX)
    box.begin(FILE, name, len(data), 0)
    box.append(FILE, data)
    box.finish(FILE)


def test_a_zip_is_shown_file_by_file_and_its_documents_are_stored(
    open_page, settings, store: Store
):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("受注.log", "2026-04-01 受注を登録\n" * 50)
        archive.writestr("web/app.log", "2026-04-01 INFO started\n" * 50)
        archive.writestr("photo.png", b"\x89PNG\r\n\x1a\n")
    put_in_box(settings, "logs.zip", buffer.getvalue())
    screen = open_page("data", "en", box=BOX)
    assert not screen.test.exception
    assert "logs.zip › photo.png: files that end in .png cannot be read" in screen.text
    screen.press("store_files")
    assert not screen.test.exception
    assert {document.name for document in store.documents()} == {
        "logs.zip › 受注.log",
        "logs.zip › web › app.log",
    }

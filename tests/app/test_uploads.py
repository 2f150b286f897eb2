"""Files in the visitor's box, as the Data page shows and stores them."""

from __future__ import annotations

import io
import zipfile

from evaluations.samples import sample_documents
from evaluations.store import Store

BOX, FILE = "b" * 32, "a" * 16


def put_in_box(settings, name: str, data: bytes, file: str = FILE) -> None:
    """A file that has arrived whole."""
    from uploads import Box

    box = Box(settings.data_dir / "uploads", BOX)
    box.begin(file, name, len(data), 0)
    box.append(file, data)
    box.finish(file)


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


def test_a_second_batch_of_one_visit_is_ticked_beside_the_first(open_page, settings, store: Store):
    """And what comes in takes the place of the sample, which was ticked for want of others."""
    store.add_documents(sample_documents())
    screen = open_page("data", "en", box=BOX)
    names = []
    for number in (1, 2):
        lines = "".join(f"2026-04-0{number} line {n}\n" for n in range(40))
        put_in_box(settings, f"batch{number}.log", lines.encode(), file=f"{number:016x}")
        screen.test.run()
        screen.press("store_files")
        names.append(f"batch{number}.log")
        known = {document.id: document.name for document in store.documents()}
        ticked = [known[one] for one in screen.test.session_state["ticked"]]
        assert sorted({name.split(" [")[0] for name in ticked}) == names

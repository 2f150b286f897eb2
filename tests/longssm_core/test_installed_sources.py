"""Text from installed packages and running tools becomes clean documents, whatever is missing."""

import gettext
import gzip
import http.client
import itertools
import struct
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from longssm_core.corpus import installed, tool_logs
from longssm_core.corpus.installed import Source, SourceText, cut, decode, documents, html_to_text
from longssm_core.corpus.tool_logs import Tool, neutral, run, serving, tool_log, visits

PAGE = """<html><head><title>隠れた題</title><style>p {color: red}</style></head><body>
<h1>ログ   ファイル</h1><p>一行目
の続き &amp; more</p><ul><li>項目A</li><li>項目B</li></ul>
<pre>GET /
  200</pre><script>alert(1)</script><table><tr><td>a</td><td>b</td></tr></table></body></html>"""


def test_a_page_becomes_what_its_reader_sees():
    assert html_to_text(PAGE) == (
        "ログ ファイル\n\n一行目 の続き & more\n\n- 項目A\n- 項目B\n\nGET /\n  200\n\n a b\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "euc_jp", "iso2022_jp", "cp932"])
def test_old_japanese_encodings_are_recognised(encoding):
    text = "サーバは起動時に、設定ファイルを読み込みます。"
    assert decode(text.encode(encoding)) == text


def test_bytes_of_no_known_encoding_still_give_text():
    assert decode(b"caf\xe9") == "café"


def test_cutting_loses_nothing_and_keeps_the_limit():
    text = "".join(f"段落 {n}\n" + ("行の文字\n" * (n % 7)) + "\n" for n in range(300))
    pieces = cut(text, limit=1000)
    assert "".join(pieces) == text
    assert max(len(piece.encode()) for piece in pieces) <= 1000
    at_paragraph = [piece.endswith("\n\n") for piece in pieces]
    assert sum(at_paragraph) > 0.9 * len(pieces)


def test_a_line_longer_than_the_limit_is_cut_between_characters():
    pieces = cut("語" * 1000 + "\n", limit=100)
    assert "".join(pieces) == "語" * 1000 + "\n"
    assert max(len(piece.encode()) for piece in pieces) <= 100


def test_documents_have_unix_line_ends_and_no_repetitions():
    page = "a line of text\r\n" * 50
    texts = documents([page, page, "too short"])
    assert texts == ["a line of text\n" * 50]


def test_a_large_source_is_thinned_evenly_to_its_cap():
    pages = [f"page {n:04}\n" * 100 for n in range(100)]  # 1,000 bytes each
    texts = documents(pages, at_most=20_000)
    numbers = [int(text[5:9]) for text in texts]
    assert sum(len(text.encode()) for text in texts) <= 20_000
    assert len(numbers) == 20
    assert {b - a for a, b in itertools.pairwise(numbers)} == {5}


def test_text_that_cannot_be_encoded_is_mended():
    (text,) = documents(["bad \ud800 surrogate\x00\n" * 30])
    assert text.encode("utf-8") == b"bad  surrogate\n" * 30


def test_packed_dictionaries_and_logs_are_read(tmp_path):
    path = tmp_path / "old.txt.gz"
    path.write_bytes(gzip.compress("日本語の説明".encode("euc_jp")))
    assert list(installed.read_text(path)) == ["日本語の説明"]


def test_java_messages_are_unescaped_and_only_japanese_files_are_read(tmp_path):
    path = tmp_path / "messages.jar"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/Strings_ja.properties", "# licence\nstart=\\u8d77\\u52d5\n")
        archive.writestr("a/Strings_fr.properties", "start=Démarrage\n")
    assert list(installed.read_properties(path)) == ["start=起動\n"]


def test_a_message_catalogue_gives_pairs(tmp_path):
    path = tmp_path / "app.mo"
    path.write_bytes(catalogue({"": "Content-Type: text/plain; charset=UTF-8\n", "Stop": "停止"}))
    assert gettext.GNUTranslations(path.open("rb")).gettext("Stop") == "停止"
    assert list(installed.read_catalogue(path)) == ["Stop\n停止"]


def catalogue(messages: dict[str, str]) -> bytes:
    """A .mo file: header, two tables of (length, offset), the strings."""
    keys = [key.encode() for key in sorted(messages)]
    values = [messages[key].encode() for key in sorted(messages)]
    table, blob = b"", b""
    start = 28 + 16 * len(keys)
    for text in keys + values:
        table += struct.pack("<II", len(text), start + len(blob))
        blob += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0) + table + blob


def test_docstrings_and_comments_come_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "module.py"
    function = 'def f(x, *, y=1):\n    """Doc."""\n    # alone\n    return x\n'
    path.write_text(f'"""Module."""\n# one\n# two\n\n{function}')
    expected = "Module.\n\n# one\n# two\n\nf(x, *, y=1)\nDoc."
    assert list(installed.read_docstrings(path)) == [expected]


def test_a_file_that_is_no_python_gives_nothing(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def (:\n")
    assert list(installed.read_docstrings(path)) == []


def test_missing_packages_are_named_for_their_installers(monkeypatch):
    monkeypatch.setattr(installed, "debian_version", lambda package: None)
    monkeypatch.setattr(installed, "python_version", lambda distribution: "1.0")
    assert "apt: apache2-doc" in installed.missing_packages()
    assert not any(line.startswith("pip: ") for line in installed.missing_packages())


def test_an_absent_package_is_left_out_and_a_present_one_is_named(monkeypatch, tmp_path):
    page = tmp_path / "manual/ja/logs.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(f"<body><p>{'ログファイルの説明です。' * 40}</p></body>".encode("euc_jp"))
    english = tmp_path / "manual/ja/untranslated.html"
    english.write_text("<body>" + "only English here " * 60)
    japanese = installed.DEBIAN[0]
    monkeypatch.setattr(installed, "debian_files", lambda package: [page, english])
    monkeypatch.setattr(installed, "debian_version", lambda package: None)
    assert installed.read_debian(japanese) is None
    monkeypatch.setattr(installed, "debian_version", lambda package: "2.4.1")
    assert installed.read_debian(japanese) == SourceText(
        Source(japanese.name, "2.4.1", "Apache-2.0", "documentation", "ja", "apache2-doc"),
        ["ログファイルの説明です。" * 40 + "\n"],
    )


def test_what_is_evaluated_on_is_never_read(monkeypatch, tmp_path):
    listing = tmp_path / "list"
    for name in ("a.html", "openssl/CHANGES.html", "libssl-doc/OpenSSL.html"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        with listing.open("a") as file:
            file.write(f"{path}\n")
    monkeypatch.setattr(
        installed.subprocess,
        "run",
        lambda *_, **__: type("Done", (), {"stdout": listing.read_text()}),
    )
    assert installed.debian_files("any") == [tmp_path / "a.html"]


def test_every_documentation_licence_is_permissive():
    permissive = {
        "Apache-2.0",
        "PostgreSQL",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "MIT",
        "ISC",
        "PSF-2.0",
    }
    permissive |= {"public-domain", "w3m (permissive)", "nkf (permissive)"}
    licences = {entry.licence for entry in (*installed.DEBIAN, *installed.PYTHON)}
    assert licences <= permissive


def test_a_tool_that_is_absent_is_skipped(monkeypatch, tmp_path):
    def hello(folder: Path):
        yield "hello\n" * 100

    tools = (Tool("absent", ("no-such-program-here",), hello), Tool("present", (), hello))
    monkeypatch.setattr(tool_logs, "TOOLS", tools)
    (found,) = tool_logs.produce_tool_logs(tmp_path)
    assert found.source.name == "present"
    assert (found.source.kind, found.texts) == ("log", ["hello\n" * 100])


def test_a_tool_that_fails_keeps_what_it_wrote_and_cleans_up(tmp_path):
    def fails(folder: Path):
        (folder / "left").write_text("over")
        yield "one line of log\n" * 40
        raise OSError("gone")

    found = tool_log(Tool("fails", (), fails), tmp_path / "work")
    assert found is not None
    assert found.texts == ["one line of log\n" * 40]
    assert not (tmp_path / "work").exists()


def test_one_tool_cannot_dominate(tmp_path):
    counted = "".join(f"{number:07}\n" for number in range(400_000))  # 3.2 MB
    found = tool_log(Tool("long", (), lambda _: [counted]), tmp_path / "work")
    assert found is not None
    assert 0.9 * tool_logs.LOG_BYTES < sum(map(len, found.texts)) <= tool_logs.LOG_BYTES


def test_names_of_this_machine_do_not_reach_the_logs(monkeypatch, tmp_path):
    monkeypatch.setattr(tool_logs.socket, "gethostname", lambda: "vm")
    line = f"Nov 24 vm sshd[1]: \x1b[31mopened\x1b[0m {tmp_path}/log {Path.home()}/x vm.swappiness"
    expected = "Nov 24 host01 sshd[1]: opened /srv/app/log /home/user/x vm.swappiness"
    assert neutral(line, tmp_path) == expected


def test_a_command_past_its_time_is_ended_and_its_output_kept():
    slow = "import time; print('started', flush=True); time.sleep(60)"
    assert run(sys.executable, "-c", slow, seconds=2) == "started\n"


def test_a_server_is_ended_when_it_is_no_longer_needed(tmp_path):
    port = tool_logs.free_port()
    command = (
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "-d",
        tmp_path,
    )
    with serving(*command, output=tmp_path / "out", port=port):
        pass
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/")


def test_visits_are_bounded_repeatable_and_stay_on_loopback(monkeypatch):
    assert list(visits(50, seed=1)) == list(visits(50, seed=1))
    assert list(visits(50, seed=1)) != list(visits(50, seed=2))
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self):
            seen.append(self.client_address[0])
            self.close_connection = True

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tool_logs.browse(server.server_port, 5, seed=1)
    server.shutdown()
    server.server_close()
    assert seen == ["127.0.0.1"] * 5


def test_packages_of_absent_tools_are_named(monkeypatch):
    monkeypatch.setattr(tool_logs, "find", lambda program: None)
    assert {"apt: nginx", "apt: postgresql-15"} <= set(tool_logs.missing_tools())
    monkeypatch.setattr(tool_logs, "find", lambda program: f"/usr/bin/{program}")
    assert tool_logs.missing_tools() == []

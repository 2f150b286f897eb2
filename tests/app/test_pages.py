"""Every page in its empty, normal and failed state, in both languages."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.amendments import in_hindsight, seal
from evaluations.charts import side_name
from evaluations.documents import Split, ingest_bytes
from evaluations.plan import plan_hash
from evaluations.reports import FORMATS
from evaluations.reports.statistics import statistics
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations import made_runs
from tests.evaluations.queued import queue_run
from tests.evaluations.reports.snapshots import NASTY, NASTY_RUN, VARIANTS
from tests.evaluations.reviewable import reviewable

PAGES = ("home", "data", "run", "results", "compare", "report", "money")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_without_any_data_says_what_to_do_next(open_page, page, language):
    screen = open_page(page, language)
    first_steps = {
        "home": "app.home.list.empty",
        "data": "app.data.empty",
        "run": "app.plan.no_documents",
        "results": "app.empty.none",
        "compare": "app.empty.none",
        "report": "app.empty.none",
        "money": "app.empty.none",
    }
    assert say(first_steps[page], language) in screen.text
    assert not screen.test.exception


@pytest.mark.parametrize("page", PAGES)
def test_an_english_page_holds_no_japanese_beside_the_language_switch(open_page, page):
    words = open_page(page, "en").text.replace("日本語", "")
    assert not JAPANESE.search(words)


def test_home_lists_evaluations_with_their_verdict(open_page, settings):
    put(settings, VARIANTS["go"](), "run-go")
    put(settings, VARIANTS["withheld"](), "run-withheld")
    screen = open_page("home")
    assert say("results.outcome.go", "ja") in screen.text
    assert say("results.outcome.withheld", "ja") in screen.text
    assert screen.buttons["open_run-go"] == say("app.home.open.results", "ja")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["go", "conditional", "close", "no_go", "quick", "one_document"])
def test_results_begin_with_the_verdict_and_its_reason(open_page, settings, name, language):
    found = VARIANTS[name]()
    put(settings, found, "run")
    text = open_page("results", language, run="run").text
    outcome = say(f"results.outcome.{found.verdict.outcome.value}", language)
    assert outcome in text
    assert text.index(outcome) < text.index(say("app.results.validity", language))
    assert say("app.results.curve", language) in text


def test_a_withheld_verdict_hides_the_numbers_and_names_the_check(open_page, settings):
    put(settings, VARIANTS["withheld"](), "run")
    text = open_page("results", run="run").text
    assert say("results.check.self_comparison.failed", "ja") in text
    assert say("app.results.curve", "ja") not in text
    assert say("app.results.error", "ja") not in text


def test_names_from_a_user_stay_text_on_every_page(open_page, settings):
    found = VARIANTS["nasty"]()
    put(settings, found, "run")
    screen = open_page("results", run="run")
    assert "<script>" not in screen.text
    assert screen.test.selectbox(key="evaluation_choice").options == [NASTY_RUN]
    assert escape(NASTY[2]) in screen.text
    (table,) = screen.data("longssm_sorted_table")  # which writes its cells as text
    assert {row["cells"][0] for row in table["rows"]} >= set(NASTY)


def test_one_checkpoint_is_called_a_reading_comparison_and_nothing_is_proposed(open_page, settings):
    put(settings, VARIANTS["one_checkpoint"](), "run")
    text = open_page("results", "en", run="run").text
    assert say("results.note.reading_policy", "en") in text
    assert "Proposed method" not in text


def test_the_three_curves_can_be_switched(open_page, settings):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("results", run="run")
    for kind in ("prefix", "position"):
        screen.test.session_state["curve_kind"] = kind
        screen.test.run()
        assert say(f"app.results.curve.{kind}.why", "ja") in screen.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_behind_the_curve_stands_what_every_arm_does_beyond_its_training_length(
    open_page, settings, language
):
    put(settings, made_runs.snapshot(24), "run")
    text = open_page("results", language, run="run").text
    at = [
        text.index(say(f"results.extension.{name}", language))
        for name in ("fails", "no_longer_length", "strong")
    ]
    assert text.index(say("app.results.curve", language)) < min(at)


def test_the_curve_of_one_document_can_be_asked_for(open_page, settings):
    found = made_runs.snapshot(6)
    put(settings, found, "run")
    screen = open_page("results", "en", run="run")
    assert "log 2.txt alone" not in screen.text
    screen.test.selectbox(key="curve_document").set_value(made_runs.document(2).id).run()
    assert not screen.test.exception
    assert "log 2.txt alone" in screen.text


def test_experts_see_what_the_targets_had_really_read(open_page, settings):
    put(settings, made_runs.snapshot(6), "run")
    screen = open_page("results", "en", run="run")
    screen.test.toggle(key="expert").set_value(True).run()
    assert "1,024–2,047 (1,536)" in screen.text


def test_experts_see_hashes_when_they_ask(open_page, settings):
    found = VARIANTS["go"]()
    put(settings, found, "run")
    screen = open_page("results", run="run")
    assert found.plan_hash not in screen.text
    screen.test.toggle(key="expert").set_value(True).run()
    assert found.plan_hash in screen.text
    for line in statistics(found, "ja"):
        assert line.value in screen.text


def test_an_amendment_is_appended_with_its_reason(open_page, settings, store):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("results", "en", run="run")
    screen.test.toggle(key="expert").set_value(True).run()
    screen.test.number_input(key="amend_margin").set_value(0.5)
    screen.press("amend_send")
    assert say("amend.reason", "en") in screen.text
    assert store.amendments("run") == ()
    screen.test.text_input(key="amend_reason").set_value("[a](b) <i>why</i>")
    screen.press("amend_send")
    (made,) = store.amendments("run")
    assert (made.rule.margin, made.reason) == (0.5, "[a](b) <i>why</i>")
    assert not screen.test.exception


@pytest.mark.parametrize("language", ["ja", "en"])
def test_amendments_stand_on_the_results_page_as_text(open_page, settings, language):
    found = VARIANTS["go"]()
    rule = found.plan.rule.model_copy(update={"margin": 0.5})
    moment = "2026-11-28T10:00:00+00:00"
    late = seal(plan_hash(found.plan), 1, found.plan.rule, rule, "<b>x</b>", "me", moment, True)
    amended = {"amendments": (late,), "amended_verdict": in_hindsight(found.verdict)}
    put(settings, found.model_copy(update=amended), "run")
    text = open_page("results", language, run="run").text
    assert say("results.amendment.late", language) in text
    assert "0.02 → 0.5" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert say("results.outcome.conditional", language) in text


def test_the_report_page_offers_every_file_under_signed_links(open_page, settings):
    put(settings, VARIANTS["go"](), "run")
    text = open_page("report", run="run").text
    for format in FORMATS:
        assert f'data-format="{format}"' in text
    assert text.count("/api/download/") == len(FORMATS) + 1  # and the preview


def test_an_unknown_evaluation_is_one_sentence_not_a_traceback(open_page):
    screen = open_page("results", "en", run="no-such-run")
    assert say("run.unknown", "en", run="no-such-run") in screen.text
    assert "Traceback" not in screen.text
    assert not screen.test.exception


def test_an_unforeseen_failure_is_one_sentence_with_a_record_number(open_page, monkeypatch):
    import session

    def breaks() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(session, "open_store", breaks)
    screen = open_page("home", "en")
    assert "Something unexpected happened" in screen.text
    assert "secret detail" not in screen.text
    assert not screen.test.exception


def test_office_files_are_reviewed_without_an_encoding_and_stored(open_page, settings, store):
    from uploads import Box

    samples = Path(__file__).parents[1] / "samples"
    box = Box(settings.data_dir / "uploads", "0" * 32)
    names = ("inspection.docx", "stock.xlsx", "procedure.pdf", "alarm.log")
    for number, name in enumerate(names, 1):
        data = (samples / name).read_bytes()
        box.begin(f"{number:08x}", name, len(data), 0)
        box.append(f"{number:08x}", data)
        box.finish(f"{number:08x}")
    screen = open_page("data", box="0" * 32)
    assert screen.text.count("冷却ポンプ") >= 4
    keys = {choice.key for choice in screen.test.selectbox}
    assert keys & {f"encoding_{n:08x}" for n in (1, 2, 3, 4)} == {"encoding_00000004"}
    screen.press("store_files")
    assert {document.format for document in store.documents()} == {"docx", "xlsx", "pdf", "log"}


def test_a_guessed_encoding_is_shown_and_can_be_overruled(open_page, settings, store):
    from uploads import Box

    data = "ﾃﾞｰﾀ ｵﾝﾄﾞ9 OK".encode("cp932")
    box = Box(settings.data_dir / "uploads", "0" * 32)
    box.begin("00000001", "half.log", len(data), 0)
    box.append("00000001", data)
    box.finish("00000001")
    screen = open_page("data", "en", box="0" * 32)
    doubt = {"file": "half.log", "encoding": "euc-jp", "alternative": "cp932"}
    assert say("documents.warning.encoding", "en", **doubt) in screen.text
    assert "EUC-JP" in screen.text
    screen.test.selectbox(key="encoding_00000001").set_value("cp932").run()
    assert say("documents.warning.encoding", "en", **doubt) not in screen.text
    assert "CP932" in screen.text
    screen.press("store_files")
    (document,) = store.documents()
    assert (document.encoding, store.document_text(document.id)) == ("cp932", "ﾃﾞｰﾀ ｵﾝﾄﾞ9 OK")


def test_nobody_goes_on_while_a_file_waits_to_be_stored(open_page, settings, store):
    from uploads import Box

    store.add_documents(ingest_bytes("old.log", b"an older line\n" * 200))
    box = Box(settings.data_dir / "uploads", "0" * 32)
    box.begin("00000001", "new.log", 14, 0)
    box.append("00000001", b"a newer line..")
    box.finish("00000001")
    screen = open_page("data", box="0" * 32)
    assert screen.test.button(key="next").disabled
    screen.press("store_files")
    assert len(store.documents()) == 2
    assert not screen.test.button(key="next").disabled


def test_stored_documents_can_be_chosen_and_too_few_say_how_many_more(open_page, store):
    for i in range(3):
        text = "\n".join(f"{i} line {n}" for n in range(2_000))
        store.add_documents(ingest_bytes(f"log{i}.log", text.encode()))
    screen = open_page("data")
    assert say("app.data.enough.few", "ja", n=3, needed=3) in screen.text
    assert screen.buttons["next"] == say("app.data.next", "ja")


@pytest.mark.parametrize(("variant", "is_open"), [("close", True), ("go", False)])
def test_a_difference_that_may_be_none_is_not_told_in_large_words_alone(
    open_page, settings, variant, is_open
):
    put(settings, VARIANTS[variant](), "run")
    text = open_page("results", "en", run="run").text
    assert (say("app.results.error.open", "en") in text) is is_open


def test_parts_of_one_file_are_enough_to_compute_and_said_not_to_be_independent(open_page, store):
    text = "\n".join(f"line {n} of the only log" for n in range(4_000))
    store.add_documents(ingest_bytes("only.log", text.encode(), split=Split(pieces=8)))
    parts = say("results.parts", "en", n=8, files=1)
    screen = open_page("data", "en")
    assert say("app.data.enough.parts", "en", n=8, parts=parts) in screen.text
    assert screen.text.count('class="lab-notice info"') == 1


def test_the_language_switch_changes_every_word_and_stays_in_the_address(open_page):
    screen = open_page("data", "en")
    assert say("app.data.lead", "en") in screen.text
    screen.test.segmented_control(key="language_choice").set_value("ja").run()
    assert say("app.data.lead", "ja") in screen.text
    assert say("app.data.lead", "en") not in screen.text
    assert screen.test.query_params["lang"] in ("ja", ["ja"])


def put_logs(store, count: int) -> None:
    for i in range(count):
        text = "\n".join(f"{i} line {n} of a log that is long enough" for n in range(300))
        store.add_documents(ingest_bytes(f"log{i}.log", text.encode()))


def test_the_sample_button_queues_a_real_evaluation_and_never_a_second_one(open_page, store):
    screen = open_page("home").press("home_sample")
    (run,) = store.runs()
    assert run.documents == 30
    assert run.status == "queued"
    assert screen.test.query_params["run"] in (run.id, [run.id])
    open_page("home").press("home_sample")
    assert len(store.runs()) == 1


def test_the_rule_that_is_read_on_the_page_is_the_rule_that_is_locked(open_page, store):
    put_logs(store, 7)
    screen = open_page("run")
    screen.test.number_input(key="margin").set_value(0.05).run()
    screen.test.text_input(key="decider").set_value("製造本部長").run()
    assert "0.050 ビット/バイト" in screen.text
    screen.press("start")
    (run,) = store.runs()
    rule = store.plan(run.id).rule
    assert (rule.margin, rule.decider) == (0.05, "製造本部長")
    assert say("app.progress.leave", "ja") in screen.text


@pytest.mark.parametrize("preset", ["best_zero", "matched", "paper", "operations"])
def test_every_question_can_be_asked(open_page, store, preset):
    put_logs(store, 6)
    screen = open_page("run", "en")
    screen.test.radio(key="preset").set_value(preset).run()
    screen.press("start")
    (run,) = store.runs()
    assert run.preset == preset


def test_a_cancelled_evaluation_says_so_and_offers_a_new_one(open_page, store):
    put_logs(store, 6)
    screen = open_page("run", "en").press("start")
    screen.press("cancel_yes")
    assert say("app.progress.cancelled", "en") in screen.text
    assert screen.buttons["again"] == say("app.progress.again", "en")


def test_an_evaluation_can_be_renamed_and_archived(open_page, settings, store):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("home")
    screen.test.text_input(key="name_run").set_value("新しい名前").run()
    screen.press("rename_run")
    assert "新しい名前" in screen.text
    screen.press("archive_run")
    assert "新しい名前" not in screen.text
    assert store.runs() == []


def test_what_was_chosen_survives_a_change_of_language(open_page, store):
    put_logs(store, 6)
    screen = open_page("run", "en")
    screen.test.radio(key="preset").set_value("matched").run()
    screen.test.number_input(key="margin").set_value(0.05).run()
    screen.test.segmented_control(key="language_choice").set_value("ja").run()
    assert say("app.plan.rule", "ja") in screen.text
    screen.press("start")
    (run,) = store.runs()
    assert run.preset == "matched"
    assert store.plan(run.id).rule.margin == 0.05


def test_evaluations_of_one_name_are_told_apart_in_the_chooser(open_page, settings):
    for run in ("one", "two"):
        put(settings, VARIANTS["go"](), run)
    offered = open_page("results", run="two").test.selectbox(key="evaluation_choice").options
    assert len(set(offered)) == 2
    assert sum("one" in name for name in offered) == 1


@pytest.mark.parametrize(("language", "way"), [("ja", "better"), ("en", "worse")])
def test_a_difference_so_far_says_in_words_which_side_it_favours(
    open_page, store, monkeypatch, language, way
):
    run = queue_run(store)
    found = VARIANTS["running"]()
    delta = -0.048 if way == "better" else 0.048
    comparison = found.comparison.model_copy(update={"delta_bits_per_byte": delta})
    shown = found.model_copy(update={"comparison": comparison})
    monkeypatch.setattr(type(store), "snapshot", lambda *_, **__: shown)
    names = {side: side_name(found, side, language, "short") for side in ("a", "b")}
    text = open_page("run", language, run=run).text
    assert say(f"results.sofar.{way}", language, **names) in text
    assert say("results.sofar.sides", language, **names) in text


def test_a_document_that_failed_is_drawn_as_failed_and_not_as_done(open_page, store):
    run = reviewable(store)
    broken = store.run_documents(run)[0].document
    table = tables.tasks
    why = {"state": "failed", "error_key": "task.out_of_memory", "error_values": {}}
    with store.database.write() as connection:
        own = (table.c.run_id == run) & (table.c.document_id == broken.id)
        connection.execute(update(table).where(own).values(**why))
    rows = open_page("run", "en", run=run).text.split("lab-progress-table")[1].split("<tr>")[2:]
    failed = [row for row in rows if say("app.status.failed", "en") in row]
    assert [broken.name in row for row in failed] == [True]
    assert "lab-bar thin bad" in failed[0]
    assert "%</td>" not in failed[0]
    assert all("100%" in row for row in rows if row not in failed)

"""Words of robustness, drift and diagnostics: key -> (Japanese, English)."""

from __future__ import annotations

Entries = dict[str, tuple[str, str]]

ROBUSTNESS: Entries = {
    "command.robustness": (
        "文書を乱して再実行し、改善がどれだけ残るかを確かめる",
        "re-run an evaluation on perturbed documents: how much of the gain is kept",
    ),
    "command.robustness.kinds": (
        "乱し方（コンマ区切り、強さは「:」の後）。例：ocr:0.05,clock_skew。既定：すべて",
        "kinds of perturbation, separated by commas, a strength behind a colon, such as "
        "ocr:0.05,clock_skew (default: all)",
    ),
    "command.robustness.foreign": (
        "別拠点の文書のファイル（foreign_site で混ぜる。なければ機器名・ID・パスなどを置き換える）",
        "files of another site, mixed in by foreign_site (without any it renames hosts and ids)",
    ),
    "command.robustness.seed": (
        "乱す位置を決める乱数の種（既定：0）",
        "seed of the places that are disturbed (default: 0)",
    ),
    "command.robustness.no_wait": (
        "登録だけして再実行の ID を表示する",
        "only queue the re-runs and print their ids",
    ),
    "command.robustness.unchanged": (
        "{kind}：どの文書にも乱す対象がないため、再実行しません。",
        "{kind}: no document holds anything of this kind to disturb; not re-run.",
    ),
    "command.robustness.waiting": ("再実行 {n}/{total}：{kind}", "Re-run {n} of {total}: {kind}"),
    "command.option.kinds": (
        "--kinds に「{found}」は指定できません。次の名前をコンマで区切り、強さは「:」の後に正の数で"
        "指定してください（clock_skew は時間、ほかは 1 以下の割合）：{choices}",
        "--kinds cannot be {found}. Give names out of {choices}, separated by commas, each with a "
        "positive strength behind a colon if you like (hours for clock_skew, else a share of at "
        "most 1).",
    ),
    "robustness.name": ("頑健性：{kind}（{name}）", "Robustness: {kind} ({name})"),
    "robustness.kind.ocr": ("文字認識（OCR）の誤り", "OCR errors"),
    "robustness.kind.dropped_lines": ("行の欠落", "dropped lines"),
    "robustness.kind.duplicated_lines": ("行の重複", "duplicated lines"),
    "robustness.kind.shuffled_blocks": ("順序の入れ替わり", "shuffled blocks"),
    "robustness.kind.clock_skew": ("時計のずれ", "clock skew"),
    "robustness.kind.truncated_history": ("履歴の欠け", "truncated history"),
    "robustness.kind.foreign_site": ("別拠点の文書", "another site's documents"),
    "robustness.strength.ocr": (
        "紛らわしい文字の {percent}%",
        "{percent}% of confusable characters",
    ),
    "robustness.strength.dropped_lines": ("行の {percent}%", "{percent}% of the lines"),
    "robustness.strength.duplicated_lines": ("行の {percent}%", "{percent}% of the lines"),
    "robustness.strength.shuffled_blocks": (
        "16 行のまとまりの {percent}%",
        "{percent}% of the blocks of 16 lines",
    ),
    "robustness.strength.clock_skew": ("最大 ±{strength} 時間", "up to ±{strength} h"),
    "robustness.strength.truncated_history": ("先頭の {percent}%", "the first {percent}%"),
    "robustness.strength.foreign_site": (
        "機器名・ID・パスの {percent}%",
        "{percent}% of hosts, ids and paths",
    ),
    "robustness.strength.foreign_site.donors": (
        "16 行のまとまりの {percent}%（指定された文書から）",
        "{percent}% of the blocks of 16 lines, from the given documents",
    ),
    "robustness.of_rerun": (
        "{run} は、文書を乱した再実行です。元の検証の ID を指定してください。",
        "{run} is itself a re-run on perturbed documents. Give the evaluation that it belongs to.",
    ),
    "robustness.tokens": (
        "検証 {run} はバイト単位の語彙のモデルではないため、文書を乱した再実行にはまだ使えません。",
        "The models of {run} do not read bytes: re-runs on perturbed documents are not possible "
        "with them yet.",
    ),
    "robustness.too_large": (
        "{file} は {megabytes} MB あります。文書を乱した再実行は、合計 {most} MB までの文書で"
        "行えます。長いログは分割して検証し直してください。",
        "{file} makes {megabytes} MB of documents; re-runs on perturbed documents take {most} MB "
        "in all. Evaluate a part of the long log, and repeat that.",
    ),
    "robustness.donors_too_large": (
        "混ぜ込む文書（最大は {file}）は合計 {megabytes} MB あります。"
        "ほかの拠点の文書は合計 {most} MB までにしてください。",
        "The documents to mix in make {megabytes} MB, the largest of them {file}: give at most "
        "{most} MB of another site.",
    ),
    "robustness.not_finished": (
        "検証 {run} はまだ完了していないか、途中で終わっています。完了した検証を指定してください。",
        "The evaluation {run} has not finished. Give one that has.",
    ),
    "robustness.no_result": (
        "検証 {run} には比べられる結果がないため、頑健性を確かめられません。"
        "先に元の検証の問題を解消してください。",
        "The evaluation {run} has no valid difference, so there is nothing to re-run. Settle what "
        "withholds it first.",
    ),
    "robustness.column.kind": ("乱し方", "Perturbation"),
    "robustness.column.strength": ("強さ", "Strength"),
    "robustness.column.length": ("文脈長", "Context"),
    "robustness.column.documents": ("文書", "Documents"),
    "robustness.column.before": ("差（元の文書）", "Difference, as it was"),
    "robustness.column.after": ("差（乱した文書）", "Difference, perturbed"),
    "robustness.column.kept": ("残った改善", "Gain kept"),
    "robustness.column.mark": ("判定", "Mark"),
    "robustness.mark.met": ("○ 半分以上残る", "○ at least half is kept"),
    "robustness.mark.open": ("△ まだ言えない", "△ cannot be told yet"),
    "robustness.mark.missed": ("× 半分も残らない", "× less than half is kept"),
    "robustness.note.withheld": ("検査で不合格", "a validity check failed"),
    "robustness.note.no_gain": ("元の検証で改善が確かでない", "no sure gain to keep"),
    "robustness.note.few": ("文書が足りない", "too few documents"),
    "robustness.note.too_short": ("乱した文書が短すぎる", "too short once perturbed"),
    "robustness.legend": (
        "差は B − A（ビット/バイト、マイナスが改善）で、{confidence}%"
        "信頼区間つき。同じ文書どうしを対にして比べています。「残った改善」は、乱した文書での差"
        "を元の差で"
        "割った値です。この表は元の検証の判定を変えません。",
        "Differences are B − A in bits per byte (negative is better) with {confidence}% "
        "intervals, paired document by document. “Gain kept” is the difference on the perturbed "
        "documents "
        "over the one on the originals. The table changes no verdict.",
    ),
    "robustness.none": ("再実行はまだありません。", "There are no re-runs yet."),
    "app.results.robustness": ("頑健性", "Robustness"),
    "app.results.robustness.why": (
        "文字認識の誤り、行の欠落や重複、時計のずれなどで乱した文書でも、改善が残るかを確かめま"
        "す。",
        "Whether the gain survives documents that are disturbed by OCR errors, lost or repeated "
        "lines, a wrong clock and the like.",
    ),
    "app.results.robustness.empty": (
        "まだ確かめていません。{kinds} 種類の乱し方で、A と B の 2 "
        "方式だけを採点し直します。ページを閉じても計算は続きます。",
        "Not checked yet. A and B alone are scored again under {kinds} kinds of perturbation. The "
        "work goes on when you close the page.",
    ),
    "app.results.robustness.start": ("頑健性を確かめる", "Check robustness"),
    "app.results.robustness.more": ("残りの乱し方も確かめる", "Check the remaining kinds"),
    "app.results.robustness.again": ("失敗した分をもう一度", "Try the failed ones again"),
    "app.results.robustness.starting": ("文書を乱しています…", "Perturbing the documents…"),
    "app.results.robustness.unchanged": (
        "乱す対象が文書にないため再実行しなかったもの：{kinds}",
        "Not re-run, since no document holds anything to disturb: {kinds}",
    ),
    "app.results.robustness.moving": (
        "再実行中です（{total} 件中 {done} 件が完了）。",
        "Re-running: {done} of {total} are finished.",
    ),
    "app.results.robustness.open": ("開く：{kind}", "Open: {kind}"),
    "app.results.rerun": (
        "これは、文書を乱した再実行です（{kind}、{strength}）。採否の判定は元の検証が示します。",
        "This is a re-run on perturbed documents ({kind}, {strength}). The verdict is that of the "
        "original evaluation.",
    ),
    "app.results.rerun.parent": ("元の検証を開く", "Open the original evaluation"),
    "app.home.reruns": ("頑健性の再実行（{n} 件）", "Robustness re-runs ({n})"),
    "reports.stamp.perturbed": ("乱した文書・判定不可", "PERTURBED DOCUMENTS – NOT FOR DECISION"),
    "reports.request.perturbed": (
        "乱した文書による再実行のため、採否のご判断はお願いしません。"
        "元の検証の報告書とあわせてご覧ください。",
        "A re-run on perturbed documents: no decision is asked for. Please read it beside the "
        "report of the original evaluation.",
    ),
    "reports.step.perturbed.1": (
        "元の検証の「頑健性」の表で、残った改善を確かめる",
        "See in the original evaluation's robustness table how much of the gain is kept",
    ),
    "reports.step.perturbed.2": (
        "×の乱し方が現場で起こるかを確かめる",
        "Find out whether the kinds marked × occur in practice",
    ),
    "reports.step.perturbed.3": (
        "起こる場合は、その対策を導入の条件に加える",
        "If they do, make a counter-measure a condition of the rollout",
    ),
}

SENSITIVE: Entries = {
    "app.results.sensitive": ("長い文脈が効く箇所", "Where long context helps"),
    "app.results.sensitive.why": (
        "文脈を {shortest} から {longest} へ伸ばすと損失が {drop} nat を超えて下がるトークンだけ"
        "の成績"
        "です（ビット/バイト）。選んだ側に有利になるため、A のモデル、B のモデル、両方の平均の "
        "3 通りで選びます。3 つがそろって示すことだけを読み取ってください。判定には使いません。",
        "Bits per byte on the tokens alone whose loss falls by more than {drop} nats from "
        "{shortest} to {longest} tokens of context. Whoever chooses them is favoured, so they are "
        "chosen by A's model, by B's, and by the mean of both: take only what all three say. "
        "Nothing is decided by it.",
    ),
    "app.results.sensitive.none": (
        "そのようなトークンはありませんでした。",
        "No token is of this kind.",
    ),
    "app.results.sensitive.chosen_by": ("選んだ側", "Chosen by"),
    "app.results.sensitive.by.a": ("A のモデル（A に有利）", "A's model (favours A)"),
    "app.results.sensitive.by.b": ("B のモデル（B に有利）", "B's model (favours B)"),
    "app.results.sensitive.by.both": ("両方の平均", "the mean of both"),
    "app.results.sensitive.tokens": ("トークン", "Tokens"),
    "app.results.sensitive.documents": ("文書", "Documents"),
    "app.results.sensitive.a": ("A", "A"),
    "app.results.sensitive.b": ("B", "B"),
    "app.results.sensitive.delta": ("差 B − A", "Difference B − A"),
}

DRIFT: Entries = {
    "command.drift": (
        "新しい文書が、検証に使った文書と同じ種類かを確かめる",
        "are new documents still of the kind that an evaluation was made on?",
    ),
    "command.drift.files": ("新しい文書のファイル", "files with new documents"),
    "command.drift.no_loss": (
        "モデルを読み込まず、文字の特徴だけで比べる",
        "compare the texts alone, without loading a model",
    ),
    "command.drift.out_of_memory": (
        "メモリが足りないため、新しい文書を読めません。--no-loss を付けると文字の特徴だけで比べ"
        "ます。",
        "Memory is short for reading the new documents. With --no-loss the texts alone are "
        "compared.",
    ),
    "command.drift.known": (
        "{file}：この検証に使った文書そのものなので除きます。",
        "{file}: this very text is in the evaluation; left out.",
    ),
    "drift.nothing_new": (
        "比べられる新しい文書がありません。検証に使っていない文書を指定してください。",
        "There is no new document to compare. Give documents that are not in the evaluation.",
    ),
    "drift.no_reference": (
        "検証 {run} には、比べる元になる採点済みの文書がありません。"
        "完了した検証を指定してください。",
        "The evaluation {run} has no scored documents to compare with. Give one that has finished.",
    ),
    "drift.sizes": (
        "元の文書 {reference} 件と新しい文書 {new} 件",
        "{reference} reference documents, {new} new ones",
    ),
    "drift.level.stable": ("変化なし", "stable"),
    "drift.level.watch": ("要注意", "watch"),
    "drift.level.drift": ("ドリフトあり", "drift"),
    "drift.level.few": ("文書が少なく判断できない", "too few documents to tell"),
    "drift.verdict.stable": (
        "新しい文書は、検証に使った文書と同じ種類とみなせます。",
        "The new documents look like those of the evaluation.",
    ),
    "drift.verdict.watch": (
        "新しい文書の一部の特徴が、偶然とは考えにくい程度に違います。続けて見守ってください。",
        "Some feature of the new documents differs by more than chance. Keep watching.",
    ),
    "drift.verdict.drift": (
        "新しい文書は、検証に使った文書と種類が違います。"
        "検証の結論は当てはまらないかもしれません。新しい文書で検証し直してください。",
        "The new documents are of another kind, and the evaluation's conclusion may not hold for "
        "them. Evaluate on the new documents.",
    ),
    "drift.verdict.few": (
        "違いが見えますが、文書が少なく偶然と区別できません。あと {needed} 件以上加えてください。",
        "Differences are there, but too few documents to tell them from chance. Add {needed} or "
        "more.",
    ),
    "drift.column.feature": ("特徴", "Feature"),
    "drift.column.reference": ("元", "Reference"),
    "drift.column.new": ("新しい文書", "New"),
    "drift.column.psi": ("PSI", "PSI"),
    "drift.column.distance": ("JS 距離", "JS distance"),
    "drift.column.p": ("偶然の確率 p", "p by chance"),
    "drift.column.level": ("水準", "Level"),
    "drift.feature.length": ("長さ（バイト）", "length, bytes"),
    "drift.feature.bytes_per_character": ("1 文字のバイト数", "bytes per character"),
    "drift.feature.bytes_per_token": ("1 トークンのバイト数", "bytes per token"),
    "drift.feature.character_classes": (
        "文字種の割合（数値は漢字）",
        "character classes (shown: kanji)",
    ),
    "drift.feature.loss": ("損失（ビット/バイト）", "loss, bits per byte"),
    "drift.legend": (
        "注意は PSI 0.1 か JS 距離 0.1 以上で p ≤ 5%、ドリフトは PSI 0.25 か JS 距離 0.2 以上で "
        "p ≤ 5%/特徴の数。p は、文書を同じ件数で無作為に分け直したとき、これ以上の PSI になる割"
        "合です。",
        "Watch: PSI or JS distance from 0.1 and p at most 5%. Drift: PSI from 0.25 or JS distance "
        "from 0.2 and p at most 5% shared among the features. p: how often a random split into "
        "sets of these sizes has as large a PSI.",
    ),
}

DIAGNOSE: Entries = {
    "command.diagnose": (
        "A と B のモデルが記憶をどう使うかを調べる",
        "what the models of A and B do with their memory",
    ),
    "command.diagnose.document": (
        "検証に使った文書の名前または ID（既定：最も長い文書）",
        "name or id of a document of the evaluation (default: the longest)",
    ),
    "command.diagnose.no_document": (
        "検証に「{found}」という文書はありません。次のような文書があります：{names}",
        "The evaluation has no document {found}. It has {names}.",
    ),
    "command.diagnose.out_of_memory": (
        "メモリが足りません。短い文書を --document で指定してください。",
        "Memory is short. Give a shorter document with --document.",
    ),
    "command.diagnose.working": ("{arm} を {file} で調べています…", "Diagnosing {arm} on {file} …"),
    "diagnose.head": ("{file}（{bytes} バイト）での診断", "Diagnosis on {file} ({bytes} bytes)"),
    "diagnose.part": (
        "長い文書のため、先頭の {read} バイトだけで診断しました。",
        "The document is long: this is about its first {read} bytes.",
    ),
    "diagnose.remembrance": (
        "直前の {kept} トークンより前（全 {context}）を忘れると、予測は {value} 変わる",
        "without what lies before the last {kept} of {context} tokens, predictions move by {value}",
    ),
    "diagnose.norms": (
        "状態の大きさ（位置：ノルム） {values}",
        "norm of the state by position: {values}",
    ),
    "diagnose.newlines.passed": (
        "改行だけの文書（{tokens} トークン）：○ 損失 {early} → {late} nat（当て推量は "
        "{guess}）、状態は "
        "{growth} 倍",
        "line breaks only ({tokens} tokens): ○ loss {early} → {late} nats (guessing: {guess}), "
        "state "
        "× {growth}",
    ),
    "diagnose.newlines.failed": (
        "改行だけの文書（{tokens} トークン）：× 破綻。損失 {early} → {late} nat（当て推量は "
        "{guess}）、"
        "状態は {growth} 倍",
        "line breaks only ({tokens} tokens): × collapse, loss {early} → {late} nats (guessing: "
        "{guess}), state × {growth}",
    ),
    "diagnose.recall": (
        "{distance} バイト前に書かれたキー：{trials} 回中 {first}% で 1 位（偶然なら {chance}"
        "%）、キーの行による改善はほかの候補より {advantage} ビット/バイト大きい [{low} … {high}]",
        "key written {distance} bytes before: ranked first in {first}% of {trials} trials (by "
        "chance {chance}%), helped by {advantage} bits per byte more than the others "
        "[{low} … {high}]",
    ),
    "diagnose.legend": (
        "予測の変化は 0（影響なし）から 1 まで。記憶の診断は状態を引き継いで読み、キーはその方式"
        "の読み方で"
        "尋ねます。判定には使いません。",
        "Moves of predictions are from 0 (none) to 1. Memory is diagnosed with the state "
        "carried; the "
        "key is asked under the arm's own reading policy. Nothing is decided by it.",
    ),
}

ENTRIES: Entries = {**ROBUSTNESS, **SENSITIVE, **DRIFT, **DIAGNOSE}

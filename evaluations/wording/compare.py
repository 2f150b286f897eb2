"""Words of the Compare page: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.page.compare": ("比較", "Compare"),
    "compare.lead": (
        "文書のどこで、どちらの方式がよく予測できたかを、文字の単位で確かめます。",
        "See where in a document which method predicts better, down to the single token.",
    ),
    # --- choosing
    "compare.document": ("文書", "Document"),
    "compare.document.name": ("{name}（{better}）", "{name} ({better})"),
    "compare.b.better": ("B が {amount} 良い", "B better by {amount}"),
    "compare.b.worse": ("B が {amount} 悪い", "B worse by {amount}"),
    "compare.b.same": ("差なし", "no difference"),
    "compare.worst": ("B が最も悪い箇所を見る", "See where B did worst"),
    "compare.worst.why": (
        "B の結果が最も悪い文書の、B が最も悪い行へ移動します。",
        "Goes to the line on which B is worst, in the document on which B is worst.",
    ),
    "compare.worst.none": (
        "この文書には、B が悪い行がありません。",
        "There is no line in this document on which B is worse.",
    ),
    "compare.arm.a": ("A（青）", "A (blue)"),
    "compare.arm.b": ("B（橙）", "B (orange)"),
    "compare.document.order": (
        "文書は B の結果が悪い順です。言語や内容によらず、最も悪い文書から表示します。",
        "Documents stand in order, those worst for B first, whatever their language or kind.",
    ),
    "compare.in_full": ("{document} ／ A：{a} ／ B：{b}", "{document} | A: {a} | B: {b}"),
    "compare.reading": ("どの損失を見るか", "Which losses"),
    "compare.reading.start": ("冒頭から続けて読んだ結果", "Read on from the start"),
    "compare.reading.targets": ("判定に使う採点区間", "Scored targets that decide"),
    "compare.unknown": (
        "リンクが指す文書はこの検証にありません。代わりに最初の文書を表示しています。",
        "The document that the link names is none of this evaluation. The first one is shown.",
    ),
    # --- what there is
    "compare.summary.start": (
        "冒頭から続けて読んだ {tokens} {unit}の損失です"
        "（全 {count} {unit}の {share}%）。",
        "Losses of {tokens} {unit}, read on from the start "
        "({share}% of {count} {unit}). ",
    ),
    "compare.summary.targets": (
        "各区間の手前 {length} {unit}以上から読んだ、採点区間 {tokens} {unit}の損失です"
        "（全 {count} {unit}の {share}%）。",
        "Losses of the {tokens} {unit} that were scored with {length} {unit} of text or more "
        "before them ({share}% of {count} {unit}). ",
    ),
    "compare.summary.better": (
        "平均では、B が 1 {one_unit}あたり {amount} ビット良い結果です。",
        "On average B is better by {amount} bits per {one_unit}. ",
    ),
    "compare.summary.worse": (
        "平均では、B が 1 {one_unit}あたり {amount} ビット悪い結果です。",
        "On average B is worse by {amount} bits per {one_unit}. ",
    ),
    "compare.summary.same": ("平均では差がありません。", "On average there is no difference. "),
    "compare.summary.broken": (
        "{n} {unit}は損失が数値にならず、平均に入っていません。",
        "{n} {unit} have no finite loss and are in no mean. ",
    ),
    "compare.summary.rest.start": (
        "「{depth}」の検証のため、灰色の部分は読んでいません。",
        "What is grey was not read: this is a run of the depth “{depth}”.",
    ),
    "compare.summary.rest.targets": (
        "灰色の部分は採点区間の外です。",
        "What is grey is not among the scored targets.",
    ),
    "compare.moving": (
        "この検証はまだ実行中です。終わった文書はこのまま見られますが、どの従来方式を A と"
        "するかは、完了時に変わることがあります。",
        "This evaluation is still running. Documents that are done can be looked at; which "
        "conventional method is A may change when all are.",
    ),
    "compare.withheld": (
        "妥当性の確認に通らない項目があるため、比較は表示しません。理由は結果のページにあります。",
        "A validity check has failed, so nothing is compared. The Results page says why.",
    ),
    "compare.missing.erased": (
        "この文書は消去されたため、本文も損失も残っていません。上の欄で別の文書を選んで"
        "ください。",
        "This document was erased: neither its text nor its losses are left. Choose another one "
        "above.",
    ),
    "compare.missing.too_short": (
        "この文書は短すぎるため、どの方式でも読まれていません。上の欄で別の文書を選んで"
        "ください。",
        "This document is too short and was read by no method. Choose another one above.",
    ),
    "compare.missing.failed": (
        "この文書の計算は終わっていません（失敗または中止）。別の文書か別の方式を選ぶか、実行の"
        "ページで理由を確認してください。",
        "This document was not computed to the end: it failed or was cancelled. Choose another "
        "document or method, or see the Run page for the reason.",
    ),
    "compare.missing.waiting": (
        "この文書の計算がまだ終わっていません。終わると、ここに比較が表示されます。",
        "This document is still being computed. The comparison appears here when it is done.",
    ),
    "compare.to_results": ("結果を見る", "See the results"),
    "compare.to_run": ("進み具合を見る", "See the progress"),
    "compare.to_review": ("次へ：現場確認", "Next: blind review"),
    # --- strip and page
    "compare.strip.label": (
        "文書全体の損失差。クリックまたは矢印キーでその位置へ移動します",
        "Loss difference over the whole document; click or use the arrow keys to go there",
    ),
    "compare.strip.scale": (
        "↑ B が良い、↓ B が悪い（上下端 {scale} ビット/{one_unit}）",
        "↑ B better, ↓ B worse (full height {scale} bits per {one_unit})",
    ),
    "compare.strip.training": (
        "破線：学習時の長さ {length} {unit}、枠：表示中、灰色：{grey}",
        "Dashed: training length, {length} {unit}. Frame: shown below. Grey: {grey}",
    ),
    "compare.strip.grey": ("読んでいない", "not read"),
    "compare.strip.grey.narrow": (
        "読んでいない（縮めて表示）",
        "not read (drawn narrower than it is)",
    ),
    "compare.strip.end": ("全 {count} {unit}", "{count} {unit}"),
    "compare.page.label": (
        "本文。矢印キーで 1 字ずつ損失を読めます",
        "Text; use the arrow keys to read the losses token by token",
    ),
    "compare.page.here": (
        "{page} / {pages} ページ（{start}〜{stop} {unit}目）",
        "Page {page} of {pages} ({unit} {start} to {stop})",
    ),
    "compare.page.here.read": (
        "{here}、読んだのは {read} ページ目",
        "{here}; read: p. {read}",
    ),
    "compare.page.here.unread": (
        "{here}、このページは読んでいません（読んだのは {read} ページ目）",
        "{here}, which was not read; read: p. {read}",
    ),
    "compare.page.range": ("{first}〜{last}", "{first}–{last}"),
    "compare.page.more": ("ほか {n} か所", "and {n} more"),
    "compare.page.before": ("← 前のページ", "← Previous page"),
    "compare.page.behind": ("次のページ →", "Next page →"),
    # where not all pages were read
    "compare.page.before.read": ("← 読んだ前のページ", "← Previous page read"),
    "compare.page.behind.read": ("読んだ次のページ →", "Next page read →"),
    # --- what is marked
    "compare.mark.where": (
        "文書の{place}（全体の {share}%、{position} {unit}目）",
        "{place} ({share}% of the way, {one_unit} {position})",
    ),
    "compare.place.start": ("冒頭", "at the start of the document"),
    "compare.place.early": ("前半", "in the first half of the document"),
    "compare.place.middle": ("中ほど", "in the middle of the document"),
    "compare.place.late": ("後半", "in the second half of the document"),
    "compare.place.end": ("末尾", "at the end of the document"),
    "compare.mark.loss.first": (
        "枠の行：読んだ範囲で B が最も悪い行（合計 {bits} ビット悪い）。{where}にあります。",
        "Framed: the line on which B is worst of all that was read (by {bits} bits), {where}.",
    ),
    "compare.mark.loss": (
        "枠の行：B が悪い {rank} 位の行（合計 {bits} ビット悪い）。{where}にあります。",
        "Framed: no. {rank} of the lines on which B is worse (by {bits} bits), {where}.",
    ),
    "compare.mark.gain.first": (
        "枠の行：読んだ範囲で B が最も良い行（合計 {bits} ビット良い）。{where}にあります。",
        "Framed: the line on which B is best of all that was read (by {bits} bits), {where}.",
    ),
    "compare.mark.gain": (
        "枠の行：B が良い {rank} 位の行（合計 {bits} ビット良い）。{where}にあります。",
        "Framed: no. {rank} of the lines on which B is better (by {bits} bits), {where}.",
    ),
    "compare.mark.chosen": (
        "枠の部分：選んだ位置。{where}にあります。",
        "Framed: the place that was chosen, {where}.",
    ),
    "compare.page.hint": (
        "文字にカーソルを合わせるか、本文を選んで矢印キーを押すと、正確な値をここに表示します。",
        "Point at a token, or click into the text and use the arrow keys: its figures appear here.",
    ),
    "compare.readout.read": (
        "「{text}」 位置 {position}：{better}（損失 A {a}、B {b} ビット、{tokens} {unit}）",
        "“{text}” at {position}: {better} (loss of A {a}, of B {b} bits; {tokens} {unit})",
    ),
    "compare.readout.unread": (
        "「{text}」 位置 {position}：この部分は読んでいません",
        "“{text}” at {position}: not read here",
    ),
    "compare.readout.broken": (
        "「{text}」 位置 {position}：損失が数値になりませんでした",
        "“{text}” at {position}: the loss is no finite number",
    ),
    "compare.legend.a": ("B が {least} 以上悪い", "B worse by {least}"),
    "compare.legend.b": ("B が {least} 以上良い", "B better by {least}"),
    "compare.legend.same": (
        "差 {least} 未満（ビット/{one_unit}）",
        "less than {least} (bits per {one_unit})",
    ),
    "compare.legend.unread": ("読んでいない", "not read"),
    "compare.legend.broken": ("損失が数値でない", "no finite loss"),
    # --- gains and losses
    "compare.stretches": ("差が大きい行", "Where the difference is largest"),
    "compare.stretches.why": (
        "1 行ごとに損失の差を合計し、大きい順に最大 {most} 行ずつ並べています"
        "（長い行は {longest} {unit}で区切ります）。"
        "悪化した行と改善した行を同じ基準で選んでいます。印が付いた部分がその行で、薄い文字は"
        "前後の本文です。",
        "The difference in loss is summed over each line, and up to {most} lines with the largest "
        "sums are shown on either side by the same rule (long lines are cut every {longest} "
        "{unit}). The marked part is that line; the pale text stands around it.",
    ),
    "compare.gain": ("B が良い行（上位 {n}）", "B better: top {n} lines"),
    "compare.loss": ("B が悪い行（上位 {n}）", "B worse: top {n} lines"),
    "compare.gain.none": ("B が良い行はありません。", "There is no line with B better."),
    "compare.loss.none": ("B が悪い行はありません。", "There is no line with B worse."),
    "compare.stretch.gain": (
        "B が良い {rank} 位：合計 {bits} ビット（{tokens} {unit}、1 {one_unit}あたり {mean}）",
        "B better, no. {rank}: {bits} bits in all ({tokens} {unit}, {mean} per {one_unit})",
    ),
    "compare.stretch.loss": (
        "B が悪い {rank} 位：合計 {bits} ビット（{tokens} {unit}、1 {one_unit}あたり {mean}）",
        "B worse, no. {rank}: {bits} bits in all ({tokens} {unit}, {mean} per {one_unit})",
    ),
    "compare.jump": ("→ 位置 {position} を本文で見る", "→ Show at {position} in the text"),
    # --- outputs
    "compare.outputs": ("続きを書かせた結果", "How each continues the text"),
    "compare.outputs.why": (
        "同じ行頭まで読ませ、それぞれ最も確からしい続きを書かせて、実際の続きと並べます。判定には"
        "使いません。A：{a}、B：{b}。",
        "Both read up to the same line start and write on with what they find likeliest, beside "
        "what the document really says. It is no part of the verdict. A: {a}. B: {b}.",
    ),
    "compare.outputs.role": (
        "続きを書かせるのは、比較に使う文書だけです。",
        "Only documents that are compared are continued.",
    ),
    "compare.outputs.none": (
        "この文書では、まだ続きを書かせていません。",
        "Nothing was written on this document yet.",
    ),
    "compare.outputs.cancelled": (
        "続きの生成は取り消されました。",
        "The outputs of this document were cancelled.",
    ),
    "compare.outputs.failed": (
        "続きを生成できませんでした。{reason}",
        "The outputs could not be written. {reason}",
    ),
    "compare.outputs.ask": ("この文書の続きを書かせる", "Have both continue this document"),
    "compare.outputs.queued": ("続きの生成を待っています。", "The outputs are queued."),
    "compare.outputs.waiting": (
        "続きの生成は、損失の計算がすべて終わってから始まります。",
        "The outputs are written once all losses of the evaluation are there.",
    ),
    "compare.outputs.running": (
        "続きを生成しています（{share}%）。このページを離れても続きます。",
        "The outputs are being written ({share}%). You may leave this page.",
    ),
    "compare.outputs.points": ("箇所", "Point"),
    "compare.outputs.point": ("{position} {unit}目", "after {position} {unit}"),
    "compare.outputs.prompt": ("直前の本文", "The text before it"),
    "compare.outputs.truth": ("実際", "Truth"),
    "compare.outputs.parts.here": ("ここで A と B が分かれる", "Here A and B part"),
    "compare.outputs.parts": (
        "A と B は {n} 文字目まで同じで、◆ の位置で分かれます。下線は、実際の続きにない文字です。",
        "A and B agree on the first {n} characters and part at ◆. Underlined: not in the truth.",
    ),
    "compare.outputs.apart": (
        "A と B は最初の文字から分かれます。下線は、実際の続きにない文字です。",
        "A and B part at their first character. Underlined: not in the truth.",
    ),
    "compare.outputs.same": (
        "A と B は同じ文を書きました。下線は、実際の続きにない文字です。",
        "A and B wrote the same. Underlined: not in the truth.",
    ),
    "compare.outputs.show": ("→ この位置を本文で見る", "→ Show this place in the text"),
    # --- from other pages
    "compare.open": ("比較", "Compare"),
    "app.results.documents.jump": (
        "見出しで並べ替え、「比較」で文書の中の差を確認できます。",
        "Sort by the headings; “Compare” shows the differences inside a document.",
    ),
    "app.plan.outputs": (
        "A・B に続きも書かせる（現場確認に必要。判定には使わない）",
        "Have A and B write on as well (blind review needs it; no part of the verdict)",
    ),
    "app.plan.outputs.why": (
        "損失の計算の後に、{documents} 文書の各 {items} か所で続きを書かせ、比較のページに"
        "並べます。",
        "After the losses, both continue {documents} documents at {items} points each; the Compare "
        "page shows them side by side.",
    ),
}

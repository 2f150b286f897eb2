"""Words of the charts and reports: key -> (Japanese, English)."""

from __future__ import annotations

CHARTS: dict[str, tuple[str, str]] = {
    # What the two sides are called. 従来 and 提案 are said only when the training is compared.
    "charts.side.a": ("A", "A"),
    "charts.side.b": ("B", "B"),
    "charts.side.a.short": ("従来方式", "the conventional method"),
    "charts.side.b.short": ("提案方式", "the proposed method"),
    "charts.side.a.full": ("従来方式（ゼロ初期化）", "Conventional method (zero initialization)"),
    "charts.side.b.full": ("提案方式（前状態引継ぎ）", "Proposed method (previous state)"),
    "charts.side.a.adapted": (
        "従来方式（ゼロ初期化・追加学習済み）",
        "Conventional method (zero, trained further)",
    ),
    "charts.side.b.adapted": (
        "提案方式（前状態引継ぎで追加学習）",
        "Proposed method (zero, then trained on with the previous state)",
    ),
    "charts.side.a.policy.short": ("A（{policy}）", "A ({policy})"),
    "charts.side.b.policy.short": ("B（{policy}）", "B ({policy})"),
    "charts.side.a.policy.full": ("{policy}", "{policy}"),
    "charts.side.b.policy.full": ("{policy}", "{policy}"),
    "charts.policy.reset": (
        "{window} {unit}ごとに記憶をリセットする",
        "memory blanked every {window} {unit}",
    ),
    "charts.policy.carry": (
        "記憶を文書の終わりまで引き継ぐ",
        "memory carried through the document",
    ),
    "charts.policy.window": (
        "直前 {window} {unit}だけを記憶する",
        "memory of the last {window} {unit} only",
    ),
    # the same in few words, for lists in which the whole would be cut
    "charts.policy.short.reset": (
        "{window} {unit}ごとにリセット",
        "blanked every {window} {unit}",
    ),
    "charts.policy.short.carry": ("引き継ぐ", "carried"),
    "charts.policy.short.window": ("直前 {window} {unit}だけ", "last {window} {unit} only"),
    "charts.arm.short": ("{method}・{policy}", "{method} · {policy}"),
    "charts.arm.zero": ("従来", "Conventional"),
    "charts.arm.zero_control": ("従来（追加学習）", "Conventional, further"),
    "charts.arm.previous": ("提案", "Proposed"),
    "charts.arm.zero_adapted": ("提案（追加学習）", "Proposed, further"),
    "charts.legend.a": ("A：{name} — 実線", "A: {name} – solid"),
    "charts.legend.b": ("B：{name} — 破線", "B: {name} – dashed"),
    "charts.legend.band": (
        "差の{confidence}%区間（A の線にかからなければ差がある）",
        "{confidence}% interval of the difference (clear of line A: there is one)",
    ),
    "charts.tooltip.length": ("文脈長（{unit}）", "context ({unit})"),
    "charts.tooltip.bits": ("ビット/バイト", "bits per byte"),
    "charts.tooltip.difference": ("差 B−A（区間）", "B − A (interval)"),
    "charts.tooltip.low": ("区間の下限", "interval, low"),
    "charts.tooltip.high": ("区間の上限", "interval, high"),
    "charts.tooltip.perplexity": (
        "パープレキシティ（1 {one_unit}）",
        "perplexity (per {one_unit})",
    ),
    "charts.tooltip.documents": ("文書数", "documents"),
    "charts.tooltip.seen": ("実際に読んだ文脈（平均）", "context really read (mean)"),
    "charts.tooltip.bytes": ("採点したバイト数", "scored bytes"),
    "charts.interval": ("{low}〜{high}", "{low} to {high}"),
    # Axes
    "charts.axis.bits": (
        "予測の誤り（ビット/バイト、小さいほど良い）",
        "Prediction error (bits per byte, lower is better)",
    ),
    "charts.axis.matched": ("文脈長（{unit}、対数目盛）", "Context length ({unit}, log scale)"),
    "charts.axis.prefix": (
        "先頭から読んだ長さ（{unit}、対数目盛）",
        "Length read from the start ({unit}, log scale)",
    ),
    "charts.axis.position": (
        "文書内の位置（{unit}、対数目盛）",
        "Position in the document ({unit}, log scale)",
    ),
    "charts.axis.place": (
        "記憶をリセットしてからの位置（{unit}、対数目盛）",
        "Place after the memory was blanked ({unit}, log scale)",
    ),
    "charts.axis.delta": (
        "差 B−A（ビット/バイト、負なら B が良い）",
        "Difference B − A (bits per byte; negative: B is better)",
    ),
    "charts.mark.trained": ("学習時の長さ T = {length}", "training length T = {length}"),
    "charts.mark.state_age": (
        "学習で経験した記憶の長さ {length}",
        "longest memory met in training: {length}",
    ),
    # What a chart shows, as a sentence
    "charts.title.b_better": (
        "文脈長 {length} {unit}では{b}の方が良い（差 {delta} ビット/バイト、"
        "{confidence}%信頼区間 {interval}）",
        "With {length} {unit} of context {b} is better: difference {delta} bits per byte "
        "({confidence}% interval {interval})",
    ),
    "charts.title.a_better": (
        "文脈長 {length} {unit}では{a}の方が良い（差 {delta} ビット/バイト、"
        "{confidence}%信頼区間 {interval}）",
        "With {length} {unit} of context {a} is better: difference {delta} bits per byte "
        "({confidence}% interval {interval})",
    ),
    "charts.title.open": (
        "文脈長 {length} {unit}で{a}と{b}に差があるとは言えない（差 {delta} ビット/バイト、"
        "{confidence}%信頼区間 {interval}）",
        "With {length} {unit} of context no difference between {a} and {b} is shown: {delta} bits "
        "per byte ({confidence}% interval {interval})",
    ),
    # the same without the difference, where that stands beside the chart
    "charts.finding.b_better": (
        "文脈長 {length} {unit}では{b}の方が良い",
        "With {length} {unit} of context {b} is better",
    ),
    "charts.finding.a_better": (
        "文脈長 {length} {unit}では{a}の方が良い",
        "With {length} {unit} of context {a} is better",
    ),
    "charts.finding.few": (
        "文脈長 {length} {unit}での差は、文書が足りずまだ確かめられない",
        "With {length} {unit} of context: too few documents to show a difference",
    ),
    "charts.finding.open": (
        "文脈長 {length} {unit}で{a}と{b}に差があるとは言えない",
        "With {length} {unit} of context no difference between {a} and {b} is shown",
    ),
    "charts.title.no_interval": (
        "文脈長 {length} {unit}での差は {delta} ビット/バイト。文書数が足りず信頼区間はない",
        "With {length} {unit} of context the difference is {delta} bits per byte; too few "
        "documents for an interval",
    ),
    "charts.title.unknown": (
        "文脈長 {length} {unit}での差はまだ求められていない",
        "The difference with {length} {unit} of context is not known yet",
    ),
    "charts.title.prefix": (
        "先頭から {length} {unit}までの平均は{a} {value_a}、{b} {value_b} ビット/バイト",
        "Mean over the first {length} {unit}: {a} {value_a}, {b} {value_b} bits per byte",
    ),
    "charts.title.position": (
        "位置 {length} {one_unit}までの最後の区間の平均は{a} {value_a}、{b} {value_b} "
        "ビット/バイト",
        "Mean in the last stretch, up to {one_unit} {length}: {a} {value_a}, {b} {value_b} bits "
        "per byte",
    ),
    "charts.title.place": (
        "{window} {unit}ごとに記憶をリセットした直後では{a} {value_a}、{b} {value_b} ビット/バイト",
        "Right after each reset, every {window} {unit}: {a} {value_a}, {b} {value_b} bits per byte",
    ),
    "charts.title.matched": (
        "文脈長 {length} {unit}での平均は{a} {value_a}、{b} {value_b} ビット/バイト",
        "With {length} {unit} of context: {a} {value_a}, {b} {value_b} bits per byte",
    ),
    "charts.title.document": ("{document}のみ：{finding}", "{document} alone: {finding}"),
    "charts.title.empty": ("まだ採点済みの点がない", "No point has been scored yet"),
    "charts.title.withheld": (
        "妥当性の確認に不合格のため、このグラフは判断に使えない",
        "A validity check failed: this chart must not be used for a decision",
    ),
    "charts.scope.block_bootstrap": ("（この文書のみ）", " – this document only"),
    "charts.scope.confidence_sequence": ("（途中経過）", " – interim"),
    "charts.strip.title": (
        "文脈長 {length} {unit}では {documents} 件中 {better} 件の文書で{b}が良い",
        "With {length} {unit} of context {b} is better on {better} of {documents} documents",
    ),
    "charts.strip.interval": ("全体の{confidence}%信頼区間", "{confidence}% interval of all"),
    "charts.strip.margin": ("目標 {margin}", "target {margin}"),
    "charts.strip.b_better": ("B が良い文書", "documents on which B is better"),
    "charts.strip.a_better": (
        "A が良い、または同じ文書",
        "documents on which A is better or equal",
    ),
}

HEAD: dict[str, tuple[str, str]] = {
    "reports.unknown_format": (
        "「{format}」形式の報告書は作れません。選べる形式：{formats}。",
        "There is no report format “{format}”. Choose among: {formats}.",
    ),
    "reports.too_long": (
        "検証「{run}」のメモが A4 1 枚に収まりません。JSON または Markdown をお使いください。",
        "The memo of evaluation {run} does not fit one A4 page. Use JSON or Markdown instead.",
    ),
    "reports.title": (
        "検証結果のご報告と判断のお願い",
        "Evaluation result and request for decision",
    ),
    "reports.kind": ("社内メモ", "Memorandum"),
    "reports.product": ("LongSSM A/B 検証", "LongSSM A/B evaluation"),
    "reports.to": ("宛先", "To"),
    "reports.to.honorific": ("{name} 殿", "{name}"),
    "reports.from": ("起案", "From"),
    "reports.date": ("検証日", "Evaluated"),
    "reports.decision_date": ("判断期日", "Decide by"),
    "reports.stamp.quick": ("速報・判定不可", "QUICK RUN – NOT FOR DECISION"),
    "reports.stamp.quick.no_go": ("速報・見送りのみ判定可", "QUICK RUN – CAN ONLY SAY NO-GO"),
    "reports.stamp.cancelled": ("中止・判定不可", "CANCELLED – NOT FOR DECISION"),
    "reports.stamp.unfinished": ("実行途中・判定不可", "UNFINISHED – NOT FOR DECISION"),
    "reports.subject": ("件名", "Subject"),
    "reports.subject.training": (
        "状態空間モデルの隠れ状態初期化方式の採否について — {name}",
        "Whether to change how the state-space model’s hidden state is initialized – {name}",
    ),
    "reports.subject.reading": (
        "状態空間モデルの読み方の比較について（LongSSM の比較ではない） — {name}",
        "Two ways of reading with one state-space model (a reading-policy comparison, not LongSSM) "
        "– {name}",
    ),
    "reports.request": ("判断をお願いしたい事項", "Decision requested"),
    "reports.request.go": (
        "{b}を採用し、範囲を限った導入を始めることについて、ご承認をお願いいたします。",
        "Please approve adopting {b}, beginning with a limited rollout.",
    ),
    "reports.request.conditional": (
        "判定表の{signs}の項目を解消することを条件に、{b}の限定導入の準備を始めることについて、"
        "ご承認をお願いいたします。",
        "Please approve preparing a limited rollout of {b}, on condition that the items marked "
        "{signs} are settled first.",
    ),
    "reports.request.undecided": (
        "採否は保留とし、同じ判定基準のまま文書を追加{more}して再検証することについて、"
        "ご承認をお願いいたします。",
        "Please approve holding the decision and repeating the evaluation with more "
        "documents{more} under the same rule.",
    ),
    "reports.request.open": (
        "採否は保留とし、判定表の{signs}の項目を解消したうえで、同じ判定基準で再検証することについて、"
        "ご承認をお願いいたします。",
        "Please approve holding the decision, settling the items marked {signs} and repeating "
        "the evaluation under the same rule.",
    ),
    "reports.request.too_close": (
        "効果が目標に近すぎ、文書を増やしても決着しにくいため、当面{a}を継続することについて、"
        "ご承認をお願いいたします。",
        "The effect is so close to the target that more documents would hardly settle it. Please "
        "approve staying with {a} for now.",
    ),
    "reports.request.no_go": (
        "{b}の採用を見送り、{a}を継続することについて、ご承認をお願いいたします。",
        "Please approve not adopting {b} and staying with {a}.",
    ),
    "reports.request.withheld": (
        "測定の妥当性が確認できていないため、採否のご判断はまだお願いできません。"
        "原因を除いたうえでの再測定について、ご承認をお願いいたします。",
        "The measurement is not valid yet, so no decision on adoption can be asked for. Please "
        "approve measuring again once the cause is removed.",
    ),
    "reports.request.quick": (
        "速報のため、採否のご判断はお願いできません。同じ判定基準による標準検証の実施について、"
        "ご承認をお願いいたします。",
        "This was a quick run, so no decision on adoption can be asked for. Please approve a "
        "standard run under the same rule.",
    ),
    "reports.request.unknown": (
        "このモデルは対象の文章をよく知らないため、この組のままでは再検証しても Go にはなりません。"
        "まず自社の文書で組を学習し、その組で標準検証を行うことについて、ご承認をお願いいたします。",
        "The models do not know this kind of text well, so no further run of this pair can say Go. "
        "Please approve first training a pair on our own documents, then a standard run with it.",
    ),
    "reports.request.unknown_no_go": (
        "この組での{b}の採用は見送り、採否は、自社の文書で学習した組による標準検証の後に改めて判断する"
        "ことについて、ご承認をお願いいたします。",
        "Please approve not adopting {b} with this pair, and deciding again after a standard run "
        "with a pair trained on our own documents.",
    ),
    "reports.request.withheld_unknown": (
        "このモデルは対象の文章を知らないため、採否のご判断はまだお願いできません。"
        "自社の文書で組を学習し、その組で標準検証を行うことについて、ご承認をお願いいたします。",
        "The models do not know this kind of text, so no decision on adoption can be asked for. "
        "Please approve training a pair on our own documents, then a standard run with it.",
    ),
    "reports.request.cancelled": (
        "検証を中止したため、採否のご判断はお願いできません。改めて検証を行うことをご承認願います。",
        "The evaluation was cancelled, so no decision can be asked for. Please approve a new one.",
    ),
    "reports.request.unfinished": (
        "検証が完了していないため、採否のご判断はお願いできません。"
        "完了後に改めてご報告いたします。",
        "The evaluation has not finished, so no decision can be asked for. A report will follow "
        "when it has.",
    ),
    "reports.more": ("（あと {documents} 件）", " ({documents} more)"),
    # which way the difference points, in words, with its share of A
    "reports.tendency.better": (
        "{b}のほうが良い（予測の誤りが {share}% 小さい）",
        "{b} is better: its prediction error is {share}% smaller",
    ),
    "reports.tendency.worse": (
        "{b}のほうが悪い（予測の誤りが {share}% 大きい）",
        "{b} is worse: its prediction error is {share}% larger",
    ),
    "reports.tendency.same": ("差がない", "there is no difference"),
    "reports.tendency.shown": ("{finding}。", "{finding}."),
    "reports.tendency.open": (
        "傾向：{finding}。ただし差があるとは言い切れない。",
        "Tendency: {finding}. That there is a difference at all is not shown.",
    ),
    "reports.tendency.undecided": (
        "傾向：{finding}。採否は未確定。",
        "Tendency: {finding}. Whether to adopt it is not settled.",
    ),
    "reports.tendency.quick": (
        "傾向（未確定）：{finding}。",
        "Tendency (not settled): {finding}.",
    ),
    # the models that were compared do not know the text: the shipped ones, or others
    "reports.caution.shipped": (
        "この種の文書をよく知らない付属の小型モデルで判定した結果です。"
        "自社の文書で学習したモデルでは変わりえます。",
        "Judged with the small bundled models, which do not know this kind of text well: models "
        "trained on your own documents may give another result.",
    ),
    "reports.caution.own": (
        "この種の文書をよく知らないモデルで判定した結果です。"
        "この種の文書で学習したモデルでは変わりえます。",
        "Judged with models that do not know this kind of text well: models trained on such "
        "documents may give another result.",
    ),
    "reports.conclusion": ("結論", "Conclusion"),
    "reports.unknown": ("—", "—"),
    "reports.unmeasured": ("測定していない", "not measured"),
    "reports.groups": ("（{n} グループ）", " (in {n} groups)"),
    "reports.joint": ("。", "; "),
    "reports.comma": ("、", ", "),
}

TABLE: dict[str, tuple[str, str]] = {
    "reports.criteria": ("判定表", "Criteria"),
    "reports.criteria.criterion": ("基準（事前に固定）", "Criterion (locked beforehand)"),
    "reports.criteria.target": ("目標", "Target"),
    "reports.criteria.actual": ("実績", "Actual"),
    "reports.criteria.mark": ("判定", "Met?"),
    "reports.criteria.none": ("判定基準の結果はない", "No criterion has a result"),
    "reports.criteria.more": (
        "ほか {n} 項目（JSON に全項目）",
        "{n} more (all of them in the JSON)",
    ),
    "reports.mark.met": ("達成", "met"),
    "reports.mark.open": ("未確定", "open"),
    "reports.mark.missed": ("未達", "missed"),
    "reports.mark.legend": ("○ 達成 △ 未確定 × 未達", "○ met  △ open  × missed"),
    "reports.unit.bits_per_byte": ("{value} ビット/バイト", "{value} bits/byte"),
    "reports.unit.ratio": ("{value} 倍", "{value}×"),
    "reports.unit.documents": ("{value} 件", "{value}"),
    "reports.unit.count": ("{value} 件", "{value}"),
    "reports.criteria.at": ("（{length} {unit}）", " ({length} {unit})"),
    "reports.criteria.against": (
        "（{length} {unit}、相手は「{arm}」）",
        " ({length} {unit}, against “{arm}”)",
    ),
    "reports.criteria.cut": (
        "（{n} 件は {files} 個のファイルを分けたもので、互いに独立した文書ではない）",
        " ({n} are parts of {files} file(s), not independent documents)",
    ),
    "reports.actual.both": ("差 {delta}（上限 {bound}）", "{delta} (upper bound {bound})"),
    "reports.actual.upper": ("上限 {bound}", "upper bound {bound}"),
    "reports.actual.lower": ("下限 {bound}", "lower bound {bound}"),
    "reports.actual.ratio": ("{value} 倍（{low}〜{high}）", "{value}× ({low} to {high})"),
    "reports.failure": ("{found}{action}", "{found} {action}"),
    "reports.failures": ("不合格だった妥当性の確認", "Validity checks that failed"),
    "reports.failures.more": ("ほか {n} 件", "{n} more"),
    "reports.failures.hidden": (
        "妥当性の確認に不合格の項目があるため、結果の数値とグラフは表示しない。",
        "Because a validity check failed, no result and no chart is shown.",
    ),
    "reports.curve": ("長さ–品質グラフ", "Quality against length"),
    "reports.curve.note.bands": (
        "帯（スライドと Excel では縦線）は、同じ文書どうしの差（B−A）の{confidence}%区間を"
        "A の線に重ねたもの。"
        "A の線が帯の外にあれば差がある。判定の長さでは判定に使う区間、"
        "他の長さでは全ての長さで同時に成立する区間。",
        "The band (bars on slides and in Excel) is the {confidence}% interval of the difference "
        "B − A on the same documents, laid on line A: where A is outside it, there is a "
        "difference. At the deciding length it is the interval of the verdict, elsewhere it holds "
        "at all lengths at once.",
    ),
    "reports.curve.note.plain": (
        "文書が少なく、差の区間（帯）は示せない。",
        "Too few documents for an interval of the difference to draw as a band.",
    ),
    "reports.curve.note.tokens": (
        "長さはトークン数で数える。採点した箇所は両方式で同じバイト。",
        "Lengths are counted in tokens; both sides were scored on the same bytes.",
    ),
    "reports.curve.note.short": (
        "判定表の短い文（{length} {unit}）は「{arm}」との差で、A との差であるこのグラフの値とは"
        "異なる。",
        "For short texts ({length} {unit}) the criteria take the difference from “{arm}”, not from "
        "A as here.",
    ),
    "reports.curve.c": ("文脈長", "Context"),
    "reports.curve.a": ("A", "A"),
    "reports.curve.b": ("B", "B"),
    "reports.curve.d": ("差 B−A（区間）", "B − A (interval)"),
    "reports.curve.n": ("n", "n"),
    "reports.difference": ("{delta}（{interval}）", "{delta} ({interval})"),
    "reports.difference.alone": ("{delta}（区間なし）", "{delta} (no interval)"),
}

COMPARISON: dict[str, tuple[str, str]] = {
    "reports.comparison": ("比較の内容と公平性", "What was compared, and why it is fair"),
    "reports.compared": ("比較", "Compared"),
    "reports.compared.text": (
        "{question}A は {a}、B は {b}",
        "{question} A is {a}; B is {b}",
    ),
    "reports.sides": (
        "A：{a}、B：{b}",
        "A: {a}; B: {b}",
    ),
    "reports.arm": ("{checkpoint}（{policy}）", "{checkpoint} ({policy})"),
    "reports.fair": ("公平性", "Fairness"),
    "reports.fair.targets": (
        "全ての長さで両方式が同じバイトを採点（ハッシュ一致）",
        "At every length both were scored on the same bytes (equal hash)",
    ),
    "reports.fair.locked": (
        "判定基準は結果を見る前の {moment} に固定",
        "the rule was locked before any result, at {moment}",
    ),
    "reports.fair.calibrated": (
        "A は別の {documents} 文書で選んだ最良の従来方式",
        "A is the best conventional way, chosen on {documents} other documents",
    ),
    "reports.fair.every": (
        "校正用の文書がないため、Go には全ての従来方式に勝つことを求めた",
        "without documents to choose A on, Go asks B to beat every conventional way",
    ),
    "reports.fair.contexts_differ": (
        "A と B では見える文脈の長さが異なる",
        "A and B see different amounts of context",
    ),
    "reports.documents": ("対象文書", "Documents"),
    "reports.documents.text": (
        "{n} 件・計 {bytes} バイト（{names}）{short}",
        "n = {n}, {bytes} bytes in all ({names}){short}",
    ),
    "reports.documents.more": ("ほか {n} 件", "and {n} more"),
    "reports.documents.masked": (
        "うち {n} 件は、取り込む前に個人情報（{kinds}）を印に置き換えた文章です。",
        "In {n} of them personal data ({kinds}) was replaced by marks before they were stored.",
    ),
    "reports.documents.columns": (
        "うち {n} 件は、表から選んだ列だけの文章です。",
        "{n} of them are tables of which only chosen columns were kept.",
    ),
    "reports.documents.short": ("、短すぎて除外 {n} 件", "; {n} too short to be scored"),
}

EFFECTS: dict[str, tuple[str, str]] = {
    "reports.effects": ("費用と効果", "Cost and effect"),
    "reports.effect": ("効果", "Effect"),
    "reports.effect.better": (
        "次の 1 バイトの迷い（パープレキシティ）が {change}% 減（差 {delta}）",
        "uncertainty of the next byte (perplexity) down {change}% (difference {delta})",
    ),
    "reports.effect.worse": (
        "次の 1 バイトの迷い（パープレキシティ）が {change}% 増（差 {delta}）",
        "uncertainty of the next byte (perplexity) up {change}% (difference {delta})",
    ),
    "reports.effect.open": (
        "効果があるとは言えない（信頼区間が 0 を含む）",
        "no effect is shown (the interval includes 0)",
    ),
    "reports.effect.unknown": (
        "文書数が足りず、効果は言えない",
        "too few documents to state an effect",
    ),
    "reports.split": ("差の内訳", "Split"),
    "reports.split.text": (
        "{window} {unit}ごとにリセットする従来方式からの差 {total} = "
        "学習 {training}、読み方 {reading}、組み合わせ {interaction} の和",
        "from the conventional method blanked every {window} {unit}: {total} = "
        "training {training}, reading {reading}, interaction {interaction} added up",
    ),
    "reports.split.unknown": (
        "2×2 の全ての組合せは測定していない",
        "not all four cells of the 2×2 were measured",
    ),
    "reports.time": ("処理時間", "Time"),
    "reports.time.text": (
        "B は A の {ratio} 倍（同じ箇所を両方で読んだ時間の比）",
        "B takes {ratio}× the time of A (both timed on the same pieces of text)",
    ),
    "reports.memory": ("最大メモリ", "Peak memory"),
    "reports.memory.text": (
        "B は A の {ratio} 倍（A {a}、B {b} MiB）",
        "B takes {ratio}× the memory of A (A {a}, B {b} MiB)",
    ),
    "reports.money": ("金額", "Money"),
}

RISKS: dict[str, tuple[str, str]] = {
    "reports.risks": ("主なリスクと対策", "Main risks and counter-measures"),
    "reports.risks.risk": ("リスク", "Risk"),
    "reports.risks.measure": ("対策", "Counter-measure"),
    "reports.risk.short.fine": (
        "短い文{at}の悪化は許容幅 {margin} 以内。差 {difference}",
        "Short texts{at}: no worse than the margin {margin}. Difference {difference}",
    ),
    "reports.measure.short.fine": (
        "導入後も短い文の品質を監視する",
        "Keep watching the quality on short texts after rollout",
    ),
    "reports.risk.short.open": (
        "短い文{at}の悪化が許容幅 {margin} 以内とは確認できない。差 {difference}",
        "Short texts{at}: not shown to stay within {margin}. Difference {difference}",
    ),
    "reports.measure.short.open": (
        "文書を増やして確認する。それまで短い文には{a}を使う",
        "Confirm with more documents; until then keep {a} for short texts",
    ),
    "reports.risk.short.worse": (
        "短い文{at}では許容幅 {margin} を超えて悪化。差 {difference}",
        "Short texts{at} get worse by more than {margin}. Difference {difference}",
    ),
    "reports.measure.short.worse": (
        "短い文には{a}を使い続ける、または短い文を混ぜて追加学習する",
        "Keep {a} for short texts, or train further with short texts mixed in",
    ),
    "reports.risk.short.unknown": (
        "短い文{at}への影響は未確認。差 {difference}",
        "The effect on short texts{at} is not known. Difference {difference}",
    ),
    "reports.measure.short.unknown": (
        "文書を増やし、短い文での悪化の有無を確かめる",
        "Add documents and check whether short texts get worse",
    ),
    "reports.risk.knowledge.fine": (
        "モデル（{own}）は単純な統計モデル（{simple} ビット/バイト）よりこの種の文章をよく予測する",
        "Fit to this text: the model ({own}) beats a simple statistical model ({simple} bits/byte)",
    ),
    "reports.measure.knowledge.fine": (
        "文書の種類が変わったときは再検証する",
        "Evaluate again when the kind of document changes",
    ),
    "reports.risk.knowledge.weak": (
        "モデルがこの種の文章をよく知らない（{own}、単純な統計モデルは {simple} ビット/バイト）",
        "The model does not know this kind of text ({own}; a simple statistical model reaches "
        "{simple} bits/byte)",
    ),
    "reports.measure.knowledge.weak": (
        "自社の文書で追加学習した一対のモデルで再検証する",
        "Repeat with a pair of models trained further on your own documents",
    ),
    "reports.risk.knowledge.unknown": (
        "モデルがこの種の文章を知っているかは未確認",
        "Whether the model knows this kind of text has not been checked",
    ),
    "reports.measure.knowledge.unknown": (
        "単純な統計モデルとの比較を含めて再検証する",
        "Repeat with the comparison against a simple statistical model",
    ),
    "reports.risk.documents.one": (
        "文書が 1 件だけであり、結果はこの文書にしか当てはまらない",
        "Only one document: the result holds for this document alone",
    ),
    "reports.measure.documents.one": (
        "別の日・設備・拠点の文書を加え、少なくとも 6 件で検証する",
        "Add documents of other days, machines or sites: at least six",
    ),
    # how B did on the documents that were compared
    "reports.worse.none": ("B が悪い文書はない", "B is worse on none of them"),
    "reports.worse.some": ("B が悪い文書は {worse} 件", "B is worse on {worse} of them"),
    "reports.worse.all": ("そのすべてで B が悪い", "B is worse on all of them"),
    "reports.risk.documents.parts": (
        "比べた {n} 件のうち {parts} 件は {files} 個のファイルを分けたもので、"
        "互いに独立した文書ではない。{worse}",
        "Of the {n} documents compared {parts} are parts of {files} file(s), not independent "
        "documents; {worse}",
    ),
    "reports.risk.documents.parts_only": (
        "比べた {n} 件は {files} 個のファイルを分けたもので、互いに独立した文書ではない。{worse}",
        "The {n} documents compared are parts of {files} file(s), not independent documents; "
        "{worse}",
    ),
    "reports.measure.documents.parts": (
        "別の日・設備・拠点の文書を別々のファイルで加え、再検証する",
        "Add documents of other days, machines or sites as files of their own and evaluate again",
    ),
    "reports.risk.documents.few": (
        "比べた文書は {n} 件{groups}と少ない。{worse}",
        "Only {n} documents{groups} were compared; {worse}",
    ),
    "reports.measure.documents.few": (
        "文書を 20 件以上に増やす。別の拠点・期間の文書も加える",
        "Go to 20 documents or more, from other sites and periods as well",
    ),
    "reports.risk.documents.many": (
        "結果は比べた {n} 件{groups}の範囲に限られる。{worse}",
        "The result is limited to these {n} documents{groups}; {worse}",
    ),
    "reports.measure.documents.many": (
        "別の拠点・期間の文書で再確認し、範囲を限って導入する",
        "Check again on other sites and periods; roll out in a limited range",
    ),
    "reports.risk.documents.withheld": (
        "対象は {n} 件の文書に限られる",
        "Only {n} documents were looked at",
    ),
    "reports.measure.documents.withheld": (
        "再測定の前に、文書の件数と重複を確認する",
        "Before measuring again, check the number of documents and their overlap",
    ),
    "reports.risk.state_age": (
        "判定の長さ {length} {unit}は、学習で経験した記憶の長さ {age} を超える",
        "The deciding length of {length} {unit} exceeds the longest memory met in training, {age}",
    ),
    "reports.measure.state_age": (
        "{age} {unit}ごとに記憶を更新する運用も併せて検討する",
        "Consider renewing the memory every {age} {unit} in operation",
    ),
    "reports.risk.withheld": (
        "測定に不備があり、いま判断すると誤るおそれがある",
        "The measurement is flawed: deciding on it now could be wrong",
    ),
    "reports.measure.withheld": (
        "不合格の項目の原因を除き、同じ判定基準で再測定する",
        "Remove the cause of the failed check and measure again under the same rule",
    ),
    "reports.risk.unreviewed": (
        "出力の正誤は人が確認していない。長文ほど誤情報も目立ちうる",
        "No person has judged the outputs; long texts can also amplify wrong information",
    ),
    "reports.measure.unreviewed": (
        "限定導入の前に、現場の担当者が出力を確認する",
        "Have domain experts look at outputs before a limited rollout",
    ),
}

STEPS: dict[str, tuple[str, str]] = {
    "reports.steps": ("次のステップ", "Next steps"),
    "reports.steps.action": ("実施事項", "Action"),
    "reports.steps.due": ("期日", "Due"),
    "reports.steps.owner": ("責任者", "Owner"),
    "reports.steps.blank_date": ("  年  月  日", ""),
    "reports.step.go.1": (
        "限定導入の対象・期間・撤退基準を定める",
        "Set scope, period and withdrawal criteria of a limited rollout",
    ),
    "reports.step.go.2": (
        "運用側で記憶（状態）を受け渡す実装を確認する",
        "Confirm that the serving side hands the memory (state) over",
    ),
    "reports.step.go.3": (
        "監視指標を定め、3 か月後に再検証する",
        "Set the indicators to watch; evaluate again after three months",
    ),
    "reports.step.conditional.1": (
        "{signs}の項目ごとに解消の方法を決める",
        "Decide how each item marked {signs} will be settled",
    ),
    "reports.step.conditional.2": (
        "同じ判定基準で再検証する",
        "Evaluate again under the same rule",
    ),
    "reports.step.conditional.3": (
        "限定導入の対象・期間・撤退基準の案を作る",
        "Draft scope, period and withdrawal criteria of a limited rollout",
    ),
    "reports.step.undecided.1": (
        "文書を追加で集める{more}",
        "Collect more documents{more}",
    ),
    "reports.step.undecided.2": (
        "同じ判定基準で再検証する",
        "Evaluate again under the same rule",
    ),
    "reports.step.undecided.3": (
        "結果を改めて報告し、採否を判断する",
        "Report again and decide",
    ),
    "reports.step.open.1": (
        "{signs}の項目ごとに解消の方法を決める",
        "Decide how each item marked {signs} will be settled",
    ),
    "reports.step.open.2": (
        "同じ判定基準で再検証する",
        "Evaluate again under the same rule",
    ),
    "reports.step.open.3": (
        "結果を改めて報告し、採否を判断する",
        "Report again and decide",
    ),
    "reports.step.too_close.1": ("当面{a}を継続する", "Stay with {a} for now"),
    "reports.step.too_close.2": (
        "目標が業務上の価値に見合うかを見直す",
        "Reconsider whether the target matches its business value",
    ),
    "reports.step.too_close.3": (
        "目標を見直した場合は、新しい検証を計画する",
        "If the target is changed, plan a new evaluation",
    ),
    "reports.step.no_go.1": ("{a}を継続する", "Stay with {a}"),
    "reports.step.no_go.2": (
        "効果が出なかった原因（文章の種類・長さ）を整理する",
        "Find out why there was no effect (kind of text, lengths)",
    ),
    "reports.step.no_go.3": (
        "再検討する条件（新しいモデル・データ）を決める",
        "Set the conditions for looking again (new model, new data)",
    ),
    "reports.step.withheld.1": (
        "不合格の項目の原因を調べて除く",
        "Find and remove the cause of the failed check",
    ),
    "reports.step.withheld.2": (
        "同じ判定基準で再測定する",
        "Measure again under the same rule",
    ),
    "reports.step.withheld.3": (
        "結果を改めて報告する",
        "Report again",
    ),
    "reports.step.quick.1": (
        "対象の文書と判定基準を確認する",
        "Confirm documents and decision rule",
    ),
    "reports.step.quick.2": (
        "標準検証を実行する",
        "Run the standard evaluation",
    ),
    "reports.step.quick.3": (
        "結果を改めて報告し、採否を判断する",
        "Report again and decide",
    ),
    "reports.step.unknown.1": (
        "自社の文書で組を学習する（「モデル」ページ）",
        "Train a pair on our own documents (Models page)",
    ),
    "reports.step.unknown.2": (
        "その組で、学習に使わなかった文書の標準検証を行う",
        "Run a standard evaluation with it, on documents held out of the training",
    ),
    "reports.step.unknown.3": (
        "結果を改めて報告し、採否を判断する",
        "Report again and decide",
    ),
    "reports.step.cancelled.1": (
        "中止した理由を確かめる",
        "Find out why it was cancelled",
    ),
    "reports.step.cancelled.2": (
        "同じ計画で検証を始め直す",
        "Start the evaluation anew by the same plan",
    ),
    "reports.step.cancelled.3": ("結果を改めて報告する", "Report again"),
    "reports.step.unfinished.1": ("検証を最後まで実行する", "Let the evaluation finish"),
    "reports.step.unfinished.2": (
        "失敗した処理があれば原因を除く",
        "Remove the cause of any failed task",
    ),
    "reports.step.unfinished.3": ("結果を改めて報告する", "Report again"),
    "reports.approvals": ("決裁欄", "Approval"),
    "reports.approval.1": ("起案", "Drafted"),
    "reports.approval.2": ("確認", "Checked"),
    "reports.approval.3": ("審査", "Reviewed"),
    "reports.approval.4": ("決裁", "Approved"),
    "reports.approvals.choice": (
        "□ 承認 □ 条件付き承認 □ 差戻し □ 否決",
        "□ approved  □ with conditions  □ returned  □ rejected",
    ),
    "reports.approvals.date": ("日付", "Date"),
}

FOOT: dict[str, tuple[str, str]] = {
    "reports.statistics": ("統計の詳細", "Statistics in detail"),
    "reports.statistics.method": ("区間の求め方", "Interval"),
    "reports.statistics.p": ("p 値（両側）", "p value (two-sided)"),
    "reports.statistics.macro": (
        "文書ごとの差の平均（長い文書も短い文書も同じ重み、区間）",
        "Mean of the documents' own differences (long and short ones count alike, interval)",
    ),
    "reports.statistics.against": ("{arm} との差（B−A）", "Against {arm} (B − A)"),
    "reports.statistics.adjusted": (
        "{difference}、p = {p}、Holm 補正後 p = {holm}",
        "{difference}, p = {p}, adjusted by Holm p = {holm}",
    ),
    "reports.statistics.detectable": (
        "基準をこれだけ超えて良ければ 5 回に 4 回 見つかる（ビット/バイト、採点した件数ごと）",
        "Found in four of five evaluations if better than required by (bits per byte, by number "
        "scored)",
    ),
    "reports.statistics.detectable.one": ("{units} 件なら {effect}", "{effect} with {units}"),
    "reports.foot": ("再現情報", "Reproducibility"),
    "reports.foot.amendment": ("基準の修正 {number}", "Amendment {number}"),
    "reports.foot.run": ("検証番号", "Run"),
    "reports.foot.plan": ("計画ハッシュ", "Plan hash"),
    "reports.foot.targets": ("採点区間ハッシュ", "Target hash"),
    "reports.foot.checkpoints": ("モデル", "Checkpoints"),
    "reports.foot.seed": ("乱数シード", "Seed"),
    "reports.foot.depth": ("深さ", "Depth"),
    "reports.foot.method": ("区間の方法", "Interval"),
    "reports.foot.extension": ("学習時の長さを超えたとき", "Beyond the training length"),
    "reports.foot.device": ("機器", "Device"),
    "reports.foot.rows": ("並べて読む文書", "Documents side by side"),
    "reports.foot.rows.value": (
        "{rows} 件まで同時に読んだ。1 件ずつ読む検証とは計算の丸めが異なる",
        "Up to {rows} were read at a time; arithmetic rounds otherwise than one by one",
    ),
    "reports.foot.versions": ("版", "Versions"),
    "reports.foot.locked": ("基準固定", "Rule locked"),
    "reports.foot.run_locked": ("検証の計画固定", "Plan of the run locked"),
    "reports.foot.created": ("検証開始", "Created"),
}

ENTRIES: dict[str, tuple[str, str]] = {
    **CHARTS,
    **HEAD,
    **TABLE,
    **COMPARISON,
    **EFFECTS,
    **RISKS,
    **STEPS,
    **FOOT,
}

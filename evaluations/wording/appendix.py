"""Words behind the first page of a report, and of its slides: key -> (Japanese, English)."""

from __future__ import annotations

SECTIONS: dict[str, tuple[str, str]] = {
    "appendix.title": ("資料", "Appendix"),
    "appendix.method": ("検証の方法", "Method"),
    "appendix.method.axes": (
        "2 つの方式の違いは、学習のときに記憶（隠れ状態）をどう始めたかと、文書を読むときに記憶を"
        "どこでリセットするかだけ。ほかの条件は同じにした。",
        "The two differ only in how the memory (hidden state) began in training, and in where it "
        "is blanked while a document is read. Everything else is the same.",
    ),
    "appendix.method.reading": (
        "同じモデルの 2 通りの読み方を比べた。違いは、文書を読むときに記憶（隠れ状態）をどこで"
        "リセットするかだけである。",
        "One model was read in two ways. They differ only in where the memory (hidden state) is "
        "blanked while a document is read.",
    ),
    "appendix.method.targets": (
        "どの文脈長でも、両方式に同じバイトを採点させた。変わるのは、その手前をどれだけ読めるか"
        "だけである。",
        "At every context length both score the same bytes. What changes is only how much of the "
        "text before them may be read.",
    ),
    "appendix.method.paired": (
        "文書ごとに差（B−A）を取り、採点したバイト数で重み付けして合わせた。",
        "The difference B − A is taken document by document and pooled by scored bytes.",
    ),
    "appendix.method.decided": (
        "判定は、結果を見る前に固定した基準だけで行う。",
        "The verdict follows only from the rule that was locked before any result was seen.",
    ),
    "appendix.data": ("対象データ", "Data"),
    "appendix.data.scored": ("採点した文書 {n} 件", "{n} documents scored"),
    "appendix.data.calibration": ("A を選ぶための文書 {n} 件", "{n} to choose A on"),
    "appendix.data.too_short": ("短すぎて対象外 {n} 件", "{n} too short"),
    "appendix.data.more": (
        "ほか {n} 件は XLSX に全件ある。",
        "The other {n} are in the XLSX.",
    ),
    "appendix.guardrails": ("ガードレールと妥当性の確認", "Guardrails and validity checks"),
    "appendix.guardrails.text": (
        "短い文・処理時間・メモリの許容幅と実績は判定表にある。下の確認に一つでも不合格があれば、"
        "判定は出さない。",
        "Margins and actual values for short texts, time and memory are in the criteria table. If "
        "any of the checks below fails, no verdict is given.",
    ),
    "appendix.review": ("現場での確認", "Review by people"),
    "appendix.review.none": (
        "この報告書の記録に、現場の担当者による確認の結果は含まれていない。出力の正しさは"
        "判定に入っていない。",
        "The record behind this report holds no review by people: whether outputs are right is no "
        "part of the verdict.",
    ),
    "appendix.review.withheld": (
        "現場の担当者による確認の結果はあるが、妥当性の確認に不合格があるため示さない。",
        "People have reviewed outputs; what they found is not shown because a validity check "
        "failed.",
    ),
    "appendix.review.rule": (
        "固定した基準：{b}の勝率（同等は半分と数える）の信頼区間全体が {limit}% を上回れば"
        "「悪くない」とする（互角の 50% から {margin} ポイントまで許す）。",
        "The locked rule: “not worse” means that all of the interval of the win rate of {b} (ties "
        "counted half) lies above {limit}%: {margin} points below even.",
    ),
    "appendix.robustness": ("頑健さ", "Robustness"),
    "appendix.robustness.none": (
        "文字の誤認識・行の欠落などで乱した文書での結果は、この報告書の記録に含まれていない。"
        "実施した場合は「結果」ページに表がある。",
        "The record behind this report holds no results on disturbed documents (misread "
        "characters, lost lines and the like). Where they were run, the Results page has a table.",
    ),
    "appendix.limits": ("限界", "Limits"),
    "appendix.limits.documents": (
        "結果は、ここで比べた文書 {n} 件と同じ種類の文書にだけ当てはまる。",
        "The result holds for documents of the kind of the {n} that were compared here.",
    ),
    "appendix.limits.prediction": (
        "測ったのは次の文字をどれだけ言い当てられるかであり、生成した文の正しさではない。",
        "What was measured is how well the next characters are predicted, not whether generated "
        "text is right.",
    ),
    "appendix.limits.checkpoints": (
        "結果はこの 2 つのモデルについてのもので、学習のやり直しによるばらつきは含まない。",
        "The result is about these two models; training them again would add variation.",
    ),
    "appendix.limits.longest": (
        "最も長い文脈長 {length} {unit}まで届く文書は {n} 件に減る。",
        "Only {n} documents reach the longest context of {length} {unit}.",
    ),
    "appendix.limits.state_age": (
        "学習で経験した記憶の長さは {age} {unit}まで。それより長い文脈での結果は外挿である。",
        "The longest memory met in training was {age} {unit}; beyond it the result extrapolates.",
    ),
    "appendix.limits.preset": (
        "学習方式だけの効果（同じ読み方どうしの比較）は、この判定とは別の比較である。",
        "The effect of training alone (both read in the same way) is another comparison than the "
        "one that decides here.",
    ),
    "appendix.limits.quick": (
        "速報のため、採用（Go）の判断には使えない。明らかに悪いときの見送りだけを示せる。",
        "This was a quick run: it can never say Go, and No-Go only where B is clearly worse.",
    ),
    "appendix.extension.arm": ("方式", "Arm"),
    "appendix.extension.longest": ("最長", "Longest"),
    "appendix.extension.change": ("変化", "Change"),
    "appendix.extension.n": ("件数", "n"),
    "appendix.extension.class": ("区分", "Class"),
}

TERMS: dict[str, tuple[str, str]] = {
    "appendix.glossary": ("用語", "Glossary"),
    "appendix.term.zero": ("従来方式（A）", "Conventional method (A)"),
    "appendix.term.zero.text": (
        "区切りごとに白紙の記憶から始めて学習したモデル（ゼロ初期化）",
        "a model trained with a blank memory at the start of each section (zero initialization)",
    ),
    "appendix.term.previous": ("提案方式（B）", "Proposed method (B)"),
    "appendix.term.previous.text": (
        "前の区切りの記憶を引き継いで学習したモデル（前状態引継ぎ、LongSSM）",
        "a model trained to take over the memory of the section before (LongSSM)",
    ),
    "appendix.term.state": ("隠れ状態（記憶）", "Hidden state (memory)"),
    "appendix.term.state.text": (
        "モデルがそれまでに読んだ内容を要約して持つ数値",
        "the numbers in which the model keeps what it has read so far",
    ),
    "appendix.term.carry": ("引継ぎ／白紙", "Carried / blanked"),
    "appendix.term.carry.text": (
        "文書を読む間、記憶を最後まで保つか、決めた長さごとに消すか",
        "whether the memory is kept to the end of a document or dropped every so often",
    ),
    "appendix.term.length": ("文脈長", "Context length"),
    "appendix.term.length.text": (
        "予測のときに手前をどれだけ読めるか",
        "how much of the text before may be read for a prediction",
    ),
    "appendix.term.bits": ("ビット/バイト", "Bits per byte"),
    "appendix.term.bits.text": (
        "1 バイトを言い当てるのに足りない情報の量。小さいほど良い",
        "how much information is missing to predict a byte; lower is better",
    ),
    "appendix.term.perplexity": ("パープレキシティ", "Perplexity"),
    "appendix.term.perplexity.text": (
        "次に来る候補を平均いくつまで絞れたか。小さいほど良い",
        "among how many candidates the next one is, on average; lower is better",
    ),
    "appendix.term.difference": ("差 B−A", "Difference B − A"),
    "appendix.term.difference.text": (
        "同じバイトでの両方式の差。負なら B が良い",
        "between the two on the same bytes; negative: B is better",
    ),
    "appendix.term.interval": ("信頼区間", "Confidence interval"),
    "appendix.term.interval.text": (
        "文書が入れ替わったときに差が収まると見込まれる範囲",
        "the range in which the difference is expected to stay with other documents",
    ),
    "appendix.term.matched": ("同一採点区間", "Matched targets"),
    "appendix.term.matched.text": (
        "すべての文脈長と両方式で同じに保った、採点する箇所",
        "the places that are scored, the same for both and at every length",
    ),
    "appendix.term.guardrail": ("ガードレール", "Guardrail"),
    "appendix.term.guardrail.text": (
        "悪化させてはならない指標（短い文・時間・メモリ）",
        "what must not get worse (short texts, time, memory)",
    ),
    "appendix.term.rule": ("判定基準の固定", "Locked rule"),
    "appendix.term.rule.text": (
        "結果を見る前に基準を決め、時刻とハッシュを残すこと",
        "deciding how to decide before any result is seen, with time and hash on record",
    ),
}

PHRASES: dict[str, tuple[str, str]] = {
    "appendix.phrases": ("会議での説明例", "Phrases for the meeting"),
    "appendix.phrase.conclusion": ("結論は何ですか", "What is the conclusion?"),
    "appendix.phrase.conclusion.text": (
        "結論は「{verdict}」です。{reason}",
        "The conclusion is “{verdict}”. {reason}",
    ),
    "appendix.phrase.effect": ("どれだけ効くのですか", "How much does it help?"),
    "appendix.phrase.trust": ("公平な比較ですか", "Was the comparison fair?"),
    "appendix.phrase.trust.text": (
        "{fair}。{n} 件中 {better} 件の文書で B が良い結果でした",
        "{fair}; B was better on {better} of {n} documents",
    ),
    "appendix.phrase.short": ("短い文で悪くなりませんか", "Do short texts get worse?"),
    "appendix.phrase.answer": (
        "{criterion}：目標 {target}、実績 {actual}（{mark} {meaning}）",
        "{criterion}: target {target}, actual {actual} ({mark} {meaning})",
    ),
    "appendix.phrase.open": ("残る課題は何ですか", "What is still open?"),
    "appendix.phrase.open.none": (
        "判定表に、未確定・未達の項目はありません",
        "No item of the criteria table is open or missed",
    ),
    "appendix.phrase.open.withheld": (
        "妥当性の確認に不合格の項目があり、まず原因を除く必要があります",
        "A validity check failed; its cause has to be removed first",
    ),
    "appendix.phrase.request": ("今日お願いしたいことは何ですか", "What do you ask of us today?"),
}

SLIDES: dict[str, tuple[str, str]] = {
    "slides.background": ("背景と目的", "Background and question"),
    "slides.background.problem": (
        "短い区切りで学習した状態空間モデルは、学習より長い文書で予測が悪くなりやすい",
        "A state-space model trained on short windows tends to get worse on longer documents",
    ),
    "slides.background.idea": (
        "前の区切りの記憶を引き継いで学習すると、長い文書でも予測が良くなると報告されている"
        "（LongSSM, arXiv:2406.02080）",
        "Trained to take over the memory of the section before, it is reported to keep improving "
        "with length (LongSSM, arXiv:2406.02080)",
    ),
    "slides.background.question": ("自社の文書でも言えるか", "Does it hold on our documents?"),
    "slides.method": ("検証の方法と対象データ", "Method and data"),
    "slides.documents": ("文書ごとの差", "Difference by document"),
    "slides.documents.axis": (
        "差 B−A（ビット/バイト、負なら B が良い）",
        "B − A (bits per byte; negative: B is better)",
    ),
    "slides.documents.rank": ("文書（差の小さい順、n = {n}）", "Documents by difference (n = {n})"),
    "slides.documents.drawn": (
        "、うち等間隔に {drawn} 件を表示",
        ", {drawn} of them drawn, evenly spaced",
    ),
    "slides.units": (
        "文脈長：{unit}。A・B・差：ビット/バイト。n：文書数",
        "Context: {unit}. A, B and B − A: bits per byte. n: documents",
    ),
    "slides.criteria": (
        "{n} 項目中 {met} 項目を達成（未確定 {open}、未達 {missed}）",
        "{met} of {n} criteria are met ({open} open, {missed} missed)",
    ),
    "slides.money": ("費用と効果", "Cost and effect"),
    "slides.risks": ("リスク・対策・限界", "Risks, counter-measures, limits"),
    "slides.next": ("次のステップと決裁", "Next steps and approval"),
    "slides.foot": ("再現情報と用語", "Reproducibility and glossary"),
    "slides.source": (
        "出所：検証番号 {run}、計画ハッシュ {plan}、基準固定 {locked}。この資料の数値は、保存された"
        "検証結果のスナップショット（JSON 形式の報告書と同じもの）から作成した。",
        "Source: evaluation {run}, plan hash {plan}, rule locked {locked}. The figures come from "
        "the stored snapshot of the evaluation (the one that the JSON report holds).",
    ),
    "slides.source.part": ("この頁の数値：{fields}", "Figures of this page: {fields}"),
    "slides.whole": ("全文：{text}", "In full: {text}"),
}

ENTRIES: dict[str, tuple[str, str]] = {**SECTIONS, **TERMS, **PHRASES, **SLIDES}

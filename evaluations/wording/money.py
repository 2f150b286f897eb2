"""Cost and effect in yen: the Money page and what reports say of it."""

from __future__ import annotations

CONCLUSION: dict[str, tuple[str, str]] = {
    "money.title": ("費用対効果（円）", "Cost and effect in yen"),
    "money.short": (
        "純効果 月 {net}、回収 {payback}{range}（前提は担当者の記入）",
        "net {net} a month, payback {payback}{range} (on assumptions that people entered)",
    ),
    "money.short.zero": (
        "純効果は月ゼロで、初期費用は回収できない{range}（前提は担当者の記入）",
        "net zero a month: it never pays back{range} (on assumptions that people entered)",
    ),
    "money.short.never": (
        "純効果は月 {net} で、初期費用は回収できない{range}（前提は担当者の記入）",
        "net {net} a month: it never pays back{range} (on assumptions that people entered)",
    ),
    "money.trial": ("採否未確定・仮の試算：{said}", "Adoption not settled, a trial sum: {said}"),
    "money.range.short": (
        "［慎重 {careful_net}・{careful_payback}、楽観 {hopeful_net}・{hopeful_payback}］",
        " [careful {careful_net}, {careful_payback}; hopeful {hopeful_net}, {hopeful_payback}]",
    ),
    "money.range.conclusion": (
        "慎重な見込みでは月 {careful_net}（回収 {careful_payback}）、楽観的な見込みでは月 "
        "{hopeful_net}（回収 {hopeful_payback}）です。",
        "Careful: {careful_net} a month (payback {careful_payback}); hopeful: {hopeful_net} a "
        "month (payback {hopeful_payback}).",
    ),
    "money.about": ("約 {yen}", "about {yen}"),
    "money.short.nothing": (
        "円換算なし（前提が未記入）",
        "not converted to yen (no assumptions entered)",
    ),
    "money.short.missing": (
        "前提 {n} 項目が未記入のため回収期間は示さない",
        "no payback is shown: {n} assumption(s) missing",
    ),
    "money.conclusion": (
        "標準シナリオでは、純効果は月 {net}、回収期間は {payback}です。",
        "In the base scenario the net effect is {net} a month and the payback {payback}.",
    ),
    "money.conclusion.zero": (
        "標準シナリオでは回収できません。月の純効果がゼロです。",
        "In the base scenario it does not pay back: the net effect is zero a month.",
    ),
    "money.conclusion.never": (
        "標準シナリオでは回収できません。月の純効果は {net}です。",
        "In the base scenario it does not pay back: the net effect is {net} a month.",
    ),
    "money.conclusion.pays": (
        "希望の {months} か月以内に回収できます。",
        "That is within the {months} months wanted.",
    ),
    "money.conclusion.not": (
        "希望の {months} か月以内には回収できません。投資しない判断も妥当です。",
        "That is not within the {months} months wanted: not investing is a sound decision too.",
    ),
    "money.conclusion.not.never": (
        "投資しない判断も妥当です。",
        "Not investing is a sound decision too.",
    ),
    "money.conclusion.missing": (
        "回収期間はまだ示せません。未記入の前提：{missing}。未記入をゼロとは見なしません。",
        "No payback can be shown yet. Missing: {missing}. What is missing is not taken as zero.",
    ),
    "money.refusal.withheld": (
        "妥当性の確認に不合格があるため、円換算はしません。",
        "A validity check failed, so nothing is converted to yen.",
    ),
    "money.refusal.unfinished": (
        "検証が終わっていないため、円換算はまだしません。",
        "The evaluation has not finished, so nothing is converted to yen yet.",
    ),
    "money.refusal.unmeasured": (
        "処理速度が測定されていないため、円換算はしません。",
        "Speed was not measured, so nothing is converted to yen.",
    ),
    "money.refusal.not_better": (
        "品質の改善が測定で示されていないため、時間の短縮による削減額は 0 と扱います。",
        "No improvement in quality was shown, so the time saved counts as zero yen.",
    ),
    "money.refusal.never": ("回収できません。", "It does not pay back."),
    "money.refusal.costs": (
        "費用だけでは月 {net}、初期費用 {one_off} です。",
        "The costs alone: {net} a month, and {one_off} once.",
    ),
    "money.refusal.no_costs": (
        "処理が速くなるため月の費用は増えません（純効果 {net}）。初期費用は {one_off} です。",
        "Being faster, it adds no cost a month (net {net}); once, it costs {one_off}.",
    ),
    "money.refusal.order": (
        "短縮時間は、慎重 ≦ 標準 ≦ 楽観 の順に記入してください。",
        "Minutes saved must not fall from conservative to base to optimistic.",
    ),
    "money.note.scenario": (
        "短縮時間が未記入のため示せないシナリオ：{names}。",
        "Not shown, because the minutes saved are missing: {names}.",
    ),
    "money.note.wanted": (
        "希望の回収期間が未記入のため、引き合うかどうかと感度は示していません。",
        "Whether it pays, and what it hinges on, is not said: the payback wanted is missing.",
    ),
    "money.note.never": (
        "月の純効果がゼロ以下のシナリオでは、初期費用は回収できません。",
        "Where a month brings nothing net, it never pays back.",
    ),
    "money.note.no_interval": (
        "処理時間の比に区間がないため、三つのシナリオは同じ比で計算しています。",
        "The time ratio has no interval, so all three scenarios use the same ratio.",
    ),
    "money.note.gain": (
        "品質の改善そのものは円ではありません。何分の短縮になるかは担当者の前提です。",
        "A gain in quality is no yen by itself: how many minutes it saves is an assumption.",
    ),
    "money.note.state": (
        "伸び続ける入力に比べて状態（記憶）が一定の大きさで済む節約は、"
        "測定していないため含めていません。",
        "What a memory of constant size saves against an ever longer prompt was not measured and "
        "is not included.",
    ),
}

TABLES: dict[str, tuple[str, str]] = {
    "money.careful": ("慎重", "Conservative"),
    "money.base": ("標準", "Base"),
    "money.hopeful": ("楽観", "Optimistic"),
    "money.head.scenario": ("シナリオ", "Scenario"),
    "money.head.minutes": ("短縮（分/件）", "Minutes saved per document"),
    "money.head.saved": ("月の削減額", "Saved a month"),
    "money.head.machine": ("計算費の増加", "More machine cost"),
    "money.head.running": ("運用費の増加", "Added running cost"),
    "money.head.net": ("月の純効果", "Net a month"),
    "money.head.payback": ("回収期間", "Payback"),
    "money.yen": ("{value} 円", "{value} yen"),
    "money.months": ("{value} か月", "{value} months"),
    "money.never": ("回収できない", "never"),
    "money.absent": ("未記入", "not entered"),
    "money.inputs": ("使った数字", "Figures used"),
    "money.inputs.label": ("項目", "Figure"),
    "money.inputs.value": ("値", "Value"),
    "money.inputs.source": ("由来", "Source"),
    "money.badge.measured": ("■ 測定", "■ measured"),
    "money.badge.assumed": ("□ 前提", "□ assumed"),
    "money.measured.speed": (
        "A の処理速度（トークン/秒、{device}）",
        "Tokens per second of A ({device})",
    ),
    "money.measured.slowdown": (
        "処理時間の比 B/A（同じ箇所で測った比、区間）",
        "Time ratio B/A (on the same pieces of text, interval)",
    ),
    "money.measured.memory": ("最大メモリ", "Peak memory"),
    "money.measured.tokens": ("1 件のトークン数（平均）", "Tokens per document (mean)"),
    "money.measured.documents": ("採点した文書", "Documents scored"),
    "money.measured.lengths": ("文脈長", "Context lengths"),
    "money.measured.lengths.value": (
        "判定 {primary}、最長 {longest} {unit}",
        "decides at {primary}, longest {longest} {unit}",
    ),
    "money.measured.gain": (
        "品質の差 B−A（ビット/バイト、区間）",
        "Quality B − A (bits per byte, interval)",
    ),
    "money.input.documents_per_month": ("文書数（件/月）", "Documents per month"),
    "money.input.minutes_careful": (
        "1 件の短縮時間・慎重な見込み（分）",
        "Minutes saved per document, conservative",
    ),
    "money.input.minutes_base": (
        "1 件の短縮時間・標準の見込み（分）",
        "Minutes saved per document, base",
    ),
    "money.input.minutes_hopeful": (
        "1 件の短縮時間・楽観的な見込み（分）",
        "Minutes saved per document, optimistic",
    ),
    "money.input.yen_per_labour_hour": ("人件費（円/時間）", "Labour (yen per hour)"),
    "money.input.yen_per_machine_hour": (
        "計算機・GPU の費用（円/時間）",
        "Machine or GPU (yen per hour)",
    ),
    "money.input.running_yen_per_month": (
        "運用費の増加（円/月）",
        "Added running cost (yen per month)",
    ),
    "money.input.one_off_yen": ("初期費用（円）", "One-off cost (yen)"),
    "money.input.payback_months_wanted": ("希望の回収期間（か月）", "Payback wanted (months)"),
    "money.input.long_training_yen": (
        "代替案：長い窓での再学習（円）",
        "Alternative: retrain with long windows (yen)",
    ),
}

FORMULAS: dict[str, tuple[str, str]] = {
    "money.formulas": ("計算のしかた", "How it is computed"),
    "money.formulas.worked": ("標準シナリオの数字では", "With the numbers of the base scenario"),
    "money.formula.saved": ("月の削減額", "Saved a month"),
    "money.formula.saved.words": (
        "文書数 × 1 件の短縮時間（分）÷ 60 × 人件費",
        "documents × minutes saved per document ÷ 60 × labour",
    ),
    "money.formula.machine": ("計算費の増加", "More machine cost"),
    "money.formula.machine.words": (
        "文書数 × 1 件のトークン数 ÷ A の処理速度 ÷ 3,600 × 計算機の費用 ×（処理時間の比 − 1）。"
        "慎重は比の上端、楽観は下端を使う",
        "documents × tokens per document ÷ tokens per second of A ÷ 3,600 × machine cost × (time "
        "ratio − 1). Conservative takes the upper end of the ratio, optimistic the lower",
    ),
    "money.formula.net": ("月の純効果", "Net a month"),
    "money.formula.net.words": (
        "月の削減額 − 計算費の増加 − 運用費の増加",
        "saved − more machine cost − added running cost",
    ),
    "money.formula.payback": ("回収期間", "Payback"),
    "money.formula.payback.words": ("初期費用 ÷ 月の純効果", "one-off cost ÷ net a month"),
    "money.formula.payback.never": (
        "月の純効果が {net}で、ゼロを上回らないため、回収できない",
        "net a month is {net}, not above zero: it never pays back",
    ),
    "money.turns": ("判断が変わる境目（感度）", "Where the decision turns (sensitivity)"),
    "money.turn": (
        "{name}：{entered} が {at} になると判断が変わる（{change}%）",
        "{name}: the decision turns at {at} instead of {entered} ({change}%)",
    ),
    "money.turn.here": (
        "{name}: 記入した {entered} がちょうど境目（{at} で判断が変わる）",
        "{name}: the decision turns just where it was entered ({entered}; at {at})",
    ),
    "money.turn.far": (
        "{name}：ほとんど影響しない（{entered} が {at} になるまで判断は変わらない）",
        "{name}: hardly matters (the decision turns only at {at} instead of {entered})",
    ),
    "money.turn.zero": (
        "{name}：0 が {at} になると判断が変わる",
        "{name}: the decision turns at {at} instead of 0",
    ),
    "money.turn.never": (
        "{name}：どの値でも判断は変わらない",
        "{name}: no value turns the decision",
    ),
    "money.alternative": ("代替案：長い窓での再学習", "Alternative: retrain with long windows"),
    "money.alternative.missing": (
        "費用が未記入のため比べていません。",
        "Not compared: its cost is missing.",
    ),
    "money.alternative.unknown": (
        "標準シナリオが計算できないため比べていません。",
        "Not compared: there is no base scenario.",
    ),
    "money.alternative.refused": (
        "この検証では円換算をしないため、比べていません。",
        "Not compared: nothing is converted to yen here.",
    ),
    "money.alternative.dearer": (
        "初期費用は {one_off} で、提案より {by} 高い。",
        "It costs {one_off} once, {by} more than the change.",
    ),
    "money.alternative.cheaper": (
        "初期費用は {one_off} で、提案より {by} 安い。",
        "It costs {one_off} once, {by} less than the change.",
    ),
    "money.alternative.same": (
        "初期費用は {one_off} で、提案と同じ。",
        "It costs {one_off} once, as much as the change.",
    ),
    "money.alternative.back": (
        "同じ純効果が得られるなら、回収は {payback}。効果そのものはこの検証では測っていない。",
        "Granted the same effect, its payback is {payback}. Its effect was not measured here.",
    ),
    "money.alternative.back.never": (
        "同じ純効果では、初期費用は回収できない。効果そのものはこの検証では測っていない。",
        "With the same effect it never pays back. Its effect was not measured here.",
    ),
}

PAGE: dict[str, tuple[str, str]] = {
    "app.page.money": ("費用対効果", "Money"),
    "app.money.lead": (
        "測定した数字と担当者の前提から、月いくらの効果で、何か月で回収できるかを示します。",
        "From measurements and people's assumptions: yen per month, and months to payback.",
    ),
    "app.money.form": ("前提を記入する", "Enter assumptions"),
    "app.money.form.lead": (
        "空欄は「未記入」です。ゼロならゼロと記入してください。",
        "Empty means not entered. Where it is zero, enter zero.",
    ),
    "app.money.measured": ("この検証で測定した数字", "Measured by this evaluation"),
    "app.money.measured.lead": (
        "測定値です。書き換えられません。",
        "Measurements: they cannot be changed.",
    ),
    "app.money.author": ("記入者", "Entered by"),
    "app.money.save": ("前提を保存", "Save assumptions"),
    "app.money.saved": (
        "保存しました。報告書にも載ります。",
        "Saved; reports have it too.",
    ),
    "app.money.unnamed": (
        "記入者の名前を入れてください。報告書に載ります。",
        "Enter your name; reports show it.",
    ),
    "app.money.unchanged": (
        "変わったところがないため、保存していません。",
        "Nothing changed, so nothing was saved.",
    ),
    "app.money.meanwhile": (
        "このページを開いた後の {moment} に、{author} が保存しました。あなたの記入はまだ保存して"
        "いません。違いを確かめてから、もう一度押すと置き換えます（前の記入も記録に残ります）。",
        "{author} saved on {moment}, after you opened this page, so yours is not saved yet. Look "
        "at what differs; pressing again puts yours in its place (theirs stays on record).",
    ),
    "app.money.meanwhile.one": (
        "{name}：保存済み {theirs}、あなたの記入 {yours}",
        "{name}: saved {theirs}, yours {yours}",
    ),
    "app.money.moment": (
        "{moment} に {author} が記入した前提です。",
        "Assumptions entered {moment} by {author}.",
    ),
    "app.money.nothing": (
        "結果がまだないため、金額は示せません。",
        "There is no result yet, so there is nothing to convert.",
    ),
    "app.money.to_report": ("報告書へ進む", "Go on to the report"),
    "app.money.without": ("記入せずに報告書へ進む", "Go on to the report without it"),
    "app.money.scenarios": ("三つのシナリオ", "Three scenarios"),
}

ENTRIES: dict[str, tuple[str, str]] = {**CONCLUSION, **TABLES, **FORMULAS, **PAGE}

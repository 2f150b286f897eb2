"""Words of plans that are locked on their own: key -> (Japanese, English)."""

from __future__ import annotations

PAGE: dict[str, tuple[str, str]] = {
    "app.page.plan": ("計画", "Plan"),
    "app.pages.beside": ("その他", "More"),
    "app.rule.title": ("計画：何で判断するかを先に決める", "Plan: set the decision criteria first"),
    "app.rule.lead": (
        "データを見る前に、知りたいこと・必要な改善幅・決める人を決めて固定します。結果を見てから"
        "基準を選んだのではないことを、報告書で示せます。",
        "Before anybody looks at data, write down the question, the improvement that is asked for "
        "and who decides, and lock it. The report can then show that the rule was not chosen to "
        "fit the results.",
    ),
    "app.rule.saved": ("保存した計画", "Saved plans"),
    "app.rule.saved.one": ("{name}（{state}）", "{name} ({state})"),
    "app.rule.saved.done": ("下書きを保存しました。", "The draft is saved."),
    "app.rule.new": ("新しい計画", "New plan"),
    "app.rule.open": ("下書き", "draft"),
    "app.rule.locked": ("固定済み", "locked"),
    "app.rule.archived": ("アーカイブ済み", "archived"),
    "app.rule.name": ("計画の名前", "Name of the plan"),
    "app.rule.name.default": ("計画 {date}", "Plan {date}"),
    "app.rule.beyond": (
        "この計画の複製元には、このページで選べない設定が含まれていました。下の選び方に置き換わりま"
        "す。",
        "This plan was copied from one with settings that this page does not offer. What is chosen "
        "below takes their place.",
    ),
    "app.rule.gone": (
        "アドレスにある計画は見つかりません。新しい計画を表示しています。",
        "The plan in the address is not there. This is a new one.",
    ),
    "app.rule.documents": ("必要な文書", "Documents needed"),
    "app.rule.documents.number": ("採点する件数（任意）", "Documents to score (optional)"),
    "app.rule.documents.least": ("{n} 件以上", "at least {n}"),
    "app.rule.documents.each": (
        "1 件の文書に {size} 以上の長さが必要です（判定に使う文脈の長さで採点するため）。",
        "Each document needs {size} or more, to be scored at the context length that decides.",
    ),
    "app.rule.documents.usual": (
        "{minimum} 件で判定でき、{enough} 件以上を推奨します。「採用すべき"
        "か」では約 5 分の 1 を従来方式の読み方を選ぶためだけに使います。",
        "{minimum} documents can carry a verdict; {enough} or more make the interval more "
        "reliable. “Should we adopt it?” uses about a fifth only to choose how the conventional "
        "method reads.",
    ),
    "app.rule.power.none": (
        "まだ終わった検証がないため、必要な件数は見積もれません。速報を一度実行すると、ここに目安"
        "が出ます。",
        "No evaluation has finished yet, so the number cannot be estimated. Run a quick one, and "
        "an estimate appears here.",
    ),
    "app.rule.power": (
        "「{name}」と同じばらつきなら：",
        "With the spread seen in “{name}”:",
    ),
    "app.rule.power.effect": (
        "{n} 件なら、本当の改善が {total} 以上（必要な改善幅より {distance} 大きい）のとき、10 回に"
        " 8 回は Go の条件を満たします。",
        "{n} documents meet the main condition in 8 of 10 evaluations when the true improvement is "
        "{total} or more ({distance} beyond what is asked for).",
    ),
    "app.rule.guardrails": ("悪くしてはいけないこと", "What must not become worse"),
    "app.rule.guardrails.why": (
        "提案方式の時間とメモリは従来方式の何倍まで、現場確認での勝率は互角から何ポイント下まで"
        "許すかを決めます。",
        "How much more time and memory than the conventional method the proposed one may take, and "
        "how far below even its win rate in a blind review may lie.",
    ),
    "app.rule.confidence": ("確からしさ", "Confidence"),
    "app.rule.maximum_slowdown": ("処理時間の上限（倍）", "Time, at most (times)"),
    "app.rule.maximum_memory_ratio": ("メモリの上限（倍）", "Memory, at most (times)"),
    "app.rule.review_margin": (
        "現場確認で許す差（ポイント）",
        "Blind review: points below even",
    ),
    "app.rule.side.a": ("従来方式", "the conventional method"),
    "app.rule.side.b": ("提案方式", "the proposed method"),
    "app.rule.side.a.reading": (
        "記憶を区切る読み方（A）",
        "reading with the memory blanked (A)",
    ),
    "app.rule.side.b.reading": (
        "記憶を引き継ぐ読み方（B）",
        "reading with the memory carried (B)",
    ),
    "app.rule.words.review": (
        "現場確認（方式名を伏せた評価）をしたときは、{b}の勝率（同等は半分と数える）の信頼区間"
        "全体が {limit}% を上回れば「悪くない」とする（互角の 50% から {margin} ポイントまで"
        "許す）。",
        "Where there is a blind review, “not worse” means that all of the interval of the win rate "
        "of {b} (ties counted half) lies above {limit}%: {margin} points below even.",
    ),
    "app.rule.kpis": ("業務の指標（任意）", "Business figures (optional)"),
    "app.rule.kpis.why": (
        "現場で測る指標と目標です。実績は検証の後に「結果」のページで入力し、目標に届くまで Go に"
        "はなりません。",
        "Figures that are measured at work, with their targets. What came out is entered on the "
        "Results page afterwards; until the targets are met there is no Go.",
    ),
    "app.rule.kpi.name": ("指標", "Figure"),
    "app.rule.kpi.direction": ("達成の条件", "Met when"),
    "app.rule.kpi.direction.at_least": ("目標以上", "at least"),
    "app.rule.kpi.direction.at_most": ("目標以下", "at most"),
    "app.rule.kpi.target": ("目標", "Target"),
    "app.rule.kpi.unit": ("単位", "Unit"),
    "app.rule.kpi.example.1": ("例：一次切り分けの時間", "e.g. time to triage"),
    "app.rule.kpi.example.2": ("例：見逃した警報", "e.g. alarms missed"),
    "app.rule.kpi.example.3": ("例：要約の修正率", "e.g. summaries corrected"),
    "app.rule.words.guardrails": (
        "時間は{a}の {time} 倍まで、メモリは {memory} 倍まで。",
        "Time may be up to {time} times that of {a}, memory up to {memory} times.",
    ),
    "app.rule.words.documents": (
        "少なくとも {n} 件の文書を採点する。足りなければ Go にはしない。",
        "At least {n} documents are scored; with fewer there is no Go.",
    ),
    "app.rule.words.kpi.at_least": (
        "業務の指標：{name} が {target} {counted}以上。",
        "Business figure: {name} is at least {target} {counted}.",
    ),
    "app.rule.words.kpi.at_most": (
        "業務の指標：{name} が {target} {counted}以下。",
        "Business figure: {name} is at most {target} {counted}.",
    ),
    "app.rule.words.decider": ("決める人：{decider}。", "Decided by {decider}."),
    "app.rule.words.date": ("決める日：{date}。", "Decided on {date}."),
    "app.rule.quick": (
        "速報：この計画では Go は出ません。Go を出すには、細かさを「標準」か「精密」にします。",
        "Quick: this plan can never say Go. For a Go, choose the depth “Standard” or “Precise”.",
    ),
    "app.rule.lock": ("この内容で固定する", "Lock this plan"),
    "app.rule.lock.means": (
        "固定すると、もう変えられません。できるのは、アーカイブすることと、複製して新しい計画を作る"
        "ことだけです。",
        "A locked plan can never be changed: it can only be archived, or copied to a new one.",
    ),
    "app.rule.save": ("下書きとして保存", "Save as a draft"),
    "app.rule.is_locked": ("固定されています", "This plan is locked"),
    "app.rule.locked.since": (
        "固定した日時：{when}（識別番号 {hash}）",
        "Locked on {when} (id {hash})",
    ),
    "app.rule.locked.means": (
        "内容は変えられません。この計画で検証を始めると、結果と報告書に固定の日時が載ります。",
        "It cannot be changed. An evaluation that is begun with it says in results and report when "
        "it was locked.",
    ),
    "app.rule.next": ("次へ：データを入れる", "Next: upload the data"),
    "app.rule.copy": ("複製して新しい計画を作る", "Copy to a new plan"),
    "app.rule.copy.name": ("{name}（複製）", "{name} (copy)"),
    "app.rule.file": ("計画ファイルを保存（--plan 用）", "Save as a plan file (for --plan)"),
    "app.rule.archive": ("アーカイブする", "Archive"),
    "app.rule.unarchive": ("一覧に戻す", "Put back in the list"),
    "app.rule.without": (
        "固定せずに試す（データへ進む）",
        "Try without a locked plan (go on to the data)",
    ),
    "app.rule.kpi.direction.choose": ("選ぶ", "Choose"),
    "app.rule.kpi.incomplete": (
        "「{name}」の達成の条件（目標以上か、目標以下か）と目標の値を入れてください。入れるまでは計画に"
        "含まれません。",
        "Say whether “{name}” has to be at least or at most the target, and give the target. Until "
        "then it is not part of the plan.",
    ),
    "app.rule.use": ("どの計画で検証しますか", "Which plan is this for?"),
    "app.rule.use.none": (
        "計画を使わず、ここで基準を決める",
        "No plan: set the criteria here",
    ),
    "app.rule.look": ("計画を見る", "Look at the plan"),
}

RULES: dict[str, tuple[str, str]] = {
    "rules.unknown": (
        "計画「{rule}」は見つかりません。",
        "There is no plan {rule!r}.",
    ),
    "rules.locked": (
        "この計画は固定されているため変えられません。複製して新しい計画を作ってください。",
        "This plan is locked and cannot be changed. Copy it to a new one.",
    ),
    "rules.differs": (
        "固定された計画 {hash} がないか、内容が違います。計画を選び直してください。",
        "There is no locked plan {hash}, or it says something else. Choose the plan again.",
    ),
    "rules.stage.before_documents": (
        "判定の基準は、対象の文書が入る前の {moment} に固定された（計画「{name}」、識別番号 "
        "{hash}）",
        "the rule was locked on {moment}, before any of the documents was put in (plan “{name}”, "
        "id {hash})",
    ),
    "rules.stage.before_results": (
        "判定の基準は、対象の文書が採点される前の {moment} に固定された（計画「{name}」、識別番号 "
        "{hash}）",
        "the rule was locked on {moment}, before any of the documents was scored (plan “{name}”, "
        "id {hash})",
    ),
    "rules.stage.after_results": (
        "判定の基準は {moment} に固定されたが、対象の文書の一部はその前にも検証されていた（計画"
        "「{name}」、識別番号 {hash}）",
        "the rule was locked on {moment}, but some of the documents had been evaluated before "
        "(plan “{name}”, id {hash})",
    ),
}

ENTRIES: dict[str, tuple[str, str]] = PAGE | RULES

"""What people add to a report: how it is marked there, and what is offered before they do."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "reports.recommendation": ("推奨", "Recommendation"),
    "reports.recommendation.go": (
        "{b}の採用を勧める。{length} {unit}での差は {difference} で、"
        "事前に固定した基準をすべて満たした。",
        "Adopt {b}: at {length} {unit} the difference is {difference}, and every criterion locked "
        "beforehand was met.",
    ),
    "reports.recommendation.conditional": (
        "準備は始め、導入は判定表の△ {open} 件が解消してからとすることを勧める。"
        "{length} {unit}での差は {difference}。",
        "Prepare now, roll out once the {open} item(s) marked △ are settled. At {length} {unit} "
        "the difference is {difference}.",
    ),
    "reports.recommendation.undecided": (
        "今は決めず、文書を追加{more}することを勧める。"
        "{length} {unit}での差は {difference} で、まだ結論が出ない。",
        "Do not decide yet; add documents{more}. At {length} {unit} the difference is "
        "{difference}, which settles nothing yet.",
    ),
    "reports.recommendation.open": (
        "今は決めず、判定表の△ {open} 件を先に解消することを勧める。"
        "{length} {unit}での差は {difference}。",
        "Do not decide yet; settle the {open} item(s) marked △ first. At {length} {unit} the "
        "difference is {difference}.",
    ),
    "reports.recommendation.too_close": (
        "当面は{a}を続けることを勧める。{length} {unit}での差は {difference} で、"
        "目標 {margin} に近く、文書を増やしても決着しにくい。",
        "Stay with {a} for now: at {length} {unit} the difference is {difference}, so close to "
        "the target {margin} that more documents would hardly settle it.",
    ),
    "reports.recommendation.no_go": (
        "採用を見送り、{a}を続けることを勧める。{length} {unit}での差は {difference}。",
        "Do not adopt; stay with {a}. At {length} {unit} the difference is {difference}.",
    ),
    "reports.recommendation.withheld": (
        "この測定を判断に使わず、不合格の確認 {failed} 件の原因を除いて測り直すことを勧める。",
        "Do not use this measurement; remove the cause of the {failed} failed check(s) and measure "
        "again.",
    ),
    "reports.recommendation.quick": (
        "速報（{documents} 件）は方向を見るだけに使い、標準検証に進むことを勧める。",
        "Read this quick run ({documents} documents) as a first direction only and go on to a "
        "standard run.",
    ),
    "reports.recommendation.unfinished": (
        "まだ {documents} 件の途中経過なので、完了を待つことを勧める。",
        "Wait for the end: this is the state after {documents} documents.",
    ),
    "reports.recommendation.perturbed": (
        "元の検証の結論が、乱した文書でも保たれるかを見るためだけに使うことを勧める。",
        "Use this only to see whether the conclusion of the original evaluation holds on "
        "disturbed documents.",
    ),
    "reports.written": ("（担当者記入）", " (written by people)"),
    "reports.written.none": (
        "なし（文はすべて測定値から作成）",
        "nothing (every text is made from the measurements)",
    ),
    "reports.written.foot": ("担当者の記入", "Written by people"),
    "reports.written.by": ("{moment} {author}: {parts}", "{moment} {author}: {parts}"),
    "reports.written.other": (
        "{edition}版にだけある（{moment}）。この版の文は測定値から作成",
        "only in the {edition} edition ({moment}); the texts of this one are made from the "
        "measurements",
    ),
    "reports.written.in.ja": ("日本語", "Japanese"),
    "reports.written.in.en": ("英語", "English"),
    "reports.written.nobody": ("（氏名なし）", "(no name)"),
    "reports.written.money": ("金額の前提", "Assumptions about money"),
    "reports.written.money.by": ("{moment} {author} が記入", "entered {moment} by {author}"),
    "reports.written.part.subject": ("件名", "subject"),
    "reports.written.part.request": ("判断をお願いしたい事項", "decision requested"),
    "reports.written.part.recommendation": ("推奨", "recommendation"),
    "reports.written.part.risks": ("リスクと対策", "risks and counter-measures"),
    "reports.written.part.steps": ("次のステップ", "next steps"),
    "reports.written.part.approvals": ("決裁欄", "approval boxes"),
}

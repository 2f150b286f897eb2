"""What people add to a report: how it is marked there, and what is offered before they do."""

from __future__ import annotations

PAGE: dict[str, tuple[str, str]] = {
    "app.report.pptx": ("PowerPoint（編集できるグラフ付き）", "PowerPoint (editable charts)"),
    "app.report.html": ("HTML（ブラウザーで読む）", "HTML (to read in a browser)"),
    "app.report.tab.write": ("文章を編集", "Edit texts"),
    "app.report.tab.files": ("ダウンロード", "Download"),
    "app.report.tab.history": ("編集履歴", "History"),
    "app.report.edit.lead": (
        "測定値から作った文が入っています。直した箇所には、報告書で「担当者記入」と付きます。"
        "測定値と判定は書き換えられません。",
        "The texts were made from the measurements. What you change is marked as written by people "
        "in the report. Measurements and the verdict cannot be changed.",
    ),
    "app.report.edit.blank": (
        "空にして保存すると、測定値から作った文に戻ります。",
        "Leave a text empty to restore the one made from the measurements.",
    ),
    "app.report.edit.author": ("記入者", "Your name"),
    "app.report.edit.risks": ("リスクと対策（3 つまで）", "Risks and counter-measures (up to 3)"),
    "app.report.edit.risk": ("リスク {n}", "Risk {n}"),
    "app.report.edit.measure": ("対策 {n}", "Counter-measure {n}"),
    "app.report.edit.steps": ("次のステップ", "Next steps"),
    "app.report.edit.action": ("実施事項 {n}", "Action {n}"),
    "app.report.edit.due": ("期日 {n}", "Due {n}"),
    "app.report.edit.owner": ("責任者 {n}", "Owner {n}"),
    "app.report.edit.approvals": ("決裁欄（4 つまで）", "Approval boxes (up to 4)"),
    "app.report.edit.role": ("役割 {n}", "Role {n}"),
    "app.report.edit.name": ("氏名 {n}", "Name {n}"),
    "app.report.edit.save": ("保存してプレビューに反映", "Save and update the preview"),
    "app.report.edit.saved": (
        "保存し、プレビューに反映しました。",
        "Saved; the preview is up to date.",
    ),
    "app.report.edit.unsaved.here": (
        "まだ保存していません。ほかのページへ移ると消えます。",
        "Not saved yet: it is gone when you go to another page.",
    ),
    "app.report.edit.unsaved": (
        "「文章を編集」に、まだ保存していない文章があります。保存するまで、プレビューにもファイルにも"
        "入りません。",
        "There are texts in “Edit texts” that are not saved. Until they are, neither the preview "
        "nor the files have them.",
    ),
    "app.report.edit.beside": (
        "「{part}」は担当者の文として、結論「{verdict}」と並んで載ります。食い違いがないか"
        "確かめてください。",
        "“{part}” stands beside the verdict “{verdict}”, as written by people. Check that the two "
        "agree.",
    ),
    "app.report.edit.steps_left": (
        "推奨またはお願いしたい事項は担当者の文ですが、次のステップは測定値から作った文のままです。"
        "食い違いがないか確かめてください。",
        "Recommendation or request was written by people, but the next steps are still those made "
        "from the measurements. Please check that they agree.",
    ),
    "app.report.edit.meanwhile": (
        "このページを開いた後に、ほかの人が保存しました。まだ保存していません。"
        "「編集履歴」を確かめてから、もう一度押すと上書きします（前の記入も履歴に残ります）。",
        "Somebody else saved after you opened this page, so yours is not saved yet. Look at the "
        "history; pressing again puts yours in its place (theirs stays in the history).",
    ),
    "app.report.edit.unnamed": (
        "記入者の名前を入れてください。報告書に載ります。",
        "Enter your name; the report shows it.",
    ),
    "app.report.edit.unchanged": (
        "変わったところがないため、保存していません。",
        "Nothing changed, so nothing was saved.",
    ),
    "app.report.edit.too_long": (
        "1 ページ目に収まらないため、保存していません。文を短くしてください。",
        "Not saved: page 1 would not hold it. Make the texts shorter.",
    ),
    "app.report.page": ("ページ", "Page"),
    "app.report.page.alt": ("報告書の {n} ページ目", "Page {n} of the report"),
    "app.report.enlarge": ("拡大して全ページを見る", "Enlarge all pages"),
    "app.report.enlarged": ("報告書の全ページ", "All pages of the report"),
    "app.report.making": ("報告書を作っています…", "Making the report…"),
    "app.report.source": (
        "このプレビューとファイルは、保存された結果 1 つと、{moment} までの記入から作られます。",
        "Preview and files are made from one stored result and what was entered until {moment}.",
    ),
    "app.report.source.none": (
        "このプレビューとファイルは、保存された結果 1 つから作られます。記入はまだありません。",
        "Preview and files are made from one stored result; nobody has entered anything yet.",
    ),
    "app.report.history.none": ("まだ誰も記入していません。", "Nobody has entered anything yet."),
    "app.report.history.who": (
        "{moment}　{author}（{edition}版）",
        "{moment}, {author} ({edition} edition)",
    ),
    "app.report.history.back": (
        "測定値から作った文に戻した",
        "back to the texts made from the measurements",
    ),
    "app.report.to_money": ("費用対効果の前提を記入する", "Enter assumptions about money"),
}

REPORTS: dict[str, tuple[str, str]] = {
    "reports.recommendation": ("推奨", "Recommendation"),
    "reports.recommendation.go": (
        "{b}の採用を勧める。{length} {unit}での差は {difference} で、"
        "事前に固定した基準をすべて満たした。",
        "Adopt {b}: at {length} {unit} the difference is {difference}, and every criterion locked "
        "beforehand was met.",
    ),
    "reports.recommendation.conditional": (
        "準備は始め、導入は判定表の{signs} {open} 件が解消してからとすることを勧める。"
        "{length} {unit}での差は {difference}。",
        "Prepare now, roll out once the {open} item(s) marked {signs} are settled. At {length} "
        "{unit} the difference is {difference}.",
    ),
    "reports.recommendation.undecided": (
        "今は決めず、文書を追加{more}することを勧める。"
        "{length} {unit}での差は {difference} で、まだ結論が出ない。",
        "Do not decide yet; add documents{more}. At {length} {unit} the difference is "
        "{difference}, which settles nothing yet.",
    ),
    "reports.recommendation.open": (
        "今は決めず、判定表の{signs} {open} 件を先に解消することを勧める。"
        "{length} {unit}での差は {difference}。",
        "Do not decide yet; settle the {open} item(s) marked {signs} first. At {length} {unit} the "
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
    "reports.recommendation.unknown": (
        "まず自社の文書で組を学習し、その組で標準検証を行うことを勧める。"
        "{length} {unit}での差 {difference} は、この文章をよく知らないモデルによる参考値。",
        "First train a pair on our own documents, then run a standard evaluation with it. The "
        "difference {difference} at {length} {unit} comes from models that do not know this text "
        "well: an indication only.",
    ),
    "reports.recommendation.unknown_no_go": (
        "この組での採用は見送り、自社の文書で組を学習して標準検証を行うことを勧める。"
        "{length} {unit}での差は {difference}。",
        "Do not adopt with this pair; train one on our own documents and run a standard evaluation "
        "with it. At {length} {unit} the difference is {difference}.",
    ),
    "reports.recommendation.withheld_unknown": (
        "この測定を判断に使わず、自社の文書で組を学習し、その組で標準検証を行うことを勧める。",
        "Do not use this measurement; train a pair on our own documents and run a standard "
        "evaluation with it.",
    ),
    "reports.recommendation.cancelled": (
        "{documents} 件までで中止した結果なので判断に使わず、検証を始め直すことを勧める。",
        "Do not use this: it was cancelled after {documents} documents. Start it anew.",
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
    "reports.by_rule": ("基準による結論", "By the rule"),
    "reports.by_rule.text": (
        "事前に固定した基準による結論は「{verdict}」。上の推奨は人が書いたもので、"
        "この結論を変えるものではない。",
        "The conclusion by the locked rule is “{verdict}”. The recommendation above was written by "
        "people and does not change it.",
    ),
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

ENTRIES: dict[str, tuple[str, str]] = {**PAGE, **REPORTS}

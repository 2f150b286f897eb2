"""Words of the list of evaluations on Home: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.list.now.moving": ("いま実行中（{n} 件）", "Running now ({n})"),
    "app.list.now.last": ("最新の検証", "The latest evaluation"),
    "app.list.begin.plan": ("計画から始める", "Begin with a plan"),
    "app.list.find": ("検証をさがす", "Find an evaluation"),
    "app.list.find.hint": ("名前の一部", "part of its name"),
    "app.list.sort": ("並び順", "Sorted by"),
    "app.list.sort.newest": ("新しい順", "newest first"),
    "app.list.sort.oldest": ("古い順", "oldest first"),
    "app.list.sort.name": ("名前順", "name"),
    "app.list.sort.outcome": ("判定順", "outcome"),
    "app.list.sort.documents": ("文書の多い順", "most documents"),
    "app.list.archived": ("アーカイブした検証を見る", "Show archived ones"),
    "app.list.unarchive": ("一覧に戻す", "Put back in the list"),
    "app.list.none": (
        "当てはまる検証はありません。",
        "No evaluation matches.",
    ),
    "app.list.empty": (
        "一覧に検証はありません。アーカイブした検証は上の切り替えで見られます。",
        "There is no evaluation in the list. Archived ones are shown with the switch above.",
    ),
    "app.list.page": ("{n} 件中 {first}〜{last}", "{first}–{last} of {n}"),
    "app.list.page.back": ("前へ", "Back"),
    "app.list.page.next": ("次へ", "Next"),
    "app.list.elsewhere": ("ほかの検証をさがす…", "Find another one…"),
    "app.list.unit": ("{unit}", "{unit}"),
    "app.list.compare": ("並べて比べる", "Side by side"),
    "app.list.compare.why": (
        "別々の検証の数字です。文書や判定の長さが違えば、"
        "差どうしをそのまま比べることはできません。",
        "These are separate evaluations. Where documents or lengths differ, the differences cannot "
        "be compared with each other directly.",
    ),
    "app.list.compare.one": ("「{name}」を並べて比べる", "Lay “{name}” beside others"),
    "app.list.compare.more": (
        "もう 1 件に印を付けると、並べて比べられます（4 件まで）。",
        "Tick another one to lay them side by side (up to four).",
    ),
    "app.list.compare.clear": ("印をすべて外す", "Clear all ticks"),
    "app.list.compare.outcome": ("判定", "Outcome"),
    "app.list.compare.question": ("知りたいこと", "Question"),
    "app.list.compare.difference": (
        "差 B−A（ビット/バイト、信頼区間）",
        "Difference B − A (bits per byte, interval)",
    ),
    "app.list.compare.length": ("判定に使う長さ", "Length that decides"),
    "app.list.compare.documents": ("文書", "Documents"),
    "app.list.compare.a": ("A：モデルと読み方", "A: model and reading"),
    "app.list.compare.b": ("B：モデルと読み方", "B: model and reading"),
    "app.list.compare.depth": ("細かさ", "Depth"),
    "app.list.compare.margin": ("必要な改善幅 δ", "Improvement asked for, δ"),
    "app.list.compare.date": ("開始", "Started"),
}

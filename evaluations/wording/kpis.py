"""Words of the business figures: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.kpi.title": ("業務の指標の実績", "What came out of the business figures"),
    "app.kpi.why": (
        "計画で決めた指標の実績を入力します。保存された計算結果は変わりません。判定は、"
        "目標に届かない間は一段下げて表示します。入力はすべて記録に残ります。",
        "Enter what came out of the figures that the plan asks for. The stored result does not "
        "change; while a target is not met, the outcome that is shown is one step more careful. "
        "Every entry is kept.",
    ),
    "app.kpi.actual": ("{name}（{counted}）", "{name} ({counted})"),
    "app.kpi.target.at_least": (
        "目標 {target} {counted}以上",
        "target: at least {target} {counted}",
    ),
    "app.kpi.target.at_most": (
        "目標 {target} {counted}以下",
        "target: at most {target} {counted}",
    ),
    "app.kpi.author": ("入力した人", "Entered by"),
    "app.kpi.send": ("実績を記録する", "Record"),
    "app.kpi.history": ("入力の記録", "What was entered"),
    "app.kpi.column.name": ("指標", "Figure"),
    "app.kpi.column.actual": ("実績", "Actual"),
    "app.kpi.column.author": ("入力した人", "Who"),
    "app.kpi.column.when": ("日時", "When"),
    "kpi.unknown": (
        "この検証の計画に「{name}」という指標はありません。",
        "The plan of this evaluation has no figure {name!r}.",
    ),
    "kpi.other_unit": (
        "「{name}」の単位は「{counted}」のままにしてください。実績は修正前の基準にも使われます。"
        "別の単位で測るなら、別の名前の指標を加えてください。",
        "Keep the unit of {name!r} ({counted}): what is entered counts under the rule before as "
        "well. For another unit, add a figure of another name.",
    ),
    "kpi.twice": (
        "「{name}」という業務の指標が 2 つあります。名前を変えてください。",
        "Two business figures are called {name!r}: give one of them another name.",
    ),
    "kpi.number": ("「{name}」の実績が数値ではありません。", "{name!r}: that is not a number."),
    "results.criterion.kpi": ("業務の指標", "Business figure"),
    "reports.colon": ("：", ": "),
    "reports.foot.kpi": ("業務の指標の入力", "Business figure entered"),
    "reports.foot.kpi.late": (
        "業務の指標（固定後、参考のみ）",
        "Business figure after the lock (for information only)",
    ),
    "kpi.late.added": (
        "{target}：計画の固定後、結果が見えてから追加。判定には使わない。実績 {actual}（{mark}）",
        "{target}: added after the lock, when results could be seen; it decides nothing. Actual: "
        "{actual} ({mark})",
    ),
    "kpi.late.changed": (
        "{target}：計画の固定後、結果が見えてから変更。判定には元の目標を使う。実績 {actual}"
        "（{mark}）",
        "{target}: changed after the lock, when results could be seen; the target from before "
        "decides. Actual: {actual} ({mark})",
    ),
    "kpi.late.none": ("未入力", "not entered"),
    "app.kpi.actual.late": (
        "{label}・固定後に追加",
        "{label}, added after the lock",
    ),
}

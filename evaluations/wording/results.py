"""Words of the results: key -> (Japanese, English).

`results.outcome.*`, `results.reason.*` (one sentence with the numbers; the variant `.reading` is
for one checkpoint read in two ways and never says 提案方式), `results.in_words.*` (the same without
the figures, where they stand beside it), `results.check.*` and what to do,
`results.criterion.*`, `results.side.*`, `results.preset.*`, `results.depth.*`, `results.curve.*`,
`results.metric.*`, `results.method.*`, `results.effect.*` and `results.note.*`.

In reasons all numbers come as they are printed; `<A>` and `<B>` below stand for the two sides. How
each side reads is said beside the sentence, not in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

Entries = dict[str, tuple[str, str]]

OUTCOMES: Entries = {
    "results.outcome.go": ("Go（採用を推奨）", "Go (adopt it)"),
    "results.outcome.conditional": ("条件付きGo", "Conditional Go"),
    "results.outcome.no_go": ("No-Go（見送り）", "No-Go (do not adopt it)"),
    "results.outcome.undecided": ("判定保留", "Undecided"),
    "results.outcome.withheld": ("判定なし（検証の不備）", "Withheld (invalid evaluation)"),
}

# --- reasons ---------------------------------------------------------------------------------

# what was found at the length that decides
_FOUND = (
    "文脈長 {length} {unit}での差（B−A、負なら B が良い）は {delta} ビット/バイト（"
    "{confidence}%信頼区間 {low}〜{high}、{units} 件）",
    "with {length} {unit} of context the difference B − A (negative: B is better) is {delta} bits "
    "per byte ({confidence}% interval {low} to {high}, n = {units})",
)
# the same without an interval
_SO_FAR = (
    "文脈長 {length} {unit}での差（B−A、負なら B が良い）は今のところ {delta} ビット/バイト"
    "（{units} 件）",
    "with {length} {unit} of context the difference B − A (negative: B is better) is {delta} bits "
    "per byte so far (n = {units})",
)
# what was found on short texts
_SHORT = (
    "短い文脈（{short_length} {unit}）での差は {short_delta} "
    "ビット/バイト（{confidence}%信頼区間 {short_low}〜{short_high}、許容は +{short_margin}）",
    "with short context ({short_length} {unit}) the difference is {short_delta} bits per byte "
    "({confidence}% interval {short_low} to {short_high}, allowed +{short_margin})",
)


_FIGURES = re.compile(r"<FOUND>|\{(?:short_)?delta\}")  # a sentence with these tells the figures


class _Reason(NamedTuple):
    """A reason with its figures, and in words alone: (Japanese, English) each."""

    whole: tuple[str, str]
    words: tuple[str, str]


def _without_numbers(ja: str, en: str) -> _Reason:
    """A reason that has no figures."""
    return _Reason((ja, en), (ja, en))


def _with_numbers(found: tuple[str, str], ja: str, en: str) -> _Reason:
    """A reason with <FOUND> filled in, and without it; English begins with a capital."""
    opening = f". {found[1][0].upper()}{found[1][1:]}"
    english = en.replace(". <FOUND>", opening).replace("<FOUND>", found[1])
    whole = ja.replace("<FOUND>", found[0]), english[0].upper() + english[1:]
    return _Reason(whole, (_japanese_words(ja), _english_words(en)))


def _japanese_words(text: str) -> str:
    """The sentences that tell no figures."""
    return "".join(one for one in re.findall("[^。]*。", text) if not _FIGURES.search(one))


def _english_words(text: str) -> str:
    """The sentences that tell no figures; of one that does behind a colon, what stands before."""
    kept = []
    for sentence in re.split(r"(?<=\.) ", text):
        head, colon, _ = sentence.partition(": <FOUND>")
        if colon or not _FIGURES.search(sentence):
            kept.append(f"{head}." if colon else sentence)
    return " ".join(kept)


_REASONS: dict[str, _Reason] = {
    "go": _with_numbers(
        _FOUND,
        "<B>は<A>より明らかに良く、採用を推奨します。<FOUND>で、区間全体が基準の −{margin} "
        "を下回り、短い文脈・速度・メモリの条件も満たしました。",
        "<B> is clearly better than <A>: <FOUND>, all of it below the required −{margin}, and "
        "the conditions on short context, speed and memory are met.",
    ),
    "go.every": _with_numbers(
        _FOUND,
        "<B>は、<A>の読み方 {candidates} 通りのすべてより明らかに良く、採用を推奨します。"
        "最も手強い相手に対して<FOUND>で、区間全体が基準の −{margin} を下回り、"
        "短い文脈・速度・メモリの条件も満たしました。",
        "<B> is clearly better than all {candidates} ways in which <A> can read. Against the "
        "strongest of them, <FOUND>, all of it below the required −{margin}, and the conditions "
        "on short context, speed and memory are met.",
    ),
    "conditional.short": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、短い文脈で悪化しないことはまだ確かめられていません。"
        "<FOUND>。" + _SHORT[0] + "。",
        "<B> meets the main criterion, but it is not yet shown that short context does not get "
        "worse: <FOUND>; " + _SHORT[1] + ".",
    ),
    "conditional.slowdown": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、処理時間が許容の {maximum_slowdown} "
        "倍以内に収まることはまだ確かめられていません。<FOUND>。",
        "<B> meets the main criterion, but it is not yet shown that it takes at most "
        "{maximum_slowdown} times as long as <A>: <FOUND>.",
    ),
    "conditional.memory": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、使用メモリがまだ測定されていません。<FOUND>。",
        "<B> meets the main criterion, but its memory has not been measured: <FOUND>.",
    ),
    "conditional.warnings": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、検証の確認項目に注意が {warnings} 件あり、Go "
        "にはできません。<FOUND>。",
        "<B> meets the main criterion, but {warnings} of the validity checks warns, which "
        "forbids Go: <FOUND>.",
    ),
    "conditional.review": _with_numbers(
        _FOUND,
        "<B>は測定ではすべての条件を満たしましたが、現場確認ではまだ「悪くない」と言い切れません"
        "（<B>の勝率 {review_rate}%（同等は半分と数える）、信頼区間 "
        "{review_low}〜{review_high}%、{review_votes} 票。"
        "区間全体が {review_limit}% を上回る必要があります）。<FOUND>。",
        "<B> meets every measured condition, but the blind review does not yet show that it is "
        "not worse (win rate {review_rate}%, ties counted half, interval {review_low} to "
        "{review_high}%, {review_votes} votes; all of it must lie above {review_limit}%): <FOUND>.",
    ),
    "conditional.documents": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、計画で決めた {planned} 件にまだ届いていません。<FOUND>。",
        "<B> meets the main criterion, but fewer documents were scored than the {planned} that the "
        "plan asks for: <FOUND>.",
    ),
    "conditional.kpi": _with_numbers(
        _FOUND,
        "<B>は計算で確かめられる基準をすべて満たしました。"
        "業務の指標の実績がまだ入力されていないため、"
        "条件付きです。<FOUND>。",
        "<B> meets every criterion that can be computed; what came out of the business figures has "
        "not been entered yet: <FOUND>.",
    ),
    "conditional.kpi_missed": _with_numbers(
        _FOUND,
        "<B>は計算で確かめられる基準をすべて満たしましたが、業務の指標に目標へ届かないものがありま"
        "す。<FOUND>。",
        "<B> meets every criterion that can be computed, but a business figure missed its target: "
        "<FOUND>.",
    ),
    "undecided.kpi": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、業務の指標のほかにも満たされていない項目があります。"
        "<FOUND>。",
        "<B> meets the main criterion, but something else is open beside the business figures: "
        "<FOUND>.",
    ),
    "conditional.amended": _with_numbers(
        _FOUND,
        "結果を見られる状態になった後に修正した基準では、<B>はすべての条件を満たします。<FOUND>。"
        "後から選んだ基準なので、Go にはできません。新しい文書で確かめてください。",
        "Under the rule that was amended when results could be seen, <B> meets every condition: "
        "<FOUND>. A rule that is chosen afterwards cannot say Go: confirm it on new documents.",
    ),
    "no_go.worse": _with_numbers(
        _FOUND,
        "<B>は<A>より悪く、見送りを推奨します。<FOUND>で、区間全体が 0 を上回ります。",
        "<B> is worse than <A>: <FOUND>, all of it above 0.",
    ),
    "no_go.small": _with_numbers(
        _FOUND,
        "求めた改善（−{margin}）には届かないと分かったため、見送りを推奨します。<FOUND>で、"
        "区間全体が −{margin} を上回ります。",
        "The improvement that was asked for (−{margin}) is ruled out: <FOUND>, all of it above "
        "−{margin}.",
    ),
    "no_go.short": _with_numbers(
        _SHORT,
        "<B>は短い文脈で許容を超えて悪化するため、見送りを推奨します。<FOUND>。文脈長 {length} "
        "{unit}での差は {delta}（負なら B が良い、{low}〜{high}、{units} 件）でした。"
        "短い文脈も守りたいときは、従来モデルに少しだけ追加学習した方式も試してください。",
        "<B> gets worse with short context by more than is allowed: <FOUND>. With {length} {unit} "
        "the difference is {delta} bits per byte (negative: B is better; {low} to {high}, "
        "n = {units}). "
        "To protect short texts, also try the ZERO model with a little post-training.",
    ),
    "no_go.slowdown": _with_numbers(
        _FOUND,
        "<B>の処理時間は<A>の {slowdown} 倍で、許容の {maximum_slowdown} 倍を超えるため、"
        "見送りを推奨します。<FOUND>。",
        "<B> takes {slowdown} times as long as <A>, more than the {maximum_slowdown} allowed: "
        "<FOUND>.",
    ),
    "no_go.memory": _with_numbers(
        _FOUND,
        "<B>の使用メモリは<A>の {memory} 倍で、許容の {maximum_memory} 倍を超えるため、"
        "見送りを推奨します。<FOUND>。",
        "<B> needs {memory} times the memory of <A>, more than the {maximum_memory} allowed: "
        "<FOUND>.",
    ),
    "undecided.quick": _with_numbers(
        _FOUND,
        "速報のため判定はしません。<FOUND>でした。"
        "判定するには「標準」か「精密」で実行してください。必要な文書の件数もそのときに示します。",
        "A quick run carries no verdict: <FOUND>. Run it as standard or precise to decide; that "
        "also tells how many documents are needed.",
    ),
    "undecided.quick_unknown": _with_numbers(
        _FOUND,
        "速報のため判定はしません。<FOUND>でした。"
        "このモデルは対象の文章をよく知らないため、「標準」や「精密」で実行し直しても Go には"
        "なりません。まず自社の文書で組を学習し、その組で検証してください。",
        "A quick run carries no verdict: <FOUND>. These models do not know this kind of text well, "
        "so a standard or precise run of them cannot say Go either. First train a pair on your own "
        "documents, then evaluate with it.",
    ),
    "undecided.interval_unknown": _with_numbers(
        _FOUND,
        "まだどちらとも言えません。<FOUND>で、区間が基準の −{margin} をまたいでいます。"
        "このモデルは対象の文章をよく知らないため、文書を増やしても Go にはなりません。"
        "まず自社の文書で組を学習し、その組で検証してください。",
        "It cannot be told yet: <FOUND>, which includes the required −{margin}. These models do "
        "not know this kind of text well, so more documents cannot lead to Go. First train a pair "
        "on your own documents, then evaluate with it.",
    ),
    "undecided.too_close_unknown": _with_numbers(
        _FOUND,
        "差が基準の −{margin} に近すぎて、文書を増やしても決着しない見込みです。<FOUND>。"
        "このモデルは対象の文章をよく知らないため、いずれにしても Go にはなりません。"
        "まず自社の文書で組を学習し、その組で検証してください。",
        "The difference is so close to the required −{margin} that more documents will hardly "
        "decide it: <FOUND>. These models do not know this kind of text well, so Go is out of "
        "reach anyway. First train a pair on your own documents, then evaluate with it.",
    ),
    "undecided.perturbed": _with_numbers(
        _FOUND,
        "文書を乱した再実行のため判定はしません。<FOUND>でした。"
        "元の検証の「頑健性」の表をご覧ください。",
        "A re-run on perturbed documents carries no verdict: <FOUND>. See the robustness table of "
        "the original evaluation.",
    ),
    "undecided.interval": _with_numbers(
        _FOUND,
        "まだどちらとも言えません。<FOUND>で、区間が基準の −{margin} をまたいでいます。あと約 "
        "{needed} 件あれば 5 回に 4 回は判定できる見込みです。同じ文書に追加して判定し直すと、"
        "採用（条件付きを含む）を誤る危険は最大でおよそ 2 倍になります。"
        "避けるには新しい文書だけで検証するか、信頼度 {stricter}% で固定してください。",
        "It cannot be told yet: <FOUND>, which includes the required −{margin}. About {needed} "
        "more should decide it, in four of five cases. Deciding again on these documents and more "
        "can double the risk of adopting wrongly: evaluate the new ones alone, or lock a "
        "confidence of {stricter}%.",
    ),
    "undecided.too_close": _with_numbers(
        _FOUND,
        "差が基準の −{margin} に近すぎて、文書を増やしても決着しない見込みです。<FOUND>。"
        "基準そのものを見直して新しい検証を計画してください。",
        "The difference is so close to the required −{margin} that more documents will hardly "
        "decide it: <FOUND>. Reconsider the margin in a new evaluation.",
    ),
    "undecided.review": _with_numbers(
        _FOUND,
        "測定では<B>が主要基準を満たしましたが、"
        "方式名を伏せた現場確認では<A>の方が良いと判断されました"
        "（<B>の勝率 {review_rate}%（同等は半分と数える）、信頼区間 "
        "{review_low}〜{review_high}%、{review_votes} 票）。"
        "食い違いの理由が分かるまで採用しないでください。<FOUND>。",
        "<B> meets the main criterion, but reviewers who did not know the methods find it worse "
        "than <A> (win rate {review_rate}%, ties counted half, interval {review_low} to "
        "{review_high}%, {review_votes} votes). Do not adopt it before it is clear why: <FOUND>.",
    ),
    "undecided.open": _with_numbers(
        _FOUND,
        "<B>は主要基準を満たしましたが、ほかの条件のうち {open} 項目がまだ確かめられていません。"
        "<FOUND>。",
        "<B> meets the main criterion, but {open} other conditions are still open: <FOUND>.",
    ),
    "undecided.few": _with_numbers(
        _SO_FAR,
        "判定には {minimum} 件以上の文書（グループ分けした場合はグループ）が必要です。あと "
        "{needed} 件足りません。<FOUND>。",
        "A verdict needs {minimum} documents (or groups, where they are declared); {needed} more "
        "are needed. <FOUND>.",
    ),
    "undecided.one_document": _with_numbers(
        _FOUND,
        "これは 1 件の文書だけの結果で、ほかの文書には当てはまりません。<FOUND>。判定にはあと "
        "{needed} 件必要です。",
        "This speaks about one document only, not about others: <FOUND>. {needed} more documents "
        "are needed for a verdict.",
    ),
    "undecided.nothing": _without_numbers(
        "採点できた文書がまだありません。判定には {minimum} 件以上必要です。",
        "No document has been scored. A verdict needs {minimum} or more.",
    ),
    "undecided.waiting": _without_numbers(
        "実行中です。採点がすべて終わった文書はまだありません（全 {expected} 件）。",
        "Running: none of the {expected} documents is complete yet.",
    ),
    "undecided.running": _with_numbers(
        _FOUND,
        "実行中です（{expected} 件中 {units} 件まで集計）。途中経過として、<FOUND>で、"
        "区間は何度見てもよいように広めにとっています。",
        "Running ({units} of {expected} counted). So far, <FOUND>; this interval is wide enough "
        "to be looked at again and again.",
    ),
    "undecided.running.one_document": _with_numbers(
        _FOUND,
        "実行中です（最後の確認が残っています）。これは 1 "
        "件の文書だけの結果で、ほかの文書には当てはまりません。途中経過として、<FOUND>。",
        "Running (the last checks are left). This speaks about one document only, not about "
        "others. So far, <FOUND>.",
    ),
    "undecided.running.few": _with_numbers(
        _SO_FAR,
        "実行中です（{expected} 件中 {units} 件まで集計）。<FOUND>。途中の区間は {watched} "
        "件から、最終の区間は {minimum} 件から表示します。",
        "Running ({units} of {expected} counted). <FOUND>. An interval is shown from {watched} on "
        "while it runs, from {minimum} on when it ends.",
    ),
    "undecided.cancelled": _without_numbers(
        "検証が中止されたため判定しません（{expected} 件中 {units} 件まで集計）。続けるには、"
        "同じ内容で新しく実行してください。",
        "The evaluation was cancelled, so there is no verdict ({units} of {expected} counted). "
        "Start it anew to go on.",
    ),
}


def _both_sides(reasons: dict[str, _Reason]) -> Entries:
    """Every reason for a trained pair, and as `.reading` for one checkpoint read in two ways."""
    sides = {
        "": (
            ("提案方式（B）", "従来方式（A）"),
            ("the proposed method (B)", "the conventional one (A)"),
        ),
        ".reading": (
            ("引継ぎながら読む B", "区切って読む A"),
            ("reading with the memory kept (B)", "reading in sections (A)"),
        ),
    }
    return {
        f"results.{form}.{key}{suffix}": (_fill(ja, *japanese), _fill(en, *english))
        for suffix, (japanese, english) in sides.items()
        for key, reason in reasons.items()
        for form, (ja, en) in (("reason", reason.whole), ("in_words", reason.words))
    }


def _fill(text: str, b: str, a: str) -> str:
    filled = text.replace("<B>", b).replace("<A>", a)
    return filled[0].upper() + filled[1:]


# --- checks ----------------------------------------------------------------------------------

# name: (what holds when it is passed), (what was found when it is not), (what to do)
_CHECKS: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "pairs_complete": (
        ("すべての文書がすべての方式で採点された", "Every document was scored by every arm"),
        (
            "一部の文書が、一部の方式で採点されていません",
            "some documents were not scored by some arms",
        ),
        (
            "実行ページで失敗の理由を確かめ、原因の文書を直すか除いて、もう一度実行してください。",
            "See on the Run page what failed, mend or leave out those documents, and run again.",
        ),
    ),
    "same_targets": (
        ("どの方式も同じ箇所を採点した", "All arms scored the same targets"),
        ("方式によって採点した箇所が違います", "the arms scored different targets"),
        (
            "すべての方式を同じ版・同じトークナイザで、もう一度実行してください。",
            "Run all arms again with the same version and the same tokenizer.",
        ),
    ),
    "finite_losses": (
        ("損失に異常な値（NaN・無限大）がない", "No loss is NaN or infinite"),
        (
            "モデルの出力に異常な値（NaN・無限大）があります",
            "a model gave values that are NaN or infinite",
        ),
        (
            "そのチェックポイントは長い文書で不安定です。float32 で実行し、"
            "直らなければ別のチェックポイントを選んでください。",
            "That checkpoint is unstable on long texts. Run it in float32; if that does not "
            "help, choose another checkpoint.",
        ),
    ),
    "curves_not_flat": (
        (
            "文脈の長さによって結果が変わる（記憶が使われている）",
            "Results change with context length (the memory is in use)",
        ),
        (
            "文脈を長くしても結果がまったく同じで、記憶が使われていません",
            "a curve is exactly flat: the memory is not in use",
        ),
        (
            "モデルの読み込みと状態の受け渡しを確認してください。直るまでこの結果は使えません。",
            "Check how the model is loaded and how its state is passed on. Do not use these "
            "results until it is mended.",
        ),
    ),
    "documents_long_enough": (
        (
            "判定する文脈長に足りる長さの文書がある",
            "There are documents long enough for the deciding length",
        ),
        (
            "判定する文脈長に足りる長さの文書がありません",
            "no document is long enough for the deciding length",
        ),
        (
            "もっと長い文書を加えるか、判定する文脈長を短くした新しい検証を計画してください。",
            "Add longer documents, or plan a new evaluation that decides at a shorter length.",
        ),
    ),
    "better_than_unigram": (
        (
            "モデルは文字の頻度だけの予測より良い",
            "The models beat a prediction from byte frequencies alone",
        ),
        (
            "このチェックポイントはこの種の文書を知りません（文字の頻度だけの予測にも劣ります）",
            "this checkpoint does not know the text: it is worse than byte frequencies alone",
        ),
        (
            "この種の文書で学習したチェックポイントの組を用意して、もう一度実行してください。",
            "Use a pair of checkpoints that was trained on this kind of text, and run again.",
        ),
    ),
    "better_than_order2": (
        (
            "モデルは直前 2 バイトだけを見る単純な予測より良い",
            "The models beat a simple prediction from the last two bytes",
        ),
        (
            "このチェックポイントはこの種の文書をよく知りません（直前 2 "
            "バイトだけを見る単純な予測に劣ります）",
            "this checkpoint does not know the text well: a simple prediction from the last two "
            "bytes is better",
        ),
        (
            "結果は参考にとどめ、この種の文書で学習したチェックポイントの組で確かめてください。"
            "Go にはできません。",
            "Take the results as an indication and confirm them with a pair that was trained on "
            "this kind of text. Go is not possible.",
        ),
    ),
    "holds_if_skewed": (
        (
            "差の出方が偏っていても結論が変わらない",
            "What is found would hold even if the differences were skewed",
        ),
        (
            "区間が基準に近く、大きく悪化する文書がわずかにあれば結論が変わります",
            "the interval is so close to the required difference that a few documents which lose "
            "much would change the result",
        ),
        (
            "大きく悪化する文書が、この件数ではたまたま含まれていないだけかもしれません。"
            "文書を増やして新しく検証してください。Go にはできません。",
            "Documents that lose much may just be missing among so few. Run a new evaluation with "
            "more documents. Go is not possible.",
        ),
    ),
    "self_comparison": (
        (
            "同じ方式を 2 回実行すると結果が完全に一致する（A/Aテスト）",
            "The same arm twice gives exactly the same (A/A test)",
        ),
        (
            "同じ方式を 2 回実行した結果が一致しません（A/Aテスト）、または確認されていません",
            "the same arm twice did not give the same (A/A test), or it was not tried",
        ),
        (
            "同じ装置・同じ版で、もう一度実行してください。"
            "続く場合は装置の設定を確認してください。",
            "Run again on one device and one version; if it persists, check the device.",
        ),
    ),
    "chunk_invariance": (
        (
            "計算の区切り方を変えても結果が変わらない",
            "Results do not depend on how the text is cut while it is computed",
        ),
        (
            "計算の区切り方で結果が変わるか、"
            "確認されていません（状態が正しく引き継がれていない疑い）",
            "results depend on how the text is cut, or it was not tried: the state may not be "
            "carried rightly",
        ),
        (
            "このモデルの状態の受け渡しを直すまで、結果は使えません。float32 "
            "で実行しているかも確認してください。",
            "Do not use these results until the model carries its state exactly. Check that it "
            "runs in float32.",
        ),
    ),
    "rule_locked": (
        (
            "検証計画と判定基準がロックされたときのまま変わっていない",
            "Plan and decision rule are as they were locked",
        ),
        (
            "検証計画か判定基準が、ロックされた後に書き換えられています",
            "the plan or the decision rule was changed after it was locked",
        ),
        (
            "データベースが直接書き換えられた可能性があります。同じ文書で、もう一度検証を始めて"
            "ください。",
            "Somebody may have changed the database by hand. Start the evaluation again on the "
            "same documents.",
        ),
    ),
    "rule_not_easier": (
        (
            "同じ文書を以前に検証したときより基準を甘くしていない",
            "The rule asks for no less than when these documents were evaluated before",
        ),
        (
            "同じ文書を以前に検証したときより基準が甘いか、判定に使う文脈の長さを変えています",
            "the rule asks for less, or another length decides, than when these documents were "
            "evaluated before",
        ),
        (
            "結果を見てから基準を選んだ疑いが残ります。新しい文書で検証してください。Go "
            "にはできません。",
            "It may have been chosen after the results were seen. Evaluate new documents. Go is "
            "not possible.",
        ),
    ),
    "state_norm": (
        (
            "長い文書でも内部状態の大きさが安定している",
            "The hidden state keeps its size on long texts",
        ),
        ("長い文書で内部状態が大きくなり続けます", "the hidden state keeps growing on long texts"),
        (
            "長い文書では結果が崩れるおそれがあります。読み方を「一定の長さで区切る」にするか、"
            "別のチェックポイントを選んでください。",
            "Results may break down on long texts. Read in sections, or choose another checkpoint.",
        ),
    ),
    "distinct_documents": (
        ("同じ内容の文書が重なっていない", "No two documents are mostly the same"),
        (
            "内容がほとんど同じ文書があるか、確認されていません",
            "some documents are mostly the same, or it was not checked",
        ),
        (
            "重なっている文書を除くか、同じグループにまとめて、もう一度実行してください。Go "
            "にはできません。",
            "Leave out the copies or declare them one group, and run again. Go is not possible.",
        ),
    ),
}


def _checks() -> Entries:
    entries: Entries = {}
    for name, (passed, found, action) in _CHECKS.items():
        entries[f"results.check.{name}"] = passed
        entries[f"results.check.{name}.failed"] = _sentence(*found)
        entries[f"results.check.{name}.action"] = action
        entries[f"results.reason.withheld.{name}"] = (
            f"検証に不備があるため判定しません。{found[0]}。{action[0]}",
            f"There is no verdict because the evaluation is not valid: {found[1]}. {action[1]}",
        )
    return entries


def _sentence(ja: str, en: str) -> tuple[str, str]:
    return f"{ja}。", f"{en[0].upper()}{en[1:]}."


# --- names -----------------------------------------------------------------------------------

NAMES: Entries = {
    "results.amendment.early": ("判定に使用", "decides"),
    "results.amendment.late": ("参考のみ", "for information only"),
    "results.rule.primary_length": ("判定に使う文脈の長さ", "context length that decides"),
    "results.rule.margin": ("必要な改善幅 δ", "improvement asked for, δ"),
    "results.rule.short_length": ("短い文脈の長さ", "short context length"),
    "results.rule.short_margin": ("短い文書で許す悪化幅 ε", "loss allowed on short texts, ε"),
    "results.rule.confidence": ("信頼水準", "confidence"),
    "results.rule.maximum_slowdown": ("処理時間の上限（倍）", "time, at most (ratio)"),
    "results.rule.maximum_memory_ratio": ("使用メモリの上限（倍）", "memory, at most (ratio)"),
    "results.rule.review_margin": (
        "現場確認で許す勝率の差（0.1 = 10 ポイント）",
        "win rate allowed below even in a blind review (0.1: 10 points)",
    ),
    "results.rule.decider": ("決裁者", "decided by"),
    "results.rule.date": ("判定日", "date of the decision"),
    "results.rule.documents": ("採点する文書の件数", "documents to be scored"),
    "results.rule.kpis": ("業務の指標", "business figures"),
    "results.criterion.primary": (
        "主要基準：判定する文脈長での差の上限が目標を下回る",
        "Main criterion: upper bound of the difference at the deciding length below the target",
    ),
    "results.criterion.short": (
        "短い文脈：学習時の長さでの差の上限が許容を下回る",
        "Short context: upper bound of the difference at the training length below what is allowed",
    ),
    "results.criterion.slowdown": (
        "処理時間（A に対する B の比）の区間が上限以下",
        "Time per byte, B over A: its interval within the limit",
    ),
    "results.criterion.memory": (
        "使用メモリの最大値（A に対する B の比）が上限以下",
        "Peak memory, B over A, within its limit",
    ),
    "results.criterion.warnings": (
        "検証上の注意点の数",
        "Number of warnings among the validity checks",
    ),
    "results.criterion.review": (
        "現場確認：Bの勝率（同等は半分と数える、信頼区間の下限）",
        "Blind review: win rate of B, ties counted half (lower bound)",
    ),
    "results.criterion.documents": ("文書数（またはグループ数）", "Documents (or groups)"),
    "results.side.a": ("A：従来方式（ゼロ初期化）", "A: conventional method (zero initialization)"),
    "results.side.b": ("B：提案方式（前状態引継ぎ）", "B: proposed method (previous state)"),
    "results.side.a.meaning": (
        "学習では毎回、白紙の記憶から読み始める。",
        "In training every section starts from a blank memory.",
    ),
    "results.side.b.meaning": (
        "前の部分の記憶を引き継いで読み始めるように学習し、読むときも引き継ぐ。",
        "Trained to take over the memory of the section before, and takes it over when reading.",
    ),
    "results.side.a.reading": ("A：区切って読む", "A: reading in sections"),
    "results.side.b.reading": (
        "B：記憶を引き継いで読む",
        "B: reading with the memory kept",
    ),
    "results.preset.best_zero": ("採用判断", "Decision"),
    "results.preset.matched": ("学習の効果", "Training"),
    "results.preset.paper": ("論文と同じ比較", "As in the paper"),
    "results.preset.operations": ("運用の効果", "Operations"),
    "results.preset.best_zero.question": (
        "提案方式に切り替えるべきか。相手は、従来方式が最もうまく読める読み方です。",
        "Should we adopt it? The opponent is the best way in which the conventional method can "
        "read.",
    ),
    "results.preset.matched.question": (
        "学習方法の変更は役に立ったか。読み方は両方とも同じ（引継ぎ）です。",
        "Did the training change help? Both sides read in the same way, with the memory kept.",
    ),
    "results.preset.paper.question": (
        "論文と同じ比べ方ではどうなるか。見える文脈が両者で違います。",
        "What does the published comparison say? The two sides see different context.",
    ),
    "results.preset.operations.question": (
        "記憶を保ったまま読むと何が得られるか。同じモデルの読み方だけを比べます。",
        "What does keeping the memory bring? One model, read in two ways.",
    ),
    "results.depth.quick": ("速報", "Quick"),
    "results.depth.standard": ("標準", "Standard"),
    "results.depth.precise": ("精密", "Precise"),
    "results.depth.quick.meaning": (
        "各文書の一部だけを採点する目安。Go は出せず、明らかに悪いときの No-Go だけを出します。",
        "A part of every document, as an indication. It cannot say Go; No-Go only where B is "
        "clearly worse.",
    ),
    "results.depth.standard.meaning": (
        "各文書の 4 か所を採点し、判定まで行う。",
        "Four places in every document; carries a verdict.",
    ),
    "results.depth.precise.meaning": (
        "文書全体を採点する。時間がかかるが最も確か。",
        "The whole of every document: slowest, most certain.",
    ),
    "results.curve.matched": ("同一採点区間での長さ–品質", "Quality on the same targets"),
    "results.curve.matched.shows": (
        "同じ箇所の予測が、見える文脈を長くすると良くなるかを示します。低いほど良く、"
        "帯は A との差の区間です。",
        "Whether the same places are predicted better when more context is visible. Lower is "
        "better; the band is the interval of the difference from A.",
    ),
    "results.curve.prefix": ("先頭からの平均", "Mean from the start"),
    "results.curve.prefix.shows": (
        "文書を先頭から読んだときの、そこまでの平均です（論文のパープレキシティに当たります）。"
        "冒頭の読みにくさも含みます。",
        "The mean over everything up to a position (the paper's perplexity); it includes the "
        "cold start.",
    ),
    "results.curve.position": ("位置ごとの品質", "Quality by position"),
    "results.curve.position.shows": (
        "文書のどの位置で良く、どの位置で悪いかを示します。",
        "Where in a document the predictions are good and where they are not.",
    ),
    "results.curve.place": ("区切りの中の位置ごとの品質", "Quality by place in the window"),
    "results.curve.place.shows": (
        "記憶をリセットした直後から次のリセットまでの位置ごとの平均です。"
        "白紙から読み直す負担を示します。",
        "The mean at each place between two resets: what starting from a blank memory costs.",
    ),
    "results.curve.documents": (
        "長い方の点ほど、届く文書が少なくなることがあります。",
        "Fewer documents may reach the longer points.",
    ),
    "results.metric.bits_per_byte": ("ビット/バイト", "Bits per byte"),
    "results.metric.perplexity": ("パープレキシティ", "Perplexity"),
    "results.metric.bits_per_character": ("ビット/文字", "Bits per character"),
    "results.method.flips_and_bootstrap": (
        "符号反転検定とスチューデント化ブートストラップ（文書単位、対応あり）の両方を含む区間。"
        "p 値は大きい方",
        "interval that spans a sign-flip test and a studentized bootstrap, both paired by "
        "document; p is the larger one",
    ),
    "results.method.bca_bootstrap": (
        "文書単位の対応ありブートストラップ（BCa、10,000 回）と符号反転検定",
        "paired bootstrap over documents (BCa, 10,000 draws) with a sign-flip test",
    ),
    "results.method.sign_flip": (
        "符号反転検定から求めた区間（文書単位）",
        "interval from the sign-flip test over documents",
    ),
    "results.method.block_bootstrap": (
        "1 件の文書の中のブロック・ブートストラップ（この文書だけについての区間）",
        "block bootstrap within one document (about this document only)",
    ),
    "results.method.confidence_sequence": (
        "途中で何度見てもよい区間（信頼列）",
        "always-valid interval (confidence sequence)",
    ),
    "results.method.none": ("区間なし（文書が足りない）", "no interval (too few documents)"),
    "results.effect.training": ("学習の効果", "Effect of training"),
    "results.effect.reading": ("読み方の効果", "Effect of reading"),
    "results.effect.interaction": ("組み合わせの効果", "Interaction"),
    "results.effect.total": ("合計", "Total"),
    "results.note.contexts_differ": (
        "注意：A は区切りごとに記憶を消すため、両者の見える文脈が違います。"
        "差には学習の効果と読み方の効果が混ざっています。",
        "Contexts differ: A drops its memory at every section, so the difference mixes the "
        "effects of training and of reading.",
    ),
    "results.note.reading_policy": (
        "読み方の比較であり、LongSSM（学習方法）の比較ではありません。",
        "Reading-policy comparison, not LongSSM.",
    ),
    "results.note.unknown_text": (
        "このチェックポイントはこの種の文書を知りません。",
        "This checkpoint does not know the text.",
    ),
    "results.note.one_document": ("この文書だけについての結果です。", "This document only."),
    "results.note.every_candidate": (
        "文書が少なく、従来方式の読み方を別の文書で選べないため、すべての読み方に勝つことを Go "
        "の条件にしています。",
        "Too few documents to choose the conventional method's reading on separate ones: Go "
        "requires beating every one of them.",
    ),
    "results.note.checkpoints": (
        "この 2 つのチェックポイントについての結果です。学習の乱数を変えた再現は含みません。",
        "Conditional on these two checkpoints; other training seeds are not included.",
    ),
    "results.parts": (
        "{n} 件は {files} 個のファイルを分けたもので、互いに独立した文書ではありません。"
        "別の日・設備・拠点の文書でも同じとは限りません。",
        "{n} of them are parts of {files} file(s), not independent documents: other days, machines "
        "or sites may give another result.",
    ),
    # --- by file
    "results.files": ("ファイルごとの結果", "By file"),
    "results.files.why": (
        "同じファイルから分けた文書を、採点したバイト数で重み付けしてまとめました。内訳を示すだけで、"
        "判定には使いません。",
        "Documents that were cut from one file, together, each weighted with its scored bytes. It "
        "describes and decides nothing.",
    ),
    "results.files.file": ("ファイル", "File"),
    "results.files.documents": ("文書数", "Documents"),
    "results.files.better": ("うち B が良い", "B is better on"),
    "results.files.targets": ("採点（バイト）", "Scored (bytes)"),
    "results.files.delta": ("差 B−A（負なら B が良い）", "B − A (negative: B is better)"),
    "results.files.opposite": (
        "ファイルによって向きが逆です：{better} は B が良い、{worse} は B が悪い。",
        "Files point in opposite directions: B is better on {better} and worse on {worse}.",
    ),
    "results.files.more": ("{files} ほか {n} 個", "{files} and {n} more"),
    # --- beside the criteria and the split
    "results.missed.quick": (
        "速報では、短い文脈・処理時間・メモリの「未達」だけでは No-Go にしません。"
        "一部だけを採点する速報が No-Go を出すのは、判定する文脈長で B が明らかに悪いときだけです。"
        "標準か精密でも同じ結果なら、この未達だけで No-Go になります。",
        "In a quick run a missed condition on short context, time or memory is no No-Go by itself: "
        "since it scores only a part, a quick run says No-Go only where B is clearly worse at the "
        "deciding length. Found again in a standard or precise run it would be a No-Go.",
    ),
    "results.split.against": (
        "この内訳の相手は「従来方式・{a}」です。",
        "The opponent here is the conventional model: {a}.",
    ),
    "results.split.against_other": (
        "この内訳の相手は「従来方式・{a}」で、上の結論の相手（{main}）とは違うため、合計は上の差と"
        "一致しません。",
        "The opponent here is the conventional model: {a}. The conclusion above has another one "
        "({main}), so the total is not the difference above.",
    ),
    "results.documents.order": (
        "はじめは B が最も悪い文書から並んでいます。",
        "At first the documents on which B is worst come first.",
    ),
    "results.sofar.better": ("今のところ B（{b}）が良い", "So far B ({b}) is better"),
    "results.sofar.worse": ("今のところ B（{b}）が悪い", "So far B ({b}) is worse"),
    "results.sofar.same": (
        "今のところ A と B（{b}）に差はない",
        "So far there is no difference between A and B ({b})",
    ),
    "results.sofar.open": (
        "（まだ確かではなく、逆になることもあります）",
        " (not certain yet: it may turn)",
    ),
    "results.sofar.sides": (
        "A は{a}、B は{b}。差は B−A で、負なら B が良いことを表します。",
        "A is {a}, B is {b}. The difference is B − A: negative favours B.",
    ),
    "results.locked.before": (
        "判定基準は計画で {when} に固定されました（識別番号 {hash}）。その基準での検証は {started} "
        "に始まりました（検証計画の識別番号 {plan}）。",
        "The criteria were fixed in the plan on {when} (id {hash}). The evaluation under them "
        "started on {started} (id of its own plan {plan}).",
    ),
    "results.too_short": (
        "{tokens} バイトしかなく、採点には {needed} バイト以上必要です（冒頭 {burn_in} "
        "バイトは採点せず、{minimum_targets} バイト以上を採点します）。",
        "It has {tokens} bytes; {needed} are needed (the first {burn_in} are not scored, and at "
        "least {minimum_targets} must be).",
    ),
    "error.nothing_to_score": (
        "採点する部分にデータがありません。空でない文書を選んでください。",
        "There is nothing to score: the targets have no bytes. Choose documents that are not "
        "empty.",
    ),
}

# what an arm does beyond its training length
EXTENSION: Entries = {
    "results.extension.strong": ("長いほど良くなる（強い延長）", "gets better (strong extension)"),
    "results.extension.monotone": (
        "悪くなる区間は見つからない（単調な延長）",
        "no rise was found (monotone extension)",
    ),
    "results.extension.weak": (
        "悪くなる区間はあるが許容幅に収まる（弱い延長）",
        "stays within the margin, with a rise (weak extension)",
    ),
    "results.extension.fails": ("許容幅を超えて悪くなる（延長に失敗）", "gets worse (fails)"),
    "results.extension.cannot_tell": ("どちらとも言えない", "cannot tell"),
    "results.extension.few_units": (
        "言えない（文書が {minimum} 件に満たない）",
        "cannot tell (fewer than {minimum} documents)",
    ),
    "results.extension.no_longer_length": (
        "言えない（学習時の長さより先を読まない）",
        "cannot tell (it reads no further than the training length)",
    ),
    "results.extension.line": (
        "{side} {at} まで：{words}（差 {change}）",
        "{side} up to {at}: {words} ({change})",
    ),
    "results.extension.line.none": ("{side}：{words}", "{side}: {words}"),
}

ENTRIES: Entries = {**OUTCOMES, **_both_sides(_REASONS), **_checks(), **NAMES, **EXTENSION}

"""Words of the handover package: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "command.handover": (
        "Go の後に、運用側へ渡す一式を zip で作ります。",
        "Make the package for the serving side after a Go, as a zip.",
    ),
    "command.handover.output": (
        "書き込む zip ファイル",
        "zip file to write",
    ),
    "handover.refused": (
        "この検証の結果は「{outcome}」です。引き継ぎ一式は、Go か条件付きGo のときだけ作れます。",
        "The outcome of this evaluation is: {outcome}. A handover package is only made after Go or "
        "Conditional Go.",
    ),
    "app.handover.title": ("運用への引き継ぎ", "Handover to production"),
    "app.handover.why": (
        "変更する設定、モデルの識別番号、検証した読み方で読むコードの例、計画、結果、再現の記録、"
        "監視項目と確認表を一つにまとめたものです。この計算機のフォルダー名は入りません。",
        "The settings to change, the identity of the model, example code that reads as it was "
        "evaluated, plan, result, reproduction record, what to watch, and a checklist, in one "
        "file. It names no folder of this machine.",
    ),
    "app.handover.download": ("引き継ぎ一式（zip）", "Handover package (zip)"),
    "handover.title": ("運用への引き継ぎ", "Handover to production"),
    "handover.lead": (
        "この一式は、次の検証の保存された結果から作られました。",
        "This package was made from the stored result of the following evaluation.",
    ),
    "handover.change": ("本番で変えること", "What to change in production"),
    "handover.change.1": (
        "モデルを `{checkpoint}`（学習時の初期化 `{training}`、識別番号 `{fingerprint}…`）に替"
        "える。",
        "Load the checkpoint `{checkpoint}` (trained with initialization `{training}`, fingerprint "
        "`{fingerprint}…`).",
    ),
    "handover.trained.previous": (
        "前の区間の最後の状態を引き継いで学習したモデル（提案方式）です。",
        "It was trained with the state of the section before carried on (the proposed method).",
    ),
    "handover.trained.zero_adapted": (
        "白紙の状態（zero）で学習した後、状態を引き継いで（previous）追加学習したモデルです。",
        "It was trained from blank states (zero) and then trained on with the state carried "
        "(previous).",
    ),
    "handover.trained.zero": (
        "各区間を白紙の状態から学習したモデル（従来方式）です。",
        "It was trained from a blank state in every section (the conventional method).",
    ),
    "handover.trained.zero_control": (
        "各区間を白紙の状態から学習し、同じ方法で追加学習したモデル（従来方式の対照）です。",
        "It was trained from a blank state in every section and trained on in the same way (the "
        "control of the conventional method).",
    ),
    "handover.change.2.reset": (
        "検証した読み方は `{policy}`。文書の先頭と、先頭から {window} {unit}ごとに状態を白紙に"
        "し、その間だけ前の状態を渡す。状態は畳み込みの入力と隠れ状態の両方で、float32 のまま"
        "保つ。",
        "It was evaluated reading with `{policy}`: blank the state at the beginning of a document "
        "and every {window} {unit} from there; pass the previous state on only in between. The "
        "state is the inputs of the convolutions and the hidden state, both, kept in float32.",
    ),
    "handover.change.2.carry": (
        "検証した読み方は `{policy}`。文書の先頭だけで状態を白紙にし、同じ文書の続きには前の状態を"
        "渡す。状態は畳み込みの入力と隠れ状態の両方で、float32 のまま保つ。",
        "It was evaluated reading with `{policy}`: blank the state only at the beginning of a "
        "document and pass the previous state on to what follows of it. The state is the inputs of "
        "the convolutions and the hidden state, both, kept in float32.",
    ),
    "handover.change.3": (
        "文書が変わったら必ず白紙に戻す。利用者や依頼をまたいで状態を共有しない。",
        "Blank it whenever the document changes. Never share a state between users or requests.",
    ),
    "handover.checks": ("切り替え前の確認表", "Checklist before the switch"),
    "handover.check.1": (
        "`settings.json` の識別番号と、本番のモデルの識別番号が一致している。",
        "The fingerprint in `settings.json` is that of the checkpoint in production.",
    ),
    "handover.check.2": (
        "`serving_example.py` を本番の環境で動かし、1 文書を分けて読んでも一度に読んでも同じ結果に"
        "なる。",
        "`serving_example.py` runs in production, and a document read in pieces gives what it "
        "gives "
        "read at once.",
    ),
    "handover.check.3": (
        "文書の境目で状態が白紙に戻ることを試験した。",
        "A test shows that the state is blank at the border between two documents.",
    ),
    "handover.check.4": (
        "処理時間が今の {slowdown} 倍以内、メモリが {memory} 倍以内である。",
        "Time is at most {slowdown} times, memory at most {memory} times, what it is now.",
    ),
    "handover.check.5": (
        "検証した長さ（{longest} {unit}）を超える文書をどう扱うかを決めた。",
        "It is decided what happens to documents longer than was evaluated ({longest} {unit}).",
    ),
    "handover.check.6": (
        "元のモデルと設定に戻す手順を試した。",
        "Going back to the former model and settings was tried.",
    ),
    "handover.check.7": (
        "決裁者 {decider}、判定日 {date} の承認が記録されている。",
        "The approval is on record: decided by {decider}, date {date}.",
    ),
    "handover.open": (
        "条件付きGo の条件（上の理由）が満たされた。",
        "The condition of the Conditional Go (in the reason above) is met.",
    ),
    "handover.watch": ("監視する項目", "What to watch"),
    "handover.watch.1": (
        "1 バイトあたりの情報量（文脈 {length} {unit}）：検証時 {level}。週の平均が {limit} を"
        "超えたら調べる。",
        "Bits per byte with {length} {unit} of context: {level} when evaluated. Look into it when "
        "the mean of a week is above {limit}.",
    ),
    "handover.watch.2": (
        "従来方式との差：検証時 {delta}。月に一度、新しい文書で測り直し、−{margin} に届かなくな"
        "ったら"
        "見直す。",
        "Difference from the conventional method: {delta} when evaluated. Measure it on new "
        "documents once a month; reconsider when it no longer reaches −{margin}.",
    ),
    "handover.watch.3": (
        "NaN・無限大：0 件。1 件でも出たら、その文書を止めて状態を白紙に戻す。",
        "NaN and infinities: none. At the first one, stop that document and blank the state.",
    ),
    "handover.watch.4": (
        "処理時間とメモリ：今の {slowdown} 倍、{memory} 倍を超えたら警告する。",
        "Time and memory: warn above {slowdown} and {memory} times what they are now.",
    ),
    "handover.watch.5": (
        "文書の長さと文字の種類の分布：検証した文書から離れたら、`python -m evaluations drift` "
        "で調べ"
        "る。",
        "Length and characters of the documents: when they leave what was evaluated, look with "
        "`python -m evaluations drift`.",
    ),
    "handover.limits": ("限界", "Limits"),
    "handover.limits.text": (
        "結果は、検証した文書と同じ種類の文書、{longest} {unit} までの長さについて言えることで"
        "す。予"
        "測の良さを測ったもので、生成文の正しさを保証しません。",
        "The result holds for documents like those evaluated, up to {longest} {unit}. It measures "
        "how well text is predicted, and does not vouch for what is generated.",
    ),
    "handover.files": ("入っているもの", "What is in it"),
    "handover.files.text": (
        "`settings.json` 変更する設定 · `serving_example.py` 検証した読み方（`{policy}`）で読む"
        "例 · `plan.json` 固定された計画（フォルダーの場所はモデルの名前に置き換え。固定時の"
        "ハッシュは `reproduction.json`） · `result.json` 結果の全数値 · `reproduction.json` "
        "再現の記録 · `SHA256SUMS` 各ファイルの識別番号",
        "`settings.json` settings to change · `serving_example.py` reading as evaluated "
        "(`{policy}`) · `plan.json` the locked plan (a checkpoint's folder is replaced by its "
        "name; the hash it was locked with is in `reproduction.json`) · `result.json` all "
        "numbers · `reproduction.json` how to compute them again · `SHA256SUMS` the identity of "
        "each file",
    ),
}

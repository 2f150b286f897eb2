"""Words of what is asked for beside a run: outputs, pairs, reports: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- commands
    "command.generate": (
        "検証の A と B に文書の続きを書かせて比べる",
        "have A and B of an evaluation continue its documents, and compare what they write",
    ),
    "command.generate.documents": (
        "続きを書かせる文書の数（既定は {default}）",
        "how many documents are continued (default {default})",
    ),
    "command.generate.items": (
        "1 文書あたりの箇所の数（既定は {default}）",
        "points of each document (default {default})",
    ),
    "command.generate.length": (
        "1 か所で書く長さの上限。トークン数、同梱モデルではバイト数（既定は {default}）",
        "tokens at most at one point, which are bytes for the shipped models (default {default})",
    ),
    "command.generate.lines": (
        "1 か所で書く行数（既定は {default}）",
        "lines that are written at one point (default {default})",
    ),
    "command.generate.no_wait": (
        "作業を登録するだけで終わる（番号を表示）",
        "only queue it, and print the jobs' numbers",
    ),
    "command.generate.progress": (
        "続きの生成：{total} 件のうち {done} 件が完了",
        "Outputs: {done} of {total} done",
    ),
    "command.generate.none": (
        "比べられる続きがまだありません。`python -m evaluations jobs` で状況を確認してください。",
        "There are no outputs to compare yet. See `python -m evaluations jobs`.",
    ),
    "command.run.outputs": (
        "損失の計算後に A と B に続きを書かせる箇所の数（1 文書あたり）。0 なら書かせない"
        "（既定：速報 0、標準 4、精密 8）",
        "points of each document at which A and B write on once the losses are there; 0: none "
        "(default: quick 0, standard 4, precise 8)",
    ),
    "command.run.outputs_failed": (
        "続きの生成を依頼できませんでした。{reason}",
        "No outputs were asked for. {reason}",
    ),
    "command.adapt.queue": (
        "この場で学習せず、ワーカーへの作業として登録する（番号を表示）",
        "do not train here: queue it for a worker, and print the job's number",
    ),
    "command.adapt.queue_output": (
        "--queue では保存先をデータフォルダーの中に決めるため、--output は指定できません。",
        "With --queue the pair is kept in the data folder: leave --output out.",
    ),
    "command.jobs": ("依頼した作業の一覧を表示する", "list the jobs that were asked for"),
    "command.jobs.json": ("1 件 1 行の JSON で出力する", "print one JSON object per line"),
    "command.cancel.which": (
        "検証の ID（list が表示）または作業の番号（jobs が表示）",
        "an evaluation's id, as `list` shows it, or a job's number, as `jobs` shows it",
    ),
    "command.cancel.done": ("作業 {job} を取り消しました。", "Job {job} is cancelled."),
    "command.cancel.ended": (
        "作業 {job} はすでに終わっています。",
        "Job {job} had ended already.",
    ),
    # --- kinds and states of jobs
    "job.kind.ingest": ("取り込み", "ingest"),
    "job.kind.generate": ("続きの生成", "outputs"),
    "job.kind.train": ("学習", "training"),
    "job.kind.report": ("報告書", "report"),
    "job.state.queued": ("待機中", "queued"),
    "job.state.running": ("実行中", "running"),
    "job.state.done": ("完了", "done"),
    "job.state.failed": ("失敗", "failed"),
    "job.state.cancelled": ("取消", "cancelled"),
    # --- what goes wrong
    "outputs.no_point": (
        "続きを書かせる箇所がありません。対象の {documents} 文書に、冒頭 {least} {unit}より"
        "後で始まる行がありません。改行のある、もっと長い文書を使ってください。",
        "There is no point to continue: none of the {documents} scored documents has a line that "
        "starts after its first {least} {unit}. Use longer documents with line ends.",
    ),
    "train.documents": (
        "学習に使う文書が見つかりません（{wanted} 件のうち {found} 件）。データのページで確認し、"
        "選び直してください。",
        "Not all documents to train on are there ({found} of {wanted}). Look at the Data page and "
        "choose them again.",
    ),
    "train.died": (
        "学習のプロセスが途中で終了しました。メモリ不足が主な原因です。ワーカーのログを確認し、"
        "もう一度依頼してください（途中から再開します）。",
        "The training process ended before its time, most likely for want of memory. See the "
        "worker's log and ask for it again: it goes on where it stopped.",
    ),
    "train.place": (
        "学習結果の保存先 {path} を使えません。空き容量と権限を確認するか、その場所の"
        "壊れたファイルを削除して、もう一度依頼してください。",
        "The place of the pair, {path}, cannot be used. Check space and permissions, or delete "
        "what is damaged there, and ask for it again.",
    ),
    # --- results page
    "app.results.outputs": ("続きの生成の比較", "What A and B write"),
    "app.results.outputs.why": (
        "同じ行頭から、A・Bがそれぞれ最も確からしい続きを書いた結果です"
        "（{documents} 文書、{points} か所。うち {same} か所は同じ文）。判定には使いません。",
        "Both continue the same line starts with what they find likeliest ({points} points in "
        "{documents} documents; the same text at {same}). It is no part of the verdict.",
    ),
    "app.results.outputs.metric": ("指標", "Metric"),
    "app.results.outputs.delta": ("差 B − A", "Difference B − A"),
    "outputs.exact_match": ("次の行と完全に一致", "Exact match of the next line"),
    "outputs.chrf": ("文字の一致度 chrF（0〜100）", "chrF (0 to 100)"),
    "outputs.edit_similarity": ("編集距離による類似度", "Edit similarity"),
    "outputs.reference_bits": (
        "正解の続きの損失（ビット/バイト）",
        "Loss of the true continuation (bits per byte)",
    ),
}

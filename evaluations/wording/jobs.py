"""Words about what is queued: pausing, priorities, cancelling, jobs, and erasing documents."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- states and levels
    "app.status.paused": ("一時停止中", "Paused"),
    "command.status.paused": ("一時停止", "paused"),
    "command.run.paused": (
        "一時停止中です（再開するまで計算しません）",
        "paused: nothing is computed until it is resumed",
    ),
    "jobs.level.high": ("高", "high"),
    "jobs.level.normal": ("標準", "normal"),
    "jobs.level.low": ("低", "low"),
    # --- commands
    "command.pause": (
        "検証を一時停止する（計算済みの結果は残る）",
        "pause an evaluation (what was computed stays)",
    ),
    "command.resume": (
        "一時停止した検証を再開する",
        "let a paused evaluation go on",
    ),
    "command.cancel": (
        "検証または作業を中止する（計算済みの結果は残る）",
        "cancel an evaluation or a job (what was computed stays)",
    ),
    "command.priority": (
        "検証の優先度を変える",
        "make an evaluation more or less urgent",
    ),
    "command.priority.level": (
        "high（先に計算）、normal、low（後で計算）",
        "high (before the others), normal or low (after them)",
    ),
    "command.run.priority": (
        "優先度：high、normal、low（既定は normal）",
        "how urgent it is: high, normal (as it is unless given) or low",
    ),
    "command.steered": ("{name}:{status}", "{name}: {status}"),
    "command.steered.priority": (
        "{name}：優先度 {level}（{status}）",
        "{name}: priority {level} ({status})",
    ),
    "command.erase": (
        "文書を完全に消去する（元に戻せない）",
        "erase a document for good",
    ),
    "command.erase.document": (
        "文書の ID または名前",
        "id or name of the document",
    ),
    # --- jobs
    "job.unknown": ("作業 {job} はありません。", "There is no job {job}."),
    "task.document_erased": (
        "この文書は消去されたため、計算しませんでした。",
        "this document was erased, so it was not computed",
    ),
    # --- erasing
    "erase.unknown": (
        "「{named}」という ID または名前の文書はありません。",
        "No document has the id or name {named!r}.",
    ),
    "erase.several": (
        "「{named}」という名前の文書が複数あります。ID で指定してください：{ids}",
        "Several documents are called {named!r}. Give the id: {ids}",
    ),
    "erase.planned": (
        "「{document}」は消去されました。文書を選び直してください。",
        "{document} was erased meanwhile. Choose the documents again.",
    ),
    "erase.planned_tokens": (
        "この計画のために読み取った内容の一部が、その後の消去で消されました。"
        "計画を作り直してください。",
        "Some of what was read for this plan was erased meanwhile. Make the plan again.",
    ),
    "erase.done": (
        "「{document}」を消去しました（損失 {losses} 単位、加工した写し {copies} 件、"
        "中止した計算 {ended} 件）。",
        "{document} was erased ({losses} units of losses, {copies} perturbed copies, {ended} tasks "
        "that were not done).",
    ),
    "erase.others": (
        "アップロードされた元のファイルは、ほかの文書 {others} 件が必要とするため残っています。"
        "完全に消すには、それらも消去してください。",
        "The uploaded file is kept: {others} other documents come from it. Erase them too to "
        "remove it.",
    ),
    "erase.pairs": (
        "この文書で学習したモデルのフォルダーから、学習用と評価用の本文の写しを削除しました。"
        "モデル自体は残っています。不要なら、フォルダーごと削除してください：{pairs}",
        "The copies of texts were removed from the folders of pairs that were trained on it. The "
        "trained checkpoints are kept: delete the folders if they must go too: {pairs}",
    ),
    "erase.pairs_left": (
        "この文書を使う学習が登録されていましたが、次のフォルダーの本文の写しは確認または削除"
        "できませんでした。学習を実行したすべてのコンピューターで、フォルダー内の corpus と "
        "held-out を削除してください：{pairs}",
        "Trainings on this document were asked for, and the copies of its text in these folders "
        "could not be found or removed here. Delete corpus and held-out in them on every machine "
        "that trains: {pairs}",
    ),
    "erase.log_kept": (
        "データベースの記録に内容が残っている可能性があります。ほかの処理が終わってから、"
        "もう一度消去してください。",
        "The database's log could not be emptied, since others go on reading. Erase the document "
        "again when they have ended.",
    ),
    "erase.in_result": (
        "この検証の文書のうち {n} 件は、結果が出た後に消去されました。集計値は消去前のものです。"
        "文書の本文とトークンごとの損失は残っていません：{documents}",
        "{n} of the documents were erased after they were scored. The figures are those from "
        "before; their texts and the losses of their tokens are gone: {documents}",
    ),
    "reports.foot.erased": ("消去された文書", "Erased documents"),
    "reports.erased": (
        "{n} 件（集計値は消去前のもの）：{documents}",
        "{n} (the figures are from before): {documents}",
    ),
    # --- the run page
    "app.progress.pause": ("一時停止", "Pause"),
    "app.progress.resume": ("再開する", "Resume"),
    "app.progress.paused": (
        "一時停止中です。計算済みの結果は保存されています。",
        "Paused. What was computed is stored.",
    ),
    "app.progress.priority": ("優先度", "Priority"),
    # --- the data page
    "app.data.erase": ("文書を消去する", "Erase a document"),
    "app.data.erase.which": ("消去する文書", "Which one"),
    "app.data.erase.sure": (
        "本文、アップロードした元のファイル、トークンごとの損失を完全に消去します。元に戻せません。"
        "終わった検証には、文書名と集計値だけが残ります。",
        "The text, the uploaded file and the losses of its tokens are erased for good. Finished "
        "evaluations keep its name and their figures.",
    ),
    "app.data.erase.yes": ("はい、消去する", "Yes, erase it"),
    "app.data.large": (
        "大きなファイル（{size}）なので、ワーカーが読み込みます。このページを閉じても続きます。",
        "This is a large file ({size}): a worker reads it. It goes on when you close this page.",
    ),
    "app.data.large.beginning": (
        "取り込む前の表示は、先頭 1 MB を読んだものです。伏せた箇所の総数は、読み込んだあとに"
        "分かります。",
        "What is shown before it is stored is of the first MB. How many places are masked in all "
        "is known when the file was read.",
    ),
    "app.data.large.unseen": (
        "圧縮されているか、文字の形式ではないため、取り込む前に中身を見られません。",
        "What is in it cannot be shown before it is stored: it is packed, or no plain text.",
    ),
    "app.data.large.start": ("読み込みを始める", "Start reading"),
    "app.data.large.pieces": ("{n} 個に等分する", "{n} equal pieces"),
    "app.data.large.day": ("日ごとに分ける", "One document a day"),
    "app.data.jobs": ("読み込み中のファイル", "Files being read"),
    "app.data.jobs.cancel": ("中止", "Cancel"),
    "app.data.jobs.queued": ("待機中", "Waiting"),
    "app.data.jobs.running": ("読み込み中 {percent}%", "Reading, {percent}%"),
    "app.data.jobs.done": ("{documents} 件の文書を保存しました", "{documents} documents stored"),
    "app.data.jobs.failed": ("失敗", "Failed"),
    "app.data.jobs.cancelled": ("中止しました", "Cancelled"),
}

"""Words of the commands, plans, tasks and the store: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- commands ----------------------------------------------------------------------------
    "command.description": (
        "LongSSM A/B:自社の長い文書で、状態空間モデルの初期状態を変えるべきかを判定します。"
        "終了コード:0 完了、1 失敗、2 すべてのファイルを受け付けなかった",
        "LongSSM A/B: decide on your own long documents whether a state-space model should change "
        "its hidden-state initialization. Exit codes: 0 done, 1 failed, 2 every file was refused",
    ),
    "command.run": (
        "ファイルを評価し、判定を出す(中断後に同じコマンドを実行すると続きから再開)",
        "evaluate files and print the verdict (repeated after an interruption, it goes on)",
    ),
    "command.score": (
        "1 つの文書の損失をトークンごとに計算する",
        "losses of one document, per token",
    ),
    "command.ingest": (
        "ファイルをアップロードした場合の扱いを表示する",
        "what an upload would do with each file",
    ),
    "command.report": ("評価の報告書を書き出す", "write the reports of an evaluation"),
    "command.list": ("評価の一覧を表示する", "list the evaluations"),
    "command.show": (
        "評価の結果(途中なら現時点まで)を表示する",
        "show an evaluation, also while it runs",
    ),
    "command.worker": (
        "計算を行うワーカーを起動する",
        "run worker processes that compute what is queued",
    ),
    "command.doctor": (
        "必要なものがそろっているかを確認する",
        "check that everything an evaluation needs is here",
    ),
    "command.database": (
        "データベースの URL(既定:データフォルダー内の SQLite ファイル)",
        "URL of the database (default: a SQLite file in the data folder)",
    ),
    "command.json": ("JSON で出力する", "print JSON"),
    "command.run_id": ("評価の ID(list で表示)", "id of the evaluation, as `list` shows it"),
    "command.interrupted": (
        "中断しました。同じコマンドを再実行すると続きから再開します。",
        "Interrupted. Repeat the command to go on where it stopped.",
    ),
    "command.run.files": ("評価するファイル", "files to evaluate"),
    "command.run.preset": (
        "何を比べるか(既定:best_zero)",
        "which arms are compared (default: best_zero)",
    ),
    "command.run.zero": (
        "従来方式(ZERO)のチェックポイント:同梱の名前、フォルダー、または所有者/名前@コミット",
        "ZERO checkpoint: a shipped name, a folder, or owner/name@commit",
    ),
    "command.run.proposed": (
        "提案方式(PROPOSED)のチェックポイント",
        "PROPOSED checkpoint",
    ),
    "command.run.lengths": (
        "比べる文脈長(トークン、コンマ区切り)",
        "context lengths in tokens, separated by commas",
    ),
    "command.run.depth": (
        "速報 quick・標準 standard・精密 precise(既定:standard)",
        "how much is read (default: standard)",
    ),
    "command.run.plan": (
        "計画または判定基準の JSON ファイル",
        "JSON file with the plan or the decision rule",
    ),
    "command.run.seed": ("乱数の種(既定:0)", "seed of all drawing (default: 0)"),
    "command.run.split": (
        "長いログを複数の文書に分ける:24(等分)、size:65536(バイト)、day、hour",
        "make several documents of each file: 24 (equal parts), size:65536 (bytes), day or hour",
    ),
    "command.run.name": ("評価の名前", "name of the evaluation"),
    "command.run.report": (
        "報告書(PDF・Markdown・JSON)を書き出すフォルダー",
        "folder for the reports (PDF, Markdown, JSON)",
    ),
    "command.run.no_wait": (
        "登録だけして評価の ID を表示する",
        "only queue the evaluation and print its id",
    ),
    "command.run.progress": ("評価中 {percent} %", "Evaluating: {percent} %"),
    "command.run.progress_left": (
        "評価中 {percent} %(残り約 {seconds} 秒)",
        "Evaluating: {percent} % (about {seconds} s left)",
    ),
    "command.run.done": ("評価が完了しました。", "The evaluation is complete."),
    "command.run.failed": (
        "評価に失敗しました。どの文書も計算できませんでした。",
        "The evaluation failed: no document could be computed.",
    ),
    "command.run.cancelled": ("評価は取り消されました。", "The evaluation was cancelled."),
    "command.run.too_short": (
        "{file}:短すぎるため評価の対象外です。より長い文書か、短い文脈長(--lengths)をお使いください。",
        "{file}: too short to be scored. Use longer documents, or shorter context lengths "
        "(--lengths).",
    ),
    "command.run.name_of_many": ("{first} ほか {others} 件", "{first} and {others} more"),
    "command.report.written": ("報告書:{path}", "Report: {path}"),
    "command.report.formats": ("形式(コンマ区切り):{formats}", "formats, of {formats}"),
    "command.report.output": ("書き出すフォルダー", "folder for the files"),
    "command.score.file": ("計算するファイル", "the file"),
    "command.score.checkpoint": ("チェックポイント", "the checkpoint"),
    "command.score.policy": (
        "読み方:carry(状態を保つ)、reset:W(W トークンごとに消す)、window:W",
        "how it reads: carry (keeps the state), reset:W (drops it every W tokens), window:W",
    ),
    "command.score.chunk": (
        "一度に計算するトークン数(結果には影響しない。既定:512)",
        "tokens computed at a time; results do not depend on it (default: 512)",
    ),
    "command.score.output": ("損失を書き出す .npz ファイル", "write the losses to this .npz file"),
    "command.score.result": (
        "{file}:{tokens} トークン、{bits} ビット/バイト、パープレキシティ {perplexity}",
        "{file}: {tokens} tokens, {bits} bits per byte, perplexity {perplexity}",
    ),
    "command.score.one_document": (
        "{file}:{documents} 件の文書が含まれています。score は 1 件だけを扱います。"
        "文書を分けて指定してください。",
        "{file}: holds {documents} documents; score takes one. Give it a file with a single text.",
    ),
    "command.ingest.name": (
        "ユーザーが付けたファイル名(ファイルが 1 つの場合)",
        "the file's name as the user named it (with a single file)",
    ),
    "command.worker.processes": (
        "プロセス数(既定:CPU とメモリーに応じて決定)",
        "number of processes (default: as processors and memory allow)",
    ),
    "command.worker.until_idle": (
        "待ち行列が空になったら終了する",
        "end when nothing is queued or running",
    ),
    "command.worker.engine": ("計算の実行方法", "what runs the tasks"),
    "command.worker.unless_running": (
        "このコンピューターで同じデータベースのワーカーが動いていれば、すぐに終了する",
        "end at once where this machine runs a worker for this database already",
    ),
    "command.worker.with_parent": (
        "標準入力が閉じたら終了する",
        "end when the standard input closes",
    ),
    "command.doctor.python": ("Python", "Python"),
    "command.doctor.torch": ("PyTorch", "PyTorch"),
    "command.doctor.device": ("計算装置", "device"),
    "command.doctor.database": ("データベース(書き込み可)", "database (writable)"),
    "command.doctor.checkpoints": ("同梱のチェックポイント", "shipped checkpoints"),
    "command.doctor.fonts": ("日本語フォント", "Japanese font"),
    "command.doctor.packages": ("バージョン", "versions"),
    "command.status.queued": ("待機中", "queued"),
    "command.status.running": ("計算中", "running"),
    "command.status.done": ("完了", "done"),
    "command.status.failed": ("失敗", "failed"),
    "command.status.cancelled": ("取消", "cancelled"),
    # --- plans -------------------------------------------------------------------------------
    "plan.unreadable": (
        "{file}:計画ファイルを読めません({problem})。場所と権限を確認してください。",
        "{file}: the plan cannot be read ({problem}). Check its place and permissions.",
    ),
    "plan.invalid": (
        "{file}:計画ファイルの内容が正しくありません({problem})。README の例を参照してください。",
        "{file}: not a valid plan ({problem}). The README shows an example.",
    ),
    "plan.rule_invalid": (
        "判定基準が正しくありません({problem})。",
        "The decision rule is not valid ({problem}).",
    ),
    "plan.contradiction": (
        "{option} の指定が食い違っています:コマンドでは {command}、計画ファイルでは {plan_file}。"
        "どちらかに合わせてください。",
        "{option} is {command} in the command and {plan_file} in the plan file. Make them agree.",
    ),
    "plan.lengths_invalid": (
        "文脈長が正しくありません({lengths})。1 以上の整数をコンマ区切りで指定してください。",
        "These are no context lengths ({lengths}). Give positive whole numbers of tokens, "
        "separated by commas.",
    ),
    "plan.length_not_scored": (
        "判定基準の文脈長 {length} は比べる文脈長({lengths})に含まれていません。"
        "どちらかを変更してください。",
        "The rule asks for context length {length}, which is not among those scored ({lengths}). "
        "Change one of them.",
    ),
    "plan.proposed_missing": (
        "{zero} と比べる提案方式のチェックポイント(--proposed)を指定してください。",
        "Name the PROPOSED checkpoint (--proposed) that {zero} is compared with.",
    ),
    "plan.zero_missing": (
        "{proposed} の記録には比較対象の従来方式がありません。--zero で指定してください"
        "(読み方だけの比較なら --preset operations)。",
        "The record of {proposed} names no ZERO checkpoint to compare with. Give one with --zero, "
        "or compare reading policies only with --preset operations.",
    ),
    "plan.same_checkpoint": (
        "{zero} と {proposed} は同じ重みです。学習方法の比較になりません。"
        "読み方だけを比べる場合は --preset operations を指定してください。",
        "{zero} and {proposed} have the same weights: that compares no training. To compare "
        "reading policies only, use --preset operations.",
    ),
    "plan.not_zero": (
        "{name} はゼロ初期化で学習されていません(記録:{found})。"
        "--zero にはゼロ初期化のものを指定してください。",
        "{name} was not trained from zero states (its record says {found}). --zero takes one "
        "that was.",
    ),
    "plan.not_proposed": (
        "{name} は状態を引き継いで学習されていません(記録:{found})。"
        "--proposed には引き継いで学習したものを指定してください。",
        "{name} was not trained with carried states (its record says {found}). --proposed takes "
        "one that was.",
    ),
    "plan.training_lengths_differ": (
        "学習時の長さが異なります:{zero} は {zero_length}、{proposed} は {proposed_length}。"
        "同じ長さで学習した組を指定してください。",
        "The training lengths differ: {zero} has {zero_length}, {proposed} has {proposed_length}. "
        "Give two checkpoints of one length.",
    ),
    "plan.tokenizers_differ": (
        "{zero} と {proposed} は語彙が異なるため、同じ対象で比較できません。",
        "{zero} and {proposed} have different vocabularies: they have no targets in common.",
    ),
    "plan.policy": (
        "読み方 {policy} は使えません({problem})。",
        "The reading policy {policy} cannot be used ({problem}).",
    ),
    # --- tasks -------------------------------------------------------------------------------
    "task.lease_lost": (
        "タスク {task} は別のワーカーに移ったか、取り消されました。",
        "Task {task} has gone to another worker or was cancelled.",
    ),
    "task.parked": (
        "計算中にワーカーが {deaths} 回続けて停止したため、この計算を保留しました。"
        "メモリー不足が考えられます。文書を分けるか、プロセス数を減らしてください。",
        "Workers died {deaths} times in a row on this one: it was set aside. Memory may be short: "
        "split the document, or use fewer processes.",
    ),
    "task.first_result_missing": (
        "先に行うはずの計算が失敗したため、照合できませんでした。",
        "The result that should be checked could not be computed.",
    ),
    "task.checkpoint_changed": (
        "チェックポイント {checkpoint} の重みが計画時と異なります。"
        "元の重みに戻すか、新しい評価を作成してください。",
        "{checkpoint} holds other weights than when the plan was locked. Put them back, or start a "
        "new evaluation.",
    ),
    "task.checkpoint": (
        "チェックポイント {source} を読めません:{problem}",
        "{source}: {problem}",
    ),
    "task.document_missing": (
        "文書の本文がこのデータフォルダーにありません。ワーカーが同じフォルダー(LONGSSM_DATA_DIR)を使っているか確認してください。",
        "The document's text is not in this data folder. Check that the worker uses the same one "
        "(LONGSSM_DATA_DIR).",
    ),
    "task.out_of_memory": (
        "メモリーが足りません。プロセス数を減らすか、文書を分けてください。",
        "Out of memory. Use fewer processes, or split the document.",
    ),
    "task.unexpected": (
        "予期しないエラー({kind})が起きました。詳細はワーカーのログにあります。",
        "An unexpected error ({kind}); the worker's log has the details.",
    ),
    # --- store -------------------------------------------------------------------------------
    "run.unknown": (
        "評価 {run} はありません。list で一覧を確認してください。",
        "There is no evaluation {run}; `list` shows those there are.",
    ),
    "database.too_new": (
        "データベースは新しいバージョンで作られています({found}、このバージョンは {known} まで)。"
        "製品を更新してください。",
        "The database was written by a later version ({found}; this one knows {known}). Update the "
        "product.",
    ),
}

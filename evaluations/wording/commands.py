"""Words of the commands, plans, tasks and the store: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- commands ----------------------------------------------------------------------------
    "command.description": (
        "LongSSM A/B：自社の長い文書で、状態空間モデルの初期状態を変えるべきかを判定します。"
        "終了コード：0 完了、1 失敗、2 すべてのファイルを受け付けなかった",
        "LongSSM A/B: decide on your own long documents whether a state-space model should change "
        "its hidden-state initialization. Exit codes: 0 done, 1 failed, 2 every file was refused",
    ),
    "command.run": (
        "ファイルを検証し、判定を出す（中断後に同じコマンドを実行すると続きから再開）",
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
    "command.report": ("検証の報告書を書き出す", "write the reports of an evaluation"),
    "command.list": ("検証の一覧を表示する", "list the evaluations"),
    "command.show": (
        "検証の結果（途中なら現時点まで）を表示する",
        "show an evaluation, also while it runs",
    ),
    "command.amend": (
        "ロック済みの判定基準に修正を追記する（元の基準は残る）",
        "append a change to a locked decision rule (the locked one stays)",
    ),
    "command.amend.rule": (
        "変更する項目だけを書いた JSON ファイル",
        "JSON file with the fields of the rule that change",
    ),
    "command.amend.reason": ("修正の理由", "why it is changed"),
    "command.amend.author": ("修正した人", "who changes it"),
    "amend.rule_only": (
        "{file} には判定基準の項目だけを書いてください（文書・方式・文脈長は、ロック後は"
        "変えられません）。",
        "{file} may hold fields of the decision rule only: documents, arms and lengths stay as "
        "they were locked.",
    ),
    "amend.nothing": (
        "現在の基準と同じ内容です。変更する項目を指定してください。",
        "That is the rule as it stands. Give a field that changes.",
    ),
    "amend.reason": ("修正の理由を書いてください。", "Say why the rule is changed."),
    "amend.done.early": (
        "修正 {number} を追記しました（{hash}）。結果が出る前の修正なので、この基準で判定します。",
        "Amendment {number} was appended ({hash}). No result could be seen yet: this rule decides.",
    ),
    "amend.done.late": (
        "修正 {number} を追記しました（{hash}）。結果を見られる状態になった後の修正なので、"
        "判定には元の基準を使い、修正後の基準での結果は参考として並べて示します。",
        "Amendment {number} was appended ({hash}). Results could be seen already: the rule from "
        "before goes on deciding, and what this one says is shown beside it.",
    ),
    "amend.hindsight": (
        "元の基準：{locked}。修正後の基準（参考）：{amended}。",
        "The rule that decides: {locked}. The amended rule, for information: {amended}.",
    ),
    "command.combine": (
        "乱数の種を変えて学習した組の検証をまとめ、学習方法としての差を出す",
        "one difference over evaluations of pairs that were trained with other seeds",
    ),
    "command.combine.runs": (
        "まとめる検証の ID（同じ文書を、種の違う組で検証したもの）",
        "ids of the evaluations: the same documents, each with a pair of another seed",
    ),
    "combine.one": (
        "検証の ID を 2 つ以上指定してください（区間を出すには {least} つ以上）。",
        "Give two evaluations or more ({least} for an interval).",
    ),
    "combine.unfinished": (
        "検証 {run} は、完了していないか検証に不備があるため、まとめられません。",
        "Evaluation {run} is not finished, or not valid: it cannot be combined.",
    ),
    "combine.different": (
        "検証 {run} は、{first} と比べた方式・文脈長・文書・採点箇所のどれかが異なるため、"
        "まとめられません。同じ文書と設定"
        "（--preset matched など）で検証したものを指定してください。",
        "Evaluation {run} differs from {first} in its arms, length, documents or targets. Combine "
        "evaluations of the same documents with the same options (such as --preset matched).",
    ),
    "combine.same": (
        "検証 {run} と {first} は同じチェックポイントを使っています。種を変えて学習した組の検証を"
        "指定してください。",
        "Evaluations {run} and {first} share a checkpoint. Give evaluations of pairs that were "
        "trained with other seeds.",
    ),
    "combine.found": (
        "文脈長 {length}、{arm_b} − {arm_a}:{delta} ビット/バイト（{confidence}%信頼区間 "
        "{interval}、p = {p}、学習の種 {seeds} 通り、{units} 件）。区間は文書と学習の種の両方の"
        "ばらつきを含みます。",
        "{arm_b} − {arm_a} at a context of {length}: {delta} bits per byte ({confidence}% interval "
        "{interval}, p = {p}, {seeds} training seeds, n = {units}). The interval covers both "
        "documents and training seeds.",
    ),
    "combine.found.few": (
        "文脈長 {length}、{arm_b} − {arm_a}:{delta} ビット/バイト（学習の種 {seeds} 通り、"
        "{units} 件）。区間を出すには、種 {least} 通りと文書 6 件が必要です。",
        "{arm_b} − {arm_a} at a context of {length}: {delta} bits per byte ({seeds} training "
        "seeds, n = {units}). An interval needs {least} seeds and six documents.",
    ),
    "command.worker": (
        "計算を行うワーカーを起動する",
        "run worker processes that compute what is queued",
    ),
    "command.adapt": (
        "自社の文書で追加学習し、従来方式と提案方式の組を作る（一部の文書は評価用に残す）",
        "train a pair of one's own on documents, some of them held out for its evaluation",
    ),
    "command.doctor": (
        "必要なものがそろっているかを確認する",
        "check that everything an evaluation needs is here",
    ),
    "command.help.usage": ("使い方：", "usage: "),
    "command.help.positionals": ("指定するもの", "arguments"),
    "command.help.options": ("オプション", "options"),
    "command.help.help": ("この説明を表示して終了する", "show this help and exit"),
    "command.database": (
        "データベースの URL（既定：データフォルダー内の SQLite ファイル）",
        "URL of the database (default: a SQLite file in the data folder)",
    ),
    "command.json": ("JSON で出力する", "print JSON"),
    "command.run_id": ("検証の ID（list で表示）", "id of the evaluation, as `list` shows it"),
    "command.interrupted": (
        "中断しました。同じコマンドを再実行すると続きから再開します。",
        "Interrupted. Repeat the command to go on where it stopped.",
    ),
    "command.unknown": (
        "{name} というコマンドはありません。次から選んでください：{commands}",
        "There is no command {name}. Choose one of {commands}.",
    ),
    "command.option.missing": (
        "{option} を指定してください（使い方は --help で表示）。",
        "Give {option} as well (--help shows how).",
    ),
    "command.option.no_value": (
        "{option} の後に値を指定してください（使い方は --help で表示）。",
        "{option} needs a value behind it (--help shows which).",
    ),
    "command.option.unknown": (
        "「{option}」は指定できません。使える指定は --help で表示されます。",
        "{option} cannot be given here. --help shows what can.",
    ),
    "command.option.choice": (
        "{option} に「{found}」は指定できません。次から選んでください：{choices}",
        "{option} cannot be {found}. Choose one of {choices}.",
    ),
    "command.option.whole": (
        "{option} に「{found}」は指定できません。"
        "{least} 以上 {most} 以下の整数を指定してください。",
        "{option} cannot be {found}. Give a whole number from {least} to {most}.",
    ),
    "command.option.text": (
        "{option} に文字として読めない部分があります（{found}）。UTF-8 の文字で指定してください。",
        "{option} holds bytes that are no characters ({found}). Give it in UTF-8.",
    ),
    "command.option.split": (
        "--split に「{found}」は指定できません。24（等分する数）、size:65536（バイト）、day、hour、"
        "case のいずれかの形で指定してください。",
        "--split cannot be {found}. "
        "Give it as 24 (equal parts), size:65536 (bytes), day, hour or case.",
    ),
    "command.option.share": (
        "{option} に「{found}」は指定できません。0 より大きく 1 より小さい数を指定してください。",
        "{option} cannot be {found}. Give a number above 0 and below 1.",
    ),
    "command.option.policy": (
        "--policy に「{found}」は指定できません。carry、reset:W、window:W"
        "（W は 1 以上のトークン数）"
        "のいずれかの形で指定してください。",
        "--policy cannot be {found}. Give it as carry, reset:W or window:W, with W at least 1 "
        "token.",
    ),
    "command.run.files": ("検証するファイル", "files to evaluate"),
    "command.run.preset": (
        "何を比べるか（既定：best_zero）",
        "which arms are compared (default: best_zero)",
    ),
    "command.run.zero": (
        "従来方式（ZERO）のチェックポイント：同梱の名前、フォルダー、または所有者/名前@コミット",
        "ZERO checkpoint: a shipped name, a folder, or owner/name@commit",
    ),
    "command.run.proposed": (
        "提案方式（PROPOSED）のチェックポイント",
        "PROPOSED checkpoint",
    ),
    "command.run.lengths": (
        "比べる文脈長（トークン、コンマ区切り）",
        "context lengths in tokens, separated by commas",
    ),
    "command.run.depth": (
        "速報 quick・標準 standard・精密 precise（既定：standard）",
        "how much is read (default: standard)",
    ),
    "command.run.plan": (
        "計画または判定基準の JSON ファイル",
        "JSON file with the plan or the decision rule",
    ),
    "command.run.rows": (
        "同時に並べて読む文書の数（既定：LONGSSM_ROWS、なければ 1）。計算の丸めが変わる",
        "documents that are read side by side (default: LONGSSM_ROWS, else 1); it changes how the "
        "arithmetic rounds",
    ),
    "command.run.seed": ("乱数の種（既定：0）", "seed of all drawing (default: 0)"),
    "command.run.split": (
        "長いログを複数の文書に分ける：24（等分）、size:65536（バイト）、day、hour、case",
        "make several documents of each file: 24 (equal parts), size:65536 (bytes), day, hour or "
        "case",
    ),
    "command.run.name": ("検証の名前", "name of the evaluation"),
    "command.run.report": (
        "報告書（PDF・Markdown・JSON）を書き出すフォルダー",
        "folder for the reports (PDF, Markdown, JSON)",
    ),
    "command.run.no_wait": (
        "登録だけして検証の ID を表示する",
        "only queue the evaluation and print its id",
    ),
    "command.run.progress": ("検証中 {percent}%", "Evaluating: {percent}%"),
    "command.run.progress_left": (
        "検証中 {percent}%（残り約 {seconds} 秒）",
        "Evaluating: {percent}% (about {seconds} s left)",
    ),
    "command.run.done": ("検証が完了しました。", "The evaluation is complete."),
    "command.run.failed": (
        "検証に失敗しました。どの文書も計算できませんでした。",
        "The evaluation failed: no document could be computed.",
    ),
    "command.run.cancelled": ("検証は取り消されました。", "The evaluation was cancelled."),
    "command.run.too_short": (
        "{file}：短すぎるため検証の対象外です。より長い文書か、短い文脈長"
        "（--lengths）をお使いください。",
        "{file}: too short to be scored. Use longer documents, or shorter context lengths "
        "(--lengths).",
    ),
    "command.run.duplicate": (
        "{file}:{first} と同じ内容のため、合わせて 1 件として扱います。",
        "{file}: holds the same text as {first}; the two count as one document.",
    ),
    "command.run.name_of_many": ("{first} ほか {others} 件", "{first} and {others} more"),
    "command.report.written": ("報告書：{path}", "Report: {path}"),
    "command.report.seconds": ("{format}:{seconds} 秒", "{format}: {seconds} s"),
    "command.report.formats": ("形式（コンマ区切り）：{formats}", "formats, of {formats}"),
    "command.report.no_format": (
        "報告書の形式が指定されていません。次から選んでください：{formats}",
        "No report format was given. Choose among {formats}.",
    ),
    "command.report.output": ("書き出すフォルダー", "folder for the files"),
    "command.score.file": ("計算するファイル", "the file"),
    "command.score.checkpoint": ("チェックポイント", "the checkpoint"),
    "command.score.policy": (
        "読み方：carry（状態を保つ）、reset:W（W トークンごとに消す）、window:W",
        "how it reads: carry (keeps the state), reset:W (drops it every W tokens), window:W",
    ),
    "command.score.chunk": (
        "一度に計算するトークン数（結果には影響しない。既定：512）",
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
    "command.score.too_large": (
        "{file} は {megabytes} MB あります。score はすべてのトークンの損失をメモリに置くため、"
        "{most} MB までです。大きな文書は run で検証してください。",
        "{file} has {megabytes} MB; score holds the loss of every token in memory and takes {most} "
        "MB. Evaluate larger documents with run.",
    ),
    "command.score.same_file": (
        "--output が採点する文書 {file} と同じファイルです。別の名前を指定してください。",
        "--output is the document {file} itself. Give another name.",
    ),
    "command.score.out_of_memory": (
        "メモリが足りません。文書を分けるか、--chunk を小さくしてください。",
        "Out of memory. Divide the document, or use a smaller --chunk.",
    ),
    "command.encoding": (
        "テキストファイルの文字コード（省略時は自動で判定）",
        "encoding of text files (recognized, unless it is given)",
    ),
    "command.prepare.columns": (
        "表（csv、tsv、xlsx、jsonl）から残す列の名前（省略時はそのまま）",
        "columns of tables (csv, tsv, xlsx, jsonl) to keep, by name (all, unless given)",
    ),
    "command.prepare.mask": (
        "伏せる種類：mail（メール）、phone（電話）、card（カード番号）、ip（IP アドレス）",
        "what to mask: mail and IP addresses, phone and card numbers",
    ),
    "command.prepare.mask_names": (
        "伏せる名前の一覧（UTF-8、1 行に 1 つ）",
        "file with names to mask (UTF-8, one a line)",
    ),
    "command.prepare.keep_original": (
        "元のファイルもそのまま保存する（既定では、伏せるか列を除いたときは保存しない）",
        "store the file as it was too (by default not, where something is left out)",
    ),
    "command.option.columns": (
        "--columns には列の名前をコンマで区切って指定してください（指定された値：{found}）。",
        "--columns takes names of columns separated by commas, not {found}.",
    ),
    "command.option.masks": (
        "--mask には次をコンマで区切って指定してください：{choices}（指定された値：{found}）。",
        "--mask takes these, separated by commas: {choices}. {found} is none of them.",
    ),
    "command.option.names_unread": (
        "{file}: 名前の一覧を読めません。UTF-8 のテキストで、1 行に 1 つの名前を書いてください。",
        "{file}: the list of names cannot be read. Write it as UTF-8 text, one name a line.",
    ),
    "command.option.names_empty": (
        "{file}: 名前の一覧が空です。1 行に 1 つの名前を書いてください。",
        "{file}: the list of names is empty. Write one name a line.",
    ),
    "command.ingest.name": (
        "ユーザーが付けたファイル名（ファイルが 1 つの場合）",
        "the file's name as the user named it (with a single file)",
    ),
    "command.adapt.checkpoint": (
        "追加学習の出発点：同梱の名前、フォルダー、または所有者/名前@コミット（バイト単位のもの）",
        "where training goes on from: a shipped name, a folder, or owner/name@commit; byte-level",
    ),
    "command.adapt.files": ("学習と評価に使うファイル", "files to train on and to hold out"),
    "command.adapt.initialization": (
        "学習時の初期化の名前（コンマ区切り、既定：previous,zero）",
        "training initializations, separated by commas (default: previous,zero)",
    ),
    "command.adapt.steps": (
        "学習のステップ数の上限（既定：学習用の文書を 2 回読む分、最大 200）",
        "most training steps (default: two readings of the text, at most 200)",
    ),
    "command.adapt.training_length": (
        "学習時の長さ（トークン。既定：出発点と同じ）",
        "tokens per training window (default: those of the starting checkpoint)",
    ),
    "command.adapt.hold_out": (
        "評価用に残す文書の割合（既定：4 分の 1、文書が足りれば 6 件以上）",
        "share of the documents that is held out (default: a quarter, at least 6 where there are "
        "enough)",
    ),
    "command.adapt.output": (
        "書き出すフォルダー（既定：{folder}）",
        "folder for checkpoints and held-out documents (default: {folder})",
    ),
    "command.adapt.too_short": (
        "{file}：学習時の長さ（{length} バイト）より短いため、学習にも評価にも使いません。",
        "{file}: shorter than a training window ({length} bytes); it is neither trained on nor "
        "held out.",
    ),
    "command.adapt.no_record": (
        "{source} には学習の記録がないため、学習時の長さを {length} とします"
        "（--training-length で変更できます）。",
        "{source} has no record of its training: windows of {length} tokens are used "
        "(--training-length changes that).",
    ),
    "command.adapt.few_held_out": (
        "評価用に残せた文書は {held_out} 件です。判定には少なくとも {needed} 件が必要です。"
        "文書を増やすか、--split で分けてください。",
        "Documents held out: {held_out}; a verdict takes at least {needed}. Give more documents, "
        "or divide them with --split.",
    ),
    "command.adapt.too_few": (
        "学習用と評価用に分けられる文書が足りません（使える文書 {documents} 件）。"
        "学習に使っていない {least} バイト以上の文書を 1 件以上、ほかに学習用の文書を 1 件以上"
        "指定するか、長いログを --split 24 で分けてください。",
        "There are too few documents to train on some and hold out others (usable: {documents}). "
        "Give at least one of {least} bytes or more that the checkpoint was not trained on, and "
        "another one to train on, or divide a long log with --split 24.",
    ),
    "command.adapt.too_much": (
        "文書は合計 {megabytes} MB あります。手元の文書での学習は {most} MB までです。"
        "学習に使う文書を減らしてください（1 回の学習が読むのは、その一部だけです）。",
        "The documents have {megabytes} MB in all; a pair is made of at most {most} MB. Give fewer "
        "of them: one training reads only a part of so much.",
    ),
    "command.adapt.too_little": (
        "学習用の文書が短すぎます（{initialization}、学習時の長さ {length}）。"
        "より長い文書を指定するか、--training-length を小さくしてください。",
        "There is too little text to train {initialization} with windows of {length} tokens. Give "
        "longer documents, or a smaller --training-length.",
    ),
    "command.adapt.diverged": (
        "学習中に値が発散しました。別の出発点か、別の --seed でお試しください。",
        "Training diverged: values were no longer finite. Try another starting checkpoint or "
        "another --seed.",
    ),
    "command.adapt.out_of_memory": (
        "メモリが足りません。ほかのプログラムを終了するか、"
        "小さいチェックポイントから始めてください。",
        "Out of memory. End other programs, or start from a smaller checkpoint.",
    ),
    "command.adapt.progress": (
        "{initialization}:{step}/{steps} ステップ、損失 {loss} ビット/バイト",
        "{initialization}: step {step} of {steps}, loss {loss} bits per byte",
    ),
    "command.adapt.progress_left": (
        "{initialization}:{step}/{steps} ステップ、損失 {loss} ビット/バイト"
        "（残り約 {minutes} 分）",
        "{initialization}: step {step} of {steps}, loss {loss} bits per byte (about {minutes} min "
        "left)",
    ),
    "command.adapt.made": (
        "{initialization}:{folder}（損失 {first} → {last} ビット/バイト）",
        "{initialization}: {folder} (loss {first} → {last} bits per byte)",
    ),
    "command.adapt.held_out_bits": (
        "{initialization}：評価用に残した文書の損失 {before} → {after} ビット/バイト",
        "{initialization}: loss on held-out documents {before} → {after} bits per byte",
    ),
    "command.adapt.worse": (
        "{initialization}：評価用に残した文書では学習前より悪くなり、改善ではありません。"
        "--steps を減らすか、同じ種類の文書を増やしてください。",
        "{initialization}: held-out documents are read worse than before: no improvement. Take "
        "fewer --steps, or give more documents of this kind.",
    ),
    "command.adapt.kept": (
        "{initialization}：学習から外した文書が最も良く読めた {steps} ステップ目の重みを"
        "残しました。",
        "{initialization}: the weights after step {steps} are kept, which read documents that are "
        "not trained on best.",
    ),
    "command.adapt.split": (
        "学習に使った文書 {trained} 件、評価用に残した文書 {held_out} 件（{folder}）",
        "Documents trained on: {trained}; held out: {held_out}, in {folder}",
    ),
    "command.adapt.next": (
        "次のコマンドで、残しておいた文書を使って比較できます：",
        "The next command compares them on the documents that were held out:",
    ),
    "command.worker.processes": (
        "プロセス数（既定：CPU とメモリに応じて決定）",
        "number of processes (default: as processors and memory allow)",
    ),
    "command.worker.no_process": (
        "プロセス数に「{found}」は指定できません。1 以上の整数を指定してください。",
        "The number of processes cannot be {found}. Give at least 1.",
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
    "command.doctor.kernels": ("計算カーネル", "kernels"),
    "command.doctor.kernels_missing": (
        "（遅い方式です。高速な方式に必要：{missing}）",
        "(slower; the fast kernels need: {missing})",
    ),
    "command.doctor.database": ("データベース（書き込み可）", "database (writable)"),
    "command.doctor.checkpoints": ("同梱のチェックポイント", "shipped checkpoints"),
    "command.doctor.fonts": ("日本語フォント", "Japanese font"),
    "command.doctor.packages": ("バージョン", "versions"),
    "command.status.queued": ("待機中", "queued"),
    "command.status.running": ("計算中", "running"),
    "command.status.done": ("完了", "done"),
    "command.status.failed": ("失敗", "failed"),
    "command.status.cancelled": ("取消", "cancelled"),
    # --- settings ----------------------------------------------------------------------------
    "settings.data_dir": (
        "LONGSSM_DATA_DIR に「{found}」は指定できません。フォルダーの場所を指定してください。",
        "LONGSSM_DATA_DIR cannot be {found}. Give the place of a folder.",
    ),
    "settings.database_url": (
        "データベースに「{found}」は指定できません。--database または LONGSSM_DATABASE_URL に、"
        "sqlite:///ファイル または postgresql://ユーザー:パスワード@サーバー/名前 "
        "の形で指定してください。",
        "The database cannot be {found}. Give --database or LONGSSM_DATABASE_URL as "
        "sqlite:///FILE or postgresql://USER:PASSWORD@SERVER/NAME.",
    ),
    "settings.database_in_memory": (
        "メモリ内のデータベース（{found}）は使えません（計算は別のプロセスが行うため）。"
        "--database または LONGSSM_DATABASE_URL に sqlite:///ファイル の形で指定してください。",
        "A database in memory ({found}) cannot be used: other processes compute. Give --database "
        "or LONGSSM_DATABASE_URL as sqlite:///FILE.",
    ),
    "settings.worker_processes": (
        "LONGSSM_WORKER_PROCESSES に「{found}」は指定できません。1 以上の整数を指定してください。",
        "LONGSSM_WORKER_PROCESSES cannot be {found}. Give a whole number of at least 1.",
    ),
    "settings.lease_seconds": (
        "LONGSSM_LEASE_SECONDS に「{found}」は指定できません。"
        "0 より大きく 86400 以下の秒数を指定してください。",
        "LONGSSM_LEASE_SECONDS cannot be {found}. Give more than 0 and at most 86400 seconds.",
    ),
    "settings.reader_memory_mb": (
        "LONGSSM_READER_MEMORY_MB に「{found}」は指定できません。"
        "256 以上 1000000 以下の整数（MB）を指定してください。",
        "LONGSSM_READER_MEMORY_MB cannot be {found}. Give a whole number of MB, 256 to 1000000.",
    ),
    "settings.reader_scratch_mb": (
        "LONGSSM_READER_SCRATCH_MB に「{found}」は指定できません。"
        "16 以上 1000000 以下の整数（MB）を指定してください。",
        "LONGSSM_READER_SCRATCH_MB cannot be {found}. Give a whole number of MB, 16 to 1000000.",
    ),
    "settings.rows": (
        "LONGSSM_ROWS に「{found}」は指定できません。1 以上 256 以下の整数を指定してください。",
        "LONGSSM_ROWS cannot be {found}. Give a whole number, 1 to 256.",
    ),
    "settings.reader_seconds": (
        "LONGSSM_READER_SECONDS に「{found}」は指定できません。"
        "1 以上 3600 以下の整数（秒）を指定してください。",
        "LONGSSM_READER_SECONDS cannot be {found}. Give a whole number of seconds, 1 to 3600.",
    ),
    "settings.poll_seconds": (
        "LONGSSM_POLL_SECONDS に「{found}」は指定できません。"
        "0 より大きく 3600 以下の秒数を指定してください。",
        "LONGSSM_POLL_SECONDS cannot be {found}. Give more than 0 and at most 3600 seconds.",
    ),
    "settings.loaded_models": (
        "LONGSSM_LOADED_MODELS に「{found}」は指定できません。1 以上の整数を指定してください。",
        "LONGSSM_LOADED_MODELS cannot be {found}. Give a whole number of at least 1.",
    ),
    "settings.largest_text": (
        "LONGSSM_LARGEST_TEXT に「{found}」は指定できません。"
        "1048576（1 MB）以上の整数をバイト数で指定してください。",
        "LONGSSM_LARGEST_TEXT cannot be {found}. "
        "Give a whole number of bytes, at least 1048576 (1 MB).",
    ),
    "settings.reuse_losses": (
        "LONGSSM_REUSE_LOSSES に「{found}」は指定できません。true か false を指定してください。",
        "LONGSSM_REUSE_LOSSES cannot be {found}. Give true or false.",
    ),
    "settings.device": (
        "LONGSSM_DEVICE に「{found}」は指定できません。"
        "cpu、cuda、cuda:1、mps のような形で指定してください。",
        "LONGSSM_DEVICE cannot be {found}. Give it as cpu, cuda, cuda:1 or mps.",
    ),
    "settings.device_failed": (
        "計算装置 {found} で計算できませんでした。この装置があるかを確認するか、"
        "LONGSSM_DEVICE に cpu を指定してください。",
        "The device {found} could not compute. Check that it is there, or set LONGSSM_DEVICE to "
        "cpu.",
    ),
    "settings.language": (
        "LONGSSM_LANGUAGE に「{found}」は指定できません。ja または en を指定してください。",
        "LONGSSM_LANGUAGE cannot be {found}. Give ja or en.",
    ),
    # --- places ------------------------------------------------------------------------------
    "place.unusable": (
        "{path}：使えません（{problem}）。場所と権限を確認するか、別の場所を指定してください。",
        "{path}: cannot be used ({problem}). Check the place and permissions, or give another one.",
    ),
    "place.data_dir": (
        "データフォルダー {path} を使えません（{problem}）。場所と権限を確認するか、"
        "LONGSSM_DATA_DIR に別のフォルダーを指定してください。",
        "The data folder {path} cannot be used ({problem}). Check the place and permissions, or "
        "name another folder in LONGSSM_DATA_DIR.",
    ),
    "place.problem.missing": ("その場所がありません", "there is no such place"),
    "place.problem.folder": ("フォルダーです", "it is a folder"),
    "place.problem.no_folder": ("フォルダーではありません", "it is not a folder"),
    "place.problem.no_access": ("権限がありません", "no permission"),
    "place.problem.full": ("ディスクの空きがありません", "the disk is full"),
    "place.problem.long": ("名前が長すぎます", "the name is too long"),
    "place.problem.other": ("読み書きに失敗しました", "reading or writing failed"),
    "place.taken": (
        "{path} には別の条件で作られたものがあります。--output に別のフォルダーを指定するか、"
        "このフォルダーを削除してください。",
        "{path} holds what was made with other files or settings. Give another folder with "
        "--output, or delete this one.",
    ),
    "place.damaged": (
        "{path} が壊れています（{problem}）。{folder} を削除してやり直すか、"
        "--output に別のフォルダーを指定してください。",
        "{path} is damaged: {problem}. Delete {folder} to have it made again, or give another "
        "folder with --output.",
    ),
    "place.damage.missing": ("ファイルがありません", "it is missing"),
    "place.damage.malformed": ("内容を読み取れません", "its content cannot be read"),
    "place.damage.foreign": (
        "隣のファイルと内容が合いません",
        "it does not fit the files beside it",
    ),
    "place.in_use": (
        "別のプロセスが {path} に向けて学習しています。"
        "その終了を待つか、止めてからお試しください。",
        "Another process is training into {path}. Wait for its end, or stop it first.",
    ),
    "place.not_held_out": (
        "{folder} にこのコマンドが書いたのではないもの（{path}）があります。"
        "それを移すか、--output に別のフォルダーを指定してください。",
        "{folder} holds something that this command did not write: {path}. Move it, or give "
        "another folder with --output.",
    ),
    # --- plans -------------------------------------------------------------------------------
    "plan.unreadable": (
        "{file}：計画ファイルを読めません（{problem}）。場所と権限を確認してください。",
        "{file}: the plan cannot be read ({problem}). Check its place and permissions.",
    ),
    "plan.invalid": (
        "{file}：計画ファイルの内容が正しくありません（{problem}）。"
        "README の例を参照してください。",
        "{file}: not a valid plan ({problem}). The README shows an example.",
    ),
    "plan.problem.json": (
        "{line} 行目が JSON として正しくありません",
        "line {line} is not valid JSON",
    ),
    "plan.problem.encoding": ("文字コードが UTF-8 ではありません", "it is not in UTF-8"),
    "plan.problem.text": (
        "文字の半分だけの符号 {found} があります",
        "{found} is half of a character",
    ),
    "plan.problem.nested": ("入れ子が深すぎます", "it is nested too deeply"),
    "plan.problem.number": ("桁の多すぎる数があります", "a number has too many digits"),
    "plan.problem.no_object": (
        "全体が 1 つの JSON オブジェクトになっていません",
        "the whole is not one JSON object",
    ),
    "plan.problem.unknown": ("{field} という項目はありません", "there is no field {field}"),
    "plan.problem.choice": (
        "{field} に {found} は指定できません。選べる値は {choices}",
        "{field} cannot be {found}; there are {choices}",
    ),
    "plan.problem.range": (
        "{field} に {found} は指定できません。範囲は {bound}",
        "{field} cannot be {found}; it must be {bound}",
    ),
    "plan.problem.value": (
        "{field} に {found} は指定できません",
        "{field} cannot be {found}",
    ),
    "plan.rule_invalid": (
        "判定基準が正しくありません（{problem}）。",
        "The decision rule is not valid ({problem}).",
    ),
    "plan.contradiction": (
        "{option} の指定が食い違っています：コマンドでは {command}、計画ファイルでは {plan_file}。"
        "どちらかに合わせてください。",
        "{option} is {command} in the command and {plan_file} in the plan file. Make them agree.",
    ),
    "plan.lengths_invalid": (
        "文脈長が正しくありません（{lengths}）。1 以上の整数をコンマ区切りで指定してください。",
        "These are no context lengths ({lengths}). Give positive whole numbers of tokens, "
        "separated by commas.",
    ),
    "plan.length_not_scored": (
        "判定基準の文脈長 {length} は比べる文脈長（{lengths}）に含まれていません。"
        "どちらかを変更してください。",
        "The rule asks for context length {length}, which is not among those scored ({lengths}). "
        "Change one of them.",
    ),
    "plan.proposed_missing": (
        "{zero} と比べる提案方式のチェックポイント（--proposed）を指定してください。",
        "Name the PROPOSED checkpoint (--proposed) that {zero} is compared with.",
    ),
    "plan.zero_missing": (
        "{proposed} の記録には比較対象の従来方式がありません。--zero で指定してください"
        "（読み方だけの比較なら --preset operations）。",
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
        "{name} はゼロ初期化で学習されていません（記録：{found}）。"
        "--zero にはゼロ初期化のものを指定してください。",
        "{name} was not trained from zero states (its record says {found}). --zero takes one "
        "that was.",
    ),
    "plan.not_proposed": (
        "{name} は状態を引き継いで学習されていません（記録：{found}）。"
        "--proposed には引き継いで学習したものを指定してください。",
        "{name} was not trained with carried states (its record says {found}). --proposed takes "
        "one that was.",
    ),
    "plan.training_lengths_differ": (
        "学習時の長さが異なります：{zero} は {zero_length}、{proposed} は {proposed_length}。"
        "同じ長さで学習した組を指定してください。",
        "The training lengths differ: {zero} has {zero_length}, {proposed} has {proposed_length}. "
        "Give two checkpoints of one length.",
    ),
    "plan.tokenizers_differ": (
        "{zero} と {proposed} は語彙が異なるため、同じ対象で比較できません。",
        "{zero} and {proposed} have different vocabularies: they have no targets in common.",
    ),
    "plan.trained_on": (
        "{file} は、全部または大部分が {name} の学習に使われた文書です（該当 {documents} 件）。"
        "学習に使っていない文書だけを指定してください。",
        "{file} is, wholly or for the most part, text that {name} was trained on (documents of "
        "that kind: {documents}). Give only documents that it was not trained on.",
    ),
    "plan.policy": (
        "このチェックポイントは {policy} の読み方に対応していません。"
        "carry、reset:W、window:W のいずれかを指定してください。",
        "This checkpoint does not read with the policy {policy}. Use carry, reset:W or window:W.",
    ),
    # --- tasks -------------------------------------------------------------------------------
    "task.lease_lost": (
        "タスク {task} は別のワーカーに移ったか、取り消されました。",
        "Task {task} has gone to another worker or was cancelled.",
    ),
    "task.parked": (
        "計算中にワーカーが {deaths} 回続けて停止したため、この計算を保留しました。"
        "メモリ不足が考えられます。文書を分けるか、プロセス数を減らしてください。",
        "Workers died {deaths} times in a row on this one: it was set aside. Memory may be short: "
        "split the document, or use fewer processes.",
    ),
    "task.first_result_missing": (
        "先に行うはずの計算が失敗したため、照合できませんでした。",
        "The result that should be checked could not be computed.",
    ),
    "task.checkpoint_changed": (
        "チェックポイント {checkpoint} の重みが計画時と異なります。"
        "元の重みに戻すか、新しい検証を作成してください。",
        "{checkpoint} holds other weights than when the plan was locked. Put them back, or start a "
        "new evaluation.",
    ),
    # stored by earlier versions, which said the problem in English; now one of checkpoint.*
    "task.checkpoint": (
        "チェックポイント {source} を読めません：{problem}",
        "{source}: {problem}",
    ),
    "task.document_missing": (
        "文書の本文がこのデータフォルダーにありません。ワーカーが同じフォルダー"
        "（LONGSSM_DATA_DIR）を使っているか確認してください。",
        "The document's text is not in this data folder. Check that the worker uses the same one "
        "(LONGSSM_DATA_DIR).",
    ),
    "task.out_of_memory": (
        "メモリが足りません。プロセス数を減らすか、文書を分けてください。",
        "Out of memory. Use fewer processes, or split the document.",
    ),
    "task.unexpected": (
        "予期しないエラー（{kind}）が起きました。詳細はワーカーのログにあります。",
        "An unexpected error ({kind}); the worker's log has the details.",
    ),
    # --- store -------------------------------------------------------------------------------
    "run.unknown": (
        "検証 {run} はありません。list で一覧を確認してください。",
        "There is no evaluation {run}; `list` shows those there are.",
    ),
    "database.unreachable": (
        "データベース {database} に接続できません。サーバーが動いているか、アドレス、"
        "データベース名、ユーザー名、パスワードが正しいかを確認してください。",
        "The database {database} does not answer. Check that its server runs, and the address, "
        "name, user and password.",
    ),
    "database.file": (
        "データベースのファイル {database} を使えません。"
        "場所と権限、ディスクの空きを確認してください。",
        "The database file {database} cannot be used. Check its place and permissions, and that "
        "the disk has room.",
    ),
    "database.not_sqlite": (
        "{database}:SQLite のデータベースではありません。別のファイルを指定してください。",
        "{database}: this is not a SQLite database. Give another file.",
    ),
    "database.too_new": (
        "データベースは新しいバージョンで作られています（{found}、このバージョンは {known} まで）。"
        "製品を更新してください。",
        "The database was written by a later version ({found}; this one knows {known}). Update the "
        "product.",
    ),
}

"""Words of running the product: the doctor's checks, backups, logs and services."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- commands ----------------------------------------------------------------------------
    "command.backup": (
        "保存内容のすべてを 1 つのファイルまたはフォルダーに書き出す（計算中でも可）",
        "write all that is stored to one file or folder, also while work goes on",
    ),
    "command.restore": (
        "バックアップから、新しいデータフォルダーとデータベースを作る",
        "make a new data folder and database from a backup",
    ),
    "command.backup.target": (
        "書き出し先（末尾が .tar ならファイル、それ以外はフォルダー）",
        "where to: a file if the name ends with .tar, else a folder",
    ),
    "command.backup.without_documents": (
        "文書の本文と生成文を含めない（計画と結果だけを残す）",
        "leave out the documents' texts and generated texts: plans and results alone",
    ),
    "command.backup.done": (
        "{target}：検証 {runs} 件、ファイル {files} 個、{size}。文書の本文を含みます。",
        "{target}: {runs} evaluations, {files} files, {size}. It holds the documents' texts.",
    ),
    "command.backup.done_without_documents": (
        "{target}：検証 {runs} 件、{size}。文書の本文は含みません。文書名は含みます。",
        "{target}: {runs} evaluations, {size}. It holds no text of a document, but their names.",
    ),
    "command.restore.source": ("バックアップの場所", "where the backup is"),
    "command.restore.data_dir": (
        "新しいデータフォルダー（既定：LONGSSM_DATA_DIR）",
        "the new data folder (default: LONGSSM_DATA_DIR)",
    ),
    "command.restore.done": (
        "{made}（UTC）のバックアップを確かめて復元しました：検証 {runs} 件、ファイル {files} 個。"
        "データフォルダー {data_dir}、データベース {database}。",
        "Verified and restored the backup of {made} UTC: {runs} evaluations, {files} files. Data "
        "folder {data_dir}, database {database}.",
    ),
    "command.restore.without_documents": (
        "このバックアップに文書の本文はありません。未完了の検証は続けられません。",
        "This backup holds no text of a document: evaluations that were not finished cannot go on.",
    ),
    # --- why a backup is refused -------------------------------------------------------------
    "backup.target_exists": (
        "{path} は既にあります。まだない名前を指定してください。",
        "{path} exists already. Give a name that does not exist.",
    ),
    "backup.stored_file_damaged": (
        "保存ファイル {path} の内容が壊れています。以前のバックアップの同名ファイルに"
        "置き換えるか、ディスクを確認してください。バックアップは作成していません。",
        "The stored file {path} is damaged. Replace it by the file of that name in an earlier "
        "backup, and check the disk. No backup was made.",
    ),
    "backup.missing": (
        "{path} はありません。バックアップの場所を確認してください。",
        "{path} does not exist. Check where the backup is.",
    ),
    "backup.data_exists": (
        "{place} に既にデータがあります。上書きはしません。空のフォルダー（--data-dir）と"
        "空のデータベース（--database）を指定してください。",
        "There are data at {place} already, which are never written over. Give an empty folder "
        "(--data-dir) and an empty database (--database).",
    ),
    "backup.damaged": (
        "{path} は不完全か、壊れています。復元は行っていません。別のバックアップを"
        "使ってください。",
        "{path} is incomplete or damaged. Nothing was restored. Use another backup.",
    ),
    "backup.foreign": (
        "{path} には、バックアップにないはずのファイルが含まれています。復元は行っていません。",
        "{path} holds files that no backup holds. Nothing was restored.",
    ),
    "backup.format": (
        "{path} の形式（{found}）はこの版では読めません。新しい版の製品で復元してください。",
        "{path} has a format ({found}) that this version cannot read. Restore it with a later one.",
    ),
    "backup.not_equal": (
        "表 {table} の内容が、書き込み前と一致しませんでした。中止し、元に戻しました。"
        "データベースの文字コード（UTF-8）を確認してください。",
        "The rows of the table {table} did not come out as they went in. Stopped and undone. Check "
        "that the database is one of UTF-8.",
    ),
    # --- worker ------------------------------------------------------------------------------
    "command.worker.stop": (
        "このコンピューターの、このデータベースのワーカーを止める（途中までの計算は保存される）",
        "stop this machine's worker of this database; what it computed is stored",
    ),
    "command.worker.metrics_port": (
        "http://127.0.0.1:PORT/metrics で Prometheus 形式の数値を返す",
        "answer with figures for Prometheus at http://127.0.0.1:PORT/metrics",
    ),
    "command.worker.stopped": ("ワーカーを止めました。", "The worker has stopped."),
    "command.worker.none_to_stop": (
        "このデータベースのワーカーは、このコンピューターでは動いていません。",
        "This machine runs no worker for this database.",
    ),
    "command.worker.stop_failed": (
        "ワーカーが {seconds} 秒たっても止まりません。データフォルダーのワーカーのログを"
        "確認し、プロセスを終了してください。",
        "The worker did not stop in {seconds} seconds. Look at the worker's log in the data folder "
        "and end its process.",
    ),
    "command.worker.port_in_use": (
        "ポート {port} は使えません。--metrics-port に空いているポートを指定してください。",
        "The port {port} cannot be used. Give a free one as --metrics-port.",
    ),
    # --- doctor ------------------------------------------------------------------------------
    "command.doctor.json": ("結果を JSON で出力する", "print one JSON object"),
    "command.doctor.quick": (
        "実際の小さな検証を省く",
        "leave the small real evaluation out",
    ),
    "command.doctor.disk": ("ディスク", "disk"),
    "command.doctor.memory": ("メモリ", "memory"),
    "command.doctor.files": ("文書の保存先（書き込み可）", "store of the documents (writable)"),
    "command.doctor.clock": ("データベースとの時計の差", "clock against the database's"),
    "command.doctor.workers": ("ワーカーと待ち行列", "workers and queue"),
    "command.doctor.evaluation": ("実際の小さな検証", "a small real evaluation"),
    "command.doctor.disk_value": (
        "空き {free}（保存済みの文書すべての検証 1 回に約 {needed}）",
        "{free} free (one evaluation of all stored documents takes about {needed})",
    ),
    "command.doctor.memory_value": (
        "空き {available} / 全体 {total}",
        "{available} available of {total}",
    ),
    "command.doctor.clock_value": ("{seconds:+.1f} 秒", "{seconds:+.1f} s"),
    "command.doctor.workers_value": (
        "動作中 {alive}（最後の応答から最長 {age} 秒）、応答なし {silent}、待ち {queued}、"
        "計算中 {running}、失敗 {failed}（うち保留 {parked}）",
        "{alive} alive (heard of at most {age} s ago), {silent} silent; tasks: {queued} queued, "
        "{running} running, {failed} failed ({parked} of them parked)",
    ),
    "command.doctor.evaluation_value": (
        "{seconds:.1f} 秒、平均損失 {mean:.6f} ナット（再計算との差 {difference:.1e}）",
        "{seconds:.1f} s, mean loss {mean:.6f} nats (recomputed: apart by {difference:.1e})",
    ),
    "command.doctor.not_made": (
        "確認できません（データベースに接続できないため）",
        "not checked: the database cannot be used",
    ),
    "command.doctor.fix.python": (
        "Python 3.11 以上をインストールしてください。",
        "Install Python 3.11 or later.",
    ),
    "command.doctor.fix.torch": (
        "pip install -r requirements.txt を実行してください。",
        "Run pip install -r requirements.txt.",
    ),
    "command.doctor.fix.device": (
        "LONGSSM_DEVICE に cpu を指定するか、計算装置のドライバーを確認してください。",
        "Set LONGSSM_DEVICE to cpu, or check the device's driver.",
    ),
    "command.doctor.fix.kernels": (
        "pip install -r requirements.txt を実行してください。",
        "Run pip install -r requirements.txt.",
    ),
    "command.doctor.fix.database": (
        "LONGSSM_DATABASE_URL と、データベースの書き込み権限を確認してください。",
        "Check LONGSSM_DATABASE_URL, and that the database may be written to.",
    ),
    "command.doctor.fix.checkpoints": (
        "製品のファイルが欠けています。もう一度インストールしてください。",
        "Files of the product are missing. Install it again.",
    ),
    "command.doctor.fix.fonts": (
        "pip install -r requirements.txt を実行してください（PDF の日本語に必要です）。",
        "Run pip install -r requirements.txt: the PDF needs the font.",
    ),
    "command.doctor.fix.packages": (
        "pip install -r requirements.txt を実行してください。",
        "Run pip install -r requirements.txt.",
    ),
    "command.doctor.fix.disk": (
        "空きを {least} 以上にするか、LONGSSM_DATA_DIR を別のディスクにしてください。",
        "Free at least {least}, or set LONGSSM_DATA_DIR to another disk.",
    ),
    "command.doctor.fix.memory": (
        "他のプログラムを終了するか、LONGSSM_WORKER_PROCESSES を減らしてください"
        "（1プロセスに {least}）。",
        "End other programs, or lower LONGSSM_WORKER_PROCESSES ({least} for each process).",
    ),
    "command.doctor.fix.files": (
        "LONGSSM_DATA_DIR のフォルダーの場所と書き込み権限を確認してください。",
        "Check the folder of LONGSSM_DATA_DIR, and that it may be written to.",
    ),
    "command.doctor.fix.clock": (
        "両方のコンピューターの時刻を合わせてください（NTP）。",
        "Set the clocks of both machines by NTP.",
    ),
    "command.doctor.fix.workers": (
        "待っている検証がありますが、ワーカーがいません。アプリを起動するか、"
        "python -m evaluations worker を実行してください。",
        "Evaluations wait and nobody works. Start the app, or run python -m evaluations worker.",
    ),
    "command.doctor.fix.evaluation": (
        "この結果を使わないでください。python -m pytest を実行し、パッケージのバージョンと"
        "計算装置を確認してください（LONGSSM_DEVICE=cpu で比べられます）。",
        "Do not trust results of this machine. Run python -m pytest, check the packages' versions "
        "and the device (compare with LONGSSM_DEVICE=cpu).",
    ),
    "doctor.trial_unfinished": (
        "検証が {seconds} 秒で終わりませんでした（状態：{status}）。",
        "The evaluation did not end in {seconds} seconds (status: {status}).",
    ),
    "doctor.trial_failed": (
        "検証が失敗しました：{reason}",
        "The evaluation failed: {reason}",
    ),
    "doctor.trial_differs": (
        "保存された損失と、直接計算した損失が {difference:.3g} ナット違います。",
        "Stored losses and those computed directly are {difference:.3g} nats apart.",
    ),
    "doctor.trial_unexpected": (
        "{checkpoint} の平均損失は {found:.6f} ナットで、正しい値 {expected:.6f} と違います。",
        "The mean loss of {checkpoint} is {found:.6f} nats, and should be {expected:.6f}.",
    ),
    # --- settings ----------------------------------------------------------------------------
    "settings.start_worker": (
        "LONGSSM_START_WORKER に「{found}」は指定できません。true か false を指定してください。",
        "LONGSSM_START_WORKER cannot be {found}. Give true or false.",
    ),
    "settings.behind_proxy": (
        "LONGSSM_BEHIND_PROXY に「{found}」は指定できません。true か false を指定してください。",
        "LONGSSM_BEHIND_PROXY cannot be {found}. Give true or false.",
    ),
    "start.unprotected": (
        "起動しません：アドレス {address} では、サインインなしで誰でも全文書を読めます。"
        "--server.address=127.0.0.1 にするか、本人確認をするプロキシを前に置いて"
        " LONGSSM_BEHIND_PROXY=true を設定してください。",
        "Not started: at the address {address} anybody could read every document without a "
        "sign-in. Use --server.address=127.0.0.1, or put a proxy with a sign-in before the app and "
        "set LONGSSM_BEHIND_PROXY=true.",
    ),
    "settings.metrics": (
        "LONGSSM_METRICS に「{found}」は指定できません。true か false を指定してください。",
        "LONGSSM_METRICS cannot be {found}. Give true or false.",
    ),
    "settings.log_format": (
        "LONGSSM_LOG_FORMAT に「{found}」は指定できません。text か json を指定してください。",
        "LONGSSM_LOG_FORMAT cannot be {found}. Give text or json.",
    ),
    "settings.log_tracebacks": (
        "LONGSSM_LOG_TRACEBACKS に「{found}」は指定できません。"
        "true か false を指定してください。",
        "LONGSSM_LOG_TRACEBACKS cannot be {found}. Give true or false.",
    ),
}

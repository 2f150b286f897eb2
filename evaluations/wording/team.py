"""Words of what a team shares, and of computing again: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "files.away": (
        "ファイルの保管先 {place} に接続できません（{problem}）。ネットワーク、認証情報、"
        "バケット名を"
        "確認してください。実行中の検証は、接続が戻りしだい続きから再開します。",
        "The store of files {place} cannot be reached ({problem}). Check the network, the "
        "credentials and the name of the bucket. Evaluations go on by themselves once it answers.",
    ),
    "files.erased_meanwhile": (
        "保存中のファイルが、同時に行われた消去で何度も消されました。消去が終わってから、"
        "もう一度お試しください。",
        "A file that was being stored was erased again and again by somebody who erases at the "
        "same time. Try again when the erasing is over.",
    ),
    "files.damaged": (
        "保存済みのファイル {file} の内容が、保存したときと違います（SHA-256 が一致しません）。"
        "文書をもう一度アップロードするか、バックアップから戻してください。",
        "The stored file {file} is not what it was when it was stored (its SHA-256 differs). "
        "Upload the document again, or restore it from a backup.",
    ),
    "files.package": (
        "ファイルの保管先 {place} を使うには、パッケージ {package} が必要です"
        "（pip install -r requirements-s3.txt）。",
        "The store of files {place} needs the package {package} "
        "(pip install -r requirements-s3.txt).",
    ),
    # --- python -m evaluations reproduce -----------------------------------------------------
    "command.reproduce": (
        "保存済みの検証を記録だけから計算し直し、ビット単位で比べる",
        "compute a stored evaluation again from its record and compare every bit",
    ),
    "command.reproduce.documents": (
        "計算し直す文書の数（省略時はすべて）",
        "how many documents are computed again (all, unless given)",
    ),
    "reproduce.checked": (
        "判定基準、文書、チェックポイントは、検証したときのままです。計算し直します。",
        "Plan, documents and checkpoints are what they were. Computing again.",
    ),
    "reproduce.not_ended": (
        "検証 {run} はまだ終わっていないため、再現を確かめられません。"
        "終わってから実行してください。",
        "Evaluation {run} has not ended: there is nothing to reproduce yet. Try again when it has.",
    ),
    "reproduce.plan_changed": (
        "検証 {run} の計画または判定基準が、ロックした後にデータベースで書き換えられています。"
        "バックアップから戻してください。",
        "The plan or rule of evaluation {run} was changed in the database after it was locked. "
        "Restore it from a backup.",
    ),
    "reproduce.document_changed": (
        "{file} の保存済みの本文が、検証したときと違います（SHA-256 が一致しません）。"
        "バックアップから戻してください。",
        "The stored text of {file} is not the one that was evaluated (its SHA-256 differs). "
        "Restore it from a backup.",
    ),
    "reproduce.document_missing": (
        "{file} の本文がファイルの保管先にありません。同じ文書をもう一度アップロードしてください。",
        "The text of {file} is not in the store of files. Upload the same document again.",
    ),
    "reproduce.checkpoint_changed": (
        "チェックポイント {checkpoint} は、検証したときのものと違います（指紋が一致しません）。"
        "元のファイルに戻してください。",
        "The checkpoint {checkpoint} is not the one that was evaluated (its fingerprint differs). "
        "Put its files back.",
    ),
    "reproduce.checkpoint_missing": (
        "チェックポイント {checkpoint} が見つからないか、読み取れません。"
        "元の場所に戻してください。",
        "The checkpoint {checkpoint} is missing or cannot be read. Put it back where it was.",
    ),
    "reproduce.same": (
        "検証 {run}：同じ結果が再現しました。",
        "Evaluation {run} came out the same.",
    ),
    "reproduce.different": (
        "検証 {run}：結果が再現しませんでした。",
        "Evaluation {run} did not come out the same.",
    ),
    "reproduce.then": (
        "検証時：{device}、{threads} スレッド、演算 {arithmetic}、{versions}",
        "then: {device}, {threads} thread(s), arithmetic {arithmetic}, {versions}",
    ),
    "reproduce.now": (
        "今回：{device}、{threads} スレッド、演算 {arithmetic}、{versions}",
        "now: {device}, {threads} thread(s), arithmetic {arithmetic}, {versions}",
    ),
    "reproduce.same_class": (
        "計算装置とバージョンが同じため、ビット単位で比べました。",
        "The same class of device and the same versions: compared bit by bit.",
    ),
    "reproduce.other_class": (
        "計算装置またはバージョンが違うため（違い：{changed}）、文書と方式ごとの損失の平均の差が "
        "{tolerance} nat 以下かどうかで比べました。",
        "Another class of device or other versions (different: {changed}): compared by the mean "
        "loss of each document and arm, which may differ by {tolerance} nats.",
    ),
    "reproduce.units": (
        "文書 {documents}/{documents_in_all}、計算単位 {units}（損失 {losses} 個）のうち "
        "{equal_units} がビット単位で一致、最大の差 {largest_difference:.1e} nat、"
        "平均の最大の差 {largest_mean_difference:.1e} nat",
        "{documents} of {documents_in_all} documents, {units} units ({losses} losses), "
        "{equal_units} equal to the last bit; largest difference {largest_difference:.1e} nats, of "
        "a mean {largest_mean_difference:.1e} nats",
    ),
    "reproduce.missing": (
        "計算し直せなかったもの：{missing} 件",
        "could not be computed again: {missing} tasks",
    ),
    "reproduce.no_figures": (
        "一部の文書だけを計算し直したため、結果の数値は比べていません。",
        "The figures of the result were not compared: they need all documents.",
    ),
    "reproduce.figures": (
        "結果の数値 {figures} 個のうち、違うもの {different} 個",
        "{figures} figures of the result, {different} of them different",
    ),
    # --- settings ----------------------------------------------------------------------------
    "settings.files": (
        "LONGSSM_FILES に「{found}」は指定できません。フォルダー、または s3://バケット/場所 の形で"
        "指定してください（認証情報は AWS_ACCESS_KEY_ID などの環境変数に）。",
        "LONGSSM_FILES cannot be {found}. Give a folder, or an object store as s3://BUCKET/PREFIX; "
        "its credentials belong into AWS_ACCESS_KEY_ID and the like.",
    ),
    "settings.files_cache_bytes": (
        "LONGSSM_FILES_CACHE_BYTES に「{found}」は指定できません。"
        "1048576 以上のバイト数を指定してください。",
        "LONGSSM_FILES_CACHE_BYTES cannot be {found}. Give at least 1048576 bytes.",
    ),
}

"""Words of what a team shares (files in an object store): key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "files.away": (
        "ファイルの保管先 {place} に接続できません({problem})。ネットワーク、認証情報、バケット名を"
        "確認してください。実行中の評価は、つながり次第続きから再開します。",
        "The store of files {place} cannot be reached ({problem}). Check the network, the "
        "credentials and the name of the bucket. Evaluations go on by themselves once it answers.",
    ),
    "files.damaged": (
        "保存済みのファイル {file} の内容が、保存したときと違います(SHA-256 が一致しません)。"
        "文書をもう一度アップロードするか、バックアップから戻してください。",
        "The stored file {file} is not what it was when it was stored (its SHA-256 differs). "
        "Upload the document again, or restore it from a backup.",
    ),
    "files.package": (
        "ファイルの保管先 {place} を使うには、パッケージ {package} が必要です"
        "(pip install -r requirements-s3.txt)。",
        "The store of files {place} needs the package {package} "
        "(pip install -r requirements-s3.txt).",
    ),
    "settings.files": (
        "LONGSSM_FILES に「{found}」は指定できません。フォルダー、または s3://バケット/場所 の形で"
        "指定してください(認証情報は AWS_ACCESS_KEY_ID などの環境変数に)。",
        "LONGSSM_FILES cannot be {found}. Give a folder, or an object store as s3://BUCKET/PREFIX; "
        "its credentials belong into AWS_ACCESS_KEY_ID and the like.",
    ),
    "settings.files_cache_bytes": (
        "LONGSSM_FILES_CACHE_BYTES に「{found}」は指定できません。"
        "1048576 以上のバイト数を指定してください。",
        "LONGSSM_FILES_CACHE_BYTES cannot be {found}. Give at least 1048576 bytes.",
    ),
}

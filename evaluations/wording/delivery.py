"""Words of what reaches people elsewhere, bundles and notifications: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "command.bundle": (
        "インターネットのないパソコンで使うためのフォルダーを作る",
        "make a folder that starts the product on a machine without a network",
    ),
    "command.bundle.folder": (
        "作成先（空のフォルダー）。同じ種類の OS と Python で作成する",
        "an empty folder; make it on the same kind of system and Python as it will run on",
    ),
    "bundle.started": (
        "必要なものを集めています（約 1 GB、数分かかります）...",
        "Collecting what is needed (about 1 GB, some minutes) ...",
    ),
    "bundle.done": (
        "{folder} を作成しました（{megabytes} MB）。フォルダーごとコピーし、"
        "Windows では start.bat、"
        "Linux と macOS では start.sh を実行してください。",
        "{folder} is made ({megabytes} MB). Copy the whole folder, then run start.bat on Windows, "
        "start.sh on Linux and macOS.",
    ),
    "bundle.no_checkout": (
        "{path} はこの製品のソースフォルダーではありません。README の手順で取得したフォルダーで"
        "実行してください。",
        "{path} is not a folder with this product's sources. Run this where you cloned it, as the "
        "README says.",
    ),
    "bundle.pip": (
        "パッケージを集められませんでした：{problem}。インターネットに接続しているか、ディスクの"
        "空き（2 GB 以上）を確認してください。",
        "The packages could not be collected: {problem}. Check the network, and that 2 GB of disk "
        "are free.",
    ),
    # --- notifications -----------------------------------------------------------------------
    "notify.run.done": ("検証「{name}」が完了しました", "The evaluation “{name}” is done"),
    "notify.run.failed": (
        "検証「{name}」は完了できませんでした",
        "The evaluation “{name}” could not be completed",
    ),
    "notify.train.done": ("学習「{name}」が完了しました", "The training “{name}” is done"),
    "notify.train.failed": (
        "学習「{name}」は完了できませんでした",
        "The training “{name}” could not be completed",
    ),
    "notify.report.done": ("報告書「{name}」ができました", "The report “{name}” is ready"),
    "notify.report.failed": (
        "報告書「{name}」を作成できませんでした",
        "The report “{name}” could not be made",
    ),
    "notify.ingest.done": ("「{name}」を取り込みました", "“{name}” was taken in"),
    "notify.ingest.failed": ("「{name}」を取り込めませんでした", "“{name}” could not be taken in"),
    "notify.outcome": ("判定：{outcome}", "Verdict: {outcome}"),
    "notify.test": ("LongSSM A/B の通知テスト", "A test message of LongSSM A/B"),
    "notify.test.body": (
        "この通知が届けば、設定は正しく動いています。",
        "If this has arrived, the settings work.",
    ),
    "command.notify": (
        "通知の設定を確かめるため、すべての宛先にテスト通知を送る",
        "send a test message to every address of LONGSSM_NOTIFY",
    ),
    "notify.none": (
        "宛先がありません。LONGSSM_NOTIFY に mailtos://... や jsons://... を設定してください。",
        "There is no address. Set LONGSSM_NOTIFY to mailtos://..., jsons://... or alike.",
    ),
    "notify.sent": ("{address}：送信しました", "{address}: sent"),
    "notify.not_sent": (
        "{address}：送信できませんでした。宛先・パスワード・ネットワークを確認してください",
        "{address}: not sent. Check the address, its password and the network",
    ),
    "settings.notify": (
        "LONGSSM_NOTIFY の「{found}」は宛先として使えません。mailtos://... や jsons://... を空白で"
        "区切って指定してください。",
        "LONGSSM_NOTIFY has no usable addresses: {found}. Give such as mailtos://... or "
        "jsons://..., separated by spaces.",
    ),
    "settings.notify_after_seconds": (
        "LONGSSM_NOTIFY_AFTER_SECONDS には 0 以上の秒数を指定してください（指定値：{found}）。",
        "LONGSSM_NOTIFY_AFTER_SECONDS must be a number of seconds from 0 on, not {found}.",
    ),
    "settings.public_url": (
        "LONGSSM_PUBLIC_URL には https://... の形で画面の URL を指定してください"
        "（指定値：{found}）。",
        "LONGSSM_PUBLIC_URL must be the address of the pages, such as https://..., not {found}.",
    ),
    "app.ended.look": ("結果を見る", "See the result"),
    "app.ended.others": ("（ほか {n} 件）", " ({n} more)"),
    "app.ended.dismiss": ("閉じる", "Dismiss"),
}

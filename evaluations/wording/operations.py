"""Words of what runs the product: bundles: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "command.bundle": (
        "インターネットのないパソコンで使うためのフォルダーを作る",
        "make a folder that starts the product on a machine without a network",
    ),
    "command.bundle.folder": (
        "作成先(空のフォルダー)。同じ種類の OS と Python で作成する",
        "an empty folder; make it on the same kind of system and Python as it will run on",
    ),
    "bundle.started": (
        "必要なものを集めています(約 1 GB、数分かかります)...",
        "Collecting what is needed (about 1 GB, some minutes) ...",
    ),
    "bundle.done": (
        "{folder} を作成しました({megabytes} MB)。フォルダーごとコピーし、Windows では start.bat、"
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
        "パッケージを集められませんでした:{problem}。インターネットに接続しているか、ディスクの"
        "空き(2 GB 以上)を確認してください。",
        "The packages could not be collected: {problem}. Check the network, and that 2 GB of disk "
        "are free.",
    ),
}

"""Words about what goes wrong beside the work: memory, devices, databases, numbers."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "task.out_of_memory_needed": (
        "メモリが足りません。一度に {gib} GiB が必要でした。ほかのチェックポイントを外しても"
        "確保できませんでした。プロセス数を減らすか、文書を分けるか、"
        "メモリの多い装置で再試行してください。",
        "Out of memory: {gib} GiB were asked for in one piece, and could not be had even without "
        "the other checkpoints. Use fewer processes, split the document, or try again on a device "
        "with more memory.",
    ),
    "task.device_lost": (
        "計算装置（GPU など）がエラーを返しました。別のプロセスがこの計算を引き継ぎます。",
        "The device (such as a GPU) failed. Another process goes on with this.",
    ),
    "command.run.waiting": (
        "データベースの応答を待っています。計算済みの結果は失われません。",
        "Waiting for the database. What has been computed is not lost.",
    ),
    "results.check.finite_losses.count": (
        "{found}。{documents} 文書を平均から除外しました",
        "{found}; {documents} documents are left out of every mean",
    ),
    "results.document.not_finite": (
        "除外：トークン {position} から数値が異常",
        "left out: not finite from token {position}",
    ),
    "results.document.not_finite_layer": (
        "除外：トークン {position} から数値が異常（第 {layer} 層）",
        "left out: not finite from token {position} (layer {layer})",
    ),
}

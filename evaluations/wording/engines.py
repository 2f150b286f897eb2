"""Words about what runs the tasks of a worker."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "command.worker.address": (
        "参加する Ray クラスターの HOST:PORT（--engine ray のとき。"
        "既定：RAY_ADDRESS、なければこのコンピューターだけで起動）",
        "HOST:PORT of the Ray cluster to join, with --engine ray"
        " (default: RAY_ADDRESS, else Ray is started on this machine alone)",
    ),
    "command.worker.address_without_ray": (
        "--address は --engine ray と一緒に指定してください。",
        "--address needs --engine ray.",
    ),
    "command.worker.no_ray": (
        "Ray がインストールされていません。pip install -r requirements-ray.txt を実行するか、"
        "--engine local を指定してください。",
        "Ray is not installed. Run pip install -r requirements-ray.txt, or use --engine local.",
    ),
    "command.worker.no_cluster": (
        "Ray クラスター「{address}」に接続できません。アドレス、トークン、Ray と Python の版を"
        "確認してください。",
        "The Ray cluster {address} cannot be joined. Check the address, the token and the versions"
        " of Ray and Python.",
    ),
    "command.worker.sqlite_on_cluster": (
        "データベースが SQLite のため、{machines} 台の Ray クラスターでは使えません。"
        "--database に PostgreSQL を指定するか、このコンピューターだけで起動してください。",
        "The database is SQLite, which a Ray cluster of {machines} machine(s) cannot share."
        " Give a PostgreSQL one with --database, or start Ray on this machine alone.",
    ),
}

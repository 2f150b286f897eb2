"""Start LongSSM A/B from this folder, without a network.

Lies at the top of an offline bundle (`python -m evaluations bundle FOLDER`), beside `wheels` and
`bundle.json`; `start.bat` (Windows) and `start.sh` call it. The first start checks every file
against its SHA-256, makes `.venv` and installs the wheels into it: some minutes. Later ones go
straight to the dashboard. Only the standard library, so that any Python can run it, or say that it
is not the right one. Options behind it go to `streamlit run`, such as `--server.port 8600`.
"""

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
FINISHED = ENVIRONMENT / "installed"  # written last: an interrupted installation starts over


def main():
    """The exit code of the dashboard, or 1 with the reason why it cannot start."""
    manifest = json.loads((HERE / "bundle.json").read_text(encoding="utf-8"))
    problem = wrong_machine(manifest)
    if not problem and not FINISHED.exists():
        print("初回の準備中(数分かかります)... / First start: preparing, some minutes ...")
        problem = damaged_files(manifest) or install()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    app = [str(python()), "-m", "streamlit", "run", "app/main.py", *sys.argv[1:]]
    try:
        return subprocess.call(app, cwd=str(HERE))
    except KeyboardInterrupt:
        return 0


def wrong_machine(manifest):
    """Why the wheels of this bundle do not suit this Python; empty: they do."""
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if found != manifest["python"]:
        wanted = manifest["python"]
        return (
            f"Python {wanted} が必要です(この Python は {found})。インストールして、もう一度実行"
            f"してください。 / This bundle needs Python {wanted}; this is {found}. Install that "
            "one and start again."
        )
    if sysconfig.get_platform() != manifest["platform"]:
        here, wanted = sysconfig.get_platform(), manifest["platform"]
        return (
            f"このフォルダーは {wanted} 用です(このパソコンは {here})。同じ種類のパソコンで作り"
            f"直してください。 / This bundle is for {wanted}, this machine is {here}. Make one "
            "on a machine of the same kind."
        )
    return ""


def damaged_files(manifest):
    """Which file is missing or not what was packed; empty: none."""
    for name, expected in manifest["files"].items():
        path = HERE / name
        if not path.is_file() or sha256_of(path) != expected:
            return (
                f"{name} が欠けているか壊れています。フォルダー全体をコピーし直してください。"
                f" / {name} is missing or damaged: copy the whole folder again."
            )
    return ""


def install():
    """Make the environment and install the wheels; what went wrong, empty: nothing."""
    own = [str(python()), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    wheels = ["--no-index", "--find-links", "wheels", "-r", "requirements.txt"]
    # what a machine sets for pip must not lead it to a network that is not there
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    clean["PIP_CONFIG_FILE"] = os.devnull
    for command in ([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], own + wheels):
        if subprocess.call(command, cwd=str(HERE), env=clean) != 0:
            return (
                "準備に失敗しました。上のメッセージとディスクの空き(4 GB 以上)を確認してください。"
                " / The preparation failed: see the message above, and if 4 GB of disk are free."
            )
    FINISHED.touch()
    return ""


def python():
    """The environment's own interpreter."""
    windows = os.name == "nt"
    return ENVIRONMENT / ("Scripts/python.exe" if windows else "bin/python")


def sha256_of(path):
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())

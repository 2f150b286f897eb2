"""Small made-up logs for the tests of this folder: business and machine lines in three scripts."""

from __future__ import annotations

import random
from collections.abc import Callable

_NAMES = ("佐藤", "鈴木", "髙橋", "田中", "渡辺", "伊藤", "山本", "中村", "小林", "斎藤")
_WORKS = ("第二工場", "川崎倉庫", "塗装ライン", "検査室", "出荷場", "冷却ポンプ", "搬送ロボット")
_EVENTS = (
    "温度が上限を超えたため停止しました",
    "点検を完了、異常なし",
    "部品の在庫が不足しています",
    "再起動後に復旧を確認した",
    "受注データの取込に失敗",
    "担当者へ連絡済み",
    "バッチ処理を開始します",
    "センサーの値が不安定です(要確認)",
)
_HALF = ("ﾎﾟﾝﾌﾟ", "ｾﾝｻ", "ｴﾗｰ", "ﾗｲﾝ", "ﾊﾞﾙﾌﾞ", "ﾃﾞｰﾀ", "ﾓｰﾀ", "ﾒﾝﾃﾅﾝｽ", "ｶﾝﾘｮｳ", "ｺﾝﾍﾞｱ", "ｵﾝﾄﾞ")
_WESTERN = (
    "Müller bestätigte die Prüfung, Maßnahme später",
    "José García reinició el servidor de Málaga",
    "réseau coupé à l'entrée, François prévenu",
    "temperatura 25°C på linje två, något hög",
    "café menu décidé très tôt",
    "über 300 Geräte gelöscht",
)
_WINDOWS = ("“réseau” – coupé…", "l’équipe a répondu : 30 €", "Größe „klein“ — gelöscht")


def _stamp(rng: random.Random) -> str:
    return f"2026-04-{rng.randint(1, 28):02d} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:00"


def japanese(rng: random.Random) -> str:
    return (
        f"{_stamp(rng)} [{rng.choice(('INFO', 'WARN', 'ERROR'))}] {rng.choice(_WORKS)} "
        f"{rng.choice(_EVENTS)} order={rng.randint(1000, 9999)} {rng.choice(_NAMES[:2])}"
    )


def windows_japanese(rng: random.Random) -> str:
    return f"{japanese(rng)} ①㈱{rng.choice(_NAMES)}№{rng.randint(1, 9)}"


def half_width(rng: random.Random) -> str:
    return f"{_stamp(rng)} {rng.choice(_HALF)} {rng.choice(_HALF)}{rng.randint(1, 9)} OK"


def western(rng: random.Random) -> str:
    return f"{_stamp(rng)} INFO {rng.choice(_WESTERN)} id={rng.randint(1000, 9999)}"


def windows_western(rng: random.Random) -> str:
    return f"{western(rng)} {rng.choice(_WINDOWS)}"


def english(rng: random.Random) -> str:
    return f"{_stamp(rng)} INFO worker-{rng.randint(1, 9)} finished order {rng.randint(1000, 9999)}"


def log(line: Callable[[random.Random], str], seed: int, size: int, plain: float = 0.5) -> str:
    """About `size` characters: lines of one kind, at least one, among plain English ones."""
    rng = random.Random(seed)
    lines = [line(rng)]
    while sum(map(len, lines)) + len(lines) < size:
        lines.append(english(rng) if rng.random() < plain else line(rng))
    rng.shuffle(lines)
    return "\n".join(lines)

"""Made-up logs of many kinds, for the proof that every text encoding is read right.

`KINDS` are the kinds by name, `written` is one log. Words are this module's own beside those of
the project's generator; they were chosen for what occurs in offices and plants, before it was
looked at which of them the product reads wrongly.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from longssm_core.corpus.generator import generate

Lines = Callable[[random.Random], Iterator[str]]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip().splitlines())


SURNAMES = _words("""
佐藤 鈴木 高橋 渡邊 齋藤 齊藤 渡邉 小澤 國分 眞鍋 廣瀬 澤田 鷲尾 纐纈 鰐淵 薗部 蓑輪 鵜飼 椛島
榊原 綿貫 樋渡 瀧本 栁田 冨樫 舘野 莊司 龜井 櫻庭 曾我 邊見 籔内 漆原 轟 祓川 笹生 蛯名 對馬
埜口 桒原
""")
GIVEN = _words("""
翔太 彩花 慎一郎 美智子 朔 凜 龍之介 祐希 瑠璃 薫 豊 みゆき あかり ひろし タカシ エリカ 茉莉花
圭祐 蒼汰 寛 喜代子 禎 聡 惣一 鞠子 皓 燿子 楓 椿 遙
""")
PLACES = _words("""
札幌市中央区北一条西 仙台市青葉区国分町 さいたま市大宮区桜木町 横浜市鶴見区末広町
名古屋市港区潮見町 四日市市霞 堺市西区築港新町 尼崎市鶴町 倉敷市水島川崎通 呉市昭和町
北九州市八幡東区枝光 諫早市津久葉町 薩摩川内市港町 八戸市河原木 燕市吉田西太田 喜多方市塩川町
鯖江市糺町 彦根市犬方町 蒲郡市浜町
""")
MACHINES = _words("""
射出成形機 焼結炉 包装機 遠心分離機 コンベヤ 溶接ロボット 攪拌槽 乾燥機 受電盤 チラー 検量器
ラベラー プレス機 旋盤 自動倉庫 クレーン ボイラー 集塵機 冷凍庫 脱脂槽
""")
EVENTS = _lines("""
異音を検知したため減速しました
起動シーケンスを開始
油圧が規定値を下回った
原料切れ。補充を待っています
非常停止ボタンが押されました!
軸受の交換を手配済み
前工程からの搬入が遅れている
品番の照合に失敗(再試行します)
夜勤者へ申し送り
しきい値の見直しが必要と思われる
ファームウェアを更新し再起動した
誤検知と判断して復帰
通信が途切れ、三分後に回復
在庫引当をやり直してください
ログインに失敗しました
バックアップが完了
証明書の有効期限が近づいています
タイムアウトのため処理を打ち切り
ふたが開いています
給脂は次回の定修で行う
""")
HALF_WORDS = _words("""
ｱﾗｰﾑ ﾊﾂｾｲ ﾌｯｷｭｳ ｶﾝﾘｮｳ ｴﾗｰ ｼﾞｭｼﾝ ｿｳｼﾝ ﾀｲﾑｱｳﾄ ﾓｰﾀｰ ﾎﾟﾝﾌﾟ ｵﾝﾄﾞ ｱﾂﾘｮｸ ﾃﾞﾝﾘｭｳ ﾍﾞﾙﾄ ｺﾝﾍﾞﾔ ｾﾝｻ ﾊﾞﾙﾌﾞ
ﾒﾝﾃ ﾖｳｶｸﾆﾝ ﾃｲｼ ｷﾄﾞｳ ｶｲﾃﾝ ｼｭﾂﾘｮｸ ﾆｭｳｶ ｼｭｯｶ ｻﾞｲｺ ﾌｿｸ ﾘｾｯﾄ ｶﾞｲｶﾝ ｹﾝｻ ﾌﾘｮｳ ﾗｲﾝ ｼﾞﾄﾞｳ ｼｭﾄﾞｳ ｾﾞﾝﾁｮｳ
ﾁｪｯｸ ｳｪﾊ
""")
FULL_WORDS = _words("""
アラーム発生 フィルター詰まり サーバー再起動 データ受信 エラー応答 ジョブ終了 スケジュール変更
ユーザー登録 メッセージ破棄 ヴァージョン不一致 キャッシュ削除 ファイルなし ポート閉塞
ディスク残量 ロット切替 パレット待ち
""")
PAYERS = _words("""
ｶ)ﾔﾏﾀﾞｼﾖｳｼﾞ ﾕ)ｺﾊﾞﾔｼﾃﾂｺｳ ﾆﾎﾝﾌﾞﾂﾘﾕｳ(ｶ ﾄｳﾖｳｾｲﾐﾂｺｳｷﾞﾖｳ(ｶ ｲ)ｾｲｼﾞﾝｶｲ ﾀﾅｶ ｲﾁﾛｳ ｽｽﾞｷ ﾊﾅｺ ｻﾄｳ ｹﾝｼﾞ ﾔﾏﾓﾄ
ﾅｵﾐ ｷﾖｳｴｲｼﾖｸﾋﾝ(ｶ ｶ)ﾎｸﾄｾｲｻｸｼﾞﾖ ｼﾔ)ﾐﾄﾞﾘﾉｶｲ ﾌｸｲｺｳｷﾞﾖｳ ｶ)ｱｵﾊﾞｶﾞｽ
""")
WINDOWS_NAMES = _words("""
髙橋 髙島屋 﨑山 山﨑 德永 濵田 閒宮 增田 彅 塚田 福島 神谷
""")
WINDOWS_MARKS = tuple("①②③⑩⑫㈱㈲㈹№℡㎜㎏㏄㎡㍉㌔㌧ⅠⅣⅲ㊤㊦㍻㍼∑∮∟⊿")
WESTERN = _lines("""
Übertragung abgebrochen, bitte später erneut versuchen
Gerät läuft wieder, Störung behoben
Prüfstand 4: Druck fällt zu früh ab
Schlüssel ungültig für Benutzer Jörg
échec de la sauvegarde, disque plein
opération terminée avec succès à l'unité n° 3
le contrôleur a été redémarré après l'arrêt
pièce refusée: défaut d'aspect
conexión rechazada por el servidor de análisis
revisión programada para mañana
¿confirma el cambio de turno?
erro na leitura do código, peça não encontrada
manutenção concluída às 14h
perché il nastro è già fermo
temperatura più alta del previsto: verrà ridotta
försök igen när trycket är lägre
målingen afbrudt på grund af støj
væsken ble fylt på i går
käyttäjä kirjautui ulos, yhteys päättyi
de coëfficiënt is onjuist, zie bijlage
""")
TYPOGRAPHY = _lines("""
l’opérateur a signalé “bruit anormal” – voir œuvre n° 7
Preis: 1.250,00 € – „dringend“
naïve retry… giving up after 3 attempts — see ticket
São Paulo → entrega “urgente”
cost £40 ±5 % at 25 °C
Škoda plant: shift’s over
Žilina – 12 ks…
‘façade’ cache™ warmed
""")
BEYOND_LATIN_1 = _lines("""
połączenie zostało przerwane, spróbuj ponownie
Přístup odepřen pro uživatele Jiří Dvořák
a művelet sikeresen befejeződött: Győr
cihaz bağlantısı kesildi, İzmir şubesi
""")
PEOPLE = _lines("""
José Núñez
François Lefèvre
Jürgen Müller
Søren Kjær
Åsa Lindström
Zoë Brontë
Inês Gonçalves
Björn Þórsson
Hélène Dubœuf
Ramón Peña
Noël Dæhlie
Mária Kovács
Günter Groß
João Simões
Eßer, Käthe
Renée Géroux
Niña Ibáñez
Mads Øberg
Łukasz Wiśniewski
Tomáš Černý
""")
TOWNS = _lines("""
Köln
Málaga
Besançon
Århus
Malmö
Düsseldorf
Cádiz
Coimbra
Orléans
Zürich
Tromsø
Liège
Łódź
Brno
La Coruña
Porto
Genève
Jyväskylä
Würzburg
Évora
""")
ENGLISH = _lines("""
connection closed by peer
retry 3 of 5 scheduled
order released to warehouse
cache miss for key
pressure back to normal
operator acknowledged alarm
job finished in 341 ms
invalid token in header
""")
PATHS = _words("""
/ /login /api/v2/orders /static/app.js /search /images/logo.png /cart /health
""")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    "curl/8.5.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)",
    "python-requests/2.32",
)
SEARCHES = _words("""
冷却水 ポンプ 見積書 軸受6204 ねじM8 配送状況 ヘルプ 返品 在庫 ワイヤーロープ
""")


# --- lines of each kind ------------------------------------------------------------------------


def plain_line(rng: random.Random) -> str:
    """An English line in ASCII."""
    return (
        f"{_stamp(rng)} {rng.choice(('INFO', 'WARN', 'ERROR'))} srv{rng.randint(1, 12):02} "
        f"{rng.choice(ENGLISH)} id={rng.randrange(16**6):06x}"
    )


def english(rng: random.Random) -> Iterator[str]:
    """An application's log in ASCII."""
    while True:
        yield plain_line(rng)


def access(rng: random.Random, words: Sequence[str] = SEARCHES) -> Iterator[str]:
    """A web server's log, with what people typed into its search as they typed it."""
    share = rng.choice((0.02, 0.2, 0.6))
    while True:
        asked = rng.choice(PATHS)
        if rng.random() < share:
            asked = f"/search?q={rng.choice(words)}"
        yield (
            f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)} - - "
            f"[{rng.randint(1, 28):02}/Apr/2026:{_clock(rng)} +0900] "
            f'"{rng.choice(("GET", "GET", "POST"))} {asked} HTTP/1.1" '
            f'{rng.choice((200, 200, 304, 404, 500))} {rng.randint(90, 60000)} "-" '
            f'"{rng.choice(AGENTS)}"'
        )


def application(rng: random.Random) -> Iterator[str]:
    """A document of the project's generator, Japanese or mixed."""
    seed, language = rng.randrange(10**9), rng.choice(("ja", "ja", "mixed"))
    done = 0
    for size in (8_000, 80_000, 1_100_000):  # a larger document goes on where a smaller one ends
        found = generate(seed, size, language=language).text.splitlines()
        yield from found[done:]
        done = len(found)


def operations(rng: random.Random) -> Iterator[str]:
    """What operators and programs of a plant write, among plain lines."""
    share = rng.choice((0.05, 0.4, 0.9, 1.0))
    while True:
        if rng.random() < share:
            yield (
                f"{_stamp(rng)} [{rng.choice(('情報', '警告', 'ERROR', 'INFO'))}] "
                f"{rng.choice(MACHINES)}{rng.choice('ABC123')}: {rng.choice(EVENTS)}"
            )
        else:
            yield plain_line(rng)


def kana(rng: random.Random) -> Iterator[str]:
    """Full-width and half-width kana side by side, as old terminals and programs log."""
    share = rng.choice((0.3, 0.7, 1.0))
    while True:
        words = [
            rng.choice(HALF_WORDS if rng.random() < share else FULL_WORDS)
            for _ in range(rng.randint(1, 4))
        ]
        yield f"{_stamp(rng)} {rng.choice(' ,:').join(words)} {rng.choice(('OK', 'NG', '--'))}"


def transfers(rng: random.Random) -> Iterator[str]:
    """Payments as banks list them: payers in half-width kana, without small letters."""
    while True:
        yield (
            f"2026{rng.randint(1, 12):02}{rng.randint(1, 28):02},{rng.randint(1, 9999):04},"
            f"{rng.choice(PAYERS)},{rng.randint(1000, 9_999_999)},"
            f"{rng.choice(('ﾌﾘｺﾐ', 'ﾃｽｳﾘﾖｳ', ''))}"
        )


def customers(rng: random.Random) -> Iterator[str]:
    """A table of people and addresses in kanji."""
    yield "番号,氏名,住所,電話,備考"
    gap = rng.choice(("", " ", "　"))
    while True:
        name = f"{rng.choice(SURNAMES)}{gap}{rng.choice(GIVEN)}"
        note = rng.choice(("", "", "要連絡", "休眠", rng.choice(EVENTS)))
        yield (
            f"{rng.randint(1, 99999):05},{name},{rng.choice(PLACES)}{rng.randint(1, 9)}-"
            f"{rng.randint(1, 40)},0{rng.randint(1, 9)}-{rng.randint(1000, 9999)}-0000,{note}"
        )


def windows(rng: random.Random) -> Iterator[str]:
    """Characters that Windows added to Japanese encodings (NEC row 13, IBM kanji)."""
    while True:
        yield (
            f"{_stamp(rng)} {rng.choice(WINDOWS_MARKS)}{rng.choice(WINDOWS_NAMES)} "
            f"{rng.choice(MACHINES)} {rng.choice(EVENTS)}{rng.choice(WINDOWS_MARKS)}"
        )


def messages(rng: random.Random) -> Iterator[str]:
    """A program's messages in languages of Western Europe."""
    share, more = rng.choice((0.05, 0.4, 1.0)), rng.choice((WESTERN, WESTERN + TYPOGRAPHY))
    while True:
        one = rng.choice(more) if rng.random() < share else None
        yield plain_line(rng) if one is None else f"{_stamp(rng)} INFO {one}"


def people(rng: random.Random) -> Iterator[str]:
    """A table of European names and towns."""
    separator = rng.choice(",;\t")
    yield separator.join(("id", "name", "town", "since"))
    while True:
        number, since = str(rng.randint(1, 99999)), f"{rng.randint(1998, 2026)}-01-01"
        yield separator.join((number, rng.choice(PEOPLE), rng.choice(TOWNS), since))


def western_access(rng: random.Random) -> Iterator[str]:
    """A web server's log with European words in it."""
    return access(rng, [*TOWNS, "café", "Größe", "año", "être", "prêt-à-porter"])


def eastern(rng: random.Random) -> Iterator[str]:
    """Languages of Europe whose letters Latin-1 has not."""
    while True:
        yield f"{_stamp(rng)} WARN {rng.choice(BEYOND_LATIN_1)} ({rng.choice(PEOPLE)})"


JAPANESE: Mapping[str, Lines] = {
    "access": access,
    "application": application,
    "operations": operations,
    "kana": kana,
    "transfers": transfers,
    "customers": customers,
    "windows": windows,
}
HALF_WIDTH: Mapping[str, Lines] = {"kana": kana, "transfers": transfers}
OF_WINDOWS: Mapping[str, Lines] = {**HALF_WIDTH, "windows": windows}
EUROPEAN: Mapping[str, Lines] = {
    "messages": messages,
    "people": people,
    "western access": western_access,
}
KINDS: Mapping[str, Lines] = {**JAPANESE, **EUROPEAN, "eastern": eastern}


# --- one log -----------------------------------------------------------------------------------


def written(lines: Lines, rng: random.Random, size: int) -> str:
    """A log of at least one line and about `size` bytes in UTF-8."""
    kept: list[str] = []
    used = 0
    for line in lines(rng):
        kept.append(line)
        used += len(line.encode()) + 1
        if used >= size:
            break
    end = rng.choice(("\n", "\n", "\r\n"))
    return end.join(kept) + rng.choice(("", end))


def drawn_size(rng: random.Random) -> int:
    """From 200 bytes to 1 MB, most of them small."""
    low, high = rng.choices(
        ((200, 1_000), (1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)),
        weights=(50, 35, 12, 3),
    )[0]
    return int(low * (high / low) ** rng.random())


def _clock(rng: random.Random) -> str:
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"


def _stamp(rng: random.Random) -> str:
    return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {_clock(rng)}"

"""Japanese vocabulary of the generator.

Names, places, products, and the words of each line of work.

Written for this project. Every list is an ordered tuple, so that a draw is the same on every
machine. Suru-nouns (点検, 交換) stand without する: `phrases` adds the ending of the document's
register.
"""

from __future__ import annotations

from longssm_core.corpus.generator.words_types import DomainWords, Goods, Trouble, words


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """(written, romanised) pairs from "佐藤:sato 鈴木:suzuki"."""
    return tuple((written, latin) for written, latin in (item.split(":") for item in text.split()))


SURNAMES = _pairs("""
佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 山本:yamamoto
中村:nakamura 小林:kobayashi 加藤:kato 吉田:yoshida 山田:yamada 佐々木:sasaki 山口:yamaguchi
松本:matsumoto 井上:inoue 木村:kimura 林:hayashi 斎藤:saito 清水:shimizu 山崎:yamazaki 森:mori
池田:ikeda 橋本:hashimoto 阿部:abe 石川:ishikawa 山下:yamashita 中島:nakajima 石井:ishii
小川:ogawa 前田:maeda 岡田:okada 長谷川:hasegawa 藤田:fujita 後藤:goto 近藤:kondo 村上:murakami
遠藤:endo 青木:aoki 坂本:sakamoto 福田:fukuda 太田:ota 西村:nishimura 藤井:fujii 金子:kaneko
岡本:okamoto 藤原:fujiwara 中野:nakano 三浦:miura 原田:harada 中川:nakagawa 松田:matsuda
竹内:takeuchi 小野:ono 田村:tamura 中山:nakayama 和田:wada 石田:ishida 森田:morita 上田:ueda
原:hara 内田:uchida 柴田:shibata 酒井:sakai 宮崎:miyazaki 横山:yokoyama 高木:takagi 安藤:ando
宮本:miyamoto 大野:ohno 小島:kojima 谷口:taniguchi 今井:imai 工藤:kudo 高田:takada 増田:masuda
丸山:maruyama 杉山:sugiyama 村田:murata 大塚:otsuka 新井:arai 小山:koyama 平野:hirano
藤本:fujimoto 河野:kono 上野:ueno 野口:noguchi 武田:takeda 松井:matsui 千葉:chiba 菅原:sugawara
岩崎:iwasaki 久保:kubo 木下:kinoshita 佐野:sano 野村:nomura 松尾:matsuo 市川:ichikawa 菊地:kikuchi
杉本:sugimoto 古川:furukawa 大西:onishi 島田:shimada 水野:mizuno 桜井:sakurai 高野:takano
渡部:watabe 吉川:yoshikawa 山内:yamauchi 西田:nishida 飯田:iida 菊池:kikuchi 西川:nishikawa
小松:komatsu 北村:kitamura 安田:yasuda 五十嵐:igarashi 川口:kawaguchi 平田:hirata 関:seki
中田:nakata 久保田:kubota 服部:hattori 東:higashi 岩田:iwata 土屋:tsuchiya 川崎:kawasaki
福島:fukushima 本田:honda 辻:tsuji 樋口:higuchi 秋山:akiyama 田口:taguchi 永井:nagai 山中:yamanaka
中西:nakanishi 吉村:yoshimura 川上:kawakami 大橋:ohashi 石原:ishihara 松岡:matsuoka 浜田:hamada
馬場:baba 森本:morimoto 矢野:yano 浅野:asano 松下:matsushita 星野:hoshino 大久保:okubo
吉岡:yoshioka 小池:koike 荒木:araki 野田:noda 熊谷:kumagai 松浦:matsuura 大谷:otani 内藤:naito
黒田:kuroda 尾崎:ozaki 川村:kawamura 永田:nagata 望月:mochizuki 堀:hori 松村:matsumura 田辺:tanabe
荒井:arai 菅野:kanno 西山:nishiyama
""")

GIVEN_NAMES = _pairs("""
健:ken 誠:makoto 浩:hiroshi 隆:takashi 剛:tsuyoshi 修:osamu 亮:ryo 翔:sho 大輔:daisuke 健太:kenta
拓也:takuya 直樹:naoki 和也:kazuya 達也:tatsuya 雄一:yuichi 健一:kenichi 浩二:koji 正樹:masaki
裕介:yusuke 康平:kohei 俊介:shunsuke 智也:tomoya 慎吾:shingo 大地:daichi 悠人:yuto 蓮:ren
陽斗:haruto 颯太:sota 涼介:ryosuke 航:wataru 淳:jun 学:manabu 哲也:tetsuya 英樹:hideki
克己:katsumi 信夫:nobuo 義人:yoshito 一郎:ichiro 次郎:jiro 三郎:saburo 勇:isamu 進:susumu
実:minoru 茂:shigeru 豊:yutaka 昇:noboru 清:kiyoshi 美咲:misaki 陽子:yoko 恵子:keiko 由美:yumi
真由美:mayumi 直美:naomi 智子:tomoko 裕子:yuko 久美子:kumiko 愛:ai 彩:aya 舞:mai 恵:megumi
香織:kaori 綾子:ayako 千尋:chihiro 美穂:miho 沙織:saori 麻衣:mai 瞳:hitomi 結衣:yui 葵:aoi
楓:kaede 花子:hanako 桃子:momoko 幸子:sachiko 和子:kazuko 節子:setsuko 明美:akemi 絵里:eri
優子:yuko 里奈:rina 菜摘:natsumi 莉子:riko 七海:nanami 遥:haruka 泉:izumi 薫:kaoru 早苗:sanae
典子:noriko 律子:ritsuko 史子:fumiko 園子:sonoko 春香:haruka 冬美:fuyumi 千夏:chinatsu 光:hikaru
望:nozomi 歩:ayumi
""")

PLACES = _pairs("""
北浜:kitahama 南郷:nango 東雲台:shinonome 西野原:nishinohara 青葉台:aobadai 緑ヶ丘:midorigaoka
若松:wakamatsu 長浦:nagaura 大沢:osawa 小金沢:koganesawa 白鳥:shiratori 鶴見台:tsurumidai
亀岡西:kameokanishi 松川:matsukawa 竹原東:takehara 梅里:umesato 桜木:sakuragi 桐生野:kiryuno
杉並原:suginamihara 柏崎南:kashiwazaki 藤沢台:fujisawadai 萩野:hagino 菊水:kikusui 葛城:katsuragi
芦原:ashihara 浅川:asakawa 深谷東:fukaya 高瀬:takase 中津原:nakatsuhara 上市:kamiichi
下田町:shimoda 内海:utsumi 新港:shinko 旭町:asahimachi 朝日野:asahino 夕陽丘:yuhigaoka
星川:hoshikawa 月島西:tsukishima 日野原:hinohara 雪谷:yukigaya 霧島台:kirishimadai 雲雀野:hibarino
岩根:iwane 石和田:isawada 砂川:sunagawa 土岐原:tokihara 泉原:izumihara 滝野:takino 湊:minato
磯辺:isobe 岬:misaki 島原台:shimabaradai
""")

COMPANY_STEMS = words("""
北斗 東洋 日昇 三葉 大和田 明光 中央 共栄 協和 新栄 富士見 白樺 常磐 瑞穂 栄光 丸信 丸十 山八 太陽
千歳 双葉 青雲 清和 平成堂 光洋 旭光 東栄 西和 南海 北進 日東 関東中央 京浜 阪南 播磨 瀬戸 五洋
七星 八光 九重 百瀬 万代 ミナト アサヒノ オリオン サンライト ノヴァ クレスト テクノス アルファ
カナリア メイプル ハルカ ソラノ ユニバ リベロ
""")
COMPANY_TAILS = words("""
製作所 工業 精機 電機 電子 化成 製薬 食品 物流 運輸 倉庫 商事 商会 産業 鉄工 金属 樹脂 印刷 建設
設備 システム 情報サービス ソリューションズ ロジスティクス フーズ マテリアル メディカル
エンジニアリング
""")
CARRIER_TAILS = words("物流 運輸 運送 急送 ロジスティクス 通運 倉庫")
COMPANY_FORMS = ("株式会社{}", "{}株式会社", "{}（株）", "(株){}", "{}㈱", "{}", "有限会社{}")

ROLES = words("""
課長 係長 主任 班長 組長 職長 リーダー 担当 副主任 主査 室長 部長 技師 専門職 指導員 責任者 当番
オペレータ
""")

SHIFT_NAMES = (
    ("日勤", "夜勤"),
    ("早番", "遅番", "夜勤"),
    ("一直", "二直", "三直"),
    ("1直", "2直", "3直"),
    ("A班", "B班", "C班"),
    ("甲番", "乙番", "丙番"),
    ("昼勤務", "夜勤務"),
)
WEEKDAYS = "月火水木金土日"

MACHINES = words("""
プレス機 成形機 射出成形機 旋盤 NC旋盤 マシニングセンタ 研削盤 フライス盤 溶接ロボット
搬送ロボット 塗装ブース 乾燥炉 焼成炉 熱処理炉 洗浄機 包装機 充填機 巻締機 検査機 外観検査装置
印字機 ラベラー 混合機 攪拌槽 反応槽 コンプレッサ ボイラー 冷却塔 チラー 集塵機 ポンプ 送風機
コンベア 切断機 曲げ加工機 組立セル 実装機 リフロー炉 計量機 自動倉庫 パレタイザ
""")
MACHINE_FORMS = ("{}{}号機", "{}{}", "{}-{}", "第{1}{0}", "{}No.{}", "{}#{}", "{}（{}号）")

GOODS = (
    Goods(
        modifiers=words("""
            小型 大型 薄型 耐熱 耐油 防水 高精度 軽量 標準 改良型 北米向け 国内向け 特注 試作 左
            右 上部 下部 内側 外側 二重 短尺 長尺 A種 B種
            """),
        products=words("""
            ブラケット フランジ シャフト ギヤ カバー ハウジング プレート スペーサ ブッシュ ピン
            カラー ノズル バルブ フィルタ パッキン ホース コネクタ ハーネス 基板 端子台 リレー
            センサ モータ 軸受 ケース キャップ 台車
            """),
    ),
    Goods(
        modifiers=words("""
            業務用 家庭用 減塩 無添加 濃縮 有機 冷凍 常温 国産 徳用 個包装 大袋 小袋 北海道産
            季節限定 低糖質 あっさり 濃厚 甘口 辛口
            """),
        products=words("""
            乾麺 レトルト粥 果汁飲料 緑茶 味噌 醤油 米菓 餃子 豆腐 ヨーグルト 菓子パン 惣菜 カレー
            スープ 漬物 海苔 佃煮 うどん 焼売 プリン だし 麦茶
            """),
    ),
    Goods(
        modifiers=words("""
            赤 青 白 黒 銀 灰色 木目 小型 大型 軽量 折り畳み 業務用 家庭用 再生 防水 厚手 薄手
            抗菌 伸縮 詰替 幅広
            """),
        products=words("""
            便箋 封筒 段ボール箱 ファイル 事務椅子 作業手袋 安全靴 保護眼鏡 ヘルメット 工具箱
            電動ドライバ 懐中電灯 テープ ラベル フィルム ロール紙 洗浄剤 収納棚 脚立 ほうき バケツ
            掲示板
            """),
    ),
)

METRICS = (
    ("油温", "℃", 25, 75),
    ("槽内温度", "℃", 30, 180),
    ("軸受温度", "℃", 25, 85),
    ("冷却水温", "℃", 12, 38),
    ("金型温度", "℃", 40, 190),
    ("室温", "℃", 15, 32),
    ("油圧", "MPa", 3, 21),
    ("空気圧", "kPa", 380, 720),
    ("蒸気圧", "MPa", 0.3, 1.2),
    ("差圧", "Pa", 20, 900),
    ("振動値", "mm/s", 0.3, 9),
    ("主軸負荷", "%", 8, 95),
    ("電流", "A", 2, 80),
    ("電圧", "V", 190, 212),
    ("消費電力", "kW", 1, 150),
    ("流量", "L/min", 5, 240),
    ("液面", "%", 15, 98),
    ("回転数", "rpm", 60, 6000),
    ("湿度", "%RH", 25, 75),
    ("導電率", "mS/m", 1, 60),
    ("濃度", "%", 2, 40),
    ("粘度", "mPa·s", 20, 900),
    ("張力", "N", 10, 300),
    ("荷重", "kN", 5, 400),
    ("サイクル", "秒", 4, 90),
    ("膜厚", "μm", 5, 120),
    ("重量", "g", 20, 950),
    ("pH", "", 4, 10),
    ("照度", "lx", 300, 1200),
    ("騒音", "dB", 55, 92),
)

MACHINE_STATES = (
    ("運転", "停止", "段取", "待機", "異常"),
    ("稼働中", "停止中", "準備中", "材料待ち", "故障"),
    ("自動", "手動", "調整", "休止", "非常停止"),
    ("RUN", "STOP", "SETUP", "IDLE", "ALARM"),
    ("生産", "空運転", "切替", "清掃", "故障停止"),
)
ORDER_STATES = (
    ("受注", "引当", "出庫", "梱包", "出荷", "納品完了"),
    ("受付", "在庫確認", "ピッキング", "検品", "発送", "受領"),
    ("登録", "承認", "手配", "積込", "輸送中", "着荷"),
    ("見積", "注文", "製作", "検査", "出荷", "検収"),
)
CASE_STATES = (
    ("受付", "一次回答", "調査", "二次回答", "完了"),
    ("起票", "割当", "対応中", "確認待ち", "クローズ"),
    ("申請", "課長承認", "経理確認", "支払", "完了"),
    ("入電", "本人確認", "聞き取り", "転送", "終話"),
)

PLANT = DomainWords(
    things=words("""
        製品 部材 材料 金型 治具 刃具 半製品 原料 検査票 作業指示書 図面 試験片 容器 パレット 端材
        梱包材 副資材 支給品 工程表 生産計画 初品 量産品 試作品 不良品 仕掛品 在庫品 校正記録
        点検表 温度記録 稼働実績 電力量 段取表 交換部品 潤滑油 冷却水
        """),
    actions=words("""
        確認 手配 検査 発注 整理 保管 記録 改訂 回収 入替 追加 集計 見直し 受入 払出
        """),
    causes=words("""
        グリス不足 締結ボルトの緩み 切粉の堆積 経年劣化 冷却水不足 設定値の誤り 組付不良
        材料のばらつき 異物の混入 油の劣化 結露 粉塵の付着 電源の瞬低 ケーブルの屈曲疲労 調整不足
        段取り替え時の確認漏れ 部品の初期不良 過大な負荷 室温の上昇 フィルタの目詰まり 給油忘れ
        センサ取付位置のずれ 前工程の寸法外れ 作業標準の未更新 配線の誤り 空気の混入
        """),
    troubles=(
        Trouble(
            parts=words("""
                主軸 軸受 駆動ベルト チェーン 減速機 ガイドレール ボールねじ カップリング クラッチ
                ブレーキ チャック 金型 押さえ板 搬送ローラ コンベアベルト 集塵ファン 冷却ファン
                安全柵
                """),
            faults=words("""
                異音 過熱 摩耗 緩み 振動増大 位置ずれ 芯ずれ 固着 亀裂 劣化 がたつき 引っ掛かり
                """),
            remedies=words("""
                交換 調整 清掃 点検 増締め 給油 分解整備 再取付 芯出し 締め直し 位置修正
                """),
            causes=words("""
                グリス不足 締結ボルトの緩み 切粉の堆積 経年劣化 組付不良 異物の混入 粉塵の付着
                調整不足 過大な負荷 給油忘れ 芯出し不良 前工程の寸法外れ 作業標準の未更新
                材料のばらつき
                """),
        ),
        Trouble(
            parts=words("""
                油圧ポンプ 油圧ホース 電磁弁 逆止弁 ノズル フィルタ ストレーナ 熱交換器 シリンダ
                給油装置 エアドライヤ 配管 継手 パッキン Oリング 排気ダクト 冷却水ポンプ 減圧弁
                """),
            faults=words("""
                漏れ 詰まり 圧力低下 流量低下 動作遅れ 汚れ 腐食 固着 劣化 温度上昇
                """),
            remedies=words("""
                交換 清掃 点検 増締め 分解整備 洗浄 補修 エア抜き 締め直し 液補充
                """),
            causes=words("""
                経年劣化 冷却水不足 異物の混入 油の劣化 フィルタの目詰まり 空気の混入 締付不足
                凍結 水質の悪化 組付不良 室温の上昇 シール面の傷 点検周期の見落とし
                """),
        ),
        Trouble(
            parts=words("""
                圧力計 温度センサ 近接センサ 光電センサ リミットスイッチ サーボモータ インバータ
                制御盤 ブレーカ リレー 非常停止釦 操作盤 表示灯 ヒータ 計量セル 印字ヘッド カメラ
                照明 端子台
                """),
            faults=words("""
                断線 接触不良 誤検知 電圧低下 応答不良 表示不良 通信断 発熱 誤動作 汚れ 原点ずれ
                """),
            remedies=words("""
                交換 調整 清掃 点検 校正 再起動 修理 再取付 配線修正 設定変更
                """),
            causes=words("""
                結露 粉塵の付着 電源の瞬低 ケーブルの屈曲疲労 設定値の誤り 部品の初期不良
                配線の誤り 取付位置のずれ 端子の緩み ノイズの影響 切削油の付着 経年劣化
                ソフトの更新漏れ
                """),
        ),
    ),
    departments=words("""
        製造一課 製造二課 製造三課 組立課 加工課 成形課 塗装課 品質保証課 品質管理室 生産技術課
        生産管理課 保全課 設備課 工務課 環境管理室 安全衛生室
        """),
)

LOGISTICS = DomainWords(
    things=words("""
        荷物 貨物 注文 出荷指示 入荷予定 送り状 納品書 パレット カゴ台車 折り畳みコンテナ 通い箱
        商品 返品 不足分 代替品 見本品 冷蔵品 冷凍品 危険物 長尺物 混載便 定期便 チャーター便
        積付表 配車表 棚卸表 保管場所 検品結果 伝票 通関書類 温度記録 在庫 引当
        """),
    actions=words("""
        再送 再手配 再検品 確認 回収 代替手配 振替 再梱包 積み替え 棚卸 連絡 修正 差し替え 保留
        優先出荷 隔離 返送 再登録 貼り替え 記録
        """),
    causes=words("""
        渋滞 悪天候 車両故障 入力誤り 品番の見間違い 棚番の登録漏れ 予測を超える受注 人員不足
        梱包材の強度不足 積付順の誤り 引継ぎ漏れ マスタ未更新 前日の残荷 荷主の変更連絡遅れ
        類似品の隣接保管 ラベルの貼り間違い 空調の設定ミス 端末の電池劣化 交通規制 締切後の追加
        """),
    troubles=(
        Trouble(
            parts=words("""
                フォークリフト ハンディ端末 ラベルプリンタ 仕分け機 自動倉庫 搬送台車 バース扉
                ドックレベラー 冷蔵庫 冷凍庫 保冷車 ストレッチ包装機 計量器 ピッキングカート
                ロケーション表示 無線アンテナ 空調機
                """),
            faults=words("""
                読取不良 動作遅れ 電池切れ 通信断 印字かすれ 温度逸脱 停止 異音 表示不良
                """),
            remedies=words("""
                交換 点検 修理 再起動 充電 清掃 設定変更 手配 再設定
                """),
        ),
        Trouble(
            parts=words("""
                出荷品 入荷品 返品 送り状 梱包箱 パレット 荷札 混載便 定期便 チャーター便 冷蔵便
                店舗向け商品 輸出貨物 通い箱
                """),
            faults=words("""
                数量相違 誤出荷 破損 遅延 積み残し ラベル不鮮明 荷崩れ 誤仕分け 汚損 濡れ 宛先不明
                """),
            remedies=words("""
                再送 再手配 再検品 回収 振替 再梱包 積み替え 差し替え 保留 優先出荷 隔離 貼り替え
                """),
        ),
    ),
    departments=words("""
        物流課 出荷課 入荷係 倉庫係 配車係 資材課 購買課 輸出課 返品センター 冷蔵センター
        北物流センター 南物流センター
        """),
)

IT = DomainWords(
    things=words("""
        ジョブ セッション キュー 索引 レプリカ スナップショット トランザクション 証明書
        設定ファイル 配信リスト 認証トークン キャッシュ 夜間バッチ 帳票 取引データ 顧客マスタ
        商品マスタ 在庫データ ログファイル バックアップ 接続プール 監視項目 通知メール
        権限グループ 利用者アカウント 受信ファイル 集計テーブル パーティション ワーカー プロセス
        通信路 名前解決 負荷情報 更新プログラム 差分データ
        """),
    actions=words("""
        再起動 切替 切り離し 増設 再配置 再実行 設定変更 ロールバック 復旧 再構築 監視強化 更新
        差し戻し 削除 退避 再接続 同期 検証 隔離 手動補正 調査
        """),
    causes=words("""
        想定外のアクセス増 設定変更の反映漏れ ディスク故障 索引の断片化 長時間トランザクション
        接続プールの枯渇 更新プログラムの不具合 メモリリーク 回線業者の工事 証明書の更新忘れ
        ログの肥大化 外部サービスの停止 名前解決の遅延 作業手順の誤り 電源系統の切替
        バッチの重複実行 監視しきい値の誤り 旧版ライブラリの残存 ファイルのロック競合
        空き領域の見積もり誤り 権限設定の誤り
        """),
    troubles=(
        Trouble(
            parts=words("""
                データベース 認証サーバ 中継サーバ ファイルサーバ 仮想基盤 監視サーバ 帳票サーバ
                ジョブ管理 API基盤 検索基盤 キャッシュ層 メッセージ基盤 予約システム
                受発注システム 会計システム 勤怠システム 決済連携 在庫連携 顧客ポータル
                社内ポータル
                """),
            faults=words("""
                応答遅延 タイムアウト メモリ不足 認証失敗 二重起動 デッドロック 同期遅れ 文字化け
                書込失敗 異常終了 処理滞留 負荷急増 構成不一致 権限不足 データ不整合 再起動ループ
                """),
            remedies=words("""
                再起動 切替 増設 再配置 設定変更 ロールバック 復旧 再構築 監視強化 再接続
                """),
        ),
        Trouble(
            parts=words("""
                負荷分散装置 共有ストレージ メールゲートウェイ 回線 社内ネットワーク VPN装置
                無線LAN ファイアウォール スイッチ ルータ バックアップ装置 無停電電源装置
                名前解決サーバ
                """),
            faults=words("""
                応答遅延 接続断 容量不足 名前解決失敗 証明書期限切れ 時刻ずれ パケット損失
                片系停止 温度上昇
                """),
            remedies=words("""
                再起動 切替 切り離し 増設 設定変更 交換 経路変更 ファーム更新 再接続
                """),
        ),
    ),
    departments=words("""
        情報システム課 運用管理室 基盤チーム 開発一課 開発二課 監視センター ネットワーク係
        業務システム室 データ管理課 システム企画室 ヘルプデスク
        """),
)

OFFICE = DomainWords(
    things=words("""
        請求書 注文書 見積書 納品書 領収書 契約書 申込書 返金 入金 支払依頼 経費精算 振込データ
        仕訳 残高 与信枠 口座情報 住所変更 解約申請 保証書 会員情報 ポイント クーポン 予約
        問い合わせ 苦情 資料請求 折り返し 督促状 月次報告 稟議書 委任状 本人確認書類
        """),
    actions=words("""
        訂正 再発行 返金 再送 照合 確認 連絡 取消 差し替え 再登録 承認 差し戻し 説明 折り返し 保留
        転送 更新 受付 督促 精査
        """),
    causes=words("""
        単価表の改定漏れ 担当者の異動 入力時の桁違い 旧様式の使用 締切の誤認 住所変更の未反映
        銀行の休業日 システム更新 説明不足 委託先との連携不足 消費税率の誤り 繁忙期の集中 二重入力
        承認者の不在 利用規約の改定 書類の紛失 通知の迷惑メール判定 名寄せの誤り
        """),
    troubles=(
        Trouble(
            parts=words("""
                請求処理 入金消込 口座振替 領収書発行 月次締め 経費申請 承認経路 与信審査 返金処理
                明細表示 契約更新 定期購入
                """),
            faults=words("""
                金額相違 記載漏れ 重複登録 処理遅れ 二重請求 反映漏れ 計算誤り 承認待ち 照合不一致
                期限超過
                """),
            remedies=words("""
                再実行 修正 見直し 再確認 手動処理 取消 再登録 再計算
                """),
        ),
        Trouble(
            parts=words("""
                会員ページ 申込フォーム 決済画面 配送手配 予約受付 電話回線 自動音声 受付窓口
                ポイント付与 住所登録 商品案内 交換受付 修理受付 通知メール
                """),
            faults=words("""
                表示不具合 入力誤り 未着 連絡不通 案内誤り 受付停止 誤送付 反映漏れ 混雑
                """),
            remedies=words("""
                設定変更 再案内 再開 修正 手動対応 臨時増員 再送 確認
                """),
        ),
    ),
    departments=words("""
        経理課 財務課 総務課 人事課 営業一課 営業二課 カスタマーサポート課 お客様相談室
        コールセンター 企画室 契約管理課 請求センター
        """),
)

DOMAINS = {"plant": PLANT, "logistics": LOGISTICS, "it": IT, "office": OFFICE}

PROCESSES = words("""
同期 検証 集計 配信 登録 更新 照会 変換 圧縮 展開 転送 取込 書出 再計算 割当 解放 初期化 読込 保存
監視 分析 整列 統合 分割 抽出 照合 通知 予約 取消 承認 巡回 計測 校正 切替 補正 採番 出力 削除
復元 収集
""")
TOPICS = words("""
納期 品質 原価 在庫 安全 教育 設備投資 人員配置 省エネ 標準化 監査対応 棚卸 クレーム対応 工程改善
新製品立上げ 価格改定 外注管理 休日稼働 災害対策 情報セキュリティ 旧設備の更新 歩留まり 作業標準
レイアウト変更 電力契約 帳票の電子化 予算 繁忙期対応
""")
COMMENTS = words("""
特に問題なし 経過観察とする 次回定修で対応予定 様子を見る 暫定対応のため注意 早めの手配が必要
予備品の在庫が残り少ない 作業時は二人一組とする 前回と同じ状況 作業標準の見直しが必要
関係部署へ展開済み 写真は共有フォルダに保存 音に注意 立ち会いを依頼済み 原因は調査中
再発防止策を検討中 監視を継続する 客先には連絡済み 翌朝に再確認
""")
WEATHER = words("晴れ 曇り 雨 小雨 快晴 薄曇り 雪 強風 晴れ時々曇り 曇りのち雨")
KATAKANA = words("""
ア イ カ キ ク コ サ シ セ ソ タ テ ト ナ ニ ネ ノ ハ ヒ フ マ ミ メ モ ヤ ユ ラ リ ル レ ロ ガ グ
ゼ ダ デ ド バ ビ ブ ベ パ ピ プ ファ フィ ヴァ ヴェ ティ ディ シェ チェ ジュ ショ リュ ーン ール
ラン リス トン ックス ニア
""")

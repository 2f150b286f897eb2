"""Words of the Models page, of training a pair of one's own, and of estimates from a probe."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.page.models": ("モデル", "Models"),
    "models.title": ("モデル", "Models"),
    "models.lead": (
        "検証に使えるモデルの一覧です。自社の文書で学習した組もここで作れます。",
        "The models that an evaluation can use. A pair trained on your own documents is made here.",
    ),
    "models.show": ("表示", "Show"),
    "models.show.list": ("モデルの一覧", "All models"),
    "models.show.pair": ("自社の文書で組を作る", "Train a pair on your documents"),
    # --- the list
    "models.column.name": ("モデル", "Model"),
    "models.column.training": ("学習時の初期化", "Trained with"),
    "models.column.length": ("学習時の長さ", "Training length"),
    "models.column.parameters": ("パラメーター", "Parameters"),
    "models.column.place": ("所在", "Where"),
    "models.column.with": ("比べられる相手", "Compared with"),
    "models.column.used": ("使った検証", "Used by"),
    "models.place.shipped": ("同梱", "Shipped"),
    "models.place.pair": ("自社で学習", "Trained here"),
    "models.place.folder": ("フォルダー", "Folder"),
    "models.place.hub": ("ハブ", "Hub"),
    "models.training.zero": ("従来（ゼロ初期化）", "Conventional (zero)"),
    "models.training.previous": ("提案（前状態引継ぎ）", "Proposed (previous state)"),
    "models.training.zero_adapted": (
        "提案（ゼロから引継ぎで追加学習）",
        "Proposed (zero, then trained on with carry)",
    ),
    "models.training.zero_control": (
        "従来（同じだけ追加学習した対照）",
        "Conventional (control, trained on as much)",
    ),
    "models.training.state_passing": ("提案（別文書の状態）", "Proposed (state of other text)"),
    "models.training.fitted_noise": ("提案（状態に合わせた雑音）", "Proposed (fitted noise)"),
    "models.training.learned": ("提案（学習した初期状態）", "Proposed (learned start)"),
    "models.training.unknown": ("不明（記録なし）", "Unknown (no record)"),
    "models.unit.bytes": ("{n} バイト", "{n} bytes"),
    "models.unit.tokens": ("{n} トークン", "{n} tokens"),
    "models.used.none": ("なし", "None"),
    "models.used": ("{n} 件", "{n}"),
    "models.with.none": ("なし（記録がないため）", "None (no record)"),
    "models.with.nobody": ("今はありません", "Nobody yet"),
    "models.with.more": ("{name} ほか {n} 件", "{name} and {n} more"),
    "models.expert": ("専門家向けの詳細", "Details for experts"),
    "models.expert.which": ("詳しく見るモデル", "Which model"),
    "models.fact.source": ("指定する名前", "As it is named"),
    "models.fact.architecture": ("構造", "Architecture"),
    "models.fact.architecture.value": (
        "{name}、{layers} 層、幅 {width}",
        "{name}, {layers} layers, width {width}",
    ),
    "models.fact.parameters": ("パラメーター", "Parameters"),
    "models.fact.weights": ("重みの大きさ", "Size of the weights"),
    "models.fact.vocabulary": ("語彙", "Vocabulary"),
    "models.fact.vocabulary.bytes": ("バイト単位", "Bytes"),
    "models.fact.vocabulary.own": (
        "独自の語彙 {hash}",
        "Its own, {hash}",
    ),
    "models.fact.stages": ("学習の段階", "Stages of training"),
    "models.fact.stage": (
        "{training}：{steps} ステップ、長さ {length}、{tokens} トークン、"
        "状態の最長の経過 {age} トークン",
        "{training}: {steps} steps, length {length}, {tokens} tokens, oldest state {age} tokens",
    ),
    "models.fact.tokens": ("学習したトークン数", "Tokens trained on"),
    "models.fact.corpus": ("学習した文書", "Training text"),
    "models.fact.corpus.value": (
        "{documents} 文書、{size}（指紋 {hash}）",
        "{documents} documents, {size} (fingerprint {hash})",
    ),
    "models.fact.sources": ("出典", "Sources"),
    "models.fact.licences": ("学習文書のライセンス", "Licences of the training text"),
    "models.fact.seed": ("乱数の種", "Seed"),
    "models.fact.loss": ("学習の最後の損失", "Last training loss"),
    "models.fact.loss.value": ("{bits} ビット/バイト", "{bits} bits per byte"),
    "models.fact.made": ("学習した環境", "Made on"),
    "models.fact.made.value": (
        "{device}、{duration}、版 {version}",
        "{device}, {duration}, version {version}",
    ),
    "models.fact.partner": ("公平な比較相手（従来方式）", "Fair ZERO to compare with"),
    "models.fact.partner.none": ("記録に指定なし", "None named"),
    "models.fact.fingerprint": ("指紋（SHA-256）", "Fingerprint (SHA-256)"),
    "models.fact.folder": ("保存場所", "Folder"),
    "models.fact.used": ("使った検証", "Evaluations that use it"),
    "models.fact.unknown": (
        "記録なし（採点だけなら使えます）",
        "No record (it can score a text, nothing else)",
    ),
    "models.unusable": (
        "読み取れないモデルがあります。",
        "Some models cannot be read.",
    ),
    # --- adding one
    "models.add": ("モデルを追加する", "Add a model"),
    "models.add.why": (
        "Hugging Face 形式のフォルダー、またはハブの ID（所有者/名前@40桁のコミット）を指定します。"
        "ハブから取得するときだけ、このコンピューターが外部に接続します。",
        "A folder in the Hugging Face form, or a hub id (owner/name@commit of 40 digits). Only to "
        "fetch one from the hub does this machine connect to the outside.",
    ),
    "models.add.source": ("フォルダーまたはハブの ID", "Folder or hub id"),
    "models.add.button": ("確認して追加", "Check and add"),
    "models.add.checking": ("ファイルを確認しています…", "Looking at its files…"),
    "models.add.done": (
        "「{name}」を追加しました（{architecture}、パラメーター {parameters}）。",
        "{name} was added ({architecture}, {parameters} parameters).",
    ),
    "models.add.no_record": (
        "学習の記録（record.json）がないため、従来と提案の比較には使えません。"
        "追加学習で組を作るか、採点だけに使えます。",
        "It has no record.json, so it is on neither side of a comparison. A pair can be trained "
        "from it if it reads bytes, and it can score a text.",
    ),
    "models.add.forget": ("一覧から外す", "Take it off the list"),
    # --- a pair of one's own
    "models.pair.lead": (
        "同じモデルから、従来方式と提案方式の 2 つを同じ文書・同じ順序・同じ回数で追加学習します。"
        "一部の文書は学習に使わず、比較のために取り分けます。",
        "From one model, two are trained further on the same documents, in the same order, for as "
        "many steps: the conventional way and the proposed way. Some documents are kept out of it, "
        "to compare the two on.",
    ),
    "models.pair.no_documents": (
        "学習に使う文書がまだありません。データのページで文書を追加してください。",
        "There are no documents to train on yet. Add some on the Data page.",
    ),
    "models.pair.documents": ("学習に使う文書", "Documents to train on"),
    "models.pair.start": ("元になるモデル", "Start from"),
    "models.pair.name": ("組の名前", "Name of the pair"),
    "models.pair.name.default": ("自社の組 {date}", "Own pair {date}"),
    "models.pair.settings": ("詳しい設定", "More settings"),
    "models.pair.steps": (
        "学習の回数（0 は文書の量から自動）",
        "Steps (0: chosen by the amount of text)",
    ),
    "models.pair.share": ("取り分ける割合（%）", "Share that is held out (%)"),
    "models.pair.share.help": (
        "0 は自動（4 分の 1、6 件以上、半分まで）",
        "0: automatic (a quarter, at least six, at most half)",
    ),
    "models.pair.seed": ("乱数の種", "Seed"),
    "models.pair.parting": ("文書を分けています…", "Parting the documents…"),
    "models.pair.parted": (
        "学習に {training} 件（{training_size}）、比較に {held_out} 件"
        "（{held_out_size}）を使います。",
        "{training} documents ({training_size}) are trained on, {held_out} ({held_out_size}) are "
        "held out.",
    ),
    "models.pair.too_short": (
        "短すぎて使えない文書が {n} 件あります。",
        "{n} are too short to be of use.",
    ),
    "models.pair.few": (
        "取り分けられるのが {n} 件だけなので、この組の比較では判定が出ません"
        "（6 件以上必要）。文書を増やしてください。",
        "Only {n} can be held out, too few for a verdict on this pair (6 are needed). Add "
        "documents.",
    ),
    "models.pair.estimate": ("時間を見積もる（約 20 秒）", "Estimate the time (about 20 seconds)"),
    "models.pair.estimating": (
        "数ステップだけ学習して測っています…",
        "Measuring a few real steps…",
    ),
    "models.pair.estimated": (
        "見積もり：{duration}、メモリ {memory}、ディスク {disk}"
        "（2 つ合わせて {steps} ステップ × 2）。",
        "Estimate: {duration}, {memory} of memory, {disk} of disk ({steps} steps × 2).",
    ),
    "models.pair.estimated.note": (
        "このコンピューターで今測った値です。ほかの計算が動いていると長くなります。",
        "Measured on this computer just now; other work makes it longer.",
    ),
    "models.pair.begin": ("学習を始める", "Start training"),
    "models.pair.again": ("続きから再開", "Go on where it stopped"),
    "models.pair.compare": ("取り分けた文書で比べる", "Compare on the held-out documents"),
    "models.pair.one_side": (
        "片方だけを学習したので、従来と提案の比較はできません。",
        "Only one side was trained: there is nothing to compare it with.",
    ),
    "models.pair.cancel": ("中止", "Cancel"),
    "models.pair.trainings": ("学習の状況", "Trainings"),
    "models.pair.nothing": (
        "まだ学習は依頼されていません。",
        "No training has been asked for yet.",
    ),
    "models.state.queued": ("待機中", "Waiting"),
    "models.state.running": ("学習中", "Training"),
    "models.state.done": ("完了", "Done"),
    "models.state.failed": ("失敗", "Failed"),
    "models.state.cancelled": ("中止", "Cancelled"),
    "models.said.queued": (
        "順番を待っています。採点が先に進みます。",
        "It waits for its turn; scoring goes first.",
    ),
    "models.said.running": ("残り{duration}", "{duration} left"),
    "models.said.running.first": ("速さを測っています", "Its speed is being measured"),
    "models.said.cancelled": (
        "中止しました。20 ステップごとの保存から再開できます。",
        "Cancelled. It can go on from the last snapshot (one every 20 steps).",
    ),
    "models.said.done": (
        "{trained} 件で学習し、{held_out} 件を取り分けました。",
        "Trained on {trained} documents, {held_out} held out.",
    ),
    "models.said.leave": (
        "このページを閉じても、アプリを再起動しても続きます。",
        "It goes on when you close this page or restart the app.",
    ),
    "models.side.a": ("従来方式（ゼロ初期化）", "Conventional method (zero)"),
    "models.side.b": ("提案方式（前状態引継ぎ）", "Proposed method (previous state)"),
    "models.chart.step": ("ステップ", "Step"),
    "models.chart.bits": ("学習の損失（ビット/バイト）", "Training loss (bits per byte)"),
    "models.chart.table": ("数値の表", "As a table"),
    "models.chart.none": (
        "損失は 20 ステップごとに表示されます。",
        "The losses appear after every 20 steps.",
    ),
    "models.held_out": (
        "取り分けた文書の損失（ビット/バイト）",
        "Loss on held-out documents (bits per byte)",
    ),
    "models.held_out.before": ("学習前", "Before"),
    "models.held_out.after": ("学習後", "After"),
    "models.held_out.worse": (
        "{side}は、学習に使っていない文書で学習前より悪くなりました。改善ではないため、"
        "元のモデルをお使いいただくか、同じ種類の文書を増やしてください。",
        "{side} became worse on text that it was not trained on. It is no improvement: keep the "
        "model you started from, or add documents of this kind.",
    ),
    "models.held_out.same": (
        "{side}は、どの回数でも学習に使っていない文書が良くならなかったため、元のモデルのままです。",
        "{side} is the model you started from: no number of steps made unseen text any better.",
    ),
    # --- on the Results page
    "models.offer.unigram": (
        "このモデルはこの種の文書を知らないため、どちらの方式が良いかはこの結果から判断できません。"
        "自社の文書で追加学習すれば判断できます。",
        "The models do not know this kind of text, so that these results cannot say which method "
        "is better. A pair that is trained on it can.",
    ),
    "models.offer.order2": (
        "このモデルはこの種の文書をよく知らないため、Go は出せません。"
        "自社の文書で追加学習したモデルで確かめられます。",
        "The models do not know this kind of text well, so that Go is not possible. Confirm it "
        "with a pair that is trained on it.",
    ),
    "models.offer.button": ("自社文書で追加学習して再検証", "Train on own documents, try again"),
    "models.offer.means": (
        "今のモデルに、この検証の文書で追加学習をします。学習に使わない文書を取り分け、そのうえで両方式を"
        "比べ直します。所要時間は、始める前に次の画面で見積もります。",
        "The models are trained further on the documents of this evaluation; some are held out, "
        "and both methods are compared again on those. How long it takes is estimated on the next "
        "page, before anything starts.",
    ),
    # --- on the Run page
    "app.plan.pair": ("比べるモデルの組", "Pair of models"),
    "app.plan.pair.shipped": ("同梱の組", "The shipped pair"),
    "app.plan.pair.own": ("{proposed} と {zero}", "{proposed} and {zero}"),
    "app.plan.refused": (
        "この組み合わせでは計画できません。",
        "This cannot be planned.",
    ),
    "app.plan.estimate.button": (
        "実測で見積もる（約 20 秒）",
        "Estimate from a short run (about 20 seconds)",
    ),
    "app.plan.estimate.measuring": (
        "最初の文書の一部を採点して測っています…",
        "Scoring a little of one document…",
    ),
    "app.plan.estimate.probed": (
        "読む量は {amount}。見積もりは{duration}、メモリ {memory}"
        "（{processes} プロセス、{device}）。",
        "To be read: {amount}. Estimate: {duration}, {memory} of memory ({processes} processes on "
        "{device}).",
    ),
    "app.plan.estimate.probed.note": (
        "このコンピューターで今測った値です。ほかの計算が動いていると長くなります。",
        "Measured on this computer just now; other work makes it longer.",
    ),
    "tokens.ended": (
        "長い文書をトークンに分ける処理が途中で終わりました。空きメモリを確かめて、"
        "もう一度お試しください。",
        "The process that reads a long document as tokens was ended. See whether memory is short, "
        "and try again.",
    ),
    "estimate.no_answer": (
        "見積もりの測定が終わりませんでした。ほかの計算が終わってからもう一度お試しください。"
        "見積もりなしでも始められます。",
        "The measurement did not end. Try again when other work has ended; it can be started "
        "without an estimate too.",
    ),
}

"""Words of the pages: key -> (Japanese, English)."""

from __future__ import annotations

FRAME: dict[str, tuple[str, str]] = {
    "app.name": ("LongSSM A/B", "LongSSM A/B"),
    "app.page.home": ("ホーム", "Home"),
    "app.page.data": ("データ", "Data"),
    "app.page.run": ("実行", "Run"),
    "app.page.results": ("結果", "Results"),
    "app.page.report": ("報告書", "Report"),
    "app.language": ("表示言語", "Language"),
    "app.evaluation": ("検証", "Evaluation"),
    "app.failure": (
        "予期しない問題が起きました。もう一度お試しください。続く場合は、記録番号 {mark} を管理"
        "者にお知らせください。",
        "Something unexpected happened. Please try again. If it happens again, give your "
        "administrator the record number {mark}.",
    ),
    "app.checkpoint.unreadable": (
        "モデル「{source}」を読み込めません。別の組を選ぶか、管理者に確認してください。",
        "The model {source!r} cannot be read. Choose another pair or ask your administrator.",
    ),
    "app.time.seconds": ("約 {n} 秒", "about {n} seconds"),
    "app.time.minutes": ("約 {n} 分", "about {n} min"),
    "app.time.hours": ("約 {hours} 時間 {minutes} 分", "about {hours} h {minutes} min"),
    "app.status.queued": ("待機中", "Waiting"),
    "app.status.running": ("実行中", "Running"),
    "app.status.done": ("完了", "Finished"),
    "app.status.failed": ("失敗", "Failed"),
    "app.status.cancelled": ("中止", "Cancelled"),
    "app.run.new": ("新しい検証", "New evaluation"),
    "app.run.none": ("検証を選んでください", "Choose an evaluation"),
    "app.run.unlisted": ("（一覧にない検証）", "(evaluation not in the list)"),
    "app.empty.choose": (
        "上の欄で検証を選ぶか、新しい検証を始めてください。",
        "Choose an evaluation above, or start a new one.",
    ),
    "app.empty.none": (
        "まだ検証がありません。データを入れて最初の検証を始めましょう。",
        "There is no evaluation yet. Upload your data and start the first one.",
    ),
    "app.empty.to_data": ("データを入れる", "Upload data"),
}

HOME: dict[str, tuple[str, str]] = {
    "app.home.title": (
        "長い文書に強いモデルへの切り替えを、自社のログで判断する",
        "Decide on your own logs whether to adopt a better reader of long texts",
    ),
    "app.home.lead": (
        "言語モデルの記憶の始め方を「従来方式（ゼロ初期化）」から「提案方式（前状態引継ぎ）」に"
        "変えると良くなるかを、同じ文書の同じ箇所で採点して比べます。結論の一文、長さと品質のグ"
        "ラフ、A4一枚の報告書ができます。データはこのコンピューターの外に出ません。",
        "It compares two ways for a language model to start its memory: the conventional one (zero "
        "initialization) and the proposed one (taking over the previous state), scored on the "
        "same places of the same documents. You get one sentence, one chart of quality against "
        "length and a one-page memo. Your data never leave this computer.",
    ),
    "app.home.own.title": ("自社のログで検証する", "Evaluate on your own logs"),
    "app.home.own.text": (
        "ログや文書のファイルを入れて、比べ方を選び、実行します。文書は 6 件で判定でき、20 件以上を"
        "推奨します。",
        "Drop log or text files, choose what to compare, and run. Six documents can carry a "
        "verdict, 20 or more are better.",
    ),
    "app.home.own.button": ("データを入れる", "Upload data"),
    "app.home.sample.title": ("サンプルで試す", "Try the sample"),
    "app.home.sample.text": (
        "手元にファイルがなくても、付属の業務・機械ログ {documents} 件（学習には使っていないもの）"
        "で実際に採点します。速報の設定で数分かかります。",
        "No file at hand? This really scores {documents} bundled business and machine logs, "
        "which were never used in training. With the quick setting it takes a few minutes.",
    ),
    "app.home.sample.button": ("サンプルの検証を始める", "Start the sample evaluation"),
    "app.home.sample.working": ("サンプルを準備しています…", "Preparing the sample…"),
    "app.home.sample.name": ("サンプル：業務・機械ログ", "Sample: business and machine logs"),
    "app.home.list": ("これまでの検証", "Evaluations"),
    "app.home.list.empty": (
        "まだ検証はありません。上のどちらかから始めてください。",
        "No evaluation yet. Start with one of the two above.",
    ),
    "app.home.open.results": ("結果を見る", "See the results"),
    "app.home.open.run": ("進み具合を見る", "See the progress"),
    "app.home.open.failed": ("状況を見る", "See what happened"),
    "app.home.started": ("{when} 開始", "Started {when}"),
    "app.home.more": ("整理", "Manage"),
    "app.home.rename": ("名前", "Name"),
    "app.home.rename.button": ("名前を変える", "Rename"),
    "app.home.archive.button": ("アーカイブする", "Archive"),
}

DATA: dict[str, tuple[str, str]] = {
    "app.data.title": ("データ", "Data"),
    "app.data.lead": (
        "検証に使うログや文書を入れます。文字コードは自動で見分け、長いログは複数の文書に分けら"
        "れます。",
        "Upload the logs or texts to evaluate on. Encodings are detected, and one long log "
        "can be split into many documents.",
    ),
    "app.upload.title": ("ここにファイルをドラッグ＆ドロップ", "Drop files here"),
    "app.upload.hint": (
        "{formats}。1ファイル {limit} まで、まとめて入れられます。通信が途切れても再開できます。",
        "{formats}. Up to {limit} a file, many at once. An interrupted upload goes on where it "
        "stopped.",
    ),
    "app.upload.comma": ("、", ", "),
    "app.upload.choose": ("ファイルを選ぶ", "Choose files"),
    "app.upload.list": ("送信中のファイル", "Files being sent"),
    "app.upload.waiting": ("順番待ち", "Waiting"),
    "app.upload.paused": ("接続を待っています…", "Waiting for the connection…"),
    "app.upload.again": ("続きから送る", "Go on"),
    "app.upload.error.size": (
        "大きすぎます。分割してから入れてください。",
        "Too large. Split the file first.",
    ),
    "app.upload.error.disk": (
        "保存先の空き容量が足りません。管理者に連絡してください。",
        "The disk is full. Tell your administrator.",
    ),
    "app.upload.error.token": (
        "ページを開いてから時間がたちました。ページを読み込み直し、もう一度入れてください。",
        "This page has been open for too long. Reload it and drop the file again.",
    ),
    "app.upload.error.network": ("接続が切れました。", "The connection was lost."),
    "app.upload.error.other": (
        "送れませんでした。もう一度入れてください。",
        "Could not be sent. Drop the file again.",
    ),
    "app.data.reading": (
        "ファイルを読み取っています（{n}/{total}）…",
        "Reading the files ({n}/{total})…",
    ),
    "app.data.storing": (
        "文書を取り込んでいます（{n}/{total}）…",
        "Storing the documents ({n}/{total})…",
    ),
    "app.data.pending": ("アップロードしたファイル", "Uploaded files"),
    "app.data.status.accept": ("受け付けました", "Accepted"),
    "app.data.status.warn": ("確認が必要です", "Please check"),
    "app.data.status.partial": ("一部だけ読めました", "Read in part"),
    "app.data.status.reject": ("受け付けられません", "Refused"),
    "app.data.found": (
        "文字コード {encoding}、{size}、文書 {documents} 件",
        "Encoding {encoding}, {size}, documents: {documents}",
    ),
    "app.data.encoding": ("文字コード", "Encoding"),
    "app.data.encoding.auto": ("自動で判定", "Detect automatically"),
    "app.data.split": ("文書の分け方", "How to split it into documents"),
    "app.data.split.none": ("分けない（1 件の文書）", "Do not split (one document)"),
    "app.data.split.why": (
        "判定には 6 件以上の文書が要ります。長い 1 本のログは、"
        "分けると 1 件ずつの結果を比べられます。",
        "A verdict needs six documents or more. Split one long log, and its parts can be "
        "compared one by one.",
    ),
    "app.data.columns": (
        "取り込む列（押すと外れ、もう一度押すと戻ります）",
        "Columns that are stored (press one to leave it out, again to take it back)",
    ),
    "app.data.columns.why": (
        "色の付いた列だけの表として取り込みます。並びは元の表のままです。",
        "The table is stored with the coloured columns only, in their own order.",
    ),
    "app.data.columns.none": (
        "列が 1 つも選ばれていないため、表をそのまま取り込みます。",
        "No column is chosen, so the table is stored as it stands.",
    ),
    "app.data.columns.sample": ("値の例 ", "Examples of values "),
    "app.data.mask": ("個人情報を伏せる", "Mask personal data"),
    "app.data.mask.why": (
        "取り込む前に、次の情報を [mail-1] のような印に置き換えます。同じ値は同じ番号になるので、"
        "記録のつながりは残ります。",
        "Before anything is stored, these are replaced by marks such as [mail-1]. The same value "
        "gets the same number, so that the record can still be followed.",
    ),
    "app.data.mask.name": ("名前の一覧で伏せる", "Mask names from a list"),
    "app.data.mask.name.list": (
        "伏せる名前（1 行に 1 つ）",
        "Names to mask (one a line)",
    ),
    "app.data.mask.name.example": ("山田 太郎\n佐藤商事", "Jane Example\nExample Trading"),
    "app.data.mask.name.how": (
        "全角・半角と大文字・小文字は区別しません。姓と名の間に空白を入れて書くと、空白のない書き方も"
        "見つけます。ファイル名は伏せません。",
        "Width and case make no difference. Written with a space between its parts, a name is "
        "found without one as well. Names of files are not masked.",
    ),
    "app.data.mask.original": (
        "元のファイルもそのまま保存する",
        "Store the files as they were, too",
    ),
    "app.data.mask.original.kept": (
        "伏せた情報や除いた列が、保存する元のファイルに残ります。",
        "What is masked or left out will still be in the stored files.",
    ),
    "app.data.mask.seen": (
        "先頭部分に見つかりました：{kinds}。伏せる場合は上で選んでください。",
        "Found at the beginning: {kinds}. Tick above what is to be masked.",
    ),
    "app.data.mask.left": (
        "まだ伏せていません（先頭部分）：{kinds}。",
        "Not masked yet (at the beginning): {kinds}.",
    ),
    "app.data.mask.only": (
        "ここで見つかる形のものだけです。人の名前は、一覧に書いたものしか伏せません。"
        "各ファイルの「先頭を見る」でも確かめてください。",
        "Only what has such a form is found, and of names only those on your list. Look at the "
        "beginning of each file as well.",
    ),
    "app.data.mask.done": ("取り込むときに伏せる箇所：{kinds}。", "Will be masked: {kinds}."),
    "app.data.mask.done.large": (
        "見えている部分で伏せる箇所：{kinds}。大きなファイルは、残りの部分も取り込むときに伏せます。",
        "Will be masked in what is seen here: {kinds}. The rest of large files is masked as well "
        "when they are read.",
    ),
    "app.data.mask.none.large": (
        "見えている部分には、選んだ種類の情報はありません。大きなファイルは、残りの部分も"
        "取り込むときに伏せます。",
        "Nothing of what is ticked is in what is seen here. The rest of large files is masked when "
        "they are read.",
    ),
    "app.data.mask.none": (
        "選んだ種類の情報は見つかりませんでした。",
        "Nothing of what is ticked was found.",
    ),
    "app.data.mask.places": ("置き換えの例（{n} か所）", "What is replaced ({n} places)"),
    "app.data.mask.column.kind": ("種類", "Kind"),
    "app.data.mask.column.place": ("置き換え", "Replacement"),
    "app.data.mask.column.file": ("ファイル", "File"),
    "app.data.preview": ("先頭を見る", "See the beginning"),
    "app.data.forget": ("取り消す", "Remove"),
    "app.data.store": ("{documents} 件の文書として取り込む", "Store as documents: {documents}"),
    "app.data.store.partly": (
        "ほかは伏せずに {documents} 件の文書として取り込む",
        "Store with the rest unmasked, as documents: {documents}",
    ),
    "app.data.store.left": (
        "伏せずに {documents} 件の文書として取り込む",
        "Store unmasked, as documents: {documents}",
    ),
    "app.data.stored.said": (
        "{documents} 件の文書を取り込みました。",
        "Documents stored: {documents}.",
    ),
    "app.data.stored.masked": ("伏せた箇所：{kinds}。", "Masked: {kinds}."),
    "app.data.stored.not_kept": (
        "元のファイルは保存していません。",
        "The files as they were are not stored.",
    ),
    "app.data.stored": ("検証に使う文書", "Documents for the evaluation"),
    "app.data.stored.note": (
        "印を付けた文書で検証します。付属のモデルは小さな検証用のため、学習時に一度に見た長さは "
        "{training_length} バイト（日本語で約 {characters} 字）です。",
        "The ticked documents are evaluated. The shipped model is a small one, for trials: in "
        "training it saw {training_length} bytes at a time (about {characters} Japanese "
        "characters).",
    ),
    "app.data.empty": (
        "まだ文書がありません。上の枠にファイルを入れると、ここに並びます。",
        "No documents yet. Drop files above and they are listed here.",
    ),
    "app.data.column.name": ("文書", "Document"),
    "app.data.column.size": ("大きさ", "Size"),
    "app.data.column.times": ("学習時の長さとの比", "Times training length"),
    "app.data.column.times.value": ("{n:,} 倍", "× {n:,}"),
    "app.data.column.encoding": ("元の文字コード", "Encoding"),
    "app.data.column.use": ("使える長さ", "Usable"),
    "app.data.use.full": ("長さは十分です", "Long enough"),
    "app.data.use.part": ("{length:,} バイトまで", "Up to {length:,} bytes"),
    "app.data.use.short": ("短すぎます", "Too short"),
    "app.data.column.prepared": ("前処理", "Prepared"),
    "app.data.prepared.columns": ("列：{columns}", "Columns: {columns}"),
    "app.data.prepared.masked": ("伏せた情報：{kinds}", "Masked: {kinds}"),
    "app.data.column.all": ("すべて選ぶ", "Tick all"),
    "app.data.enough.none": ("文書に印を付けてください。", "Tick the documents to use."),
    "app.data.enough.few": (
        "選んだ文書は {n} 件です。判定には、長さが十分な文書があと {needed} 件必要です。今のま"
        "までも曲線は見られます。",
        "{n} documents are ticked. A verdict needs {needed} more of sufficient length. The "
        "curve can be seen all the same.",
    ),
    "app.data.enough.some": (
        "選んだ文書は {n} 件です。判定できます（6 件で可、20 件以上を推奨）。",
        "{n} documents are ticked. That can carry a verdict (6 are enough, 20 or more are "
        "better).",
    ),
    "app.data.enough.many": (
        "選んだ文書は {n} 件です。判定に十分な件数です。",
        "{n} documents are ticked. That is enough for a verdict.",
    ),
    # after `results.parts`, where the documents are parts of one file
    "app.data.enough.parts": (
        "選んだ文書は {n} 件です。判定の計算はできます。{parts}",
        "{n} documents are ticked. That can carry a verdict. {parts}",
    ),
    "app.data.next": ("次へ：比べ方を決める", "Next: choose what to compare"),
    "app.data.next.planned": ("次へ：計画どおりに実行する", "Next: run it as planned"),
    "app.data.next.waiting": (
        "アップロードしたファイルを取り込むか外すと進めます。",
        "Store the uploaded files, or take them off, to go on.",
    ),
}

RUN: dict[str, tuple[str, str]] = {
    "app.plan.lead": (
        "知りたいことを選び、判定の基準を先に固定してから実行します。あとから基準は変えられませ"
        "ん。",
        "Choose the question and set the decision criteria before anything runs. They cannot be "
        "changed later.",
    ),
    "app.plan.documents": ("対象：文書 {n} 件、合計 {size}", "{n} documents, {size} in all"),
    "app.plan.change": ("文書を選び直す", "Choose others"),
    "app.plan.name": ("検証の名前", "Name of the evaluation"),
    "app.plan.name.default": ("検証 {date}", "Evaluation {date}"),
    "app.plan.question": ("知りたいこと", "The question"),
    "app.plan.preset.best_zero": ("採用すべきか", "Should we adopt it?"),
    "app.plan.preset.best_zero.why": (
        "従来方式のうち一番良い読み方を別の文書で選び、それと提案方式を比べます。Go を出せるの"
        "はこの比べ方です。",
        "The best way of reading with the conventional method is chosen on other documents and "
        "compared with the proposed method. This is the comparison that decides.",
    ),
    "app.plan.preset.matched": (
        "学習方法の違いだけで良くなるか",
        "Does the training change alone help?",
    ),
    "app.plan.preset.matched.why": (
        "どちらも記憶を引き継いで読み、学習時の初期化だけを変えて比べます。LongSSM 論文の主張そ"
        "のものです。",
        "Both carry their memory while reading; only the initialization in training differs. "
        "This is the claim of the LongSSM paper itself.",
    ),
    "app.plan.preset.paper": ("論文と同じ比べ方では", "The published comparison"),
    "app.plan.preset.paper.why": (
        "従来方式は学習時の長さごとに記憶をリセットして読みます。見ている文脈の長さが違う点にご"
        "注意ください。",
        "The conventional method blanks its memory after every training length. Note that the two "
        "see different amounts of context.",
    ),
    "app.plan.preset.operations": ("記憶を残して読む効果は", "What does keeping the memory bring?"),
    "app.plan.preset.operations.why": (
        "同じモデル（提案方式）を、記憶を区切る読み方と引き継ぐ読み方で比べます。運用方法を決め"
        "るための比較です。",
        "The same model (proposed) reads with its memory blanked and with its memory carried. "
        "This decides how it is operated.",
    ),
    "app.plan.model": ("モデルと細かさ", "Model and depth"),
    "app.plan.length": ("学習時の長さ", "Training length"),
    "app.plan.length.value": ("{length} バイト", "{length} bytes"),
    "app.plan.kind": ("提案方式の作り方", "How the proposed model was made"),
    "app.plan.kind.previous": ("最初から引き継いで学習", "Carried from the start"),
    "app.plan.kind.zero_adapted": (
        "従来モデルに少しだけ追加学習",
        "Conventional, trained a little further",
    ),
    "app.plan.kind.why": (
        "追加学習は、既存のモデルを作り直さずに済む安価な方法です。対照には同じだけ従来方式で追"
        "加学習したモデルを使います。",
        "Training a little further is the cheap way, without remaking an existing model. Its "
        "control is the conventional model trained just as much further.",
    ),
    "app.plan.depth": ("細かさ", "Depth"),
    "app.plan.depth.quick": ("速報", "Quick"),
    "app.plan.depth.standard": ("標準", "Standard"),
    "app.plan.depth.precise": ("精密", "Precise"),
    "app.plan.depth.quick.why": (
        "各文書の先頭 8 KB と採点区間 2 か所。傾向を早くつかみます。速報では Go は出ません。",
        "The first 8 KB and two scored spans of each document: a first look. A quick run never "
        "says Go.",
    ),
    "app.plan.depth.standard.why": (
        "各文書の先頭 32 KB と採点区間 4 か所。判定に使えます。",
        "The first 32 KB and four scored spans of each document. Good for a decision.",
    ),
    "app.plan.depth.precise.why": (
        "文書の全体を読み、全体を採点します。400 万トークンを超える文書では、"
        "先頭の 400 万トークンと、全体に散らした採点区間 64 か所です。",
        "Reads and scores every document from end to end; of one longer than 4 million tokens the "
        "first 4 million, and 64 scored spans spread over all of it.",
    ),
    "app.plan.estimate": (
        "読む量は {amount}、所要時間の見積もりは{duration}です（このコンピューターで前回測った"
        "速さによる）。",
        "To be read: {amount}, which should take {duration} at the speed last measured on this "
        "computer.",
    ),
    "app.plan.estimate.first": (
        "読む量は {amount} です。所要時間は下のボタンで測れます（約 20 秒）。",
        "To be read: {amount}. The button below measures how long it takes (about 20 seconds).",
    ),
    "app.plan.rule": ("判定の基準", "Decision criteria"),
    "app.plan.rule.primary": ("判定に使う文脈の長さ", "Context length that decides"),
    "app.plan.rule.margin": (
        "必要な改善幅 δ（ビット/バイト）",
        "Improvement asked for, δ (bits per byte)",
    ),
    "app.plan.rule.short_margin": (
        "短い文書で許す悪化幅 ε（ビット/バイト）",
        "Loss allowed on short texts, ε (bits per byte)",
    ),
    "app.plan.rule.decider": ("決裁者", "Decided by"),
    "app.plan.rule.date": ("判定日", "Date of the decision"),
    "app.plan.rule.hint": ("任意", "optional"),
    "app.plan.rule.plain": (
        "{length:,} バイトは日本語で約 {characters} 字（英数字なら {length:,} 字）です。"
        "{margin:.3f} ビット/バイトの改善は、次の 1 バイトを当てる迷い（パープレキシティ）が "
        "{fewer} 減ることに当たります。",
        "{length:,} bytes are about {characters} Japanese characters, or {length:,} Latin ones. "
        "{margin:.3f} bits per byte less mean {fewer} less perplexity, the number of bytes between "
        "which the model hesitates.",
    ),
    "app.plan.rule.words.go": (
        "Go：{length:,} バイト（日本語で約 {characters} 字）の文脈で、{b}が{a}より "
        "{margin} ビット/バイトを超えて良いことが {confidence}%信頼区間で言え、"
        "学習時の長さ {short:,} バイトでの悪化が {short_margin} 未満で、"
        "速度とメモリも基準内のとき。",
        "Go: with {length:,} bytes of context (about {characters} Japanese characters) {b} is "
        "better by more than {margin} bits per byte, by the {confidence}% "
        "interval; at the training length, {short:,} bytes, it is worse by less than "
        "{short_margin}; and time and memory stay within their limits.",
    ),
    "app.plan.rule.words.no_go": (
        "No-Go：信頼区間から見て、改善が {margin} ビット/バイトに届かないと言えるとき、または悪"
        "化が明らかなとき。",
        "No-Go: the interval rules out an improvement of {margin} bits per byte, or a harm is "
        "shown.",
    ),
    "app.plan.rule.words.else": (
        "それ以外は判定保留とし、文書を増やせば決まるときは、あと何件必要かを示します。",
        "Anything else is undecided; where more documents would decide it, with how many.",
    ),
    "app.plan.rule.words.quick": (
        "速報のため、基準を満たしても Go とは表示せず、傾向だけを示します。明らかに悪いときだけ "
        "No-Go とします。",
        "This is a quick run: it shows the tendency and never says Go. It says No-Go only where B "
        "is clearly worse.",
    ),
    "app.plan.short": (
        "{n} 件の文書は短すぎるため、採点されません。",
        "Too short to be scored: {n} documents.",
    ),
    "app.plan.calibration": (
        "{n} 件は従来方式の読み方を選ぶためだけに使い、{scored} 件で比べます。",
        "Documents that only choose how the conventional method reads: {n}. Compared on: {scored}.",
    ),
    "app.plan.scored": ("{scored} 件の文書で比べます。", "Compared on {scored} documents."),
    "app.plan.lock.own": ("固定する内容", "What is locked"),
    "app.plan.lock.locked": ("この計画で実行します（固定済み）", "Run by this plan (locked)"),
    "app.plan.start.own": ("この内容で固定して開始", "Lock this and start"),
    "app.plan.start.locked": ("この計画で開始", "Start with this plan"),
    "app.plan.starting": ("検証を登録しています…", "Queueing the evaluation…"),
    "app.plan.no_documents": (
        "検証する文書がまだありません。先にデータを入れてください。",
        "There are no documents to evaluate yet. Upload your data first.",
    ),
    "app.progress.locked": (
        "判定の基準は {when} に固定されました（識別番号 {hash}）。",
        "The criteria were locked on {when} (id {hash}).",
    ),
    "app.progress.leave": (
        "このページを閉じても計算は続きます。あとで同じアドレスから戻れます。",
        "You may close this page: the work goes on. Come back by the same address.",
    ),
    "app.progress.left": ("残り {duration}", "{duration} left"),
    "app.progress.left.unknown": ("残り時間を計算中", "Working out the time left"),
    "app.progress.starting": ("計算の準備をしています…", "Getting ready…"),
    "app.progress.worker": (
        "計算する処理が動いていません。自動で起動し直しています。続く場合は、このアプリを起動し"
        "直してください。",
        "No worker is running; one is being started. If this stays, restart the app.",
    ),
    "app.progress.device": ("計算に使う装置：{device}", "Computed on: {device}"),
    "app.progress.documents": ("文書ごとの進み", "By document"),
    "app.progress.column.document": ("文書", "Document"),
    "app.progress.column.part": ("役割", "Part"),
    "app.progress.column.done": ("進み", "Done"),
    "app.role.scored": ("比較", "Compared"),
    "app.role.calibration": ("基準選び用", "Chooses the reading"),
    "app.role.too_short": ("短すぎて対象外", "Too short"),
    "app.progress.sofar": ("ここまでの結果（{n} 件）", "So far ({n} documents)"),
    "app.progress.sofar.note": (
        "途中経過です。区間は、途中で何度見ても誤りが増えない広めのもので、完了後の結果の区間とは"
        "別です。判定は完了後に出ます。",
        "An interim look. Its interval stays valid however often you look and is therefore wider "
        "than that of the result. The verdict comes at the end.",
    ),
    "app.progress.sofar.few": (
        "（区間は {n} 件から表示します）",
        "(an interval is shown from {n} on)",
    ),
    "app.progress.sofar.none": (
        "比べられる文書がそろうと、ここに途中の差が出ます。",
        "The difference so far appears here once documents are complete.",
    ),
    "app.progress.cancel": ("中止する", "Cancel"),
    "app.progress.cancel.sure": (
        "この検証を中止しますか。計算済みの分は残ります。",
        "Cancel this evaluation? What has been computed is kept.",
    ),
    "app.progress.cancel.yes": ("はい、中止する", "Yes, cancel it"),
    "app.progress.done": ("完了しました。結果を見られます。", "Finished. The results are ready."),
    "app.progress.took": ("計算は{duration}で完了しました。", "Computed in {duration}."),
    "app.outcome.quick": ("{outcome}・速報", "{outcome}, quick"),
    "app.progress.done.next": ("結果を見る", "See the results"),
    "app.progress.cancelled": (
        "中止されました。計算済みの文書の結果だけを見られます。",
        "Cancelled. Only the results of the finished documents can be seen.",
    ),
    "app.progress.failed": (
        "一部の計算が失敗しました。理由は下のとおりです。",
        "Some of the work failed, for the reasons below.",
    ),
    "app.progress.again": ("同じ文書で新しい検証を作る", "Plan a new one on the same documents"),
    "app.progress.partial": ("計算済みの結果を見る", "See what was computed"),
    "app.progress.failure": ("{document}（{arm}）：{reason}", "{document} ({arm}): {reason}"),
}

RESULTS: dict[str, tuple[str, str]] = {
    "app.results.running": (
        "まだ計算の途中です。下の数字は、完了した文書だけによる途中経過です。",
        "Still running. The numbers below are interim, from the finished documents only.",
    ),
    "app.results.cancelled": (
        "この検証は中止されました。下の数字は、完了した文書だけによるものです。",
        "This evaluation was cancelled. The numbers below are from the finished documents only.",
    ),
    "app.results.failed": (
        "一部の計算が失敗したため、比較は完全ではありません。",
        "Some of the work failed, so the comparison is not complete.",
    ),
    "app.results.nothing": (
        "まだ比べられる文書がありません。1 件目が終わると、ここに曲線が出ます。",
        "No document can be compared yet. The curve appears here when the first one is "
        "complete.",
    ),
    "app.results.to_run": ("進み具合を見る", "See the progress"),
    "app.results.to_compare": ("次へ：文書ごとに比べる", "Next: compare document by document"),
    "app.results.to_report": ("報告書へ進む", "Go on to the report"),
    "app.results.about": (
        "{question} — {documents}、文脈 {length} {unit}、{depth}",
        "{question} — {documents}, {length} {unit} of context, {depth}",
    ),
    "app.results.about.documents": ("文書 {n} 件", "{n} documents"),
    "app.results.about.documents.cut": (
        "文書 {n} 件（{files} 個のファイルを分けたもの）",
        "{n} documents (parts of {files} file(s))",
    ),
    "app.results.about.documents.partly_cut": (
        "文書 {n} 件（うち {parts} 件は {files} 個のファイルを分けたもの）",
        "{n} documents ({parts} of them parts of {files} file(s))",
    ),
    "app.results.in_figures": ("数字と読み方を見る", "In figures, and how each side reads"),
    "app.results.needed": (
        "判定まであと {n} 件の文書が必要です。",
        "Documents still needed for a verdict: {n}.",
    ),
    "app.results.error": ("予測の誤り（小さいほど良い）", "Prediction error (lower is better)"),
    "app.results.error.more": ("差 B−A は {delta}、{interval}", "B − A is {delta}, {interval}"),
    "app.results.delta": ("差（B−A、ビット/バイト）", "Difference (B − A, bits per byte)"),
    "app.results.delta.more": (
        "{confidence}%信頼区間 {interval}",
        "{confidence}% interval {interval}",
    ),
    "app.results.delta.none": ("区間は計算できません", "no interval can be given"),
    "app.results.a": ("A：{name}", "A: {name}"),
    "app.results.b": ("B：{name}", "B: {name}"),
    "app.results.bits.why": (
        "単位はビット/バイト：文章 1 バイトを言い当てるのに足りない情報の量",
        "In bits per byte: the information that is missing to guess one byte of text",
    ),
    "app.results.perplexity": (
        "パープレキシティ：A {a}、B {b}（1 {one_unit}あたり）",
        "Perplexity: A {a}, B {b} (per {one_unit})",
    ),
    "app.results.error.open": (
        "ただし、差があるとは言い切れません。",
        "But that there is a difference at all is not shown.",
    ),
    "app.results.relative.better": (
        "B が {value}% 良い",
        "B is {value}% better",
    ),
    "app.results.relative.worse": (
        "B が {value}% 悪い",
        "B is {value}% worse",
    ),
    "app.results.relative.same": ("A と B は同じ", "A and B are the same"),
    "app.results.validity": ("検証が正しく行われたか", "Was the evaluation valid?"),
    "app.results.validity.good": ("すべての確認に合格しました。", "Every check passed."),
    "app.results.validity.warning": (
        "注意が必要な確認があります。このため Go は出ません。",
        "Some checks ask for care: no Go can be given.",
    ),
    "app.results.validity.bad": (
        "合格しなかった確認があります。このため判定は出しません。",
        "A check failed, so there is no verdict.",
    ),
    "app.results.curve": ("長さと品質", "Quality against length"),
    "app.results.curve.kind": ("グラフの種類", "Kind of chart"),
    "app.results.curve.matched": ("文脈の長さ別", "By context length"),
    "app.results.curve.prefix": ("先頭からの累計", "From the start"),
    "app.results.curve.position": ("文書内の位置別", "By position"),
    "app.results.curve.matched.why": (
        "同じ箇所を、見せる文脈の長さだけを変えて採点しました。線が下がるほど、長い文脈を生かせ"
        "ています。",
        "The same places, scored with more and more context. The lower the line, the better "
        "long context is used.",
    ),
    "app.results.curve.prefix.why": (
        "先頭から読み進めたときの、そこまで全体の平均です（論文のパープレキシティに当たります）。",
        "Reading from the start: the mean over everything so far (the paper's perplexity).",
    ),
    "app.results.curve.position.why": (
        "先頭から読み進めたときの、位置ごとの平均です。後半で上がれば、長さに耐えられていません。",
        "Reading from the start: the mean at each position. A line that rises later does not "
        "stand the length.",
    ),
    "app.results.curve.place": ("区切りの中の位置別", "By place in the window"),
    "app.results.curve.place.why": (
        "一定の間隔で記憶をリセットする方式について、その直後から次のリセットまでの位置ごとの平均です"
        "（文書の最初の区切りは除く。もう一方も同じ箇所の平均）。左端だけの差は、記憶を長く使える"
        "からではなく、白紙から読み直す負担から来ています。",
        "One side blanks its memory at regular intervals: the mean at each place from there to the "
        "next blank (without the first stretch of a document; the other side on the same places). "
        "A difference at the left end alone comes from starting anew, not from long memory.",
    ),
    "app.results.curve.document": ("文書", "Document"),
    "app.results.curve.document.all": ("全ての文書をまとめて", "All documents together"),
    "app.results.extension": (
        "学習時より長い文脈で悪くならないか",
        "Beyond the training length",
    ),
    "app.results.extension.why": (
        "同じ箇所を、学習時の長さ T の文脈で採点した場合と比べます（判定の長さまで、全ての長さ"
        "が測れた文書だけ）。許容幅 ε と求める改善 δ は判定の基準のものです。片側 {level}% の検"
        "定で、「失敗」と「悪くなる区間」は全ての長さをまとめた水準です。文書が少ないと小さな悪化"
        "は見えず、「単調」は悪化が見つからなかったという意味にとどまります。",
        "The same places, compared with a context of the training length T (up to the length that "
        "decides, on the documents that carry all of them). The margins ε and δ are those of the "
        "rule. Tests are one-sided at {level}%, for a failure and for a rise over all lengths "
        "together. Few documents cannot show a small rise: monotone only means that none was "
        "found.",
    ),
    "app.results.extension.arm": ("方式", "Arm"),
    "app.results.extension.longest": ("比べた最長の文脈（{unit}）", "Longest context ({unit})"),
    "app.results.extension.change": ("T との差（ビット/バイト）", "Change from T (bits per byte)"),
    "app.results.extension.units": ("件数", "n"),
    "app.results.extension.class": ("長さへの耐え方", "Length extension"),
    "app.results.curve.others": ("他の読み方も表示する", "Show the other ways of reading too"),
    "app.results.tab.documents": ("文書ごと", "By document"),
    "app.results.tab.extension": ("長い文脈", "Long context"),
    "app.results.tab.source": ("差の内訳", "Sources"),
    "app.results.tab.robustness": ("頑健性", "Robustness"),
    "app.results.tab.fair": ("比べ方の公平さ", "Fairness"),
    "app.results.criteria": ("判定の基準と結果", "What was asked and what came out"),
    "app.results.criteria.item": ("基準", "Criterion"),
    "app.results.criteria.target": ("目標", "Target"),
    "app.results.criteria.actual": ("実績", "Actual"),
    "app.results.criteria.mark": ("達否", "Met"),
    "app.results.mark.met": ("○", "○ met"),
    "app.results.mark.open": ("△", "△ open"),
    "app.results.mark.missed": ("×", "× missed"),
    "app.results.zero": (
        "従来方式のどの読み方と比べたか",
        "Which way of reading stands for the conventional method",
    ),
    "app.results.zero.why": (
        "従来方式にとって一番有利な読み方を相手にします。「選択用」の列は、その読み方を選ぶため"
        "だけに使った別の文書の値です。",
        "The proposed method faces the reading that suits the conventional method best. The column "
        "“to choose” is from other documents, used for nothing but that choice.",
    ),
    "app.results.zero.arm": ("従来方式の読み方", "Reading of the conventional method"),
    "app.results.zero.calibration": ("選択用", "To choose"),
    "app.results.zero.delta": ("提案方式との差（B−A）", "Proposed against it (B − A)"),
    "app.results.zero.delta.short": ("差（ビット/バイト）", "Difference (bits per byte)"),
    "app.results.zero.interval": ("信頼区間", "Interval"),
    "app.results.zero.chosen": ("比較の相手", "Compared with"),
    "app.results.effects": ("どこから来た差か", "Where the difference comes from"),
    "app.results.effects.why": (
        "学習方法の効果と読み方の効果を分けて見ます（文脈 {length} {unit}、ビット/バイト、小さ"
        "いほど良い）。",
        "Training and reading taken apart (with {length} {unit} of context, bits per byte, "
        "lower is better).",
    ),
    "app.results.effects.zero": ("従来方式で学習", "Trained the conventional way"),
    "app.results.effects.previous": ("提案方式で学習", "Trained the proposed way"),
    "app.results.effects.reset": ("記憶を区切って読む", "Memory blanked"),
    "app.results.effects.carry": ("記憶を引き継いで読む", "Memory carried"),
    "app.results.effects.none": ("未実施", "not run"),
    "app.results.effects.sum": (
        "合計 = 学習方法の効果 + 読み方の効果 + 組み合わせの効果。負の値は提案側が良いことを表"
        "します。",
        "Total = training + reading + interaction. Negative values favour the proposed side.",
    ),
    "app.results.documents": ("文書ごとの結果", "By document"),
    "app.results.documents.role": ("役割", "Part"),
    "app.results.documents.size": ("大きさ", "Size"),
    "app.results.documents.targets": ("採点（バイト）", "Scored (bytes)"),
    "app.results.documents.delta": ("差（B−A）", "B − A"),
    "app.results.amendments": ("判定基準の修正", "Amendments of the rule"),
    "app.results.amendments.why": (
        "修正は追記だけができ、消せません。結果を見られる状態になった後の修正は判定に使わず、"
        "参考として"
        "並べて示します。",
        "Amendments are appended and never taken back. One that was made when results could be "
        "seen does not decide; what it says is shown beside the verdict.",
    ),
    "app.results.amendments.column.number": ("番号", "No."),
    "app.results.amendments.column.moment": ("日時", "When"),
    "app.results.amendments.column.author": ("修正した人", "Who"),
    "app.results.amendments.column.changes": ("変更", "Change"),
    "app.results.amendments.column.reason": ("理由", "Why"),
    "app.results.amendments.column.use": ("扱い", "Use"),
    "app.results.amendments.verdict": (
        "修正後の基準（参考）：{outcome}。{reason}",
        "The amended rule, for information: {outcome}. {reason}",
    ),
    "app.results.amendments.add": ("修正を追記する", "Append an amendment"),
    "app.results.amendments.field.margin": ("必要な改善幅 δ", "Improvement asked for, δ"),
    "app.results.amendments.field.short_margin": ("短い文書で許す悪化幅 ε", "Loss allowed, ε"),
    "app.results.amendments.field.maximum_slowdown": ("時間の上限（倍）", "Time, at most (ratio)"),
    "app.results.amendments.field.maximum_memory_ratio": (
        "メモリの上限（倍）",
        "Memory, at most (ratio)",
    ),
    "app.results.amendments.field.reason": ("理由（必須）", "Why (required)"),
    "app.results.amendments.field.author": ("修正した人", "Who"),
    "app.results.fair": ("どう比べたか、なぜ公平か", "How was this compared, and why is it fair?"),
    "app.results.fair.1": (
        "1. 二つのモデルは、構造・学習データ・順序・学習量・初期の重みが同じで、違うのは学習時"
        "の記憶の始め方だけです。",
        "1. The two models share architecture, training data, order, amount of training and "
        "first weights. Only the way their memory started in training differs.",
    ),
    "app.results.fair.2": (
        "2. どちらも同じ文書の同じバイトを採点しました。採点区間の識別番号が両方で一致している"
        "ことを確かめています。",
        "2. Both scored the same bytes of the same documents; the identity of the scored "
        "places was checked to be equal.",
    ),
    "app.results.fair.3": (
        "3. どの文字も一度だけ採点し、文書をまたいで記憶を引き継ぐことはありません。",
        "3. Every byte is scored once, and memory never passes from one document to another.",
    ),
    "app.results.fair.4": (
        "4. 差と信頼区間は、文書を単位とする対応のある比較で求めました。方法：{method}。",
        "4. Difference and interval come from a paired comparison with the document as the "
        "unit: {method}.",
    ),
    "app.results.fair.5": (
        "5. 判定の基準は {when} に固定され、その後に採点を始めました。",
        "5. The criteria were locked on {when}, before anything was scored.",
    ),
    "app.results.fair.context": (
        "比べ方「{question}」：{why}",
        "The comparison “{question}”: {why}",
    ),
    "app.results.expert": ("専門家向けの詳細", "Details for experts"),
    "app.results.expert.plan": ("計画の識別番号（SHA-256）", "Plan (SHA-256)"),
    "app.results.expert.seed": ("乱数の種", "Seed"),
    "app.results.expert.device": ("装置", "Device"),
    "app.results.expert.arms": ("アームとモデル", "Arms and models"),
    "app.results.expert.arm": ("アーム", "Arm"),
    "app.results.expert.checkpoint": ("モデル", "Checkpoint"),
    "app.results.expert.fingerprint": ("指紋（SHA-256）", "Fingerprint (SHA-256)"),
    "app.results.expert.speed": ("速度（トークン/秒）", "Tokens per second"),
    "app.results.expert.speed.why": (
        "速度は、方式ごとに、ほかの処理に妨げられなかったときの値です（速い方から 1 割の箇所）。"
        "判定に使う処理時間の比は、両方式が同じ箇所を読んだ時間の比の中央値で、"
        "速度どうしの比とは一致しません。",
        "Speed is of each arm alone, at its least disturbed (one piece in ten is faster). The time "
        "ratio that decides is the median over pieces that both arms read, so it is not the ratio "
        "of the two speeds.",
    ),
    "app.results.expert.memory": ("最大メモリ", "Peak memory"),
    "app.results.expert.targets": ("採点区間の識別番号", "Identity of the scored places"),
    "app.results.expert.seen": (
        "{side} が実際に読んだ文脈（平均）",
        "Context that {side} really read (mean)",
    ),
    "app.results.expert.length": ("文脈長", "Context length"),
    "app.results.expert.versions": ("版", "Versions"),
    "app.results.expert.rows": ("並べて読む文書", "Documents side by side"),
    "app.results.expert.baselines": (
        "単純なモデルの目安：1 文字頻度 {unigram}、2 次の文脈 {order2} ビット/バイト",
        "Simple models: unigram {unigram}, order 2 {order2} bits per byte",
    ),
    "app.results.question.best_zero": ("採用すべきか", "Should we adopt it?"),
    "app.results.question.matched": (
        "学習方法の違いだけで良くなるか",
        "Does the training change alone help?",
    ),
    "app.results.question.paper": ("論文と同じ比べ方", "The published comparison"),
    "app.results.question.operations": (
        "記憶を残して読む効果",
        "What does keeping the memory bring?",
    ),
}

REPORT: dict[str, tuple[str, str]] = {
    "app.report.lead": (
        "1 ページ目だけで会議に出せる報告書です。数字は保存された結果と同じものです。",
        "A report whose first page is enough for the meeting. Its numbers are those of the stored "
        "result.",
    ),
    "app.report.language": ("報告書の言語", "Language of the report"),
    "app.report.preview": ("プレビュー", "Preview"),
    "app.report.preview.alt": ("報告書の 1 ページ目", "First page of the report"),
    "app.report.download": ("ダウンロード", "Download"),
    "app.report.pdf": ("PDF（A4報告書）", "PDF (A4 memo)"),
    "app.report.xlsx": ("Excel（計算式・グラフ付き）", "Excel (live formulas, chart)"),
    "app.report.md": ("Markdown（文章として再利用）", "Markdown (to reuse as text)"),
    "app.report.json": ("JSON（全数値）", "JSON (all numbers)"),
    "app.report.others": ("ほかの形式（同じ数字）", "The same numbers in other formats"),
    "app.report.file": ("報告書_{name}", "report_{name}"),
    "app.report.running": (
        "計算が終わると、報告書を作れます。",
        "The report can be made when the evaluation has finished.",
    ),
    "app.report.partial": (
        "この検証は途中で終わりました。報告書には、完了した文書だけの結果とその旨が載ります。",
        "This evaluation ended early. The report has the results of the finished documents "
        "only, and says so.",
    ),
    "app.report.interim": (
        "まだ計算の途中です。今の報告書には途中経過と「判定不可」の印が載ります。",
        "Still running: a report made now is interim and is stamped as such.",
    ),
    "app.report.nothing": (
        "比べられる文書がないため、報告書を作れません。",
        "No document can be compared, so there is no report.",
    ),
    "app.report.expires": (
        "押すとファイルを作り、ブラウザーのダウンロード先に保存します（数秒から 1 分）。リンクは、"
        "このページを開いてから {hours} 時間有効です。",
        "A click makes the file and saves it where your browser keeps downloads (seconds to a "
        "minute). The links work for {hours} hours after this page was opened.",
    ),
    "app.download.expired": (
        "このリンクは無効か、期限が切れています。報告書のページを開き直してください。",
        "This link is not valid or has expired. Please open the report page again.",
    ),
}

ENTRIES: dict[str, tuple[str, str]] = FRAME | HOME | DATA | RUN | RESULTS | REPORT

"""Words of the documents: key -> (Japanese, English).

Every message names the file, says what is the matter, and what to do about it.
"""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # refused: nothing of the file is used, the other files go on
    "documents.refused.empty": (
        "{file}: ファイルが空です。中身のあるファイルを選んでください。",
        "{file}: the file is empty. Choose a file that has something in it.",
    ),
    "documents.refused.blank": (
        "{file}: 空白と改行しかありません。文章やログの入ったファイルを選んでください。",
        "{file}: there is nothing but spaces and line ends. Choose a file that holds text.",
    ),
    "documents.refused.extension": (
        "{file}: 拡張子「{extension}」のファイルは読めません（読める拡張子：{supported}）。"
        "中身が文字なら、テキスト形式で保存し直して .txt などの拡張子を付けてください。",
        "{file}: files that end in {extension} cannot be read (what can: {supported}). "
        "If it holds text, save it as plain text and give it one of those endings.",
    ),
    "documents.refused.no_extension": (
        "{file}: 拡張子がないため形式が分かりません（読める拡張子：{supported}）。"
        "ログなら名前の最後に .log を付けてください。",
        "{file}: the name has no ending that says what it is (what can be read: {supported}). "
        "If it is a log, add .log to its name.",
    ),
    "documents.refused.scan": (
        "{file}: 文字の情報がない PDF です（スキャン画像など）。"
        "OCR（文字認識）で文字を付けてから選んでください。",
        "{file}: this PDF holds no text, only pictures such as scans. "
        "OCR (text recognition) is needed: add the text with it, then choose the file again.",
    ),
    "documents.refused.unmapped": (
        "{file}: この PDF のフォントは文字に戻せません。"
        "作成元のソフトでテキスト（.txt）に保存するか、OCR（文字認識）を使ってください。",
        "{file}: the fonts of this PDF do not say which characters they draw. "
        "Save it as text (.txt) in the program that made it, or use OCR (text recognition).",
    ),
    "documents.refused.pdf_limit": (
        "{file}: この PDF の中身は展開すると大きすぎるか、複雑すぎます。"
        "PDF を分けるか、元のソフトでテキスト（.txt）に保存してください。",
        "{file}: the contents of this PDF are too large once unpacked, or too intricate. "
        "Divide it, or save it as text (.txt) in the program that made it.",
    ),
    "documents.refused.pages": (
        "{file}: ページが多すぎます（{pages:,} ページ、上限 {limit:,}）。"
        "PDF を分けて選んでください。",
        "{file}: it has too many pages ({pages:,}; the limit is {limit:,}). Divide the PDF.",
    ),
    "documents.refused.word": (
        "{file}: 古い形式の Word 文書は読めません。Word の「名前を付けて保存」で"
        "「Word 文書（.docx）」を選んで保存してください。",
        "{file}: Word documents of the old format cannot be read. "
        "In Word choose Save As, Word Document (.docx).",
    ),
    "documents.refused.excel": (
        "{file}: 古い形式の Excel ブックは読めません。Excel の「名前を付けて保存」で"
        "「Excel ブック（.xlsx）」を選んで保存してください。",
        "{file}: Excel workbooks of the old format cannot be read. "
        "In Excel choose Save As, Excel Workbook (.xlsx).",
    ),
    "documents.refused.strict_workbook": (
        "{file}: 「Strict Open XML スプレッドシート」形式は読めません。"
        "Excel の「名前を付けて保存」で「Excel ブック（.xlsx）」を選んで保存してください。",
        "{file}: the form Strict Open XML Spreadsheet cannot be read. "
        "In Excel choose Save As, Excel Workbook (.xlsx).",
    ),
    "documents.refused.cells": (
        "{file}: セルが多すぎます（空のセルを含めて上限 {limit:,}）。"
        "使わない行と列を削除するか、ブックを分けてください。",
        "{file}: it has too many cells (the limit is {limit:,}, empty ones included). "
        "Delete the rows and columns that are not used, or divide the workbook.",
    ),
    "documents.refused.archive_expands": (
        "{file}: 展開すると大きすぎます（1 回のアップロードで合計 {limit} MB まで）。"
        "期間などで分けたファイルを選んでください。",
        "{file}: too large once it is unpacked (the limit is {limit} MB for all that one upload "
        "holds). Divide it, by month for example.",
    ),
    "documents.refused.archive_damaged": (
        "{file}: 圧縮ファイルが途中で切れているか、壊れています。"
        "元の場所からもう一度取得するか、圧縮し直してください。",
        "{file}: this compressed file is cut off or damaged. "
        "Copy it again from where it came from, or compress it again.",
    ),
    "documents.refused.archive_nested": (
        "{file}: 圧縮ファイルの入れ子が深すぎます（{depth} 段まで）。"
        "展開（解凍）して、中のファイルを選んでください。",
        "{file}: compressed files inside one another are read {depth} levels deep. "
        "Unpack it and choose the files inside.",
    ),
    "documents.refused.archive_too_many": (
        "{file}: 中のファイルが多すぎます（{members} 個、1 回のアップロードで {limit} 個まで）。"
        "いくつかの圧縮ファイルに分けてください。",
        "{file}: too many files inside ({members}; the limit is {limit} for one upload). "
        "Divide them over several archives.",
    ),
    "documents.refused.archive_encrypted": (
        "{file}: パスワードで暗号化されているため読めません。"
        "展開（解凍）して中のファイルを選ぶか、パスワードなしで圧縮し直してください。",
        "{file}: it is encrypted with a password and cannot be read. "
        "Unpack it and choose the file itself, or compress it without a password.",
    ),
    "documents.refused.zip_method": (
        "{file}: この圧縮方式は読めません。通常の ZIP（Deflate）で圧縮し直してください。",
        "{file}: it is compressed in a way that cannot be read. Make an ordinary zip (deflate).",
    ),
    "documents.refused.gzip_name": (
        "{file}: 中身の形式が名前から分かりません。"
        "ログなら app.log.gz のように、.gz の前に .log を付けてください。",
        "{file}: the name does not say what is inside. "
        "If it is a log, put .log before .gz, as in app.log.gz.",
    ),
    "documents.refused.xes_doctype": (
        "{file}: XML に文書型宣言（DOCTYPE）があるため、安全のため読みません。"
        "ツールから XES を書き出し直すか、DOCTYPE の部分を削除してください。",
        "{file}: the XML declares a document type (DOCTYPE), which is not read for safety. "
        "Export the XES again from your tool, or delete that declaration.",
    ),
    "documents.refused.xes_damaged": (
        "{file}: XES の XML が途中で切れているか、壊れています（{line} 行目）。"
        "お使いのツールから書き出し直してください。",
        "{file}: the XML of this XES is cut off or damaged (line {line}). "
        "Export it again from your tool.",
    ),
    "documents.refused.xes_other": (
        "{file}: XES イベントログではありません（最初の要素が log ではありません）。"
        "お使いのツールで XES 形式を選んで書き出すか、.txt として保存してください。",
        "{file}: this is no XES event log (its first element is not log). "
        "Export it as XES from your tool, or save it as .txt.",
    ),
    "documents.refused.xes_no_events": (
        "{file}: XES イベントログにイベントがありません。書き出しの条件を確かめてください。",
        "{file}: this XES event log holds no event. Check what was chosen for the export.",
    ),
    "documents.refused.kind": (
        "{file}: 名前はテキストですが、中身は {kind} 形式です。"
        "元のソフトで開き、テキスト（.txt）または CSV で保存してください。",
        "{file}: the name says text, but the contents are {kind}. "
        "Open it in its own program and save it as text (.txt) or CSV.",
    ),
    "documents.refused.binary": (
        "{file}: 中身が文字ではありません（バイナリ）。"
        "テキスト形式で保存したファイルを選んでください。",
        "{file}: the contents are not text (binary data). Choose a file saved as plain text.",
    ),
    "documents.refused.other_kind": (
        "{file}: 名前の拡張子は {extension} ですが、中身は {kind} 形式です。"
        "正しい拡張子に直すか、元のソフトで {extension} として保存し直してください。",
        "{file}: the name ends in {extension}, but the contents are {kind}. "
        "Correct the ending, or save the file as {extension} in its own program.",
    ),
    "documents.refused.damaged": (
        "{file}: {extension} として読めません。壊れているか、途中で切れています。"
        "元のソフトで開いて保存し直すか、もう一度取り寄せてください。",
        "{file}: it cannot be read as {extension}: it is damaged or cut off. "
        "Open it in its own program and save it again, or fetch it once more.",
    ),
    "documents.refused.encrypted": (
        "{file}: パスワードで保護（暗号化）されています。"
        "保護を外して保存したファイルを選んでください。",
        "{file}: it is protected by a password (encrypted). "
        "Choose a copy that was saved without the password.",
    ),
    "documents.refused.expands": (
        "{file}: 展開した中身が {limit} MB を超えます。小さく分けたファイルを選んでください。",
        "{file}: its contents exceed {limit} MB once they are unpacked. "
        "Divide it into smaller files.",
    ),
    "documents.refused.document_type": (
        "{file}: 中の XML に安全でない宣言（DTD）があります。"
        "Word または Excel で開いて保存し直してください。",
        "{file}: the XML inside has a declaration that is not safe (DTD). "
        "Open the file in Word or Excel and save it again.",
    ),
    "documents.refused.too_large": (
        "{file}: 大きすぎます（{size} MB、上限 {limit} MB）。"
        "期間などで分けたファイルを選んでください。",
        "{file}: too large ({size} MB; the limit is {limit} MB). Divide it, by month for example.",
    ),
    "documents.refused.undecodable": (
        "{file}: 文字コードが分かりません（{encoding} とみても {places} か所が読めません）。"
        "UTF-8 で保存し直すか、文字コードを指定してください。",
        "{file}: its encoding is unknown (even read as {encoding}, {places} places make no sense). "
        "Save it as UTF-8, or choose its encoding.",
    ),
    "documents.refused.not_that_encoding": (
        "{file}: 指定された {encoding} では読めません（{places} か所）。"
        "自動判定（{detected}）に戻すか、別の文字コードを選んでください。",
        "{file}: it cannot be read as {encoding}, as was chosen ({places} places). "
        "Go back to the detected one ({detected}) or choose another.",
    ),
    "documents.refused.unknown_encoding": (
        "{file}: 文字コード「{encoding}」は選べません。次から選んでください：{encodings}",
        "{file}: there is no encoding {encoding} to choose. Choose one of {encodings}.",
    ),
    "documents.refused.no_columns": (
        "{file}: 選んだ列（{columns}）がこのファイルにありません（ある列：{found}）。"
        "列を選び直すか、列を選ばずにすべて読み込んでください。",
        "{file}: it has none of the columns that were chosen ({columns}); it has {found}. "
        "Choose among these, or read it whole without choosing columns.",
    ),
    "documents.refused.no_table": (
        "{file}: 列に分けられる行がないため、列（{columns}）を選べません。"
        "列を選ばずにすべて読み込んでください。",
        "{file}: no line of it has columns, so that {columns} cannot be chosen. "
        "Read it whole without choosing columns.",
    ),
    "documents.refused.columns_empty": (
        "{file}: 選んだ列（{columns}）には何も入っていません。値のある列を選んでください。",
        "{file}: there is nothing in the columns that were chosen ({columns}). "
        "Choose columns that hold values.",
    ),
    "documents.refused.open_quote": (
        "{file}: {line} 行目から始まる行が終わりません"
        "（引用符 \" が閉じていないか、1 行が {limit:,} 文字を超えています）。"
        "その行の引用符を直すか、列を選ばずにすべて読み込んでください。",
        "{file}: the row that begins in line {line} does not end (a quotation mark \" is not "
        "closed, or the row has more than {limit:,} characters). "
        "Correct that line, or read the file whole without choosing columns.",
    ),
    "documents.refused.missing": (
        "{file}: ファイルが見つかりません。名前と場所を確かめてください。",
        "{file}: there is no such file. Check its name and folder.",
    ),
    "documents.refused.not_a_file": (
        "{file}: ファイルではありません（フォルダなど）。中のファイルを選んでください。",
        "{file}: this is not a file (a folder, perhaps). Choose the files inside it.",
    ),
    "documents.refused.no_access": (
        "{file}: 開けません。"
        "読み取りの権限があるか、ほかのソフトで開いていないか確かめてください。",
        "{file}: it cannot be opened. Check that you may read it and that no program holds it.",
    ),
    "documents.refused.time": (
        "{file}: 読み取りに時間がかかりすぎるため中止しました。小さく分けて試してください。",
        "{file}: reading was stopped because it took too long. Divide the file and try again.",
    ),
    "documents.refused.memory": (
        "{file}: 読み取りに必要なメモリが上限を超えました。小さく分けて試してください。",
        "{file}: reading it needs more memory than is allowed. Divide the file and try again.",
    ),
    "documents.refused.crash": (
        "{file}: 読み取りが途中で異常終了しました。ファイルが壊れていないか確かめ、"
        "テキスト形式で保存し直してください。",
        "{file}: reading broke off. Check that the file is not damaged, and save it as text again.",
    ),
    "documents.refused.no_child": (
        "{file}: 読み取り処理を始められませんでした。"
        "ディスクの空きを確かめ、もう一度試してください。",
        "{file}: reading could not be started. Check that the disk has room, and try again.",
    ),
    # read in part
    "documents.partial.places": (
        "{file}: {encoding} として読みましたが、{places} か所の文字が読めず、"
        "置換文字（U+FFFD）にしました。問題があれば元のファイルを保存し直してください。",
        "{file}: read as {encoding}, but {places} places could not be read and hold the "
        "replacement mark (U+FFFD) now. If that matters, save the original again.",
    ),
    "documents.partial.pages": (
        "{file}: {pages} ページのうち {lost} ページは壊れていて読めません。"
        "PDF を作り直すか、元のソフトで保存し直してください。",
        "{file}: {lost} of {pages} pages are damaged and could not be read. "
        "Make the PDF again, or save it again in its own program.",
    ),
    "documents.partial.scans": (
        "{file}: {pages} ページのうち {lost} ページは画像だけで、文字がありません。"
        "必要なら OCR（文字認識）で文字を付けてください。",
        "{file}: {lost} of {pages} pages are pictures without text. "
        "If they are needed, add their text with OCR (text recognition).",
    ),
    "documents.partial.glyphs": (
        "{file}: {places} 文字は PDF のフォントから文字に戻せず、置換文字（U+FFFD）にしました。"
        "問題があれば元のソフトでテキストに保存してください。",
        "{file}: {places} characters are not named by the fonts of the PDF and hold the "
        "replacement mark (U+FFFD). If that matters, save the text in its own program.",
    ),
    "documents.partial.unmapped": (
        "{file}: {pages} ページのうち {lost} ページは、"
        "フォントから文字に戻せないため読んでいません。元のソフトでテキストに保存するか、OCR"
        "（文字認識）を使ってください。",
        "{file}: {lost} of {pages} pages were not read: their fonts do not name the characters. "
        "Save the text in the program that made the PDF, or use OCR (text recognition).",
    ),
    # read, with something to know
    "documents.warning.encoding": (
        "{file}: 文字コードを {encoding} とみなしましたが、{alternative} の可能性もあります。"
        "文字が正しく見えるか確かめ、違えば文字コードを選んでください。",
        "{file}: read as {encoding}, but it may be {alternative}. "
        "Look at the text, and choose the encoding if it is wrong.",
    ),
    "documents.warning.unsafe": (
        "{file}: 制御文字など {characters} 文字を、目に見える記号に置き換えました。"
        "そのままで問題なければ何もする必要はありません。",
        "{file}: {characters} control characters were replaced by visible signs. "
        "Nothing needs to be done unless they matter.",
    ),
    "documents.warning.formulas": (
        "{file}: 数式の {cells} セルに計算結果が保存されていないため、空として読みました。"
        "Excel で開いて保存し直すと値が入ります。",
        "{file}: the results of {cells} formulas are not stored; those cells were read as empty. "
        "Open the file in Excel and save it again to have them.",
    ),
    "documents.warning.hidden_sheets": (
        "{file}: 非表示の {sheets} シートは読んでいません。必要なら Excel で再表示して"
        "保存し直してください。",
        "{file}: {sheets} hidden sheets were not read. "
        "If they are needed, unhide them in Excel and save the file again.",
    ),
    "documents.warning.not_json": (
        "{file}: {lines} 行のうち {broken} 行が JSON ではありません（最初は {first} 行目）。"
        "文字としてそのまま読みました。JSON Lines でなければ .txt として保存してください。",
        "{file}: {broken} of {lines} lines are not JSON (the first is line {first}). "
        "They were read as they are. If this is not JSON Lines, save it as .txt.",
    ),
    "documents.warning.json_long": (
        "{file}: {long} 行は長すぎるため（{limit} MB を超える行）、"
        "JSON かどうかを確かめていません。"
        "文字としてそのまま読みました。",
        "{file}: {long} lines are too long (above {limit} MB) to check whether they are JSON. "
        "They were read as they are.",
    ),
    "documents.warning.not_objects": (
        "{file}: {lines} 行のうち {left} 行は列に分けられないため（JSON オブジェクトでないか、"
        "長すぎる行）、除きました（最初は {first} 行目）。"
        "必要なら、列を選ばずにすべて読み込んでください。",
        "{file}: {left} of {lines} lines were left out, since they have no columns "
        "(no JSON object, or too long; the first is line {first}). "
        "If they are needed, read the file whole without choosing columns.",
    ),
    "documents.warning.extra_cells": (
        "{file}: {rows} 行に列名のないセルが {cells} 個あり、除きました。"
        "必要なら、区切り文字や引用符を確かめるか、列を選ばずにすべて読み込んでください。",
        "{file}: {cells} cells in {rows} rows stand beyond the last column that has a name, "
        "and were left out. "
        "If they are needed, check separators and quotation marks, or read the file whole.",
    ),
    # how one long log becomes many documents
    "documents.split.pieces": (
        "同じ長さに {documents} 等分（1 件あたり約 {median_bytes:,} バイト）",
        "{documents} equal parts (about {median_bytes:,} bytes each)",
    ),
    "documents.split.day": (
        "日ごとに {documents} 件（中央値 {median_bytes:,} バイト）",
        "by day: {documents} documents (median {median_bytes:,} bytes)",
    ),
    "documents.split.hour": (
        "1 時間ごとに {documents} 件（中央値 {median_bytes:,} バイト）",
        "by hour: {documents} documents (median {median_bytes:,} bytes)",
    ),
    "documents.split.case": (
        "ケースごとに {documents} 件（中央値 {median_bytes:,} バイト）",
        "by case: {documents} documents (median {median_bytes:,} bytes)",
    ),
    # the command
    "documents.mask.mail": ("メールアドレス", "mail addresses"),
    "documents.mask.phone": ("電話番号", "phone numbers"),
    "documents.mask.card": ("カード番号", "card numbers"),
    "documents.mask.ip": ("IP アドレス", "IP addresses"),
    "documents.mask.name": ("一覧の名前", "names from a list"),
    "documents.masked": ("{file}: 伏せた箇所：{kinds}", "{file}: masked: {kinds}"),
    "documents.masked.none": (
        "{file}: 伏せる箇所は見つかりませんでした。",
        "{file}: nothing was found that is to be masked.",
    ),
    "documents.masked.comma": ("、", ", "),
    "documents.masked.mail": ("メールアドレス {places:,} か所", "mail addresses: {places:,}"),
    "documents.masked.phone": ("電話番号 {places:,} か所", "phone numbers: {places:,}"),
    "documents.masked.card": ("カード番号 {places:,} か所", "card numbers: {places:,}"),
    "documents.masked.ip": ("IP アドレス {places:,} か所", "IP addresses: {places:,}"),
    "documents.masked.name": ("名前 {places:,} か所", "names: {places:,}"),
    "documents.names.many": (
        "{file}: 名前の一覧は {most:,} 件までです（{found:,} 件ありました）。"
        "一覧を分けるか、減らしてください。",
        "{file}: a list holds up to {most:,} names, and this one has {found:,}. Shorten it.",
    ),
    "documents.names.long": (
        "{file}: 「{name}…」が長すぎます（名前は {most} 文字まで）。"
        "1 行に 1 つの名前を書いてください。",
        "{file}: the name “{name}…” is too long (up to {most} characters). "
        "Write one name a line.",
    ),
    "documents.command.one_name": (
        "--name は 1 つのファイルにだけ付けられます（{files} 個が指定されました）。"
        "ファイルを 1 つにするか、--name を外してください。",
        "--name goes with a single file ({files} were given). Give one file, or leave --name out.",
    ),
}

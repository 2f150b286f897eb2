"""Words of the blind review: the page, its figures in results and reports, the audit table."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.page.review": ("現場確認", "Blind review"),
    "app.review.without": ("現場確認をせずに次へ", "Go on without a review"),
    "app.review.to_money": ("次へ：費用対効果", "Next: money"),
    "app.review.title": ("現場確認（方式名を伏せた評価）", "Blind review"),
    "app.review.lead": (
        "文書の続きを 2 つの方式に書かせ、どちらが書いたかを伏せて、業務を知る人が選びます。",
        "Two methods continue your documents; people who know the work judge the texts without "
        "knowing which method wrote which.",
    ),
    # --- before there is anything to judge
    "app.review.unfinished": (
        "検証が終わると、ここで現場確認を始められます。",
        "The review can begin when the evaluation has finished.",
    ),
    "app.review.withheld": (
        "妥当性の確認が不合格のため、この検証では現場確認を行いません。先に原因を除いてください。",
        "A validity check failed, so this evaluation is not reviewed. Mend the cause first.",
    ),
    "app.review.to_results": ("結果を見る", "See the results"),
    "app.review.nothing": (
        "見比べる文章がまだありません。依頼すると、{documents} 文書の各 {items} か所で、"
        "2 つの方式が続きを書きます。数分かかりますが、画面を閉じてもかまいません。",
        "There are no texts to judge yet. Ask for them, and both methods continue {documents} "
        "documents at {items} points each. It takes some minutes; you may close the page.",
    ),
    "app.review.gone": (
        "依頼した文章のうち、見比べられるものがありません"
        "（生成に失敗したか、文書が消去されました）。もう一度依頼できます。",
        "None of the texts that were asked for can be compared: writing failed, or the documents "
        "were erased. You can ask again.",
    ),
    "app.review.request": ("文章の生成を依頼する", "Ask for the texts"),
    "app.review.few": (
        "文章は {documents} 件の文書の分だけです。勝率の信頼区間には {needed} 件以上が要ります。",
        "Documents with texts so far: {documents}. An interval for the win rate takes {needed} "
        "or more.",
    ),
    "app.review.more": ("ほかの文書でも文章を生成する", "Have more documents continued"),
    "app.review.waiting": (
        "文章を書いています（{total} 件のうち {done} 件が完了）。画面を閉じてもかまいません。",
        "The texts are being written ({done} of {total} parts done). You may close the page.",
    ),
    "app.review.identical": (
        "{n} か所のすべてで 2 つの方式が同じ文章を書いたため、見比べるものがありません。",
        "Both methods wrote the same at all {n} points: there is nothing to judge.",
    ),
    # --- the first screen
    "app.review.how": ("進め方", "How it works"),
    "app.review.how.1": (
        "{points} か所について、左右どちらの続きが業務上よいかを選びます（約 {minutes} 分。"
        "途中でやめて、後で続けられます）。左右は 1 か所ごと、人ごとに入れ替わります。",
        "At {points} points, choose the continuation that serves the work better (about {minutes} "
        "min; you can stop and go on later). Sides change at every point and for every person.",
    ),
    "app.review.how.2": (
        "事実と違う内容の有無にも答えてください（空欄は「ない」とは数えません）。迷えば「同じくらい」か"
        "「あとで」でかまいません。",
        "Say whether there is wrong information; no answer is not counted as “no”. When in doubt "
        "choose “about the same”, or skip.",
    ),
    "app.review.how.3": (
        "完了するまで何度でも戻って直せます。完了した人の票だけを集計します。",
        "You can go back and change votes until you finish. Only finished reviews are counted.",
    ),
    "app.review.how.4": (
        "完了するまで、この検証の結果・比較・報告書は開かないでください。方式名が出ます。"
        "先に見た人の票には先入観が入るため、なるべくまだ見ていない人に頼んでください。",
        "Do not open this evaluation's results, comparison or report before you have finished: "
        "they name the methods. Who has seen them is biased: rather ask people who have not.",
    ),
    "app.review.how.5": (
        "投票は、このアプリを開けるコンピューターで行います。1 台なら、順番に名前を入れて投票し"
        "ます。ほかのコンピューターからも開ける設定なら、このページのアドレスを渡して各自で投票できます。",
        "People vote on a computer that can open this app: on one computer in turn, each under "
        "their own name; where it is set up to be opened from others, hand on this page's address.",
    ),
    "app.review.how.unknown": (
        "小さな検証用モデルで、この種の文書をよく知りません。文章の巧拙ではなく、実際の記録に"
        "どれだけ近いかを見てください。",
        "The models are small ones, for trials, and do not know this kind of text well. Judge how "
        "close a text comes to the real record, not how well it is written.",
    ),
    "app.review.how.identical": (
        "2 つの方式が同じ文章を書いた {n} か所は、見せず、集計にも入れません。",
        "Points at which both wrote the same ({n}) are neither shown nor counted.",
    ),
    "app.review.name": ("お名前", "Your name"),
    "app.review.name.help": (
        "同じ名前を入れると、途中から続けられます。",
        "Enter the same name again to go on where you stopped.",
    ),
    "app.review.name.missing": ("お名前を入れてください。", "Please enter your name."),
    "app.review.start": ("確認を始める", "Begin"),
    "app.review.people": (
        "完了 {done} 名、途中 {begun} 名。",
        "{done} finished, {begun} in progress.",
    ),
    # --- judging
    "app.review.progress": (
        "{number} / {points} か所目（投票済み {voted}）",
        "Point {number} of {points} ({voted} voted)",
    ),
    "app.review.results.ask": (
        "確認の結果を見る（これから確認する方は開かないでください）",
        "Show the results (not before you have reviewed yourself)",
    ),
    "app.review.as": ("確認者：{name}", "Reviewer: {name}"),
    "app.review.prompt": ("ここまでの文章（{name}）", "The text so far ({name})"),
    "app.review.truth": ("実際の続き（記録にある文章）", "What really came next (the record)"),
    "app.review.left": ("左の続き", "Left"),
    "app.review.right": ("右の続き", "Right"),
    "app.review.blank": ("（何も書かれていません）", "(nothing was written)"),
    "app.review.wrong": ("事実と違う内容がありますか", "Is there wrong information?"),
    "app.review.comment": ("ひとこと（任意）", "Comment (optional)"),
    "app.review.question": ("どちらの続きがよいですか", "Which continuation is better?"),
    "app.review.keys": (
        "キーボードの 1〜4 でも投票できます（← 戻る、→ あとで）。",
        "Keys 1 to 4 vote as well (← back, → skip).",
    ),
    "app.review.back": ("戻る", "Back"),
    "app.review.skip": ("あとで", "Skip"),
    "app.review.leave": ("次の人が投票する", "Let the next person vote"),
    "app.review.late": (
        "この票は保存されませんでした（確認が完了済みか、文書が消去されました）。",
        "This vote was not kept: the review had been finished, or the document was erased.",
    ),
    "app.review.end": (
        "{points} か所のうち {voted} か所に投票しました。",
        "You have voted at {voted} of {points} points.",
    ),
    "app.review.end.open": (
        "残りの {open} か所は、このまま完了すると集計に入りません。",
        "The other {open} are not counted if you finish now.",
    ),
    "app.review.finish": ("完了する（以後は変更できません）", "Finish (votes become final)"),
    "app.review.finish.short": ("ここで終える", "Stop here"),
    "app.review.rest": ("残りを確認する", "See the rest"),
    "app.review.thanks": (
        "ありがとうございました。{name} さんの {votes} 票を集計に入れました。",
        "Thank you. The {votes} votes of {name} are counted.",
    ),
    # --- afterwards
    "app.review.reveal": (
        "集計と、左右の対応を見る（方式名が出ます）",
        "Show the figures and which side was which (names the methods)",
    ),
    "app.review.reveal.why": (
        "これから確認する人は、ご自分の投票が終わるまで開かないでください。",
        "If you are going to review yourself, do not open this before you have finished.",
    ),
    "app.review.none": ("完了した人がまだいません。", "Nobody has finished yet."),
    "app.review.audit": ("左右の対応と票", "Sides and votes"),
    "app.review.audit.file": ("CSV で保存", "Save as CSV"),
    "app.review.method": (
        "勝率は「同じくらい」「どちらも不可」を半分の勝ちと数えます。信頼区間は文書"
        "（またはグループ）を"
        "単位とし、同じ文書への票が似ることを織り込んだ厳密二項区間（Korn–Graubard）です。"
        "{minimum} 件未満の文書では出しません。ここに参加した人についての結果です。",
        "“About the same” and “both bad” count as half a win. The interval takes the document (or "
        "its group) as the unit: an exact binomial interval for as many votes as these are worth "
        "when votes on one document go together (Korn and Graubard); none below {minimum} "
        "documents. It speaks about these reviewers.",
    ),
    "app.review.reviewers": ("確認者ごと", "By reviewer"),
    # --- figures, for pages and reports
    "review.title": ("現場確認（方式名を伏せた評価）", "Blind review"),
    "review.line.weight": ("この結果の重み", "What it is worth"),
    "review.line.rate": ("勝率", "Win rate"),
    "review.line.votes": ("どちらがよいか", "Which is better"),
    "review.line.both_bad": ("どちらも不可", "Both bad"),
    "review.line.amount": ("件数", "Amount"),
    "review.line.wrong": ("事実と違うとされた数", "Wrong information"),
    "review.line.agreement": ("確認者間の一致度", "Agreement"),
    "review.weight.few": (
        "確認者 {reviewers} 名、{votes} 票。これだけでは何も決まりません（文書が足りず、信頼区間を"
        "出せません）。",
        "Reviewers {reviewers}, votes {votes}: this decides nothing (too few documents for an "
        "interval).",
    ),
    "review.weight.open": (
        "確認者 {reviewers} 名、{votes} 票。これだけでは何も決まりません（区間が広く、{b}が悪いとも"
        "悪くないとも言えない）。",
        "Reviewers {reviewers}, votes {votes}: this decides nothing (the interval is too wide to "
        "say that {b} is worse, or that it is not).",
    ),
    "review.weight.not_worse": (
        "確認者 {reviewers} 名、{votes} 票。{b}は計画で許した差を超えて悪くはないと言えますが、"
        "どちらが好まれるかは決まりません。",
        "Reviewers {reviewers}, votes {votes}: {b} is not worse by more than the plan allows; "
        "which one is preferred stays open.",
    ),
    "review.weight.b": (
        "確認者 {reviewers} 名、{votes} 票。{b}のほうが好まれています。",
        "Reviewers {reviewers}, votes {votes}: {b} is preferred.",
    ),
    "review.weight.a": (
        "確認者 {reviewers} 名、{votes} 票。{a}のほうが好まれています。",
        "Reviewers {reviewers}, votes {votes}: {a} is preferred.",
    ),
    "review.weight.one": (
        "{said}1 名だけの判断です。",
        "{said} It is the judgement of one person.",
    ),
    "review.value.rate": (
        "{b} {rate}（{confidence}%信頼区間 {low}〜{high}、50% で互角。「同じくらい」「どちらも"
        "不可」は半分の勝ち）",
        "{b} {rate} ({confidence}% interval {low} to {high}; 50% is even; “about the same” and "
        "“both bad” count half a win)",
    ),
    "review.value.rate.few": (
        "{b} {wins_b}・{a} {wins_a}・同じ {same}・両方不可 {both_bad}。参考の勝率は{b} {rate}"
        "（「同じくらい」「どちらも不可」は半分の勝ち）",
        "{b} {wins_b}, {a} {wins_a}, the same {same}, both bad {both_bad}. Win rate of {b}, as an "
        "indication: {rate} (“about the same” and “both bad” count half a win)",
    ),
    "review.value.votes": (
        "{b}がよい {wins_b}、{a}がよい {wins_a}、同じくらい {same}"
        "（ほかに、どちらも不可 {both_bad}）",
        "{b} better {wins_b}, {a} better {wins_a}, about the same {same} (beside them, both bad "
        "{both_bad})",
    ),
    "review.value.both_bad": (
        "{votes} 票のうち {both_bad} 票（{both_share}）で、どちらの文章も業務に使えないと"
        "されました",
        "in {both_bad} of {votes} votes ({both_share}) neither text was fit for the work",
    ),
    "review.value.amount": (
        "確認者 {reviewers} 名、{votes} 票、{documents} 文書の {points} か所"
        "（同文の {identical} か所を除く）",
        "reviewers {reviewers}, votes {votes}, points {points}, documents {documents} "
        "(points left out because both wrote the same: {identical})",
    ),
    "review.value.wrong": (
        "{b} {wrong_b} 票、{a} {wrong_a} 票（この問いに答えた {wrong_answers} 票のうち。無回答 "
        "{silent} 票は「ない」と数えません）",
        "{b} {wrong_b}, {a} {wrong_a} (of the {wrong_answers} votes with an answer to this; "
        "without one: {silent}, which are not counted as “no”)",
    ),
    "review.value.wrong.silent": (
        "{votes} 票のどれもこの問いに答えていません（無回答は「ない」と数えません）",
        "none of the {votes} votes has an answer to this, which is not counted as “no”",
    ),
    "review.value.agreement": (
        "α = {alpha}（Krippendorff、1 で完全に一致、0 で偶然と同じ）",
        "α = {alpha} (Krippendorff; 1: all agree, 0: as by chance)",
    ),
    "review.value.agreement.none": (
        "計算できません（同じ箇所に複数名の票がないか、票がすべて同じ）",
        "cannot be said (no point has several votes, or all votes are alike)",
    ),
    "review.vote.left": ("左がよい", "Left is better"),
    "review.vote.right": ("右がよい", "Right is better"),
    "review.vote.same": ("同じくらい", "About the same"),
    "review.vote.both_bad": ("どちらも不可", "Both bad"),
    "review.vote.none": ("（未投票）", "(no vote)"),
    "review.wrong.none": ("ない", "No"),
    "review.wrong.unmarked": ("回答の記録なし", "No answer on record"),
    "review.wrong.left": ("左にある", "Left"),
    "review.wrong.right": ("右にある", "Right"),
    "review.wrong.both": ("両方にある", "Both"),
    "review.column.reviewer": ("確認者", "Reviewer"),
    "review.column.number": ("順番", "Order"),
    "review.column.document": ("文書", "Document"),
    "review.column.position": ("位置", "Position"),
    "review.column.left_arm": ("左の方式", "Left"),
    "review.column.right_arm": ("右の方式", "Right"),
    "review.column.vote": ("票", "Vote"),
    "review.column.wrong": ("事実と違う内容", "Wrong information"),
    "review.column.comment": ("ひとこと", "Comment"),
    "review.column.shown_at": ("表示時刻（UTC）", "Shown at (UTC)"),
    "review.column.voted_at": ("投票時刻（UTC）", "Voted at (UTC)"),
    "review.column.voted": ("投票時刻", "Voted at"),
    "review.column.reference": ("実際の続き", "What really followed"),
    "review.column.votes": ("票数", "Votes"),
    "review.column.better": ("{arm}がよい", "Better: {arm}"),
    "review.column.win_rate": (
        "{b}の勝率（同等は半分）",
        "Win rate of {b} (ties half)",
    ),
    "review.erased": ("（消去済み）", "(erased)"),
    "reports.unit.share": ("{value}%", "{value}%"),
    "reports.risk.reviewed": (
        "人が確認した出力は一部で、確認者も限られている",
        "People have judged some of the outputs only, and few people did",
    ),
    "reports.measure.reviewed": (
        "限定導入のあいだも、出力の抜き取り確認を続ける",
        "Keep sampling outputs for review during a limited rollout",
    ),
}

"""Words of the Theory page: key -> (Japanese, English)."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "app.page.theory": ("理論", "Theory"),
    "app.theory.title": ("長さを伸ばすとは、外挿すること", "Longer texts mean extrapolation"),
    "app.theory.lead": (
        "短い区間で学習したモデルが、なぜ長い文書で悪くなることがあるのか。記憶を引き継いで"
        "学習すると何が変わるのか。小さなモデルをその場で計算してお見せします。",
        "Why a model that was trained on short sections can get worse on long documents, and what "
        "changes when it is trained with its memory carried over: a small model, computed live.",
    ),
    "app.theory.idea": ("考え方", "The idea"),
    "app.theory.idea.1": (
        "状態空間モデルは、過去の文字を「何文字前か」に応じた重みで覚えます。"
        "この重みの並びを記憶関数と呼びます。",
        "A state-space model remembers past text with a weight for how long ago it was. These "
        "weights, by distance, are its memory function.",
    ),
    "app.theory.idea.2": (
        "毎回まっさらな記憶から長さ T の区間を読む学習（従来方式）では、T より前の文字は一度も"
        "出てきません。T から先の重みは、誰も教えていない外挿になります。",
        "Training on sections of length T that each start from a blank memory (the conventional "
        "method) never shows anything older than T. The weights beyond T are extrapolated: nobody "
        "taught them.",
    ),
    "app.theory.idea.3": (
        "前の区間の記憶を引き継いで学習すると（提案方式）、同じ長さ T の区間でも、ずっと前の文字が"
        "記憶の中に残っています。同じ問いが内挿に変わります。",
        "Training with the memory of the section before (the proposed method) uses sections of the "
        "same length T, but what was read long before is still in the memory. The same question "
        "becomes interpolation.",
    ),
    "app.theory.try": ("動かしてみる", "Try it"),
    "app.theory.training_length": ("学習時の長さ T（トークン）", "Training length T (tokens)"),
    "app.theory.decay": (
        "文章の記憶が薄れる速さ（べき指数）",
        "How fast the text's own memory fades (exponent)",
    ),
    "app.theory.states": ("状態の数（式の次数）", "Number of states (degree of the fit)"),
    "app.theory.noise": (
        "学習データのばらつき（重み 1 に対する割合）",
        "Noise of the training data (share of weight 1)",
    ),
    "app.theory.memory": ("記憶関数", "Memory function"),
    "app.theory.missed": ("読み取れない割合", "What is missed"),
    "app.theory.missed.why": (
        "まっさらな記憶から読み始め、記憶を保ったまま何トークンか読んだときに、出力の変動のうち"
        "説明できない割合です。100% は、記憶がまったくないのと同じです。",
        "Share of the output's variance that the model misses after reading so many tokens from a "
        "blank memory, never reset. 100% is as good as no memory at all.",
    ),
    "app.theory.clipped": (
        "図の枠を超えた線は、枠の外へ出ています。値は表にあります。",
        "A line that leaves the frame goes on outside it; the table has the values.",
    ),
    "app.theory.said.extrapolates": (
        "長さ {length} で学習した 2 つのモデルは、{length} トークンまではほぼ同じです"
        "（読み取れない割合 {zero_at} と {carried_at}）。{age} トークンでは、ゼロ初期化は "
        "{zero_far}、前状態引継ぎは {carried_far} です。",
        "Both models were trained on length {length}. At {length} tokens they miss {zero_at} "
        "(zero) and {carried_at} (carried); at {age} tokens {zero_far} and {carried_far}.",
    ),
    "app.theory.said.same": (
        "この設定では、{age} トークンまで読んでもゼロ初期化が不利になりません"
        "（読み取れない割合 {zero_far} と {carried_far}）。"
        "記憶が速く薄れる文章や、状態の少ないモデルでは差が出ないことがあります。",
        "With these settings zero initialization is no worse even at {age} tokens ({zero_far} "
        "and {carried_far} missed). Where the text's memory fades fast, or the model is simple, "
        "there may be no difference.",
    ),
    "app.theory.far_off": ("{limit}% 超", "more than {limit}%"),
    "app.theory.table": ("数値の表", "Table of the values"),
    "app.theory.formulas": ("式", "Formulas"),
    "app.theory.formula.state": (
        "状態の更新。h₀ は区間の始まりの記憶で、ゼロか、前の区間の最後の記憶です。",
        "The state. h₀ is the memory at the start of a section: zero, or the last memory of the "
        "section before.",
    ),
    "app.theory.formula.polynomial": (
        "ゼロから始めると、状態は各固有値 λ の多項式で、次数は読んだトークン数 − 1 です。",
        "From zero, the state is a polynomial in every eigenvalue λ, of degree one less than the "
        "number of tokens read.",
    ),
    "app.theory.formula.loss": (
        "無相関な入力では、二乗誤差は記憶関数の差の重み付き和です。S はまっさらな状態から読み続ける"
        "長さで、ゼロ初期化では S = T、前状態引継ぎでは状態の古さ（ここでは {windows}T）です。"
        "S より先の重みは、どちらの学習にも現れません。",
        "On uncorrelated input the squared error is a weighted sum over the memory function. S is "
        "how long text is read from a blank state: T for zero initialization, the age of the "
        "carried state (here {windows}T) for the proposed method. Neither sees lags beyond its S.",
    ),
    "app.theory.faithful": (
        "論文の主張と、この図の関係",
        "What the paper says, and what this shows",
    ),
    "app.theory.paper": (
        "論文：LongSSM: On the Length Extension of State-space Models in Language Modelling"
        "（Shida Wang、2024年、arXiv:2406.02080）。要旨の主張は次の 4 点です。",
        "Paper: LongSSM: On the Length Extension of State-space Models in Language Modelling "
        "(Shida Wang, 2024, arXiv:2406.02080). Its abstract claims four things.",
    ),
    "app.theory.paper.1": (
        "ゼロの状態から学習した状態空間モデルは、学習時の長さを超えて伸ばすのが難しい。",
        "State-space models trained from a zero state have difficulty beyond the training length.",
    ),
    "app.theory.paper.2": (
        "長さを伸ばすことは、多項式の外挿と同じ問題である。",
        "Length extension is equivalent to polynomial extrapolation.",
    ),
    "app.theory.paper.3": (
        "隠れ状態の初期化を変えると、長さの拡張が改善する。",
        "Changing the initialization of the hidden state improves length extension.",
    ),
    "app.theory.paper.4": (
        "長い区間での学習は役立つが必須ではなく、短い文脈でも長い記憶のモデルを学習できる。",
        "A long training length helps but is not needed: long memory can be trained with short "
        "context.",
    ),
    "app.theory.ours.1": (
        "この図は論文の再現ではなく、2 番目の主張についての本製品の解釈です。固有値を固定した"
        "線形の 1 層で、読み出しだけを最小二乗法で求めます。",
        "This picture does not reproduce the paper: it is our own reading of the second claim, on "
        "one linear layer with fixed eigenvalues, of which only the read-out is fitted.",
    ),
    "app.theory.ours.2": (
        "実際の学習では固有値も学習し、勾配は区間の境目で止まります。Mamba では固有値に当たるものが"
        "入力で変わるため、この図はたとえです。",
        "Real training learns the eigenvalues too, and the gradient stops at a section's border. "
        "In Mamba their counterpart depends on the input: there this is an analogy.",
    ),
    "app.theory.ours.3": (
        "最小二乗法は外挿を誇張します。実際のモデルの悪化はずっと小さく、起きないこともあります。"
        "自社の文書でどうなるかは、結果のページの実測だけが示します。",
        "Least squares exaggerates extrapolation: real models get worse by far less, or not at "
        "all. What happens on your documents only the measured results can tell.",
    ),
    "app.theory.ours.4": (
        "引き継いだ状態にも古さの限りがあり、その先はやはり外挿です（図の点線）。",
        "A carried state has an age too, and beyond it this is extrapolation again (dotted line).",
    ),
    "app.theory.to_results": (
        "自社の文書での実測を見る",
        "See what was measured on your documents",
    ),
    "theory.line.truth": ("文章そのものの記憶", "The text's own memory"),
    "theory.line.zero": ("A：ゼロ初期化で学習", "A: trained from zero"),
    "theory.line.carried": ("B：前状態を引き継いで学習", "B: trained with the state carried"),
    "theory.axis.line": ("線", "Line"),
    "theory.axis.memory.x": ("何トークン前か", "Lag (tokens ago)"),
    "theory.axis.memory.y": ("重み", "Weight"),
    "theory.axis.missed.x": ("読んだ長さ（トークン）", "Context length (tokens)"),
    "theory.axis.missed.y": ("読み取れない割合（%）", "Missed (%)"),
    "theory.mark.training": ("学習時の長さ T", "Training length T"),
    "theory.mark.age": ("引き継いだ状態の古さ", "Age of the carried state"),
    "theory.chart.memory": (
        "記憶関数と、ゼロ初期化・前状態引継ぎそれぞれの当てはめ",
        "The memory function, and its fit from zero and with the state carried",
    ),
    "theory.chart.missed": (
        "文脈長ごとの、読み取れない割合",
        "Share that is missed, by context length",
    ),
}

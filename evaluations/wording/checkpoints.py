"""Words of what can be wrong with a checkpoint: key -> (Japanese, English).

The keys are those of the core's `CheckpointError`, after "checkpoint.".
"""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    # --- which files -------------------------------------------------------------------------
    "checkpoint.unknown": (
        "チェックポイント {source} はありません。同梱の名前（{shipped}）、フォルダー、"
        "または 所有者/名前@コミット を指定してください。",
        "There is no checkpoint {source}. Give a shipped name ({shipped}), a checkpoint's folder, "
        "or owner/name@commit.",
    ),
    "checkpoint.not_fetched": (
        "チェックポイント {source} を取得できませんでした。ネットワークがない場合は、"
        "手元のフォルダーを指定してください。",
        "{source} could not be fetched. Without a network, give a local folder instead.",
    ),
    "checkpoint.no_config": (
        "チェックポイント {source} に config.json がありません。"
        "Hugging Face 形式のフォルダーを指定してください。",
        "{source} has no config.json. Give a folder in the Hugging Face form.",
    ),
    "checkpoint.no_weights": (
        "チェックポイント {source} に model.safetensors がありません。"
        "重みの入ったフォルダーを指定してください。",
        "{source} has no model.safetensors. Give a folder that holds the weights.",
    ),
    "checkpoint.index_malformed": (
        "チェックポイント {source} の {file} を読み取れません。"
        "元のモデルのファイルに置き換えてください。",
        "{file} of {source} cannot be read. Replace it by the file of the original model.",
    ),
    "checkpoint.index_name": (
        "チェックポイント {source} の {file} が、重みのファイルの名前ではない「{name}」を"
        "指しています。元のモデルのファイルに置き換えてください。",
        "{file} of {source} names {name}, which is no name of a file with weights. Replace it by "
        "the file of the original model.",
    ),
    "checkpoint.no_shard": (
        "チェックポイント {source} に {name} がありません。"
        "重みのファイルをすべて同じフォルダーに置いてください。",
        "{source} has no {name}. Put all files with weights into the folder.",
    ),
    # --- how it was made ---------------------------------------------------------------------
    "checkpoint.no_record": (
        "チェックポイント {source} に record.json がないため、比較できる相手が分かりません。"
        "学習の記録があるものを指定してください（score だけなら記録がなくても使えます）。",
        "{source} has no record.json: how it was trained decides what it may be compared with. "
        "Give a checkpoint that has one (score works without it).",
    ),
    "checkpoint.record_malformed": (
        "チェックポイント {source} の record.json を読み取れません。"
        "元のファイルに置き換えてください。",
        "record.json of {source} cannot be read. Replace it by the original file.",
    ),
    "checkpoint.not_bytes": (
        "チェックポイント {source} はバイト単位の語彙ではないため、追加学習に使えません。"
        "バイト単位のもの（同梱の {shipped} など）を指定してください。",
        "{source} does not read bytes: it cannot be trained on and compared. Give a byte-level "
        "checkpoint, such as a shipped one ({shipped}).",
    ),
    "checkpoint.carried": (
        "{source} は状態を引き継いで学習されているため、ここから ZERO 側は作れません。"
        "ゼロ初期化だけで学習したチェックポイントから始めるか、"
        "--initialization から zero を外してください。",
        "{source} was trained with a carried state: no ZERO arm can be made of it. Start from a "
        "checkpoint that was trained with zero alone, or leave zero out of --initialization.",
    ),
    "checkpoint.learned_start": (
        "チェックポイント {source} は学習された初期状態から読み始めるため、追加学習に使えません。"
        "その元になったチェックポイントを指定してください。",
        "{source} starts from a learned state, which no other training would keep. Give the "
        "checkpoint that it was made from.",
    ),
    "checkpoint.start_malformed": (
        "チェックポイント {source} の {file} が、このモデルの初期状態として読み取れません。"
        "元のファイルに置き換えてください。",
        "{file} of {source} does not hold a start state of this model. Replace it by the original "
        "file.",
    ),
    # --- its vocabulary ----------------------------------------------------------------------
    "checkpoint.no_tokenizer": (
        "チェックポイント {source} に tokenizer.json がありません（語彙は {vocabulary} 個で、"
        "バイト単位ではありません）。元のモデルのファイルをフォルダーに置いてください。",
        "{source} has no tokenizer.json, and its {vocabulary} ids are not those of bytes. Put the "
        "file of the original model into the folder.",
    ),
    "checkpoint.tokenizer_malformed": (
        "チェックポイント {source} の tokenizer.json を読み取れません。"
        "元のモデルのファイルに置き換えてください。",
        "tokenizer.json of {source} cannot be read. Replace it by the file of the original model.",
    ),
    "checkpoint.tokenizer_larger": (
        "チェックポイント {source} の tokenizer.json の語彙（{found} 個）が、"
        "モデルの語彙（{expected} 個）を超えています。このモデルのファイルに置き換えてください。",
        "tokenizer.json of {source} has {found} ids, its model {expected}. Replace it by the file "
        "of this model.",
    ),
    # --- its weights -------------------------------------------------------------------------
    "checkpoint.weights_malformed": (
        "チェックポイント {source} の重みのファイルを読み取れません。"
        "途中で切れていないかを確認し、取得し直してください。",
        "The weights of {source} cannot be read. They may be cut short: get the files again.",
    ),
    "checkpoint.tensor_missing": (
        "チェックポイント {source} の重みに {name} がありません。config.json と重みが同じモデルの"
        "ものかを確認してください。",
        "The weights of {source} lack {name}. Check that config.json and weights are of one model.",
    ),
    "checkpoint.tensor_unknown": (
        "チェックポイント {source} の重みに、このモデルにはない {name} があります。"
        "config.json と重みが同じモデルのものかを確認してください。",
        "The weights of {source} hold {name}, which is not part of its architecture. Check that "
        "config.json and weights are of one model.",
    ),
    "checkpoint.tensor_shape": (
        "チェックポイント {source} の重み {name} の形が {found} で、config.json（{expected}）と"
        "合いません。両方が同じモデルのものかを確認してください。",
        "{name} of {source} has the shape {found}; config.json says {expected}. Check that both "
        "are of one model.",
    ),
    "checkpoint.tensor_not_finite": (
        "チェックポイント {source} の重み {name} に、無限大または非数の値があります。"
        "別の時点で保存したものを指定してください。",
        "{name} of {source} holds values that are not finite. Give one that was saved at another "
        "time.",
    ),
    "checkpoint.head_differs": (
        "チェックポイント {source} の重み {name} が埋め込みと異なります。config.json に "
        '"tie_word_embeddings": false と書かれているかを確認してください。',
        "{name} of {source} differs from the embedding. Check that config.json says "
        '"tie_word_embeddings": false.',
    ),
    # --- its configuration -------------------------------------------------------------------
    "checkpoint.config_malformed": (
        "チェックポイント {source} の config.json を読み取れないか、必要な項目がありません。"
        "元のモデルのファイルに置き換えてください。",
        "config.json of {source} cannot be read, or lacks a field. Replace it by the file of the "
        "original model.",
    ),
    "checkpoint.architecture": (
        "チェックポイント {source} のモデルの種類 {found} には対応していません。"
        "次のいずれかを指定してください：{offered}",
        "{source} has the architecture {found}, which is not offered. Give one of {offered}.",
    ),
    "checkpoint.option": (
        "チェックポイント {source} の config.json の {option} = {found} には対応していません"
        "（対応しているのは {expected}）。別のモデルを指定してください。",
        "config.json of {source} says {option} = {found}; only {expected} is offered. Give another "
        "model.",
    ),
    "checkpoint.dimension": (
        "チェックポイント {source} の config.json の寸法が 1 から {most} の範囲にありません。"
        "元のモデルのファイルに置き換えてください。",
        "config.json of {source} has a dimension outside 1 to {most}. Replace it by the file of "
        "the original model.",
    ),
    "checkpoint.epsilon": (
        "チェックポイント {source} の config.json の layer_norm_epsilon が {found} です。"
        "0 より大きく 1 より小さい数にしてください。",
        "config.json of {source} has a layer_norm_epsilon of {found}. It has to be above 0 and "
        "below 1.",
    ),
    "checkpoint.start_token": (
        "チェックポイント {source} の config.json の bos_token_id が {found} で、"
        "語彙の範囲にありません。元のモデルのファイルに置き換えてください。",
        "config.json of {source} has a bos_token_id of {found}, outside the vocabulary. Replace it "
        "by the file of the original model.",
    ),
    "checkpoint.width": (
        "チェックポイント {source} の config.json では層の幅が {found} ですが、"
        "expand からは {expected} になります。元のモデルのファイルに置き換えてください。",
        "config.json of {source} has layers of {found} channels, but expand gives {expected}. "
        "Replace it by the file of the original model.",
    ),
    "checkpoint.heads": (
        "チェックポイント {source} の config.json の num_heads × head_dim が {found} で、"
        "hidden_size（{expected}）の倍数ではありません。"
        "元のモデルのファイルに置き換えてください。",
        "config.json of {source}: num_heads times head_dim is {found}, no multiple of hidden_size "
        "({expected}). Replace it by the file of the original model.",
    ),
    "checkpoint.groups": (
        "チェックポイント {source} の config.json の num_heads（{heads}）が "
        "n_groups（{groups}）で割り切れません。元のモデルのファイルに置き換えてください。",
        "config.json of {source}: {heads} heads do not fall into {groups} groups. Replace it by "
        "the file of the original model.",
    ),
    "checkpoint.step_limit": (
        "チェックポイント {source} の config.json の time_step_limit（{low} から {high}）が"
        "範囲になっていません。元のモデルのファイルに置き換えてください。",
        "config.json of {source}: time_step_limit, {low} to {high}, is no range. Replace it by the "
        "file of the original model.",
    ),
    "checkpoint.taps": (
        "チェックポイント {source} の config.json の conv_kernel が 2 から {most} の範囲に"
        "ありません。元のモデルのファイルに置き換えてください。",
        "config.json of {source}: conv_kernel has to be from 2 to {most}. Replace it by the file "
        "of the original model.",
    ),
    "checkpoint.rank": (
        "チェックポイント {source} の config.json の time_step_rank が 1 から {most} の範囲に"
        "ありません。元のモデルのファイルに置き換えてください。",
        "config.json of {source}: time_step_rank has to be from 1 to {most}. Replace it by the "
        "file of the original model.",
    ),
}

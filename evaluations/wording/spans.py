"""Which parts of documents were read: what pages and reports say where it is not all of them."""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "results.read_share": (
        "{n} 件は全文ではなく一部を読んで比べました：計 {total} のうち、"
        "各文書の先頭（計 {prefix}）と、抽選で選んだ {spans} か所・{targets}（採点した部分）。"
        "残りの部分は結果に含まれません。",
        "{n} documents were not read whole: of {total} in all, their beginnings ({prefix}) were "
        "read, and {spans} spans that were drawn by lot ({targets}) were scored. The rest is not "
        "in the result.",
    ),
    "results.read_share.one": (
        "全文ではなく一部を読んで比べました：{total} のうち、先頭の {prefix} と、"
        "抽選で選んだ {spans} か所・{targets}（採点した部分）。残りの部分は結果に含まれません。",
        "The document was not read whole: of {total}, the first {prefix} were read, and {spans} "
        "spans that were drawn by lot, {targets}, were scored. The rest is not in the result.",
    ),
}

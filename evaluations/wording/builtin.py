"""What the page framework says by itself, in English only: key -> (Japanese, its own words).

The second of each pair is exactly what the framework writes, so that it can be found on the page.
"""

from __future__ import annotations

ENTRIES: dict[str, tuple[str, str]] = {
    "builtin.pages": ("ページ一覧", "App pages"),
    "builtin.skip": ("本文へ移動", "Skip to main content"),
    "builtin.option": ("選択してください", "Choose an option"),
    "builtin.options": ("選択してください（複数可）", "Choose options"),
    "builtin.help": ("説明：", "Help for "),  # and what it is the help for
    "builtin.open": ("開く", "Open"),
    "builtin.close": ("閉じる", "Close"),
    "builtin.clear_value": ("選択を取り消す", "Clear value"),
    "builtin.clear_entry": ("入力を消す", "Clear entry"),
    "builtin.clear_all": ("すべて取り消す", "Clear all"),
    "builtin.select_all": ("すべて選択", "Select all"),
    "builtin.selected": ("選択済み", "Selected values"),
    "builtin.none": ("該当なし", "No results"),
    "builtin.more": ("1 つ増やす", "Increment"),
    "builtin.less": ("1 つ減らす", "Decrement"),
    "builtin.date": ("日付を選ぶ", "Choose date"),
    "builtin.clear_date": ("日付を消す", "Clear date"),
    "builtin.next_month": ("次の月", "Next month"),
    "builtin.previous_month": ("前の月", "Previous month"),
    "builtin.copy": ("コピー", "Copy"),
    "builtin.copy_text": ("コピー", "Copy to clipboard"),
}

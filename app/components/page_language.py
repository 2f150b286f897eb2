"""Tells the browser which language the page is in, and puts the framework's own words into it.

For screen readers, glyphs and translators the document carries its language. Streamlit's controls
have names of their own ("Choose an option", "Open"), in English whatever the page is in: those that
can appear here are replaced as they appear, in names and hints of controls, in the empty list
and in the link past the top bar that the keyboard finds first.
"""

from __future__ import annotations

import streamlit as st
from session import language

from evaluations.wording import CATALOGUE, LANGUAGES, say

BUILT_IN = "builtin."

_mount = st.components.v2.component(
    "longssm_page_language",
    js="""
const NAMES = ["aria-label", "placeholder", "title"];
const TEXTS = "[data-testid=stSelectboxVirtualDropdownEmpty] *, [data-testid=stApp] title,"
  + " [data-testid=stSkipToContent]";

function translate(words, help) {
  for (const name of NAMES) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const found = element.getAttribute(name);
      const isHelp = found.startsWith(help[0]) && found.length > help[0].length;
      const better = isHelp ? help[1] + found.slice(help[0].length) : words[found];
      if (better) element.setAttribute(name, better);
    }
  }
  for (const element of document.querySelectorAll(TEXTS)) {
    const better = element.childElementCount === 0 && words[element.textContent.trim()];
    if (better) element.textContent = better;
  }
}

export default function ({ data }) {
  document.documentElement.lang = data.language;
  translate(data.words, data.help);
  let due = false;
  const watch = new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; translate(data.words, data.help); });
  });
  watch.observe(document.body, { childList: true, subtree: true, attributeFilter: NAMES });
  return () => watch.disconnect();
}
""",
)


def page_language() -> None:
    """Set the document's language to the visitor's."""
    (other,) = (one for one in LANGUAGES if one != language())
    keys = [key for key in CATALOGUE if key.startswith(BUILT_IN)]
    words = {say(key, other): say(key, language()) for key in keys}
    help_words = [say("builtin.help", other), say("builtin.help", language())]
    shown = {"language": language(), "words": words, "help": help_words}
    _mount(key="page_language", data=shown)

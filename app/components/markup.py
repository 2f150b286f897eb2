"""Drawing with HTML in which a user's text stays text.

Streamlit reads markdown in most of what it is given: an image link in a log made the browser
call outside. Here `element` escapes every child and attribute that is not itself an `Element`,
and `draw` is the only way from there to the screen. Document names, document text and words with
a user's values inside come through here or through `st.text` and `st.code`.
"""

from __future__ import annotations

from html import escape
from typing import Literal

import streamlit as st

Kind = Literal["error", "warning", "info", "good"]
VOID = ("img", "br")
LITERAL = {sign: f"\\{sign}" for sign in r"\`*_{}[]()#+-.!|~:$"} | {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
}
SIGNS: dict[Kind, str] = {"error": "×", "warning": "!", "info": "i", "good": "✓"}


class Element(str):
    """Markup that was made by `element`: safe to put on the page as it is."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Element:
    """`<tag attributes>children</tag>`; everything but elements is escaped.

    An attribute's trailing underscore is dropped and inner ones become hyphens, so that
    `class_` and `aria_label` can be written; None leaves the attribute out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Element(f"<{tag}{written}>")
    inside = "".join(c if isinstance(c, Element) else escape(str(c)) for c in children)
    return Element(f"<{tag}{written}>{inside}</{tag}>")


def joined(*parts: Element) -> Element:
    """Elements one after the other."""
    return Element("".join(parts))


def as_label(text: str) -> str:
    """A user's words in a widget's label, which reads markdown: its signs are taken literally."""
    return "".join(LITERAL.get(sign, sign) for sign in text)


def draw(*parts: Element) -> None:
    """Put elements on the page."""
    st.html(joined(*parts))


def heading(text: str, lead: str = "") -> None:
    """A page's title and the sentence below it."""
    parts = [element("h1", text, class_="lab-title")]
    if lead:
        parts.append(element("p", lead, class_="lab-lead"))
    draw(*parts)


def lead(text: str) -> None:
    """The sentence below a title that stands in the line of the evaluation."""
    draw(element("p", text, class_="lab-lead"))


def section(text: str, lead: str = "") -> None:
    """A section's title."""
    parts = [element("h2", text, class_="lab-section")]
    if lead:
        parts.append(element("p", lead, class_="lab-note"))
    draw(*parts)


def paragraph(text: str, class_: str = "lab-text") -> None:
    """Plain words."""
    draw(element("p", text, class_=class_))


def notice(kind: Kind, *sentences: str) -> None:
    """A sentence that the reader must not miss."""
    draw(notice_element(kind, *sentences))


def notice_element(kind: Kind, *sentences: str) -> Element:
    """The same, as an element."""
    role = "alert" if kind == "error" else "status"
    body = joined(*(element("p", sentence) for sentence in sentences))
    sign = element("span", SIGNS[kind], class_="lab-sign", aria_hidden="true")
    return element("div", sign, element("div", body), class_=f"lab-notice {kind}", role=role)


def badge(text: str, tone: str) -> Element:
    """A short word in a coloured frame."""
    return element("span", text, class_=f"lab-badge {tone}")


def table(
    header: list[str], rows: list[list[object]], numeric: set[int] | None = None, class_: str = ""
) -> Element:
    """A table; columns in `numeric` are set to the right."""
    right = numeric or set()

    def line(cells: list[object], tag: str) -> Element:
        return element(
            "tr",
            *(
                element(tag, cell, class_="num" if i in right else None)
                for i, cell in enumerate(cells)
            ),
        )

    head = element("thead", line(list(header), "th"))
    body = element("tbody", *(line(row, "td") for row in rows))
    whole = element("table", head, body, class_=f"lab-table {class_}".strip())
    return element("div", whole, class_="lab-scroll")

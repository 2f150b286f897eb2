"""Home: what this is, the sample that shows it, and the evaluations so far."""

from __future__ import annotations

import streamlit as st
from components.evaluations import evaluation_rows
from components.markup import draw, element, heading, notice, section
from session import go, open_store, words
from starting import SAMPLE_DOCUMENTS, start_sample

heading(words("app.home.title"), words("app.home.lead"))

runs = open_store().runs()

own, sample = st.columns(2, gap="medium")
with own, st.container(border=True, height="stretch", vertical_alignment="distribute"):
    draw(
        element("h3", words("app.home.own.title"), class_="lab-cardtitle"),
        element("p", words("app.home.own.text"), class_="lab-text"),
    )
    if st.button(
        words("app.home.own.button"),
        key="home_own",
        type="primary" if runs else "secondary",
    ):
        go("data")
with sample, st.container(border=True, height="stretch", vertical_alignment="distribute"):
    draw(
        element("h3", words("app.home.sample.title"), class_="lab-cardtitle"),
        element("p", words("app.home.sample.text", documents=SAMPLE_DOCUMENTS), class_="lab-text"),
    )
    if st.button(
        words("app.home.sample.button"),
        key="home_sample",
        type="secondary" if runs else "primary",
    ):
        with st.spinner(words("app.home.sample.working")):
            run = start_sample()
        go("run", run)

section(words("app.home.list"))
if runs:
    evaluation_rows(runs)
else:
    notice("info", words("app.home.list.empty"))

"""After a Go: the package for the side that serves the model."""

from __future__ import annotations

from links import LINK_HOURS, download_address
from session import language, words

from components.markup import draw, element, section
from evaluations.handover import can_be_handed_over, package_name
from evaluations.records import Snapshot


def handover_link(found: Snapshot) -> None:
    """The link, where the outcome says that the change is to be made; else nothing."""
    if not can_be_handed_over(found):
        return
    permission = {"run": found.run, "format": "zip", "language": language()}
    address = download_address(permission, package_name(found, language()))
    section(words("app.handover.title"), words("app.handover.why"))
    link = element(
        "a",
        words("app.handover.download"),
        href=address,
        download="",
        class_="lab-button lab-handover",
        data_format="zip",
    )
    draw(link, element("p", words("app.report.expires", hours=LINK_HOURS), class_="lab-small"))

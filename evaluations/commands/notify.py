"""`python -m evaluations notify`: does a message reach every address?"""

from __future__ import annotations

import argparse
import re

from evaluations.commands import DONE, FAILED
from evaluations.errors import RefusedOption
from evaluations.notifications import send_by_apprise
from evaluations.settings import Settings
from evaluations.wording import Language, say

WITH_HOST = {f"{kind}{safe}" for kind in ("mailto", "json", "xml", "form") for safe in ("", "s")}


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """There are no options: the addresses are those of the settings."""


def main(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Send one message to each; what a library says about one that failed goes to stderr."""
    if not settings.addresses:
        raise RefusedOption("notify.none")
    words = (say(key, settings.language) for key in ("notify.test", "notify.test.body"))
    title, body = words
    sent = {address: send_by_apprise(address, title, body) for address in settings.addresses}
    for address, arrived in sent.items():
        key = "notify.sent" if arrived else "notify.not_sent"
        print(say(key, settings.language, address=without_secrets(address)))
    return DONE if all(sent.values()) else FAILED


def without_secrets(address: str) -> str:
    """The address as it may be shown: its kind, and the host where that is one.

    Many services have a token where others have a host: tgram://TOKEN/CHAT, pover://USER@TOKEN.
    """
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in WITH_HOST:
        return f"{scheme}://***"
    return f"{scheme}://{re.split(r'[/?]', rest.rpartition('@')[2])[0]}"

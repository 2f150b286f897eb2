#!/bin/sh
# Starts LongSSM A/B from this folder, without a network.
cd "$(dirname "$0")" || exit 1
exec "${PYTHON:-$(command -v python@PYTHON@ || command -v python3)}" start.py "$@"

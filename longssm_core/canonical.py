"""How much is computed at a time where a loss is to be stored: float32 bits depend on it.

Scoring takes these values as its defaults; whoever plans or records reads them here without torch.
"""

from __future__ import annotations

CHUNK = 256  # tokens per row and pass: large enough for the products, small enough for the cache
TOKENS_AT_ONCE = 2048  # rows x length of one pass over blocks or windows
DTYPE = "float32"  # of weights, products and losses

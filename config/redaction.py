"""Keep API keys and addresses of embeds out of the logs, wherever in a line they stand."""

import re
from typing import Any

# A key itself, and whatever was sent as `?api_key=`, however its name was escaped.
_KEY = re.compile(r"(plumb_[0-9a-f]{8}_)[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r"(api(?:_|%5f)key=)(?!plumb_[0-9a-f]{8}_…)[^&\s\"'\\]+", re.IGNORECASE)

# An embed is whose address one knows; its first digits tell which of them was read.
_EMBED = re.compile(r"(/embed/[0-9a-f]{8})[A-Za-z0-9_-]+")


def mask_keys(logger: Any, name: str, line: Any) -> str:
    """A structlog processor for the finished line; a key's prefix stays, to tell whose it was."""
    return _EMBED.sub(r"\1…", _PARAMETER.sub(r"\1…", _KEY.sub(r"\1…", line)))

"""Programs that open a link only to show what is behind it."""

import re

# Cubot is a maker of phones. LINE's own preview calls itself "facebookexternalhit/1.1;line-poker/1.0".
PREVIEW = re.compile(
    r"(?<!cu)bot\b|crawler|spider|slurp|preview|line-poker|facebookexternalhit|facebookcatalog|whatsapp/"
    r"|embedly|iframely|vkshare|google-read-aloud|headlesschrome|^curl/|^wget/|^python-|^go-http-client/",
    re.IGNORECASE,
)


def is_preview(user_agent: str) -> bool:
    """Whether this browser is obviously none: a link preview, a crawler, a script. Without a name it is one too."""
    return not user_agent.strip() or PREVIEW.search(user_agent) is not None

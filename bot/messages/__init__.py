"""LINE's message JSON: building it, checking it against LINE's limits, filling it for one friend, showing it short.

A message is a plain dict as LINE documents it (reference/messaging-api#message-objects).
"""

from bot.messages.builders import LineMessage, quick_reply, text
from bot.messages.checks import check, check_action, raise_for, variables_in
from bot.messages.faults import Fault, MessageFaultsError, as_field_faults, sentence
from bot.messages.filling import fill
from bot.messages.previews import plain_text

__all__ = [
    "Fault",
    "LineMessage",
    "MessageFaultsError",
    "as_field_faults",
    "check",
    "check_action",
    "fill",
    "plain_text",
    "quick_reply",
    "raise_for",
    "sentence",
    "text",
    "variables_in",
]

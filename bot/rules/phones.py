"""Telephone numbers as people in Taiwan write them, in the one form they are kept in."""

import unicodedata

import phonenumbers

HOME = "TW"
LONGEST = 40  # characters of what somebody may type


def read_phone(text: str) -> str | None:
    """Return a number that can exist in E.164 (`+886912345678`), or None.

    Takes full width, spaces, dashes, brackets and `tel:`; a number without its country's code is one of Taiwan.
    """
    said = unicodedata.normalize("NFKC", text).strip().removeprefix("tel:")
    if len(said) > LONGEST or any(character.isalpha() for character in said):
        return None
    if said.startswith("00"):
        said = "+" + said[2:]
    try:
        number = phonenumbers.parse(said, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""What is wrong with a message, where, and how to say it to the person who can mend it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import BotError, FieldFault
from bot.messages.fault_texts import COUNTED_PARTS, PARTS, SENTENCES

Path = tuple[str | int, ...]

_LANGUAGES = ("zh", "en", "ja")


@dataclass(frozen=True)
class Fault:
    """One thing LINE would refuse. `parameters` belong to `code`: the limit, the length found, what is allowed."""

    path: Path
    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The place as a developer writes it: `messages[0].template.columns[2].text`."""
        written = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return written.removeprefix(".")

    @property
    def problem(self) -> str:
        """The problem in English, without the place."""
        return _problem(self, "en")

    def __str__(self) -> str:
        return sentence(self, "zh-TW")


class MessageFaultsError(BotError):
    """Messages that LINE would refuse; `faults` says why, the text shows the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = sentence(self.faults[0], "zh-TW") if self.faults else ""
        super().__init__("訊息有 %(count)s 處需要修正。%(first)s", count=len(self.faults), first=first)


def as_field_faults(faults: Iterable[Fault], locale: str = "zh-TW") -> list[FieldFault]:
    """Turn faults into the form that pages and the API show, each with its whole sentence."""
    return [FieldFault(fault.place, "%(sentence)s", (("sentence", sentence(fault, locale)),)) for fault in faults]


def sentence(fault: Fault, locale: str) -> str:
    """Say place and problem in zh-TW (the default), en or ja, for the person who wrote the message."""
    language = locale[:2].lower()
    if language not in _LANGUAGES:
        language = "zh"
    mark = ": " if language == "en" else "："
    return f"{_spoken_place(fault.path, language)}{mark}{_problem(fault, language)}"


def _problem(fault: Fault, language: str) -> str:
    parameters = {name: _spoken_value(value, language) for name, value in fault.parameters.items()}
    if parameters.get("meant"):
        parameters["meant"] = _written("did_you_mean", language).format(meant=parameters["meant"])
    return _written(fault.code, language).format(**parameters)


def _written(code: str, language: str) -> str:
    return SENTENCES[code][_LANGUAGES.index(language)]


def _spoken_value(value: object, language: str) -> str:
    if isinstance(value, (tuple, list)):
        return ("、" if language != "en" else ", ").join(str(one) for one in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _spoken_place(path: Path, language: str) -> str:
    """Turn `messages[0].text` into 第 1 則訊息 › 文字; a field without a word of its own keeps LINE's name."""
    column = _LANGUAGES.index(language)
    spoken: list[str] = []
    for part, following in zip(path, (*path[1:], None), strict=True):
        if isinstance(part, int):
            continue
        if isinstance(following, int):
            words = COUNTED_PARTS.get(part, (f"{part} {{n}}",) * 3)
            spoken.append(words[column].replace("{n}", str(following + 1)))
        else:
            spoken.append(PARTS.get(part, (part,) * 3)[column])
    return " › ".join(spoken)

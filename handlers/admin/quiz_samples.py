"""Quizzes to start from: filled in, in the language of the brand's friends, ready to be changed."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.services.quizzes import QuizContent

Json = dict[str, Any]


def make(name: str) -> QuizContent:
    """Return a sample, or a quiz without anything."""
    return _SAMPLES[name]() if name in _SAMPLES else QuizContent(name="", questions=[])


def _said(words: str) -> list[Json]:
    return [{"type": "text", "text": words}]


def _skin() -> QuizContent:
    kinds = {"r1": "乾性肌", "r2": "油性肌", "r3": "敏感肌"}

    def choices(*texts: str) -> list[Json]:
        return [
            {"key": key, "text": text, "tags": [], "score": 0, "result": result}
            for key, text, result in zip("abc", texts, kinds, strict=True)
        ]

    advice = {
        "r1": "保濕最重要：洗臉後三分鐘內擦上乳液，睡前加強滋潤。",
        "r2": "清爽就好：選擇無油配方，早晚溫和清潔，別忘了保濕。",
        "r3": "越簡單越好：避開香料與酒精，新產品先試用在手臂內側。",
    }
    return QuizContent(
        name="我是哪一種膚質？",
        start_keywords=[{"text": "膚質測驗", "match": "exact"}],
        questions=[
            _asked("q1", "single", "洗完臉半小時後，臉上的感覺是？", choices("緊繃", "T 字部位出油", "有點泛紅")),
            _asked("q2", "single", "換季的時候最常遇到？", choices("脫皮", "長痘痘", "發癢、刺痛")),
            _asked("q3", "single", "保養品最在意什麼？", choices("夠滋潤", "不黏膩", "成分單純")),
        ],
        results=[
            {
                "key": key,
                "name": name,
                "tags": [name],
                "messages": _said(f"{{{{name}}}}，您是「{name}」！\n{advice[key]}"),
            }
            for key, name in kinds.items()
        ],
        ending={"by": "most_picked", "messages": _said("謝謝您的作答！")},
    )


def _survey() -> QuizContent:
    levels = ["非常滿意", "滿意", "普通", "不滿意"]
    rated: list[Json] = [
        {"key": key, "text": text, "tags": [], "score": 4 - place}
        for place, (key, text) in enumerate(zip("abcd", levels, strict=True))
    ]
    rated[0]["tags"], rated[3]["tags"], rated[3]["next"] = ["滿意顧客"], ["需要關心"], "q3"
    wishes = ["新品上市", "優惠活動", "育兒知識", "門市活動"]
    tagged = [
        {"key": key, "text": text, "tags": [f"想看：{text}"], "score": 0}
        for key, text in zip("abcd", wishes, strict=True)
    ]
    return QuizContent(
        name="購物滿意度問卷",
        start_keywords=[{"text": "滿意度調查", "match": "exact"}],
        questions=[
            _asked("q1", "single", "這次購物整體滿意嗎？", rated),
            _asked("q2", "multiple", "希望收到哪些內容？（可以選很多個）", tagged) | {"next": "q4"},
            _asked("q3", "text", "很抱歉讓您失望了，可以告訴我們發生了什麼事嗎？"),
            _asked("q4", "date", "您的生日是？我們會準備生日禮。") | {"attribute": "birthday", "required": False},
        ],
        ending={"by": "score", "messages": _said("謝謝 {{name}} 的意見，我們會做得更好！")},
    )


def _knowledge() -> QuizContent:
    def choices(right: str, *texts: str) -> list[Json]:
        return [
            {"key": key, "text": text, "tags": [], "score": 1 if key == right else 0, "correct": key == right}
            for key, text in zip("abc", texts, strict=False)
        ]

    return QuizContent(
        name="副食品小學堂",
        start_keywords=[{"text": "小學堂", "match": "exact"}],
        questions=[
            _asked("q1", "single", "寶寶大約幾個月大可以開始吃副食品？", choices("b", "2 個月", "4 到 6 個月", "1 歲"))
            | {"explanation": "通常在 4 到 6 個月，會坐、對食物有興趣時開始，請先詢問醫師。"},
            _asked("q2", "single", "一歲以前不能吃哪一種食物？", choices("a", "蜂蜜", "米粥", "南瓜"))
            | {"explanation": "蜂蜜可能含有肉毒桿菌孢子，一歲以前不能吃。"},
            _asked("q3", "single", "第一次嘗試新食物，一次給幾種？", choices("c", "三種", "兩種", "一種"))
            | {"explanation": "一次一種、觀察三天，才看得出是不是過敏。"},
        ],
        results=[
            _range("r1", "再接再厲", None, 1, "答對 {{score}} 題！看看我們的副食品專欄，下次一定更好。"),
            _range("r2", "小學堂高手", 2, None, "答對 {{score}} 題，{{name}} 太厲害了！"),
        ],
        ending={"by": "score", "messages": []},
    )


def _asked(key: str, kind: str, text: str, choices: list[Json] | None = None) -> Json:
    question: Json = {"key": key, "kind": kind, "text": text, "required": True}
    return question if choices is None else question | {"choices": choices}


def _range(key: str, name: str, low: int | None, high: int | None, words: str) -> Json:
    return {"key": key, "name": name, "min_score": low, "max_score": high, "tags": [name], "messages": _said(words)}


_SAMPLES: Mapping[str, Callable[[], QuizContent]] = {"skin": _skin, "survey": _survey, "knowledge": _knowledge}

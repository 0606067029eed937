"""Shapes of quizzes: what callers send and get."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from handlers.api.keyword_rules import KeywordAnswer, StartKeywords
from handlers.api.shapes import Answer, Body, Changes, FieldError, Message, Messages, Moment, TagsGiven

Kind = Literal["single", "multiple", "text", "number", "date", "phone", "picture"]
By = Literal["score", "most_picked"]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
QuestionText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
LongText = Annotated[str, StringConstraints(max_length=2000)]
ChoiceText = Annotated[str, StringConstraints(min_length=1, max_length=300)]
ShortText = Annotated[str, StringConstraints(max_length=200)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Score = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Times = Annotated[int, Field(ge=1, le=1_000)]
Reward = Annotated[dict[str, Any], Field(examples=[{"points": 30}, {"text": "門市領取贈品"}])]

KEY = "沒有填時由伺服器給"
NEXT = "下一題的代號；end 為結束，null 為依序的下一題"


class ChoiceBody(Body):
    """One thing to choose, and what choosing it does."""

    key: Key | None = Field(default=None, description=KEY)
    text: ChoiceText = Field(examples=["乾性"])
    tags: TagsGiven = Field(default=[], description="編號或名稱；沒有這個名稱時會新增標籤")
    score: Score | None = 0
    next: Key | None = Field(default=None, description=NEXT)
    picture_url: Url | None = None
    correct: bool = Field(default=False, description="知識問答的正確答案")
    result: Key | None = Field(default=None, description="ending.by 為 most_picked 時，計入哪個結果")
    value: ShortText | None = Field(default=None, description="存入好友屬性的值；null 為選項文字")


class QuestionBody(Body):
    """One question."""

    key: Key | None = Field(default=None, description=KEY)
    kind: Kind
    text: QuestionText = Field(examples=["您的膚質是？"])
    required: bool = True
    attribute: ShortText | None = Field(default=None, description="回答會存成這個好友屬性")
    picture_url: Url | None = None
    explanation: LongText | None = Field(default=None, description="回答後的解說")
    next: Key | None = Field(default=None, description=NEXT)
    most: Times | None = Field(default=None, description="複選題最多可選幾個")
    choices: list[ChoiceBody] | None = Field(default=None, max_length=40)


class ResultBody(Body):
    """One way to end. Without limits a range is open on that side."""

    key: Key | None = Field(default=None, description=KEY)
    name: Name = Field(examples=["乾性肌膚"])
    min_score: Score | None = None
    max_score: Score | None = None
    tags: TagsGiven = Field(default=[])
    messages: Messages = Field(default=[], description="可用 {{name}} 與 {{score}}")
    reward: Reward | None = None


class EndingBody(Body):
    """How a result is chosen, and what is said where none fits."""

    by: By = "score"
    messages: Messages = Field(default=[])


Questions = Annotated[list[QuestionBody], Field(min_length=1, max_length=50)]
Results = Annotated[list[ResultBody], Field(max_length=50)]


class QuizBody(Body):
    """A new quiz or survey."""

    name: Name = Field(examples=["膚質測驗"])
    start_keywords: StartKeywords = Field(default=[], description="完全相符的關鍵字可以只寫文字")
    questions: Questions
    results: Results = Field(default=[])
    ending: EndingBody = EndingBody()
    attempts_per_friend: Times | None = Field(default=1, description="null 為不限")
    attempts_per_day: Times | None = None
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    starts_on_follow: bool = Field(default=False, description="加入好友時，在歡迎訊息後開始")


class QuizChanges(Changes):
    """What is to be different; everything else stays. Questions and results are replaced as a whole."""

    name: Name = ""
    start_keywords: StartKeywords = Field(default=[])
    questions: Questions = Field(default=[])
    results: Results = Field(default=[])
    ending: EndingBody = EndingBody()
    attempts_per_friend: Times | None = None
    attempts_per_day: Times | None = None
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    starts_on_follow: bool = False


class ChoiceAnswer(Answer):
    """One thing to choose."""

    key: str
    text: str
    tags: list[str]
    score: int
    next: str | None
    picture_url: str | None
    correct: bool
    result: str | None
    value: str | None


class QuestionAnswer(Answer):
    """One question."""

    key: str
    kind: Kind
    text: str
    required: bool
    attribute: str | None
    picture_url: str | None
    explanation: str | None
    next: str | None
    most: int | None = None
    choices: list[ChoiceAnswer] = Field(default=[])


class ResultAnswer(Answer):
    """One way to end."""

    key: str
    name: str
    min_score: int | None
    max_score: int | None
    tags: list[str]
    messages: list[Message]
    reward: dict[str, Any] | None


class EndingAnswer(Answer):
    """How a result is chosen."""

    by: By
    messages: list[Message]


class QuizAnswer(Answer):
    """A quiz or survey; `version` rises when its questions, results or ending change."""

    id: int
    code: str
    name: str
    version: int
    start_keywords: list[KeywordAnswer]
    start_data: str = Field(description="開始按鈕的 postback 資料")
    page_url: str
    questions: list[QuestionAnswer]
    results: list[ResultAnswer]
    ending: EndingAnswer
    attempts_per_friend: int | None
    attempts_per_day: int | None
    active_from: Moment | None
    active_until: Moment | None
    enabled: bool
    starts_on_follow: bool
    warnings: list[FieldError] = Field(description="可以儲存，但可能不是您要的")
    created_at: Moment
    updated_at: Moment


class QuizPage(Answer):
    """Some of the quizzes."""

    items: list[QuizAnswer]
    next: str | None

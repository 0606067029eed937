"""A quiz tried before it is saved: played by the same rules as a friend's, and nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bot.messages import LineMessage, fill
from bot.rules.quizzes import (
    Given,
    Kind,
    Question,
    Sheet,
    Step,
    StepRefusedError,
    faults_of_shape,
    outcome,
    read_sheet,
    read_value,
    take,
    tidy_ending,
    tidy_questions,
    tidy_results,
    words,
)
from bot.services.quiz_checks import QuizContent

MOST_STEPS = 200  # a quiz with a way back never has to end


@dataclass(frozen=True)
class Tried:
    """One answer that was given."""

    question: Question
    answer: str | None  # in words; None where it was skipped
    is_right: bool | None
    right: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """How it ended."""

    name: str | None
    score: int
    messages: Sequence[LineMessage]
    tags: Sequence[int | str]
    reward: Mapping[str, Any] | None


@dataclass(frozen=True)
class Trial:
    """How far somebody came who tries an unsaved quiz."""

    answers: Sequence[Mapping[str, Any]] = ()  # those that still fit, to be handed in again
    steps: Sequence[Tried] = ()
    question: Question | None = None  # the open one
    scores: Mapping[str, int] = field(default_factory=dict)  # by question; one asked again counts as last answered
    tags: Sequence[int | str] = ()
    outcome: Outcome | None = None
    refusal: str | None = None  # why the newest answer was not taken
    values: Mapping[str, object] = field(default_factory=dict)  # of the refusal
    has_faults: bool = False  # the quiz cannot be played yet

    @property
    def score(self) -> int:
        """The score so far."""
        return sum(self.scores.values())


def play(
    content: QuizContent,
    answers: Sequence[Mapping[str, Any]],
    newest: Mapping[str, Any] | None,
    *,
    name: str,
    today: date,
) -> Trial:
    """Give the answers one after the other, and then the newest one; what no longer fits is left out.

    An answer is `{"question": key, "choices": [keys], "value": what was typed}`; `name` stands for the friend's.
    """
    questions = tidy_questions(content.questions, used={})
    results, ending = tidy_results(content.results, used=()), tidy_ending(content.ending)
    if faults_of_shape(questions, results, ending):
        return Trial(has_faults=True)
    sheet = read_sheet(questions, results, ending)
    trial = Trial(question=sheet.questions[0])
    for answer in answers[:MOST_STEPS]:
        after = _answered(sheet, trial, answer, name, today)
        if after.refusal:
            break
        trial = after
    return trial if newest is None else _answered(sheet, trial, newest, name, today)


def _answered(sheet: Sheet, trial: Trial, answer: Mapping[str, Any], name: str, today: date) -> Trial:
    """Return the trial after an answer, or as it was with the reason why not."""
    question = trial.question
    if question is None:
        return replace(trial, refusal=words.REFUSALS["unknown"])
    chosen, typed = tuple(answer.get("choices") or ()), str(answer.get("value") or "").strip()
    value = None if question.has_choices or not typed else _value(question, typed, today)
    if typed and not question.has_choices and value is None:
        return replace(trial, refusal=words.NOT_UNDERSTOOD[question.kind])
    try:
        step = take(sheet, question.key, str(answer.get("question")), Given(chosen, value))
    except StepRefusedError as refused:
        limits = {"most": question.most or len(question.choices)}
        return replace(trial, refusal=words.REFUSALS[refused.refusal.value], values=limits)
    return _moved(sheet, trial, step, answer, name)


def _value(question: Question, typed: str, today: date) -> str | None:
    return "picture" if question.kind is Kind.PICTURE else read_value(question.kind, typed, today=today)


def _moved(sheet: Sheet, trial: Trial, step: Step, answer: Mapping[str, Any], name: str) -> Trial:
    said = "、".join(choice.text for choice in step.choices) or step.value
    tried = Tried(step.question, said, step.is_right, [choice.text for choice in step.question.right_choices])
    tags = [tag for choice in step.choices for tag in choice.tags]
    after = replace(
        trial,
        answers=[*trial.answers, dict(answer)],
        steps=[*trial.steps, tried],
        question=sheet.question(step.next_key),
        scores={**trial.scores, step.question.key: step.score},
        tags=list(dict.fromkeys([*trial.tags, *tags])),
        refusal=None,
    )
    return after if after.question else replace(after, outcome=_outcome(sheet, after, name))


def _outcome(sheet: Sheet, trial: Trial, name: str) -> Outcome:
    answered = {one["question"]: one for one in trial.answers}
    picked = [
        choice.result
        for key, answer in answered.items()
        if (question := sheet.question(key))
        for choice in question.choices
        if choice.key in (answer.get("choices") or ()) and choice.result
    ]
    result = outcome(sheet, trial.score, picked)
    written = [dict(message) for message in (result.messages if result else sheet.closing)]
    filled = fill(written, {"name": name, "score": str(trial.score)})
    return Outcome(
        name=result.name if result else None,
        score=trial.score,
        messages=filled,
        tags=result.tags if result else (),
        reward=result.reward if result else None,
    )

"""What a quiz says in the chat: the open question, what became of an answer, the result."""

from collections.abc import Sequence

from bot.messages import LineMessage, fill
from bot.messages import text as text_message
from bot.rules.quizzes import Asked, Result, Step, ask, longest_way, words
from bot.services.auto_replies import Said
from bot.services.quiz_answers import Recorded
from bot.services.quiz_starts import Running
from bot.services.quiz_states import Explained
from models import ChatSource, Friend, QuizAttempt


def question(running: Running, before: Sequence[str] = (), *, with_picture: bool = True) -> list[LineMessage]:
    """Return the messages that ask the open question."""
    attempt = running.attempt
    number, at_most = progress(running)
    asked = Asked(running.question, attempt.key, attempt.step, number, at_most, attempt.chosen)
    return ask(asked, before, with_picture=with_picture)


def progress(running: Running) -> tuple[int, int]:
    """Return the number of the open question and how many there are at most on the way taken."""
    step = running.attempt.step
    return step + 1, step + longest_way(running.sheet, running.question.key)


def after_answer(running: Running, recorded: Recorded, friend: Friend) -> list[LineMessage]:
    """Return what is said to an answer: whether it was right, then the next question or the result."""
    explained = explanation(recorded.step)
    messages = [text_message(_explained(explained))] if explained else []
    if recorded.step.next_key is not None:
        return messages + question(running)
    return messages + result(running, recorded.result, friend)


def result(running: Running, found: Result | None, friend: Friend) -> list[LineMessage]:
    """Return the messages of a result, or those of the ending where none fits."""
    written = found.messages if found else running.sheet.closing
    values = {"name": friend.display_name or "", "score": str(running.attempt.score)}
    if written:
        return fill([dict(message) for message in written], values)
    return [text_message(words.RESULT % {"name": found.name} if found else words.THANKS)]


def explanation(step: Step) -> Explained | None:
    """Return what is said of an answer; None for a skipped question and where staff wrote nothing."""
    question = step.question
    is_answered = bool(step.choices) or step.value is not None
    if not is_answered or (step.is_right is None and not question.explanation):
        return None
    right = [choice.text for choice in question.right_choices]
    return Explained(question.key, step.is_right, right, question.explanation)


def said(attempt: QuizAttempt | None, messages: list[LineMessage]) -> Said:
    """Return messages as the answer of a quiz."""
    return Said(messages, ChatSource.QUIZ, attempt.quiz_id if attempt else None)


def _explained(explained: Explained) -> str:
    lines: list[str] = []
    if explained.is_right is not None:
        wrong = words.WRONG % {"right": "、".join(explained.right)}
        lines.append(words.RIGHT if explained.is_right else wrong)
    if explained.text:
        lines.append(explained.text)
    return "\n".join(lines)

"""Quizzes: their form and what is wrong with it, one step of an attempt, answers that are typed, what is asked."""

from bot.rules.quizzes import words
from bot.rules.quizzes.chat import Asked, ask
from bot.rules.quizzes.checks import faults_of_shape
from bot.rules.quizzes.content import Choice, Ending, Kind, Question, Result, Sheet, read_sheet
from bot.rules.quizzes.forms import tidy_ending, tidy_questions, tidy_results
from bot.rules.quizzes.sense import faults_of_sense, warnings_of
from bot.rules.quizzes.steps import Given, Refusal, Step, StepRefusedError, most_choices, outcome, take
from bot.rules.quizzes.taps import PREFIX, Act, Tap, read_start, read_tap, start_data, with_day
from bot.rules.quizzes.understanding import is_done, is_skip, read_choices
from bot.rules.quizzes.values import as_number, read_value
from bot.rules.quizzes.ways import longest_way

__all__ = [
    "PREFIX",
    "Act",
    "Asked",
    "Choice",
    "Ending",
    "Given",
    "Kind",
    "Question",
    "Refusal",
    "Result",
    "Sheet",
    "Step",
    "StepRefusedError",
    "Tap",
    "as_number",
    "ask",
    "faults_of_sense",
    "faults_of_shape",
    "is_done",
    "is_skip",
    "longest_way",
    "most_choices",
    "outcome",
    "read_choices",
    "read_sheet",
    "read_start",
    "read_tap",
    "read_value",
    "start_data",
    "take",
    "tidy_ending",
    "tidy_questions",
    "tidy_results",
    "warnings_of",
    "with_day",
    "words",
]

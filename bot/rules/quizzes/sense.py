"""Whether a quiz makes sense as a whole: ways that end, results for every score, messages that LINE takes."""

from collections.abc import Iterator
from itertools import pairwise

from bot.errors import FieldFault
from bot.messages import check
from bot.rules.quizzes.chat import Asked, ask
from bot.rules.quizzes.content import Ending, Question, Result, Sheet
from bot.rules.quizzes.ways import never_ending, reachable

LONGEST_KEY = "k" * 20


def faults_of_sense(sheet: Sheet) -> list[FieldFault]:
    """Return what keeps a quiz of good shape from working."""
    faults = [
        FieldFault(f"questions[{_place(sheet, key)}].next", "從這一題不管怎麼回答都到不了結尾，請改下一題。")
        for key in never_ending(sheet)
    ]
    faults += _faults_of_ranges(sheet) if sheet.by is Ending.SCORE else _faults_of_picks(sheet)
    for place, question in enumerate(sheet.questions):
        faults += _faults_of_messages(question, f"questions[{place}]")
    return faults


def warnings_of(sheet: Sheet) -> list[FieldFault]:
    """Return what may be meant, but probably is not."""
    asked = reachable(sheet)
    found = [
        FieldFault(f"questions[{place}]", "沒有任何回答會走到這一題。")
        for place, question in enumerate(sheet.questions)
        if question.key not in asked
    ]
    if sheet.by is Ending.MOST_PICKED:
        counted = {choice.result for question in sheet.questions for choice in question.choices}
        unused = [place for place, result in enumerate(sheet.results) if result.key not in counted]
        return found + [FieldFault(f"results[{place}]", "沒有任何選項計入這個結果。") for place in unused]
    return found + list(_uncovered(sheet))


def possible_scores(sheet: Sheet) -> tuple[int, int]:
    """Return bounds of the score: no attempt falls outside of them, though not every score in between is possible."""
    lowest = highest = 0
    for question in sheet.questions:
        scores = [choice.score for choice in question.choices]
        if question.kind == "multiple":
            lowest += sum(score for score in scores if score < 0)
            highest += sum(score for score in scores if score > 0)
        else:
            lowest += min([0, *scores])
            highest += max([0, *scores])
    return lowest, highest


def _place(sheet: Sheet, key: str) -> int:
    return next(place for place, question in enumerate(sheet.questions) if question.key == key)


def _sorted_ranges(sheet: Sheet) -> list[tuple[int, Result]]:
    """Return the results with their places, the lowest scores first."""
    bottom = -float("inf")
    lowest = {place: bottom if one.min_score is None else one.min_score for place, one in enumerate(sheet.results)}
    return sorted(enumerate(sheet.results), key=lambda pair: lowest[pair[0]])


def _faults_of_ranges(sheet: Sheet) -> Iterator[FieldFault]:
    backwards = [
        place
        for place, one in enumerate(sheet.results)
        if one.min_score is not None and one.max_score is not None and one.min_score > one.max_score
    ]
    for place in backwards:
        yield FieldFault(f"results[{place}].max_score", "最高分不能小於最低分。")
    if backwards:
        return
    ordered = _sorted_ranges(sheet)
    for (_, lower), (place, upper) in pairwise(ordered):
        values = (("name", lower.name),)
        if lower.max_score is None or upper.min_score is None or upper.min_score <= lower.max_score:
            yield FieldFault(f"results[{place}].min_score", "分數範圍和「%(name)s」重疊。", values)
        elif upper.min_score > lower.max_score + 1 and not sheet.closing:
            text = "和「%(name)s」之間的 %(first)s 到 %(last)s 分沒有結果；請補上，或填寫沒有結果時的訊息。"
            gap = (("first", lower.max_score + 1), ("last", upper.min_score - 1))
            yield FieldFault(f"results[{place}].min_score", text, values + gap)


def _uncovered(sheet: Sheet) -> Iterator[FieldFault]:
    """Warn of scores below the lowest and above the highest result."""
    if not sheet.results or sheet.closing:
        return
    lowest, highest = possible_scores(sheet)
    ordered = _sorted_ranges(sheet)
    (first_place, first), (last_place, last) = ordered[0], ordered[-1]
    if first.min_score is not None and first.min_score > lowest:
        text = "可能低到 %(score)s 分，但沒有這麼低的結果。"
        yield FieldFault(f"results[{first_place}].min_score", text, (("score", lowest),))
    if last.max_score is not None and last.max_score < highest:
        text = "可能高到 %(score)s 分，但沒有這麼高的結果。"
        yield FieldFault(f"results[{last_place}].max_score", text, (("score", highest),))


def _faults_of_picks(sheet: Sheet) -> Iterator[FieldFault]:
    if not sheet.results:
        yield FieldFault("results", "以選最多的類型決定結果時，至少要有一個結果。")
    elif not any(choice.result for question in sheet.questions for choice in question.choices):
        yield FieldFault("questions", "還沒有任何選項計入結果，請在選項指定它屬於哪個結果。")


def _faults_of_messages(question: Question, root: str) -> Iterator[FieldFault]:
    asked = Asked(question, LONGEST_KEY, 999, 50, 50, [choice.key for choice in question.choices])
    for fault in check(ask(asked)):
        yield FieldFault(root, "這一題在聊天室放不下：%(sentence)s", (("sentence", fault),))
        return

"""What a quiz says by itself; everything else that friends read is written by staff."""

from collections.abc import Mapping

from bot.rules.quizzes.content import Kind

REFUSALS: Mapping[str, str] = {
    "unknown": "這個按鈕已經失效，請重新開始測驗。",
    "not_started": "「%(name)s」還沒開始，%(at)s 開放，到時候再來玩！",
    "over": "「%(name)s」已經結束，謝謝您的參與。",
    "limit_reached": "「%(name)s」每個人最多作答 %(most)s 次，您已經用完囉，謝謝您的參與！",
    "limit_today": "「%(name)s」每天最多作答 %(most)s 次，明天再來吧！",
    "not_yours": "這份作答屬於另一位好友，請用您自己的「開始」按鈕作答。",
    "finished": "您已經完成「%(name)s」了，這個按鈕不會再改變您的答案。",
    "already_answered": "這一題您已經回答過了，答案沒有改變。",
    "not_this_question": "這個按鈕不是目前這一題的，答案沒有改變。",
    "not_a_choice": "目前這一題沒有這個選項，答案沒有改變。",
    "too_many": "這一題最多選 %(most)s 個，請先取消其中一個。",
    "required": "這一題一定要回答喔。",
    "only_in_chat": "這一題要傳照片，請回到聊天室傳送。",
}
NOT_UNDERSTOOD: Mapping[Kind, str] = {
    Kind.SINGLE: "看不懂您的回答，請點一個選項，或輸入選項的編號。",
    Kind.MULTIPLE: "看不懂您的回答，請點選選項，或輸入編號，例如：1、3。",
    Kind.TEXT: "請用 1,000 字以內的文字回答。",
    Kind.NUMBER: "請輸入數字，例如：12。",
    Kind.DATE: "請輸入日期，例如：2026/1/5 或民國 115/1/5。",
    Kind.PHONE: "請輸入電話號碼，例如：0912345678。",
    Kind.PICTURE: "請傳一張照片。",
}
HINTS: Mapping[Kind, str] = {
    Kind.NUMBER: "（請輸入數字）",
    Kind.DATE: "（請輸入日期，例如 2026/1/5）",
    Kind.PHONE: "（請輸入電話號碼）",
    Kind.PICTURE: "（請傳一張照片）",
}
RESUMED = "歡迎回來！我們從上次停下來的地方繼續。"
ALREADY_RUNNING = "「%(name)s」已經開始了，請回答這一題："
RIGHT = "⭕ 答對了！"
WRONG = "❌ 答錯了，正確答案是：%(right)s"
CHOSEN = "已選：%(chosen)s"
NOTHING_CHOSEN = "目前沒有選任何選項。"
ALREADY_CHOSEN = "「%(choice)s」已經選過了。"
NOT_CHOSEN = "「%(choice)s」本來就沒有選。"
CHOOSE_SEVERAL = "（可以選很多個，選好請點「完成」）"
CHOOSE_AT_MOST = "（最多選 %(most)s 個，選好請點「完成」）"
RESULT = "您的結果：%(name)s"
THANKS = "作答完成，謝謝您！"

DONE = "完成"
SKIP = "跳過這題"
PICK_DATE = "選日期"
TAKE_PICTURE = "拍照"
CHOOSE_PICTURE = "選照片"
CHOOSE = "選「%(choice)s」"
UNCHOOSE = "取消「%(choice)s」"

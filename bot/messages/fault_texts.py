"""What every fault says: in Traditional Chinese, English and Japanese, in this order."""

Words = tuple[str, str, str]

SENTENCES: dict[str, Words] = {
    "did_you_mean": ("（是不是「{meant}」？）", " (did you mean {meant}?)", "（「{meant}」の間違いではありませんか）"),
    # the kind of value
    "not_an_object": ("這裡要放 JSON 物件 {{…}}。", "Must be a JSON object.", "JSONオブジェクトを指定してください。"),
    "not_a_list": ("這裡要放 JSON 陣列 […]。", "Must be a JSON array.", "JSON配列を指定してください。"),
    "not_text": ("這裡要放文字。", "Must be a string.", "文字列を指定してください。"),
    "not_a_number": ("這裡要放數字。", "Must be a number.", "数値を指定してください。"),
    "not_an_integer": ("這裡要放整數。", "Must be a whole number.", "整数を指定してください。"),
    "not_true_or_false": ("只能是 true 或 false。", "Must be true or false.", "trueまたはfalseを指定してください。"),
    "missing": ("缺少這個必填欄位。", "This field is required.", "この項目は必須です。"),
    "unknown_field": (
        "LINE 沒有這個欄位，請更正或刪除{meant}。",
        "LINE knows no such field here; correct or remove it{meant}.",
        "LINEにこの項目はありません。修正または削除してください{meant}。",
    ),
    "not_allowed": (
        "不能用「{value}」，可以用：{allowed}{meant}。",
        "{value} is not possible here; use one of: {allowed}{meant}.",
        "「{value}」は使えません。使えるのは：{allowed}{meant}。",
    ),
    "too_deep": (
        "包了太多層，最多 {most} 層，請簡化。",
        "Nested too deeply; at most {most} levels.",
        "入れ子が深すぎます。{most}階層までにしてください。",
    ),
    "broken_text": (
        "文字含有無法傳送的字元（NUL 或不成對的代理字元），請重新輸入。",
        "Holds a character that cannot be sent (NUL or half a surrogate pair); type it again.",
        "送信できない文字（NULまたは不正なサロゲート）が含まれています。入力し直してください。",
    ),
    # lengths and numbers
    "empty": ("不能空白，請填寫內容。", "Must not be empty.", "空にできません。入力してください。"),
    "too_long": (
        "最多 {most} 個字，現在 {length} 個，請縮短。",
        "At most {most} characters, but it has {length}; shorten it.",
        "{most}文字までです（現在{length}文字）。短くしてください。",
    ),
    "too_few": ("至少要有 {least} 個。", "At least {least} needed.", "{least}個以上必要です。"),
    "too_many": (
        "最多 {most} 個，現在 {length} 個，請刪減。",
        "At most {most}, but there are {length}; remove some.",
        "{most}個までです（現在{length}個）。減らしてください。",
    ),
    "too_small": ("不能小於 {least}。", "Must be {least} or more.", "{least}以上にしてください。"),
    "too_great": ("不能大於 {most}。", "Must be {most} or less.", "{most}以下にしてください。"),
    "too_big": (
        "JSON 太大：最多 {most} 位元組，現在 {length}，請減少內容。",
        "The JSON is too big: at most {most} bytes, but it has {length}; leave something out.",
        "JSONが大きすぎます：{most}バイトまでです（現在{length}）。内容を減らしてください。",
    ),
    # the form of a text
    "wrong_form": (
        "格式不對，要像 {example}。",
        "Wrong form; write it like {example}.",
        "形式が違います。例：{example}",
    ),
    "not_a_url": ("不是有效的網址。", "Is not a valid URL.", "有効なURLではありません。"),
    "wrong_scheme": (
        "網址開頭只能是 {allowed}。",
        "Must begin with {allowed}.",
        "URLは{allowed}で始めてください。",
    ),
    "reserved_word": (
        "名稱不能使用「{word}」這個字。",
        "The word {word} may not be used.",
        "「{word}」という語は使えません。",
    ),
    # variables
    "unknown_variable": (
        "沒有「{name}」這個變數{meant}。",
        "There is no variable {name}{meant}.",
        "「{name}」という変数はありません{meant}。",
    ),
    "broken_variable": (
        "變數要寫成 {{{{名稱}}}}，請補上括號或更正名稱。",
        "Write a variable as {{{{name}}}}; a bracket is missing or the name has other characters.",
        "変数は{{{{名前}}}}の形で書いてください。括弧または名前に誤りがあります。",
    ),
    # text messages
    "emoji_without_placeholder": (
        "這個位置的字不是「$」；位置從 0 算起，一般 emoji 算兩個字。",
        "The text has no $ at this index; count from 0, in UTF-16 units.",
        "この位置の文字は「$」ではありません。0から、UTF-16単位で数えてください。",
    ),
    "repeated": ("和前面重複。", "Is there twice.", "重複しています。"),
    "unpaired_brace": (
        "「{{」和「}}」要成對；要顯示括號本身請寫兩次。",
        "{{ and }} must come in pairs; write them twice to show them.",
        "「{{」と「}}」は対にしてください。文字として表示するには2回書きます。",
    ),
    "unknown_placeholder": (
        "文字裡的 {{{name}}} 沒有寫在 substitution。",
        "The text has {{{name}}}, which substitution does not explain.",
        "本文の{{{name}}}がsubstitutionにありません。",
    ),
    "mention_needs_group": (
        "提及（mention）只能用在群組，不能傳給好友。",
        "Mentions work in groups only, not in a chat with a friend.",
        "メンションはグループでのみ使えます。",
    ),
    # actions
    "not_together": (
        "不能和 {other} 同時使用，請留一個。",
        "Cannot stand beside {other}; keep one of them.",
        "{other}と同時に使えません。どちらか一方にしてください。",
    ),
    "only_with": ("只有在 {other} 時才能使用。", "Only possible with {other}.", "{other}のときのみ使えます。"),
    "not_after_min": ("max 必須大於 min。", "max must be greater than min.", "maxはminより大きくしてください。"),
    # templates and Flex
    "different_count": (
        "每一欄的按鈕數要相同：第一欄 {first} 個，這一欄 {length} 個。",
        "Every column needs the same number of actions: the first has {first}, this one {length}.",
        "すべてのカラムでボタンの数を同じにしてください（1番目は{first}個、ここは{length}個）。",
    ),
    "not_in_all_columns": (
        "有一欄用了就每一欄都要有。",
        "If one column has it, every column must.",
        "1つのカラムで使う場合は、すべてのカラムに必要です。",
    ),
    "different_size": (
        "同一個輪播的卡片寬度（size）要相同。",
        "All bubbles of a carousel must have the same size.",
        "カルーセルのバブルはすべて同じサイズにしてください。",
    ),
    "no_block": (
        "卡片至少要有 header、hero、body 或 footer 其中一個。",
        "A bubble needs a header, hero, body or footer.",
        "header、hero、body、footerのいずれかが必要です。",
    ),
    "text_or_contents": (
        "text 和 contents 至少要填一個。",
        "Either text or contents is needed.",
        "textまたはcontentsのどちらかが必要です。",
    ),
    "too_many_animated": (
        "一則訊息最多 {most} 張動態圖片，現在 {length} 張。",
        "At most {most} animated images in one message, but there are {length}.",
        "アニメーション画像は1メッセージに{most}個までです（現在{length}個）。",
    ),
    "video_not_here": (
        "影片只能放在單張卡片的 hero，且卡片 size 為 kilo、mega 或 giga。",
        "A video stands only in the hero of a single bubble of size kilo, mega or giga.",
        "動画は、単独のバブル（kilo、mega、giga）のheroでのみ使えます。",
    ),
    # keywords and hours
    "pattern_refused": (
        "樣式（正規表示式）有誤：{reason}",
        "The pattern cannot be used: {reason}",
        "正規表現に誤りがあります：{reason}",
    ),
    "hours_empty": (
        "至少要有一個時段；不限時段請留空（null）。",
        "Give at least one window, or null for always.",
        "時間帯を1つ以上指定してください。常時の場合はnullにします。",
    ),
}

# Words for the places of a message; every other field keeps LINE's own name.
PARTS: dict[str, Words] = {
    "messages": ("訊息", "messages", "メッセージ"),
    "text": ("文字", "text", "テキスト"),
    "altText": ("替代文字", "alternative text", "代替テキスト"),
    "label": ("按鈕文字", "label", "ラベル"),
    "title": ("標題", "title", "タイトル"),
    "template": ("範本", "template", "テンプレート"),
    "quickReply": ("快速回覆", "quick reply", "クイックリプライ"),
    "action": ("動作", "action", "アクション"),
    "sender": ("傳送者", "sender", "送信者"),
    "contents": ("內容", "contents", "コンテンツ"),
    "keywords": ("關鍵字", "keywords", "キーワード"),
    "hours": ("時段", "hours", "時間帯"),
    "days": ("星期", "days", "曜日"),
    "from": ("開始時間", "from", "開始時刻"),
    "until": ("結束時間", "until", "終了時刻"),
}

COUNTED_PARTS: dict[str, Words] = {
    "messages": ("第 {n} 則訊息", "message {n}", "{n}番目のメッセージ"),
    "columns": ("第 {n} 欄", "column {n}", "{n}番目のカラム"),
    "actions": ("第 {n} 個按鈕", "action {n}", "{n}番目のアクション"),
    "items": ("第 {n} 個選項", "item {n}", "{n}番目の項目"),
    "contents": ("第 {n} 個元件", "component {n}", "{n}番目の要素"),
    "emojis": ("第 {n} 個表情貼", "emoji {n}", "{n}番目の絵文字"),
    "keywords": ("第 {n} 個關鍵字", "keyword {n}", "{n}番目のキーワード"),
    "hours": ("第 {n} 個時段", "window {n}", "{n}番目の時間帯"),
    "days": ("第 {n} 個星期", "day {n}", "{n}番目の曜日"),
}

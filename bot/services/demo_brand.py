"""The sample brand of `seed-demo`: a shop for parents of babies."""

from typing import Any

from bot.messages import LineMessage, quick_reply, text
from bot.messages.builders import action, buttons, flex, with_quick_replies
from models import GameKind

SHOP = "https://shop.example.com"
TAGS = ("新手爸媽", "嬰兒副食品", "媽媽手冊", "門市顧客", "VIP", "想找優惠")
LINKS = (("store", "門市立牌", ("門市顧客",)), ("fair", "線上嬰兒用品展", ("想找優惠",)), ("ig", "Instagram 首頁", ()))

MENU = (
    quick_reply("營業時間", says="營業時間"),
    quick_reply("副食品", says="副食品"),
    quick_reply("優惠", says="優惠"),
    quick_reply("找門市", says="門市"),
    quick_reply("寶寶測驗", says="寶寶測驗"),
    quick_reply("幸運轉盤", says="轉盤"),
)
NEW_FRIEND = [
    text("{{name|朋友}}，您好！歡迎加入暖暖嬰幼！🍼\n這裡有副食品食譜、門市資訊和每月優惠。", MENU),
]
RETURNING_FRIEND = [text("{{name}} 您好，好久不見，歡迎回來！想看看最近的優惠嗎？", MENU)]
FALLBACK = [text("這個問題暖暖還在學習，先看看下面的選項，或稍候由專人回覆您。", MENU)]


def product(name: str, age: str, price: int, code: str) -> LineMessage:
    """Return a bubble that shows one product."""
    return {
        "type": "bubble",
        "size": "kilo",
        "body": {
            "type": "box",
            "layout": "vertical",
            "spacing": "sm",
            "contents": [
                {"type": "text", "text": name, "weight": "bold", "size": "lg", "wrap": True},
                {"type": "text", "text": age, "size": "sm", "color": "#888888"},
                {"type": "text", "text": f"NT${price}", "size": "md", "color": "#06C755"},
            ],
        },
        "footer": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {
                    "type": "button",
                    "style": "primary",
                    "color": "#06C755",
                    "action": action("看商品", opens=f"{SHOP}/p/{code}"),
                }
            ],
        },
    }


STORES: LineMessage = {
    "type": "template",
    "altText": "暖暖嬰幼門市",
    "template": {
        "type": "carousel",
        "columns": [
            {
                "title": f"{city}門市",
                "text": address,
                "actions": [
                    action("打電話", opens=f"tel:{phone}"),
                    action("預約試吃", data=f"booking:{code}", says=f"我想預約{city}門市試吃"),
                ],
            }
            for city, address, phone, code in (
                ("台北", "中山區南京東路示範段 1 號", "0200000000", "tpe"),
                ("台中", "西區公益路示範段 2 號", "0400000000", "txg"),
                ("高雄", "前鎮區中華五路示範段 3 號", "0700000000", "khh"),
            )
        ],
    },
}

FOODS: LineMessage = {
    "type": "carousel",
    "contents": [
        product("南瓜雞肉粥", "7 個月以上", 180, "pumpkin"),
        product("鮭魚蔬菜燉飯", "10 個月以上", 220, "salmon"),
        product("無糖水果泥", "6 個月以上", 99, "fruit"),
    ],
}

Rule = dict[str, Any]


def keyword(words: str, match: str = "exact") -> dict[str, str]:
    """Return one keyword of a rule."""
    return {"text": words, "match": match}


RULES: tuple[Rule, ...] = (
    {
        "name": "營業時間",
        "keywords": [keyword("營業時間"), keyword("幾點開", "contains"), keyword("幾點關", "contains")],
        "messages": [text("門市每天 10:00–21:00 營業，除夕公休。", MENU)],
        "tags": (),
    },
    {
        "name": "副食品食譜",
        "keywords": [keyword("副食品", "contains"), keyword("寶寶粥", "contains")],
        "messages": [
            text("{{name}} 您好，為您挑了三款副食品："),
            with_quick_replies(flex("三款副食品", FOODS), MENU),
        ],
        "tags": ("嬰兒副食品",),
    },
    {
        "name": "本月優惠",
        "keywords": [keyword("優惠", "contains"), keyword("折扣", "contains"), keyword("coupon", "prefix")],
        "messages": [
            buttons(
                "本月滿 NT$888 送好禮，想先看哪一項？",
                [
                    action("線上購物", opens=f"{SHOP}/sale"),
                    action("門市優惠", says="門市優惠"),
                    action("通知我新優惠", data="notify:sale", says="請通知我新優惠"),
                ],
                title="本月優惠",
            )
        ],
        "tags": ("想找優惠",),
        "priority": 10,
    },
    {
        "name": "找門市",
        "keywords": [keyword("門市"), keyword("門市在哪", "contains"), keyword("分店", "contains")],
        "messages": [STORES],
        "tags": (),
    },
    {
        "name": "預約試吃",
        "keywords": [keyword("booking:", "prefix")],
        "messages": [text("已收到您的預約！門市人員會在營業時間與您確認時段。")],
        "tags": ("門市顧客",),
        "answers_postback": True,
    },
    {
        "name": "查詢訂單",
        "keywords": [keyword("(订单|order)[ #]*[0-9]{6,}", "pattern")],  # patterns see the folded text
        "messages": [text("收到訂單編號，客服將於一個工作天內回覆您。")],
        "tags": (),
        "priority": 20,
    },
)

REFERRAL: dict[str, Any] = {
    "name": "邀請朋友一起養寶寶",
    "start_keywords": [keyword("邀請朋友"), keyword("好友邀請")],
    "invitation": "我是{{name|你的朋友}}，推薦你暖暖嬰幼的副食品食譜和優惠！點連結加入好友：",
    "inviter_tags": ("推薦人",),
    "invited_tags": ("好友介紹來的",),
    "steps": [
        {"friends": 1, "tags": (), "reward": {"points": 10}},
        {"friends": 3, "tags": (), "reward": {"points": 50}},
        {"friends": 10, "tags": ("VIP",), "reward": {"text": "門市領取副食品試吃包一份"}},
    ],
    "terms": "點數於活動結束後 30 天內發送；試吃包請於活動結束後 60 天內到任一門市領取。",
}


GAME_PRIZES: tuple[dict[str, Any], ...] = (
    {
        "name": "500 元購物金",
        "odds": 10_000,
        "stock": 10,
        "colour": "#e4572e",
        "messages": [text("🎉 {{name}} 抽中 500 元購物金！請到門市出示這則訊息兌換。")],
        "tags": ["抽中購物金"],
        "reward": {"text": "門市兌換 500 元購物金"},
    },
    {
        "name": "副食品試吃包",
        "odds": 150_000,
        "stock": 200,
        "colour": "#17bebb",
        "messages": [text("🎉 {{name}} 抽中副食品試吃包！請到門市出示這則訊息領取。")],
        "reward": {"text": "門市領取副食品試吃包"},
    },
    {"name": "30 點", "odds": 340_000, "stock": 1_000, "colour": "#ffc914", "reward": {"points": 30}},
)
GAME: dict[str, Any] = {
    "name": "暖暖幸運轉盤",
    "kind": GameKind.WHEEL,
    "start_keywords": [keyword("轉盤"), keyword("幸運轉盤", "contains")],
    "invitation": [text("{{name|朋友}}，來轉轉看今天的手氣！每天一次。")],
    "no_prize": [text("這次差一點！謝謝參加，明天再來試試手氣。")],
    "draws_per_friend": None,
    "draws_per_day": 1,
    "terms": "獎品請於中獎後 30 天內到任一門市領取，逾期視同放棄。",
}


def choice(words: str, **does: Any) -> dict[str, Any]:
    """Return one choice of a question."""
    return {"text": words, **does}


QUIZ: dict[str, Any] = {
    "name": "寶寶副食品測驗",
    "start_keywords": [keyword("寶寶測驗"), keyword("副食品測驗")],
    "attempts_per_friend": None,
    "questions": [
        {
            "key": "age",
            "kind": "single",
            "text": "寶寶現在多大？",
            "attribute": "baby_stage",
            "choices": [
                choice("還在肚子裡", tags=("準爸媽",), value="pregnant", next="birthday"),
                choice("0–5 個月", tags=("0–5 個月寶寶",), value="0-5", score=1, next="birthday"),
                choice("6–11 個月", tags=("6–11 個月寶寶", "嬰兒副食品"), value="6-11", score=10),
                choice("1 歲以上", tags=("1 歲以上寶寶",), value="12+", score=20),
            ],
        },
        {
            "key": "food",
            "kind": "multiple",
            "text": "寶寶吃過哪些副食品？",
            "required": False,
            "choices": [
                choice("米糊、粥", score=1),
                choice("蔬菜泥", score=1),
                choice("水果泥", score=1),
                choice("肉和魚", score=2, tags=("嬰兒副食品",)),
            ],
        },
        {
            "key": "birthday",
            "kind": "date",
            "text": "寶寶的生日（或預產期）是哪一天？",
            "required": False,
            "attribute": "baby_birthday",
        },
    ],
    "results": [
        {
            "key": "prepare",
            "name": "準備期",
            "max_score": 9,
            "messages": [text("{{name|您}}的寶寶還在準備期，先把媽媽手冊收好，六個月前後再開始副食品就好！", MENU)],
            "tags": ("媽媽手冊",),
        },
        {
            "key": "try",
            "name": "嘗試期",
            "min_score": 10,
            "max_score": 19,
            "messages": [text("寶寶正在嘗試期，一次加一種新食材，觀察三天再加下一種。"), flex("三款副食品", FOODS)],
            "reward": {"points": 10},
        },
        {
            "key": "grow",
            "name": "進階期",
            "min_score": 20,
            "messages": [text("寶寶已經是進階期的小小美食家，可以跟著家人一起吃囉！", MENU)],
            "reward": {"points": 10},
        },
    ],
}

SEGMENTS: list[tuple[str, dict[str, Any]]] = [
    ("最近一個月的新朋友，還不是 VIP", {"all": [{"followed": {"within_days": 30}}, {"not": {"tag": "VIP"}}]}),
    (
        "常來的媽媽",
        {"all": [{"tag": "媽媽手冊"}, {"any": [{"tag": "VIP"}, {"tag": "門市顧客"}, {"tag": "想找優惠"}]}]},
    ),
]

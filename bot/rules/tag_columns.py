"""What the columns of a file of tags may be called, and the words for putting on and taking off."""

ID_HEADS = frozenset({"uid", "id", "userid", "user id", "user_id", "line_user_id", "line user id"})
ID_HEADS |= {"使用者id", "使用者 id", "用戶id", "用戶 id"}
TAG_HEADS = frozenset({"tag", "tags", "標籤"})
ACTION_HEADS = frozenset({"action", "動作"})
PUTS = frozenset({"put", "add", "tag", "+", "1", "加", "加上", "貼上", "新增"})
TAKES = frozenset({"take", "remove", "untag", "-", "0", "移除", "刪除", "拿掉"})

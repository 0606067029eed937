"""Every table, one noun per file."""

from models.account import Account, GroupPolicy
from models.api_token import ApiToken, IdempotencyKey
from models.audit_entry import ActorKind, AuditEntry
from models.base import Base
from models.chat_message import ChatMessage, ChatSource, ChatState
from models.forwarded_webhook import ForwardedWebhook, ForwardState
from models.friend import Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState
from models.greeting import FallbackAnswer, Greeting
from models.job_run import JobRun
from models.keyword_rule import KeywordRule
from models.roster_sync import RosterSync, SyncState
from models.staff import Role, Staff, StaffSession
from models.staff_message import StaffMessage, StaffMessageState, StaffMessageWay
from models.tag import FriendTag, Tag, TagSource
from models.tracked_link import LinkArrival, LinkDay, LinkKind, TrackedLink
from models.webhook_event import AnswerKind, AnswerState, EventState, WebhookEvent

__all__ = [
    "Account",
    "ActorKind",
    "AnswerKind",
    "AnswerState",
    "ApiToken",
    "AuditEntry",
    "Base",
    "ChatMessage",
    "ChatSource",
    "ChatState",
    "EventState",
    "FallbackAnswer",
    "ForwardState",
    "ForwardedWebhook",
    "Friend",
    "FriendProof",
    "FriendState",
    "FriendTag",
    "FriendshipChange",
    "FriendshipKind",
    "Greeting",
    "GroupPolicy",
    "IdempotencyKey",
    "JobRun",
    "KeywordRule",
    "LinkArrival",
    "LinkDay",
    "LinkKind",
    "Role",
    "RosterSync",
    "Staff",
    "StaffMessage",
    "StaffMessageState",
    "StaffMessageWay",
    "StaffSession",
    "SyncState",
    "Tag",
    "TagSource",
    "TrackedLink",
    "WebhookEvent",
]

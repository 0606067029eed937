"""Every table, one noun per file."""

from models.account import Account, GroupPolicy
from models.api_token import ApiToken, IdempotencyKey
from models.audit_entry import ActorKind, AuditEntry
from models.base import Base
from models.chat_message import ChatMessage, ChatSource, ChatState
from models.forwarded_webhook import ForwardedWebhook, ForwardState
from models.friend import Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState
from models.game import Draw, Game, GameKind, Prize
from models.greeting import FallbackAnswer, Greeting
from models.job_run import JobRun
from models.keyword_rule import KeywordHit, KeywordRule
from models.quiz import AttemptState, PlayedIn, Quiz, QuizAnswer, QuizAttempt, QuizVersion
from models.referral import Invitation, Referral, ReferralProgram, ReferralReason, ReferralState
from models.reward import RewardCause, RewardPromise
from models.roster_sync import RosterSync, SyncState
from models.segment import Segment, SegmentVersion, UploadedList, UploadedListMember
from models.staff import Role, Staff, StaffSession
from models.staff_message import StaffMessage, StaffMessageState, StaffMessageWay
from models.tag import (
    FriendTag,
    ImportState,
    RowOutcome,
    Tag,
    TagAction,
    TagColour,
    TagGroup,
    TagImport,
    TagImportRow,
    TagMerge,
    TagSource,
)
from models.tracked_link import LinkArrival, LinkDay, LinkKind, TrackedLink
from models.webhook_event import AnswerKind, AnswerState, EventState, WebhookEvent

__all__ = [
    "Account",
    "ActorKind",
    "AnswerKind",
    "AnswerState",
    "ApiToken",
    "AttemptState",
    "AuditEntry",
    "Base",
    "ChatMessage",
    "ChatSource",
    "ChatState",
    "Draw",
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
    "Game",
    "GameKind",
    "Greeting",
    "GroupPolicy",
    "IdempotencyKey",
    "ImportState",
    "Invitation",
    "JobRun",
    "KeywordHit",
    "KeywordRule",
    "LinkArrival",
    "LinkDay",
    "LinkKind",
    "PlayedIn",
    "Prize",
    "Quiz",
    "QuizAnswer",
    "QuizAttempt",
    "QuizVersion",
    "Referral",
    "ReferralProgram",
    "ReferralReason",
    "ReferralState",
    "RewardCause",
    "RewardPromise",
    "Role",
    "RosterSync",
    "RowOutcome",
    "Segment",
    "SegmentVersion",
    "Staff",
    "StaffMessage",
    "StaffMessageState",
    "StaffMessageWay",
    "StaffSession",
    "SyncState",
    "Tag",
    "TagAction",
    "TagColour",
    "TagGroup",
    "TagImport",
    "TagImportRow",
    "TagMerge",
    "TagSource",
    "TrackedLink",
    "UploadedList",
    "UploadedListMember",
    "WebhookEvent",
]

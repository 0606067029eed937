"""The house is furnished: friends, tags, events, rules, staff"""

import sqlalchemy as sa
from alembic import op
from models.base import BigId, UtcDateTime

revision = '2026_11_20_first'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_policy', sa.String(), nullable=False),
    sa.Column('chat_days', sa.Integer(), nullable=False),
    sa.Column('event_days', sa.Integer(), nullable=False),
    sa.Column('forward_url', sa.String(), nullable=True),
    sa.Column('forward_enabled', sa.Boolean(), nullable=False),
    sa.Column('answers_version', sa.Integer(), nullable=False),
    sa.Column('may_list_followers', sa.Boolean(), nullable=True),
    sa.Column('bot_user_id', sa.String(), nullable=True),
    sa.Column('basic_id', sa.String(), nullable=True),
    sa.Column('display_name', sa.String(), nullable=True),
    sa.Column('blanked_through', BigId, nullable=True),
    sa.Column('held_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account'))
    )
    op.create_table('api_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('hint', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_used_at', UtcDateTime(), nullable=True),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_token_token_hash')),
    sqlite_autoincrement=True
    )
    op.create_table('audit_entry',
    sa.Column('id', BigId, nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor_kind', sa.String(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=True),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index(op.f('ix_audit_entry_at'), 'audit_entry', ['at'], unique=False)
    op.create_index('ix_audit_entry_subject_subject_id', 'audit_entry', ['subject', 'subject_id'], unique=False)
    op.create_table('fallback_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('messages', sa.JSON(), nullable=False),
    sa.Column('every_minutes', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fallback_answer'))
    )
    op.create_table('forwarded_webhook',
    sa.Column('id', BigId, nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('signature', sa.String(), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forwarded_webhook'))
    )
    op.create_index('ix_forwarded_webhook_due', 'forwarded_webhook', ['due_at'], unique=False, postgresql_where=sa.text("state = 'due'"), sqlite_where=sa.text("state = 'due'"))
    op.create_index(op.f('ix_forwarded_webhook_received_at'), 'forwarded_webhook', ['received_at'], unique=False)
    op.create_table('greeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('new_friend', sa.JSON(), nullable=False),
    sa.Column('returning_friend', sa.JSON(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_greeting'))
    )
    op.create_table('job_run',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_run'))
    )
    op.create_table('keyword_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('keywords', sa.JSON(), nullable=False),
    sa.Column('messages', sa.JSON(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('answers_postback', sa.Boolean(), nullable=False),
    sa.Column('active_from', UtcDateTime(), nullable=True),
    sa.Column('active_until', UtcDateTime(), nullable=True),
    sa.Column('hours', sa.JSON(), nullable=True),
    sa.Column('hit_count', sa.Integer(), nullable=False),
    sa.Column('last_hit_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_keyword_rule')),
    sqlite_autoincrement=True
    )
    op.create_table('roster_sync',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('cursor', sa.String(), nullable=True),
    sa.Column('listed', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('missing', sa.Integer(), nullable=False),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_sync')),
    sqlite_autoincrement=True
    )
    op.create_table('staff',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('failed_logins', sa.Integer(), nullable=False),
    sa.Column('locked_until', UtcDateTime(), nullable=True),
    sa.Column('disabled_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_login_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('name', name=op.f('uq_staff_name')),
    sqlite_autoincrement=True
    )
    op.create_table('tag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag')),
    sa.UniqueConstraint('name', name=op.f('uq_tag_name')),
    sqlite_autoincrement=True
    )
    op.create_table('tracked_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('archived_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tracked_link')),
    sa.UniqueConstraint('code', name=op.f('uq_tracked_link_code')),
    sqlite_autoincrement=True
    )
    op.create_table('webhook_event',
    sa.Column('id', BigId, nullable=False),
    sa.Column('line_event_id', sa.String(), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('payload', sa.String(), nullable=False),
    sa.Column('received_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(), nullable=True),
    sa.Column('answer_kind', sa.String(), nullable=True),
    sa.Column('answer', sa.String(), nullable=True),
    sa.Column('answer_state', sa.String(), nullable=True),
    sa.Column('answer_due_at', UtcDateTime(), nullable=True),
    sa.Column('answer_attempts', sa.Integer(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('line_request_id', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_event')),
    sa.UniqueConstraint('line_event_id', name=op.f('uq_webhook_event_line_event_id')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_webhook_event_answer_due', 'webhook_event', ['answer_due_at'], unique=False, postgresql_where=sa.text("answer_state = 'due'"), sqlite_where=sa.text("answer_state = 'due'"))
    op.create_index('ix_webhook_event_due', 'webhook_event', ['due_at'], unique=False, postgresql_where=sa.text("state = 'received'"), sqlite_where=sa.text("state = 'received'"))
    op.create_index('ix_webhook_event_failed', 'webhook_event', ['received_at'], unique=False, postgresql_where=sa.text("state = 'failed'"), sqlite_where=sa.text("state = 'failed'"))
    op.create_index('ix_webhook_event_received_at', 'webhook_event', ['received_at'], unique=False)
    op.create_table('friend',
    sa.Column('id', BigId, nullable=False),
    sa.Column('line_user_id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('state_at', UtcDateTime(), nullable=True),
    sa.Column('proof', sa.String(), nullable=True),
    sa.Column('listed_in', sa.Integer(), nullable=True),
    sa.Column('imported_at', UtcDateTime(), nullable=True),
    sa.Column('first_followed_at', UtcDateTime(), nullable=True),
    sa.Column('last_follow_at', UtcDateTime(), nullable=True),
    sa.Column('followed_at', UtcDateTime(), nullable=True),
    sa.Column('unfollowed_at', UtcDateTime(), nullable=True),
    sa.Column('is_returning', sa.Boolean(), nullable=False),
    sa.Column('tracked_link_id', sa.Integer(), nullable=True),
    sa.Column('display_name', sa.String(), nullable=True),
    sa.Column('folded_name', sa.String(), nullable=True),
    sa.Column('name_grams', sa.String(), nullable=True),
    sa.Column('picture_url', sa.String(), nullable=True),
    sa.Column('status_message', sa.String(), nullable=True),
    sa.Column('language', sa.String(), nullable=True),
    sa.Column('profile_due_at', UtcDateTime(), nullable=True),
    sa.Column('profile_attempts', sa.Integer(), nullable=False),
    sa.Column('profile_fetched_at', UtcDateTime(), nullable=True),
    sa.Column('attributes', sa.JSON(), nullable=False),
    sa.Column('last_contact_at', UtcDateTime(), nullable=True),
    sa.Column('fallback_at', UtcDateTime(), nullable=True),
    sa.Column('unanswered_at', UtcDateTime(), nullable=True),
    sa.Column('attended_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['tracked_link_id'], ['tracked_link.id'], name=op.f('fk_friend_tracked_link_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_friend')),
    sa.UniqueConstraint('line_user_id', name=op.f('uq_friend_line_user_id')),
    sqlite_autoincrement=True
    )
    if op.get_bind().dialect.name == 'postgresql':  # pairs of characters make a search in names quick
        op.create_index('ix_friend_name_grams', 'friend', [sa.text("string_to_array(name_grams, ' ')")], postgresql_using='gin')
    op.create_index('ix_friend_profile_due', 'friend', ['profile_due_at'], unique=False, postgresql_where=sa.text('profile_due_at IS NOT NULL'))
    op.create_index('ix_friend_state_id', 'friend', ['state', 'id'], unique=False)
    op.create_index('ix_friend_tracked_link_id_id', 'friend', ['tracked_link_id', 'id'], unique=False)
    op.create_index('ix_friend_unanswered', 'friend', ['unanswered_at'], unique=False, postgresql_where=sa.text('unanswered_at IS NOT NULL'))
    op.create_table('idempotency_key',
    sa.Column('api_token_id', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('body_hash', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('content_type', sa.String(), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['api_token_id'], ['api_token.id'], name=op.f('fk_idempotency_key_api_token_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('api_token_id', 'path', 'key', name=op.f('pk_idempotency_key'))
    )
    op.create_index('ix_idempotency_key_created_at', 'idempotency_key', ['created_at'], unique=False)
    op.create_table('link_arrival',
    sa.Column('id', BigId, nullable=False),
    sa.Column('tracked_link_id', sa.Integer(), nullable=False),
    sa.Column('line_user_id', sa.String(), nullable=False),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('arrived_at', UtcDateTime(), nullable=False),
    sa.Column('was_friend', sa.Boolean(), nullable=False),
    sa.Column('joined_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['tracked_link_id'], ['tracked_link.id'], name=op.f('fk_link_arrival_tracked_link_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link_arrival')),
    sa.UniqueConstraint('tracked_link_id', 'line_user_id', 'opened_at', name=op.f('uq_link_arrival_tracked_link_id_line_user_id_opened_at'))
    )
    op.create_index('ix_link_arrival_line_user_id_opened_at', 'link_arrival', ['line_user_id', 'opened_at'], unique=False)
    op.create_index('ix_link_arrival_unexplained', 'link_arrival', ['opened_at'], unique=False, postgresql_where=sa.text('joined_at IS NULL'), sqlite_where=sa.text('joined_at IS NULL'))
    op.create_table('link_day',
    sa.Column('tracked_link_id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('opened', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tracked_link_id'], ['tracked_link.id'], name=op.f('fk_link_day_tracked_link_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tracked_link_id', 'on', name=op.f('pk_link_day'))
    )
    op.create_table('staff_session',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('browser', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_session_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_staff_session'))
    )
    op.create_index(op.f('ix_staff_session_staff_id'), 'staff_session', ['staff_id'], unique=False)
    op.create_table('chat_message',
    sa.Column('id', BigId, nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=True),
    sa.Column('webhook_event_id', BigId, nullable=True),
    sa.Column('line_message_id', sa.String(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('content', sa.String(), nullable=True),
    sa.Column('said_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('is_answered', sa.Boolean(), nullable=False),
    sa.Column('unsent_at', UtcDateTime(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_chat_message_friend_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_message')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_chat_message_friend_id_id', 'chat_message', ['friend_id', 'id'], unique=False)
    op.create_index(op.f('ix_chat_message_line_message_id'), 'chat_message', ['line_message_id'], unique=False)
    op.create_index('ix_chat_message_said_at', 'chat_message', ['said_at'], unique=False)
    op.create_index(op.f('ix_chat_message_webhook_event_id'), 'chat_message', ['webhook_event_id'], unique=False)
    op.create_table('friend_tag',
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=True),
    sa.Column('tagged_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_friend_tag_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tag_id'], ['tag.id'], name=op.f('fk_friend_tag_tag_id')),
    sa.PrimaryKeyConstraint('friend_id', 'tag_id', name=op.f('pk_friend_tag'))
    )
    op.create_index('ix_friend_tag_ends', 'friend_tag', ['expires_at'], unique=False, postgresql_where=sa.text('expires_at IS NOT NULL'), sqlite_where=sa.text('expires_at IS NOT NULL'))
    op.create_index('ix_friend_tag_tag_id_friend_id', 'friend_tag', ['tag_id', 'friend_id'], unique=False)
    op.create_table('friendship_change',
    sa.Column('id', BigId, nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('happened_at', UtcDateTime(), nullable=False),
    sa.Column('is_returning', sa.Boolean(), nullable=False),
    sa.Column('tracked_link_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_friendship_change_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['tracked_link_id'], ['tracked_link.id'], name=op.f('fk_friendship_change_tracked_link_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_friendship_change'))
    )
    op.create_index(op.f('ix_friendship_change_friend_id'), 'friendship_change', ['friend_id'], unique=False)
    op.create_index('ix_friendship_change_happened_at_kind', 'friendship_change', ['happened_at', 'kind'], unique=False)
    op.create_index('ix_friendship_change_tracked_link', 'friendship_change', ['tracked_link_id', 'happened_at'], unique=False, postgresql_where=sa.text('tracked_link_id IS NOT NULL'))
    op.create_table('staff_message',
    sa.Column('id', BigId, nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=True),
    sa.Column('chat_message_id', BigId, nullable=False),
    sa.Column('form_key', sa.String(), nullable=False),
    sa.Column('way', sa.String(), nullable=False),
    sa.Column('reply_event_id', BigId, nullable=True),
    sa.Column('messages', sa.JSON(), nullable=False),
    sa.Column('retry_key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('first_attempt_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('line_request_id', sa.String(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['chat_message_id'], ['chat_message.id'], name=op.f('fk_staff_message_chat_message_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_staff_message_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_staff_message_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_message')),
    sa.UniqueConstraint('form_key', name=op.f('uq_staff_message_form_key')),
    sa.UniqueConstraint('reply_event_id', name=op.f('uq_staff_message_reply_event_id')),
    sa.UniqueConstraint('retry_key', name=op.f('uq_staff_message_retry_key'))
    )
    op.create_index(op.f('ix_staff_message_chat_message_id'), 'staff_message', ['chat_message_id'], unique=False)
    op.create_index(op.f('ix_staff_message_created_at'), 'staff_message', ['created_at'], unique=False)
    op.create_index('ix_staff_message_due', 'staff_message', ['due_at'], unique=False, postgresql_where=sa.text("state = 'due'"), sqlite_where=sa.text("state = 'due'"))
    op.create_index(op.f('ix_staff_message_friend_id'), 'staff_message', ['friend_id'], unique=False)

    # one row each: the account, its greeting, its fallback answer
    op.execute("INSERT INTO account (id, group_policy, chat_days, event_days, forward_enabled, answers_version) VALUES (1, 'ignore', 180, 30, false, 1)")
    op.execute("INSERT INTO greeting (id, new_friend, returning_friend, tags) VALUES (1, '[]', '[]', '[]')")
    op.execute("INSERT INTO fallback_answer (id, enabled, messages, every_minutes) VALUES (1, false, '[]', 1440)")


def downgrade() -> None:
    op.drop_index(op.f('ix_staff_message_friend_id'), table_name='staff_message')
    op.drop_index('ix_staff_message_due', table_name='staff_message', postgresql_where=sa.text("state = 'due'"), sqlite_where=sa.text("state = 'due'"))
    op.drop_index(op.f('ix_staff_message_created_at'), table_name='staff_message')
    op.drop_index(op.f('ix_staff_message_chat_message_id'), table_name='staff_message')
    op.drop_table('staff_message')
    op.drop_index('ix_friendship_change_tracked_link', table_name='friendship_change', postgresql_where=sa.text('tracked_link_id IS NOT NULL'))
    op.drop_index('ix_friendship_change_happened_at_kind', table_name='friendship_change')
    op.drop_index(op.f('ix_friendship_change_friend_id'), table_name='friendship_change')
    op.drop_table('friendship_change')
    op.drop_index('ix_friend_tag_tag_id_friend_id', table_name='friend_tag')
    op.drop_index('ix_friend_tag_ends', table_name='friend_tag', postgresql_where=sa.text('expires_at IS NOT NULL'), sqlite_where=sa.text('expires_at IS NOT NULL'))
    op.drop_table('friend_tag')
    op.drop_index(op.f('ix_chat_message_webhook_event_id'), table_name='chat_message')
    op.drop_index('ix_chat_message_said_at', table_name='chat_message')
    op.drop_index(op.f('ix_chat_message_line_message_id'), table_name='chat_message')
    op.drop_index('ix_chat_message_friend_id_id', table_name='chat_message')
    op.drop_table('chat_message')
    op.drop_index(op.f('ix_staff_session_staff_id'), table_name='staff_session')
    op.drop_table('staff_session')
    op.drop_table('link_day')
    op.drop_index('ix_link_arrival_unexplained', table_name='link_arrival', postgresql_where=sa.text('joined_at IS NULL'), sqlite_where=sa.text('joined_at IS NULL'))
    op.drop_index('ix_link_arrival_line_user_id_opened_at', table_name='link_arrival')
    op.drop_table('link_arrival')
    op.drop_index('ix_idempotency_key_created_at', table_name='idempotency_key')
    op.drop_table('idempotency_key')
    op.drop_index('ix_friend_unanswered', table_name='friend', postgresql_where=sa.text('unanswered_at IS NOT NULL'))
    op.drop_index('ix_friend_tracked_link_id_id', table_name='friend')
    op.drop_index('ix_friend_state_id', table_name='friend')
    op.drop_index('ix_friend_profile_due', table_name='friend', postgresql_where=sa.text('profile_due_at IS NOT NULL'))
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_index('ix_friend_name_grams', table_name='friend')
    op.drop_table('friend')
    op.drop_index('ix_webhook_event_received_at', table_name='webhook_event')
    op.drop_index('ix_webhook_event_failed', table_name='webhook_event', postgresql_where=sa.text("state = 'failed'"), sqlite_where=sa.text("state = 'failed'"))
    op.drop_index('ix_webhook_event_due', table_name='webhook_event', postgresql_where=sa.text("state = 'received'"), sqlite_where=sa.text("state = 'received'"))
    op.drop_index('ix_webhook_event_answer_due', table_name='webhook_event', postgresql_where=sa.text("answer_state = 'due'"), sqlite_where=sa.text("answer_state = 'due'"))
    op.drop_table('webhook_event')
    op.drop_table('tracked_link')
    op.drop_table('tag')
    op.drop_table('staff')
    op.drop_table('roster_sync')
    op.drop_table('keyword_rule')
    op.drop_table('job_run')
    op.drop_table('greeting')
    op.drop_index(op.f('ix_forwarded_webhook_received_at'), table_name='forwarded_webhook')
    op.drop_index('ix_forwarded_webhook_due', table_name='forwarded_webhook', postgresql_where=sa.text("state = 'due'"), sqlite_where=sa.text("state = 'due'"))
    op.drop_table('forwarded_webhook')
    op.drop_table('fallback_answer')
    op.drop_index('ix_audit_entry_subject_subject_id', table_name='audit_entry')
    op.drop_index(op.f('ix_audit_entry_at'), table_name='audit_entry')
    op.drop_table('audit_entry')
    op.drop_table('api_token')
    op.drop_table('account')

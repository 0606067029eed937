"""Friends tag themselves: quizzes, games, referrals, segments"""

import sqlalchemy as sa
from alembic import op
from models.base import BigId, UtcDateTime

revision = '2026_11_20_second'
down_revision = '2026_11_20_first'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('game',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('start_keywords', sa.JSON(), nullable=False),
    sa.Column('invitation', sa.JSON(), nullable=False),
    sa.Column('no_prize', sa.JSON(), nullable=False),
    sa.Column('draws_per_friend', sa.Integer(), nullable=True),
    sa.Column('draws_per_day', sa.Integer(), nullable=True),
    sa.Column('draws_in_all', sa.Integer(), nullable=True),
    sa.Column('drawn', sa.Integer(), nullable=False),
    sa.Column('wins_per_friend', sa.Integer(), nullable=True),
    sa.Column('releases_evenly', sa.Boolean(), nullable=False),
    sa.Column('active_from', UtcDateTime(), nullable=True),
    sa.Column('active_until', UtcDateTime(), nullable=True),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('terms', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('archived_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_game')),
    sa.UniqueConstraint('code', name=op.f('uq_game_code')),
    sqlite_autoincrement=True
    )
    op.create_table('quiz',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('start_keywords', sa.JSON(), nullable=False),
    sa.Column('starts_on_follow', sa.Boolean(), nullable=False),
    sa.Column('attempts_per_friend', sa.Integer(), nullable=True),
    sa.Column('attempts_per_day', sa.Integer(), nullable=True),
    sa.Column('active_from', UtcDateTime(), nullable=True),
    sa.Column('active_until', UtcDateTime(), nullable=True),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('archived_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiz')),
    sa.UniqueConstraint('code', name=op.f('uq_quiz_code')),
    sqlite_autoincrement=True
    )
    op.create_table('referral_program',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('start_keywords', sa.JSON(), nullable=False),
    sa.Column('invitation', sa.String(), nullable=False),
    sa.Column('inviter_tags', sa.JSON(), nullable=False),
    sa.Column('invited_tags', sa.JSON(), nullable=False),
    sa.Column('steps', sa.JSON(), nullable=False),
    sa.Column('active_from', UtcDateTime(), nullable=True),
    sa.Column('active_until', UtcDateTime(), nullable=True),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('terms', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('archived_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_program')),
    sa.UniqueConstraint('code', name=op.f('uq_referral_program_code')),
    sqlite_autoincrement=True
    )
    op.create_table('segment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('conditions', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('friends', sa.Integer(), nullable=True),
    sa.Column('counted_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segment')),
    sa.UniqueConstraint('name', name=op.f('uq_segment_name')),
    sqlite_autoincrement=True
    )
    op.create_table('tag_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag_group')),
    sa.UniqueConstraint('name', name=op.f('uq_tag_group_name')),
    sqlite_autoincrement=True
    )
    op.create_table('tag_merge',
    sa.Column('from_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('into_id', sa.Integer(), nullable=False),
    sa.Column('merged_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['into_id'], ['tag.id'], name=op.f('fk_tag_merge_into_id')),
    sa.PrimaryKeyConstraint('from_id', name=op.f('pk_tag_merge'))
    )
    op.create_index(op.f('ix_tag_merge_into_id'), 'tag_merge', ['into_id'], unique=False)
    op.create_table('tag_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('tags_of_all', sa.Integer(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('handled', sa.Integer(), nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('actor_kind', sa.String(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_name', sa.String(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('confirmed_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tag_import')),
    sqlite_autoincrement=True
    )
    op.create_table('tag_import_row',
    sa.Column('tag_import_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cells', sa.JSON(), nullable=False),
    sa.Column('tag', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('earlier', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['tag_import_id'], ['tag_import.id'], name=op.f('fk_tag_import_row_tag_import_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tag_import_id', 'number', name=op.f('pk_tag_import_row'))
    )
    op.create_index('ix_tag_import_row_tag_import_id_outcome_number', 'tag_import_row', ['tag_import_id', 'outcome', 'number'], unique=False)

    op.create_table('uploaded_list',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('friends', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploaded_list')),
    sa.UniqueConstraint('name', name=op.f('uq_uploaded_list_name')),
    sqlite_autoincrement=True
    )
    op.create_table('prize',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('game_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('odds', sa.Integer(), nullable=False),
    sa.Column('stock', sa.Integer(), nullable=True),
    sa.Column('given', sa.Integer(), nullable=False),
    sa.Column('colour', sa.String(), nullable=True),
    sa.Column('picture_url', sa.String(), nullable=True),
    sa.Column('messages', sa.JSON(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('reward', sa.JSON(), nullable=True),
    sa.Column('retired_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('stock IS NULL OR given <= stock', name=op.f('ck_prize_stock')),
    sa.ForeignKeyConstraint(['game_id'], ['game.id'], name=op.f('fk_prize_game_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prize')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_prize_game_id'), 'prize', ['game_id'], unique=False)

    op.create_table('quiz_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('quiz_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('questions', sa.JSON(), nullable=False),
    sa.Column('results', sa.JSON(), nullable=False),
    sa.Column('ending', sa.JSON(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['quiz_id'], ['quiz.id'], name=op.f('fk_quiz_version_quiz_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiz_version')),
    sa.UniqueConstraint('quiz_id', 'number', name=op.f('uq_quiz_version_quiz_id_number')),
    sqlite_autoincrement=True
    )
    op.create_table('segment_version',
    sa.Column('segment_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('conditions', sa.JSON(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['segment_id'], ['segment.id'], name=op.f('fk_segment_version_segment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('segment_id', 'number', name=op.f('pk_segment_version'))
    )
    op.create_table('draw',
    sa.Column('id', BigId, nullable=False),
    sa.Column('game_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('cause_key', sa.String(), nullable=False),
    sa.Column('prize_id', sa.Integer(), nullable=True),
    sa.Column('odds', sa.JSON(), nullable=False),
    sa.Column('ticket', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('drawn_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_draw_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['game_id'], ['game.id'], name=op.f('fk_draw_game_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['prize_id'], ['prize.id'], name=op.f('fk_draw_prize_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draw')),
    sa.UniqueConstraint('cause_key', name=op.f('uq_draw_cause_key')),
    sa.UniqueConstraint('game_id', 'friend_id', 'number', name=op.f('uq_draw_game_id_friend_id_number'))
    )
    op.create_index(op.f('ix_draw_friend_id'), 'draw', ['friend_id'], unique=False)
    op.create_index('ix_draw_game_id_drawn_at', 'draw', ['game_id', 'drawn_at'], unique=False)
    op.create_index(op.f('ix_draw_prize_id'), 'draw', ['prize_id'], unique=False)

    op.create_table('invitation',
    sa.Column('id', BigId, nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('opened', sa.Integer(), nullable=False),
    sa.Column('opened_without_login', sa.Integer(), nullable=False),
    sa.Column('not_told', sa.Integer(), nullable=False),
    sa.Column('brought', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_invitation_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['program_id'], ['referral_program.id'], name=op.f('fk_invitation_program_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('code', name=op.f('uq_invitation_code')),
    sa.UniqueConstraint('program_id', 'friend_id', name=op.f('uq_invitation_program_id_friend_id')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_invitation_friend_id'), 'invitation', ['friend_id'], unique=False)

    op.create_table('keyword_hit',
    sa.Column('keyword_rule_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('last_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_keyword_hit_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['keyword_rule_id'], ['keyword_rule.id'], name=op.f('fk_keyword_hit_keyword_rule_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('keyword_rule_id', 'friend_id', name=op.f('pk_keyword_hit'))
    )
    op.create_index('ix_keyword_hit_friend_id', 'keyword_hit', ['friend_id'], unique=False)

    op.create_table('quiz_attempt',
    sa.Column('id', BigId, nullable=False),
    sa.Column('quiz_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('question_key', sa.String(), nullable=True),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('chosen', sa.JSON(), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('result_key', sa.String(), nullable=True),
    sa.Column('started_at', UtcDateTime(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.Column('finished_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_quiz_attempt_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['quiz_id'], ['quiz.id'], name=op.f('fk_quiz_attempt_quiz_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['quiz_version.id'], name=op.f('fk_quiz_attempt_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiz_attempt')),
    sa.UniqueConstraint('key', name=op.f('uq_quiz_attempt_key')),
    sa.UniqueConstraint('quiz_id', 'friend_id', 'number', name=op.f('uq_quiz_attempt_quiz_id_friend_id_number'))
    )
    op.create_index(op.f('ix_quiz_attempt_friend_id'), 'quiz_attempt', ['friend_id'], unique=False)
    op.create_index('ix_quiz_attempt_quiz_id_result_key_friend_id', 'quiz_attempt', ['quiz_id', 'result_key', 'friend_id'], unique=False)
    op.create_index('ix_quiz_attempt_quiz_id_started_at', 'quiz_attempt', ['quiz_id', 'started_at'], unique=False)
    op.create_index('uq_quiz_attempt_running', 'quiz_attempt', ['friend_id', 'quiz_id'], unique=True, postgresql_where=sa.text("state = 'running'"), sqlite_where=sa.text("state = 'running'"))

    op.create_table('reward_promise',
    sa.Column('id', BigId, nullable=False),
    sa.Column('cause_key', sa.String(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('cause_id', sa.Integer(), nullable=False),
    sa.Column('reward', sa.JSON(), nullable=False),
    sa.Column('promised_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_reward_promise_friend_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_promise')),
    sa.UniqueConstraint('cause_key', name=op.f('uq_reward_promise_cause_key'))
    )
    op.create_index(op.f('ix_reward_promise_friend_id'), 'reward_promise', ['friend_id'], unique=False)

    op.create_table('uploaded_list_member',
    sa.Column('uploaded_list_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_uploaded_list_member_friend_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['uploaded_list_id'], ['uploaded_list.id'], name=op.f('fk_uploaded_list_member_uploaded_list_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('uploaded_list_id', 'friend_id', name=op.f('pk_uploaded_list_member'))
    )
    op.create_table('quiz_answer',
    sa.Column('attempt_id', BigId, nullable=False),
    sa.Column('question_key', sa.String(), nullable=False),
    sa.Column('choice_key', sa.String(), nullable=False),
    sa.Column('quiz_id', sa.Integer(), nullable=False),
    sa.Column('friend_id', BigId, nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('value', sa.String(), nullable=True),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['quiz_attempt.id'], name=op.f('fk_quiz_answer_attempt_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['friend_id'], ['friend.id'], name=op.f('fk_quiz_answer_friend_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('attempt_id', 'question_key', 'choice_key', name=op.f('pk_quiz_answer'))
    )
    op.create_index('ix_quiz_answer_choice', 'quiz_answer', ['quiz_id', 'question_key', 'choice_key', 'friend_id'], unique=False)
    op.create_index(op.f('ix_quiz_answer_friend_id'), 'quiz_answer', ['friend_id'], unique=False)

    op.create_table('referral',
    sa.Column('id', BigId, nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('invitation_id', BigId, nullable=False),
    sa.Column('line_user_id', sa.String(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('opened_at', UtcDateTime(), nullable=False),
    sa.Column('last_opened_at', UtcDateTime(), nullable=False),
    sa.Column('arrived_at', UtcDateTime(), nullable=False),
    sa.Column('counted_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['invitation_id'], ['invitation.id'], name=op.f('fk_referral_invitation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['program_id'], ['referral_program.id'], name=op.f('fk_referral_program_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral')),
    sa.UniqueConstraint('invitation_id', 'line_user_id', name=op.f('uq_referral_invitation_id_line_user_id'))
    )
    op.create_index('ix_referral_invitation_id_state', 'referral', ['invitation_id', 'state'], unique=False)
    op.create_index('ix_referral_line_user_id_state', 'referral', ['line_user_id', 'state'], unique=False)
    op.create_index('ix_referral_program_id_arrived_at', 'referral', ['program_id', 'arrived_at'], unique=False)
    op.create_index('ix_referral_program_id_counted_at', 'referral', ['program_id', 'counted_at'], unique=False)
    op.create_index('ix_referral_waiting', 'referral', ['last_opened_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_index('uq_referral_counted', 'referral', ['program_id', 'line_user_id'], unique=True, postgresql_where=sa.text("state = 'counted'"), sqlite_where=sa.text("state = 'counted'"))

    op.create_index('ix_friend_sample', 'friend', ['id'], unique=False, postgresql_where=sa.text('((id % 2147483648) * 2654435761) % 4294967296 < 42949673'), sqlite_where=sa.text('((id % 2147483648) * 2654435761) % 4294967296 < 42949673'))
    op.create_index('ix_friend_tag_tag_id_friend_id_expires_at', 'friend_tag', ['tag_id', 'friend_id', 'expires_at'], unique=False)
    op.drop_index('ix_friend_tag_tag_id_friend_id', table_name='friend_tag')
    op.add_column('friend_tag', sa.Column('source_detail', sa.String(), nullable=True))
    op.add_column('tag', sa.Column('colour', sa.String(), server_default='grey', nullable=False))
    # Written by hand: Alembic would build the whole table anew on SQLite to add a foreign key, and take the rows
    # that point at it along.
    op.execute('ALTER TABLE tag ADD COLUMN group_id INTEGER CONSTRAINT fk_tag_group_id REFERENCES tag_group (id)')
    op.execute(
        'ALTER TABLE keyword_rule ADD COLUMN segment_id INTEGER '
        'CONSTRAINT fk_keyword_rule_segment_id REFERENCES segment (id)'
    )


def downgrade() -> None:
    op.execute('ALTER TABLE keyword_rule DROP COLUMN segment_id')
    op.execute('ALTER TABLE tag DROP COLUMN group_id')
    op.execute('ALTER TABLE tag DROP COLUMN colour')
    op.execute('ALTER TABLE friend_tag DROP COLUMN source_detail')
    op.create_index('ix_friend_tag_tag_id_friend_id', 'friend_tag', ['tag_id', 'friend_id'], unique=False)
    op.drop_index('ix_friend_tag_tag_id_friend_id_expires_at', table_name='friend_tag')
    op.drop_index('ix_friend_sample', table_name='friend')
    for table in (
        'tag_import_row', 'tag_import', 'tag_merge',
        'referral', 'quiz_answer', 'uploaded_list_member', 'reward_promise', 'quiz_attempt', 'keyword_hit',
        'invitation', 'draw', 'segment_version', 'quiz_version', 'prize', 'uploaded_list', 'tag_group', 'segment',
        'referral_program', 'quiz', 'game',
    ):
        op.drop_table(table)

"""What of a wave may still change once it has opened; the database refuses the rest."""

import pgtrigger

from maturity.models.immutability import unless_erased

LOCKED_AT_OPENING = f"""
    IF TG_OP = 'UPDATE'
        AND (OLD.status = NEW.status OR OLD.status = 'open' AND NEW.status = 'closed')
        AND (OLD.closed_at IS NULL OR OLD.closed_at = NEW.closed_at)
        AND (OLD.eligible = NEW.eligible
            OR OLD.cohort <> '' AND OLD.status = 'open' AND NEW.eligible > OLD.eligible)
        AND ((OLD.closes_at, OLD.accepts_until, OLD.extended_from)
                IS NOT DISTINCT FROM (NEW.closes_at, NEW.accepts_until, NEW.extended_from)
            OR OLD.status = 'open' AND OLD.extended_from IS NULL
                AND NEW.extended_from = OLD.closes_at AND NEW.closes_at > OLD.closes_at
                AND NEW.accepts_until - NEW.closes_at = OLD.accepts_until - OLD.closes_at)
        AND to_jsonb(NEW) - ARRAY['status', 'closed_at', 'traces_removed_at', 'eligible',
                'closes_at', 'accepts_until', 'extended_from', 'override_by_id', 'mode',
                'answers_deleted_at']
            = to_jsonb(OLD) - ARRAY['status', 'closed_at', 'traces_removed_at', 'eligible',
                'closes_at', 'accepts_until', 'extended_from', 'override_by_id', 'mode',
                'answers_deleted_at']
    THEN RETURN NEW; END IF;
    -- Open again, for longer: what comes of it is a version of its own.
    IF TG_OP = 'UPDATE'
        AND OLD.status = 'closed' AND NEW.status = 'open'
        AND OLD.answers_deleted_at IS NULL AND NEW.closes_at > OLD.closes_at
        AND to_jsonb(NEW) - ARRAY['status', 'closed_at', 'traces_removed_at', 'closes_at',
                'accepts_until']
            = to_jsonb(OLD) - ARRAY['status', 'closed_at', 'traces_removed_at', 'closes_at',
                'accepts_until']
    THEN RETURN NEW; END IF;{unless_erased()}
    RAISE EXCEPTION 'wave % was opened; what was asked, and how, never changes',
        OLD.id USING ERRCODE = 'restrict_violation';
"""


def ends_once(name: str) -> pgtrigger.Trigger:
    """What has ended, its secret with it, does not go on."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            "OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at"
        ),
        func="""
            RAISE EXCEPTION '% % has ended', TG_TABLE_NAME, OLD.id
                USING ERRCODE = 'restrict_violation';
        """,
    )


def stricter_only(name: str) -> pgtrigger.Trigger:
    """Who was promised anonymity keeps it: `mode` never turns from anonymous to confidential."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.mode = 'anonymous' AND NEW.mode <> 'anonymous'"),
        func="""
            RAISE EXCEPTION '% % is anonymous and stays so', TG_TABLE_NAME, OLD.id
                USING ERRCODE = 'restrict_violation';
        """,
    )

"""Every table of the first version, with the guards that refuse what must never change."""

from alembic import op
import sqlalchemy as sa


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE = [
    """create trigger journal_no_update before update on journal
begin select raise(abort, 'journal is append-only'); end""",
    """create trigger journal_no_delete before delete on journal
begin select raise(abort, 'journal is append-only'); end""",
    """create trigger journal_no_replace before insert on journal
when exists (select 1 from journal where seq = new.seq)
begin select raise(abort, 'journal is append-only'); end""",
    """insert into journal_head (id, seq, mac) values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')""",
    """create trigger journal_head_no_way_back before update on journal_head when new.seq <= old.seq
begin select raise(abort, 'the head of the journal only moves forward'); end""",
    """create trigger journal_head_no_delete before delete on journal_head
begin select raise(abort, 'the head of the journal only moves forward'); end""",
    """create trigger journal_head_no_replace before insert on journal_head
begin select raise(abort, 'the head of the journal only moves forward'); end""",
    """create trigger matter_exercise_fixed before update of name, exercise on matter
when old.exercise is not new.exercise or old.name is not new.name
begin select raise(abort, 'a drill stays a drill'); end""",
    """create trigger matter_no_replace before insert on matter
when exists (select 1 from matter where name = new.name)
begin select raise(abort, 'a drill stays a drill'); end""",
    """create trigger matter_no_delete before delete on matter
begin select raise(abort, 'a matter is kept for life'); end""",
    """create trigger kept_frozen before update on kept when (old.digest is not new.digest or old.media_type is not new.media_type or old.content is not new.content or old.at is not new.at)
begin select raise(abort, 'kept never changes once written'); end""",
    """create trigger kept_kept before delete on kept begin select raise(abort, 'kept never changes once written'); end""",
    """create trigger kept_no_replace before insert on kept
when exists (select 1 from kept where id = new.id)
begin select raise(abort, 'kept never changes once written'); end""",
    """create trigger address_frozen before update on address when (old.office is not new.office or old.channel is not new.channel or old.address is not new.address or old.noted_at is not new.noted_at)
begin select raise(abort, 'address never changes once written'); end""",
    """create trigger address_kept before delete on address begin select raise(abort, 'address never changes once written'); end""",
    """create trigger address_no_replace before insert on address
when exists (select 1 from address where id = new.id)
begin select raise(abort, 'address never changes once written'); end""",
    """create trigger plan_review_frozen before update on plan_review when (old.plan is not new.plan or old.digest is not new.digest or old.change is not new.change or old.finding is not new.finding or old.reviewed_by is not new.reviewed_by or old.reviewed_at is not new.reviewed_at)
begin select raise(abort, 'plan_review never changes once written'); end""",
    """create trigger plan_review_kept before delete on plan_review begin select raise(abort, 'plan_review never changes once written'); end""",
    """create trigger plan_review_no_replace before insert on plan_review
when exists (select 1 from plan_review where id = new.id)
begin select raise(abort, 'plan_review never changes once written'); end""",
    """create trigger plan_drilled_frozen before update on plan_drilled when (old.plan is not new.plan or old.incident is not new.incident or old.kind is not new.kind or old.digest is not new.digest or old.held_at is not new.held_at or old.closed_at is not new.closed_at)
begin select raise(abort, 'plan_drilled never changes once written'); end""",
    """create trigger plan_drilled_kept before delete on plan_drilled begin select raise(abort, 'plan_drilled never changes once written'); end""",
    """create trigger plan_drilled_no_replace before insert on plan_drilled
when exists (select 1 from plan_drilled where id = new.id)
begin select raise(abort, 'plan_drilled never changes once written'); end""",
    """create trigger playbook_version_frozen before update on playbook_version when (old.id is not new.id or old.code is not new.code or old.number is not new.number or old.scenario is not new.scenario or old.covers is not new.covers or old.units is not new.units or old.tier is not new.tier or old.outline is not new.outline or old.digest is not new.digest or old.origin is not new.origin or old.author is not new.author or old.stands_for is not new.stands_for or old.reviewer is not new.reviewer or old.signer is not new.signer or old.reason is not new.reason or old.issued_by is not new.issued_by or old.issued_at is not new.issued_at or old.effective_at is not new.effective_at or old.lives_until is not new.lives_until or old.content is not new.content)
begin select raise(abort, 'playbook_version never changes once written'); end""",
    """create trigger playbook_version_kept before delete on playbook_version begin select raise(abort, 'playbook_version never changes once written'); end""",
    """create trigger playbook_version_no_replace before insert on playbook_version
when exists (select 1 from playbook_version where id = new.id)
begin select raise(abort, 'playbook_version never changes once written'); end""",
    """create trigger playbook_version_once before update on playbook_version when (old.in_force_at is not null and (old.in_force_at is not new.in_force_at)) or (old.withdrawn_at is not null and (old.withdrawn_at is not new.withdrawn_at)) or (old.filed_at is not null and (old.filed_at is not new.filed_at or old.filed_by is not new.filed_by or old.filed_with is not new.filed_with or old.filed_number is not new.filed_number))
begin select raise(abort, 'playbook_version never changes once written'); end""",
    """create trigger playbook_draft_frozen before update on playbook_draft when old.closed_at is not null and (old.code is not new.code or old.content is not new.content or old.digest is not new.digest or old.state is not new.state or old.version_id is not new.version_id)
begin select raise(abort, 'playbook_draft never changes once written'); end""",
    """create trigger playbook_draft_kept before delete on playbook_draft begin select raise(abort, 'playbook_draft never changes once written'); end""",
    """create trigger playbook_draft_no_replace before insert on playbook_draft
when exists (select 1 from playbook_draft where id = new.id)
begin select raise(abort, 'playbook_draft never changes once written'); end""",
    """create trigger incident_frozen before update on incident when (old.number is not new.number or old.exercise is not new.exercise or old.declared_by is not new.declared_by or old.declared_at is not new.declared_at)
begin select raise(abort, 'incident never changes once written'); end""",
    """create trigger incident_kept before delete on incident begin select raise(abort, 'incident never changes once written'); end""",
    """create trigger incident_no_replace before insert on incident
when exists (select 1 from incident where id = new.id)
begin select raise(abort, 'incident never changes once written'); end""",
    """create trigger dispatch_fixed before update of id, key, exercise, facts on dispatch
when old.id is not new.id or old.key is not new.key
or old.exercise is not new.exercise or old.facts is not new.facts
begin select raise(abort, 'what leaves is fixed when it is told'); end""",
    """create trigger dispatch_no_replace before insert on dispatch
when exists (select 1 from dispatch where key = new.key or id = new.id)
begin select raise(abort, 'what leaves is fixed when it is told'); end""",
    """create trigger dispatch_no_delete before delete on dispatch
begin select raise(abort, 'a key is unique for life'); end""",
    """create trigger dispatch_stays_recalled before update of state on dispatch
when old.state = 'cancelled' and new.state is not 'cancelled'
begin select raise(abort, 'what was recalled never leaves'); end""",
    """create trigger dispatch_as_its_matter before insert on dispatch
when new.exercise is not (select exercise from matter where name = new.matter)
begin select raise(abort, 'a drill stays a drill'); end""",
    """create trigger dispatch_keeps_its_matter before update of matter on dispatch
when old.matter is not new.matter
begin select raise(abort, 'what leaves is fixed when it is told'); end""",
    """create trigger playbook_revision_frozen before update on playbook_revision when (old.id is not new.id or old.draft_id is not new.draft_id or old.revision is not new.revision or old.digest is not new.digest or old.content is not new.content or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'playbook_revision never changes once written'); end""",
    """create trigger playbook_revision_kept before delete on playbook_revision begin select raise(abort, 'playbook_revision never changes once written'); end""",
    """create trigger playbook_revision_no_replace before insert on playbook_revision
when exists (select 1 from playbook_revision where id = new.id)
begin select raise(abort, 'playbook_revision never changes once written'); end""",
    """create trigger playbook_hand_frozen before update on playbook_hand when (old.id is not new.id or old.draft_id is not new.draft_id or old.part is not new.part or old.person is not new.person or old.stands_for is not new.stands_for or old.digest is not new.digest or old.note is not new.note or old.given_at is not new.given_at or old.expires_at is not new.expires_at)
begin select raise(abort, 'playbook_hand never changes once written'); end""",
    """create trigger playbook_hand_kept before delete on playbook_hand begin select raise(abort, 'playbook_hand never changes once written'); end""",
    """create trigger playbook_hand_no_replace before insert on playbook_hand
when exists (select 1 from playbook_hand where id = new.id)
begin select raise(abort, 'playbook_hand never changes once written'); end""",
    """create trigger playbook_comment_frozen before update on playbook_comment when (old.id is not new.id or old.draft_id is not new.draft_id or old.digest is not new.digest or old.text is not new.text or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'playbook_comment never changes once written'); end""",
    """create trigger playbook_comment_kept before delete on playbook_comment begin select raise(abort, 'playbook_comment never changes once written'); end""",
    """create trigger playbook_comment_no_replace before insert on playbook_comment
when exists (select 1 from playbook_comment where id = new.id)
begin select raise(abort, 'playbook_comment never changes once written'); end""",
    """create trigger fact_frozen before update on fact when (old.incident_id is not new.incident_id or old.revision is not new.revision or old.name is not new.name or old.value is not new.value or old.as_of is not new.as_of or old.source is not new.source or old.note is not new.note or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'fact never changes once written'); end""",
    """create trigger fact_kept before delete on fact begin select raise(abort, 'fact never changes once written'); end""",
    """create trigger fact_no_replace before insert on fact
when exists (select 1 from fact where id = new.id)
begin select raise(abort, 'fact never changes once written'); end""",
    """create trigger assessment_frozen before update on assessment when (old.incident_id is not new.incident_id or old.version is not new.version or old.answers is not new.answers or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'assessment never changes once written'); end""",
    """create trigger assessment_kept before delete on assessment begin select raise(abort, 'assessment never changes once written'); end""",
    """create trigger assessment_no_replace before insert on assessment
when exists (select 1 from assessment where id = new.id)
begin select raise(abort, 'assessment never changes once written'); end""",
    """create trigger incident_review_frozen before update on incident_review when (old.incident_id is not new.incident_id or old.version is not new.version or old.answers is not new.answers or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'incident_review never changes once written'); end""",
    """create trigger incident_review_kept before delete on incident_review begin select raise(abort, 'incident_review never changes once written'); end""",
    """create trigger incident_review_no_replace before insert on incident_review
when exists (select 1 from incident_review where id = new.id)
begin select raise(abort, 'incident_review never changes once written'); end""",
    """create trigger filing_frozen before update on filing when old.signed_at is not null and (old.text is not new.text or old.digest is not new.digest or old.signed_by is not new.signed_by or old.signed_for is not new.signed_for or old.signed_at is not new.signed_at or old.signed_draft is not new.signed_draft or old.token is not new.token)
begin select raise(abort, 'filing never changes once written'); end""",
    """create trigger filing_kept before delete on filing begin select raise(abort, 'filing never changes once written'); end""",
    """create trigger filing_no_replace before insert on filing
when exists (select 1 from filing where id = new.id)
begin select raise(abort, 'filing never changes once written'); end""",
    """create trigger periodic_return_frozen before update on periodic_return when old.signed_at is not null and (old.text is not new.text or old.digest is not new.digest or old.signed_by is not new.signed_by or old.signed_for is not new.signed_for or old.signed_at is not new.signed_at or old.signed_draft is not new.signed_draft or old.token is not new.token)
begin select raise(abort, 'periodic_return never changes once written'); end""",
    """create trigger periodic_return_kept before delete on periodic_return begin select raise(abort, 'periodic_return never changes once written'); end""",
    """create trigger periodic_return_no_replace before insert on periodic_return
when exists (select 1 from periodic_return where id = new.id)
begin select raise(abort, 'periodic_return never changes once written'); end""",
    """create trigger incident_duty_frozen before update on incident_duty when (old.incident_id is not new.incident_id or old.code is not new.code or old.duty is not new.duty or old.corrects is not new.corrects or old.by is not new.by or old.at is not new.at)
begin select raise(abort, 'incident_duty never changes once written'); end""",
    """create trigger incident_duty_kept before delete on incident_duty begin select raise(abort, 'incident_duty never changes once written'); end""",
    """create trigger incident_duty_no_replace before insert on incident_duty
when exists (select 1 from incident_duty where id = new.id)
begin select raise(abort, 'incident_duty never changes once written'); end""",
    """create trigger draft_frozen before update on draft when (old.filing_id is not new.filing_id or old.version is not new.version or old.facts_revision is not new.facts_revision or old.facts is not new.facts or old.written is not new.written or old.drafter is not new.drafter or old.at is not new.at)
begin select raise(abort, 'draft never changes once written'); end""",
    """create trigger draft_kept before delete on draft begin select raise(abort, 'draft never changes once written'); end""",
    """create trigger draft_no_replace before insert on draft
when exists (select 1 from draft where id = new.id)
begin select raise(abort, 'draft never changes once written'); end""",
    """create trigger return_draft_frozen before update on return_draft when (old.return_id is not new.return_id or old.version is not new.version or old.facts is not new.facts or old.written is not new.written or old.drafter is not new.drafter or old.at is not new.at)
begin select raise(abort, 'return_draft never changes once written'); end""",
    """create trigger return_draft_kept before delete on return_draft begin select raise(abort, 'return_draft never changes once written'); end""",
    """create trigger return_draft_no_replace before insert on return_draft
when exists (select 1 from return_draft where id = new.id)
begin select raise(abort, 'return_draft never changes once written'); end""",
]
POSTGRESQL = [
    """create function journal_refuse() returns trigger language plpgsql as
$$ begin raise exception 'journal is append-only'; end $$""",
    """create trigger journal_no_change before update or delete or truncate on journal
for each statement execute function journal_refuse()""",
    """insert into journal_head (id, seq, mac) values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')""",
    """create function journal_head_refuse() returns trigger language plpgsql as
$$ begin raise exception 'the head of the journal only moves forward'; end $$""",
    """create trigger journal_head_no_way_back before update on journal_head
for each row when (new.seq <= old.seq) execute function journal_head_refuse()""",
    """create trigger journal_head_no_change before insert or delete or truncate on journal_head
for each statement execute function journal_head_refuse()""",
    """create function matter_refuse() returns trigger language plpgsql as
$$ begin raise exception 'a drill stays a drill'; end $$""",
    """create trigger matter_exercise_fixed before update on matter for each row
when (old.exercise is distinct from new.exercise or old.name is distinct from new.name)
execute function matter_refuse()""",
    """create trigger matter_no_delete before delete or truncate on matter
for each statement execute function matter_refuse()""",
    """create function kept_refuse() returns trigger language plpgsql as
$$ begin raise exception 'kept never changes once written'; end $$""",
    """create trigger kept_frozen before update on kept for each row
when ((old.digest::text is distinct from new.digest::text or old.media_type::text is distinct from new.media_type::text or old.content::text is distinct from new.content::text or old.at::text is distinct from new.at::text)) execute function kept_refuse()""",
    """create trigger kept_kept before delete on kept for each row execute function kept_refuse()""",
    """create function address_refuse() returns trigger language plpgsql as
$$ begin raise exception 'address never changes once written'; end $$""",
    """create trigger address_frozen before update on address for each row
when ((old.office::text is distinct from new.office::text or old.channel::text is distinct from new.channel::text or old.address::text is distinct from new.address::text or old.noted_at::text is distinct from new.noted_at::text)) execute function address_refuse()""",
    """create trigger address_kept before delete on address for each row execute function address_refuse()""",
    """create function plan_review_refuse() returns trigger language plpgsql as
$$ begin raise exception 'plan_review never changes once written'; end $$""",
    """create trigger plan_review_frozen before update on plan_review for each row
when ((old.plan::text is distinct from new.plan::text or old.digest::text is distinct from new.digest::text or old.change::text is distinct from new.change::text or old.finding::text is distinct from new.finding::text or old.reviewed_by::text is distinct from new.reviewed_by::text or old.reviewed_at::text is distinct from new.reviewed_at::text)) execute function plan_review_refuse()""",
    """create trigger plan_review_kept before delete on plan_review for each row execute function plan_review_refuse()""",
    """create function plan_drilled_refuse() returns trigger language plpgsql as
$$ begin raise exception 'plan_drilled never changes once written'; end $$""",
    """create trigger plan_drilled_frozen before update on plan_drilled for each row
when ((old.plan::text is distinct from new.plan::text or old.incident::text is distinct from new.incident::text or old.kind::text is distinct from new.kind::text or old.digest::text is distinct from new.digest::text or old.held_at::text is distinct from new.held_at::text or old.closed_at::text is distinct from new.closed_at::text)) execute function plan_drilled_refuse()""",
    """create trigger plan_drilled_kept before delete on plan_drilled for each row execute function plan_drilled_refuse()""",
    """create function playbook_version_refuse() returns trigger language plpgsql as
$$ begin raise exception 'playbook_version never changes once written'; end $$""",
    """create trigger playbook_version_frozen before update on playbook_version for each row
when ((old.id::text is distinct from new.id::text or old.code::text is distinct from new.code::text or old.number::text is distinct from new.number::text or old.scenario::text is distinct from new.scenario::text or old.covers::text is distinct from new.covers::text or old.units::text is distinct from new.units::text or old.tier::text is distinct from new.tier::text or old.outline::text is distinct from new.outline::text or old.digest::text is distinct from new.digest::text or old.origin::text is distinct from new.origin::text or old.author::text is distinct from new.author::text or old.stands_for::text is distinct from new.stands_for::text or old.reviewer::text is distinct from new.reviewer::text or old.signer::text is distinct from new.signer::text or old.reason::text is distinct from new.reason::text or old.issued_by::text is distinct from new.issued_by::text or old.issued_at::text is distinct from new.issued_at::text or old.effective_at::text is distinct from new.effective_at::text or old.lives_until::text is distinct from new.lives_until::text or old.content::text is distinct from new.content::text)) execute function playbook_version_refuse()""",
    """create trigger playbook_version_kept before delete on playbook_version for each row execute function playbook_version_refuse()""",
    """create trigger playbook_version_once before update on playbook_version for each row
when ((old.in_force_at is not null and (old.in_force_at is distinct from new.in_force_at)) or (old.withdrawn_at is not null and (old.withdrawn_at is distinct from new.withdrawn_at)) or (old.filed_at is not null and (old.filed_at is distinct from new.filed_at or old.filed_by is distinct from new.filed_by or old.filed_with is distinct from new.filed_with or old.filed_number is distinct from new.filed_number))) execute function playbook_version_refuse()""",
    """create function playbook_draft_refuse() returns trigger language plpgsql as
$$ begin raise exception 'playbook_draft never changes once written'; end $$""",
    """create trigger playbook_draft_frozen before update on playbook_draft for each row
when (old.closed_at is not null and (old.code::text is distinct from new.code::text or old.content::text is distinct from new.content::text or old.digest::text is distinct from new.digest::text or old.state::text is distinct from new.state::text or old.version_id::text is distinct from new.version_id::text)) execute function playbook_draft_refuse()""",
    """create trigger playbook_draft_kept before delete on playbook_draft for each row execute function playbook_draft_refuse()""",
    """create function incident_refuse() returns trigger language plpgsql as
$$ begin raise exception 'incident never changes once written'; end $$""",
    """create trigger incident_frozen before update on incident for each row
when ((old.number::text is distinct from new.number::text or old.exercise::text is distinct from new.exercise::text or old.declared_by::text is distinct from new.declared_by::text or old.declared_at::text is distinct from new.declared_at::text)) execute function incident_refuse()""",
    """create trigger incident_kept before delete on incident for each row execute function incident_refuse()""",
    """create function dispatch_refuse() returns trigger language plpgsql as
$$ begin raise exception 'what leaves is fixed when it is told'; end $$""",
    """create trigger dispatch_fixed before update on dispatch for each row
when (old.id is distinct from new.id or old.key is distinct from new.key
or old.matter is distinct from new.matter or old.exercise is distinct from new.exercise
or old.facts::text is distinct from new.facts::text)
execute function dispatch_refuse()""",
    """create trigger dispatch_no_delete before delete or truncate on dispatch
for each statement execute function dispatch_refuse()""",
    """create function dispatch_recalled() returns trigger language plpgsql as
$$ begin raise exception 'what was recalled never leaves'; end $$""",
    """create trigger dispatch_stays_recalled before update of state on dispatch for each row
when (old.state = 'cancelled' and new.state is distinct from 'cancelled')
execute function dispatch_recalled()""",
    """create function dispatch_as_its_matter() returns trigger language plpgsql as
$$ begin
if new.exercise is distinct from (select exercise from matter where name = new.matter)
then raise exception 'a drill stays a drill'; end if;
return new;
end $$""",
    """create trigger dispatch_as_its_matter before insert on dispatch
for each row execute function dispatch_as_its_matter()""",
    """create function playbook_revision_refuse() returns trigger language plpgsql as
$$ begin raise exception 'playbook_revision never changes once written'; end $$""",
    """create trigger playbook_revision_frozen before update on playbook_revision for each row
when ((old.id::text is distinct from new.id::text or old.draft_id::text is distinct from new.draft_id::text or old.revision::text is distinct from new.revision::text or old.digest::text is distinct from new.digest::text or old.content::text is distinct from new.content::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function playbook_revision_refuse()""",
    """create trigger playbook_revision_kept before delete on playbook_revision for each row execute function playbook_revision_refuse()""",
    """create function playbook_hand_refuse() returns trigger language plpgsql as
$$ begin raise exception 'playbook_hand never changes once written'; end $$""",
    """create trigger playbook_hand_frozen before update on playbook_hand for each row
when ((old.id::text is distinct from new.id::text or old.draft_id::text is distinct from new.draft_id::text or old.part::text is distinct from new.part::text or old.person::text is distinct from new.person::text or old.stands_for::text is distinct from new.stands_for::text or old.digest::text is distinct from new.digest::text or old.note::text is distinct from new.note::text or old.given_at::text is distinct from new.given_at::text or old.expires_at::text is distinct from new.expires_at::text)) execute function playbook_hand_refuse()""",
    """create trigger playbook_hand_kept before delete on playbook_hand for each row execute function playbook_hand_refuse()""",
    """create function playbook_comment_refuse() returns trigger language plpgsql as
$$ begin raise exception 'playbook_comment never changes once written'; end $$""",
    """create trigger playbook_comment_frozen before update on playbook_comment for each row
when ((old.id::text is distinct from new.id::text or old.draft_id::text is distinct from new.draft_id::text or old.digest::text is distinct from new.digest::text or old.text::text is distinct from new.text::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function playbook_comment_refuse()""",
    """create trigger playbook_comment_kept before delete on playbook_comment for each row execute function playbook_comment_refuse()""",
    """create function fact_refuse() returns trigger language plpgsql as
$$ begin raise exception 'fact never changes once written'; end $$""",
    """create trigger fact_frozen before update on fact for each row
when ((old.incident_id::text is distinct from new.incident_id::text or old.revision::text is distinct from new.revision::text or old.name::text is distinct from new.name::text or old.value::text is distinct from new.value::text or old.as_of::text is distinct from new.as_of::text or old.source::text is distinct from new.source::text or old.note::text is distinct from new.note::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function fact_refuse()""",
    """create trigger fact_kept before delete on fact for each row execute function fact_refuse()""",
    """create function assessment_refuse() returns trigger language plpgsql as
$$ begin raise exception 'assessment never changes once written'; end $$""",
    """create trigger assessment_frozen before update on assessment for each row
when ((old.incident_id::text is distinct from new.incident_id::text or old.version::text is distinct from new.version::text or old.answers::text is distinct from new.answers::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function assessment_refuse()""",
    """create trigger assessment_kept before delete on assessment for each row execute function assessment_refuse()""",
    """create function incident_review_refuse() returns trigger language plpgsql as
$$ begin raise exception 'incident_review never changes once written'; end $$""",
    """create trigger incident_review_frozen before update on incident_review for each row
when ((old.incident_id::text is distinct from new.incident_id::text or old.version::text is distinct from new.version::text or old.answers::text is distinct from new.answers::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function incident_review_refuse()""",
    """create trigger incident_review_kept before delete on incident_review for each row execute function incident_review_refuse()""",
    """create function filing_refuse() returns trigger language plpgsql as
$$ begin raise exception 'filing never changes once written'; end $$""",
    """create trigger filing_frozen before update on filing for each row
when (old.signed_at is not null and (old.text::text is distinct from new.text::text or old.digest::text is distinct from new.digest::text or old.signed_by::text is distinct from new.signed_by::text or old.signed_for::text is distinct from new.signed_for::text or old.signed_at::text is distinct from new.signed_at::text or old.signed_draft::text is distinct from new.signed_draft::text or old.token::text is distinct from new.token::text)) execute function filing_refuse()""",
    """create trigger filing_kept before delete on filing for each row execute function filing_refuse()""",
    """create function periodic_return_refuse() returns trigger language plpgsql as
$$ begin raise exception 'periodic_return never changes once written'; end $$""",
    """create trigger periodic_return_frozen before update on periodic_return for each row
when (old.signed_at is not null and (old.text::text is distinct from new.text::text or old.digest::text is distinct from new.digest::text or old.signed_by::text is distinct from new.signed_by::text or old.signed_for::text is distinct from new.signed_for::text or old.signed_at::text is distinct from new.signed_at::text or old.signed_draft::text is distinct from new.signed_draft::text or old.token::text is distinct from new.token::text)) execute function periodic_return_refuse()""",
    """create trigger periodic_return_kept before delete on periodic_return for each row execute function periodic_return_refuse()""",
    """create function incident_duty_refuse() returns trigger language plpgsql as
$$ begin raise exception 'incident_duty never changes once written'; end $$""",
    """create trigger incident_duty_frozen before update on incident_duty for each row
when ((old.incident_id::text is distinct from new.incident_id::text or old.code::text is distinct from new.code::text or old.duty::text is distinct from new.duty::text or old.corrects::text is distinct from new.corrects::text or old.by::text is distinct from new.by::text or old.at::text is distinct from new.at::text)) execute function incident_duty_refuse()""",
    """create trigger incident_duty_kept before delete on incident_duty for each row execute function incident_duty_refuse()""",
    """create function draft_refuse() returns trigger language plpgsql as
$$ begin raise exception 'draft never changes once written'; end $$""",
    """create trigger draft_frozen before update on draft for each row
when ((old.filing_id::text is distinct from new.filing_id::text or old.version::text is distinct from new.version::text or old.facts_revision::text is distinct from new.facts_revision::text or old.facts::text is distinct from new.facts::text or old.written::text is distinct from new.written::text or old.drafter::text is distinct from new.drafter::text or old.at::text is distinct from new.at::text)) execute function draft_refuse()""",
    """create trigger draft_kept before delete on draft for each row execute function draft_refuse()""",
    """create function return_draft_refuse() returns trigger language plpgsql as
$$ begin raise exception 'return_draft never changes once written'; end $$""",
    """create trigger return_draft_frozen before update on return_draft for each row
when ((old.return_id::text is distinct from new.return_id::text or old.version::text is distinct from new.version::text or old.facts::text is distinct from new.facts::text or old.written::text is distinct from new.written::text or old.drafter::text is distinct from new.drafter::text or old.at::text is distinct from new.at::text)) execute function return_draft_refuse()""",
    """create trigger return_draft_kept before delete on return_draft for each row execute function return_draft_refuse()""",
]


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=60), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_office"), "address", ["office"], unique=False)
    op.create_table(
        "coverage_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "empty",
                "outline",
                "unsigned",
                "review_overdue",
                "drill_overdue",
                name="reason",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("plan", sa.String(length=40), nullable=True),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_gap")),
    )
    op.create_table(
        "incident_number",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_incident_number")),
    )
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_matter"), "journal", ["matter"], unique=False)
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "kept",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept")),
        sa.UniqueConstraint("digest", name=op.f("uq_kept_digest")),
    )
    op.create_table(
        "matter",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("born_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_matter")),
    )
    op.create_table(
        "plan_drilled",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("incident", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_drilled")),
    )
    op.create_index(op.f("ix_plan_drilled_plan"), "plan_drilled", ["plan"], unique=False)
    op.create_table(
        "plan_people_seen",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holders", sa.JSON(), nullable=False),
        sa.Column("vacant", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_people_seen")),
    )
    op.create_table(
        "plan_register",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("organisation", sa.String(length=20), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("scenarios", sa.JSON(), nullable=False),
        sa.Column("leans_on", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("outline", sa.Boolean(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum("starter", "issued", "emergency", name="origin", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_every", sa.String(length=20), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_plan_register")),
    )
    op.create_index(op.f("ix_plan_register_parent"), "plan_register", ["parent"], unique=False)
    op.create_table(
        "plan_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("change", sa.Boolean(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=60), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_review")),
    )
    op.create_index(op.f("ix_plan_review_plan"), "plan_review", ["plan"], unique=False)
    op.create_table(
        "playbook_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scenario", sa.String(length=60), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("outline", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "origin",
            sa.Enum("starter", "issued", "emergency", name="origin", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("author", sa.String(length=60), nullable=True),
        sa.Column("stands_for", sa.String(length=60), nullable=True),
        sa.Column("reviewer", sa.String(length=60), nullable=True),
        sa.Column("signer", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("issued_by", sa.String(length=60), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lives_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by", sa.String(length=60), nullable=True),
        sa.Column("filed_with", sa.String(length=120), nullable=True),
        sa.Column("filed_number", sa.String(length=120), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "origin <> 'emergency' or (lives_until is not null and author is not null)",
            name=op.f("ck_playbook_version_amendment_ends"),
        ),
        sa.CheckConstraint(
            "origin <> 'issued' or (author is not null and reviewer is not null and signer is not null and author <> reviewer and reviewer <> signer and author <> signer)",
            name=op.f("ck_playbook_version_three_persons"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_version")),
        sa.UniqueConstraint("code", "number", name=op.f("uq_playbook_version_code_number")),
    )
    op.create_index(
        "ix_playbook_version_life",
        "playbook_version",
        ["code", "number", "effective_at", "withdrawn_at", "lives_until"],
        unique=False,
    )
    op.create_table(
        "press",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_press")),
    )
    op.create_table(
        "register_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "register",
            sa.Enum(
                "scenarios",
                "equipment",
                "posts",
                "sites",
                "units",
                "laws",
                name="register",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=True),
        sa.Column("owner", sa.String(length=60), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
        sa.UniqueConstraint("register", "name", name=op.f("uq_register_entry_register_name")),
    )
    op.create_table(
        "revision_trigger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision_trigger")),
        sa.UniqueConstraint("plan", "source", name=op.f("uq_revision_trigger_plan_source")),
    )
    op.create_index(op.f("ix_revision_trigger_plan"), "revision_trigger", ["plan"], unique=False)
    op.create_table(
        "deadline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=240), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("not_started", "running", "met", "cancelled", name="standing", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("anchor", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ring_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["matter"], ["matter.name"], name=op.f("fk_deadline_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint("matter", "kind", "name", "seq", name=op.f("uq_deadline_matter_kind_name_seq")),
    )
    op.create_index(op.f("ix_deadline_ring_at"), "deadline", ["ring_at"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("scenario", sa.String(length=60), nullable=False),
        sa.Column("affected", sa.JSON(), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("response_level", sa.String(length=4), nullable=True),
        sa.Column("event_level", sa.String(length=4), nullable=True),
        sa.Column("graded", sa.JSON(), nullable=False),
        sa.Column("level_before", sa.String(length=4), nullable=True),
        sa.Column("level_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("commander", sa.String(length=60), nullable=True),
        sa.Column("declared_by", sa.String(length=60), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stood_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.String(length=40), nullable=True),
        sa.Column("facts_revision", sa.Integer(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["playbook_version.id"], name=op.f("fk_incident_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    op.create_index(op.f("ix_incident_state"), "incident", ["state"], unique=False)
    op.create_table(
        "place",
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ref", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["matter"], ["matter.name"], name=op.f("fk_place_matter")),
        sa.PrimaryKeyConstraint("matter", "name", name=op.f("pk_place")),
    )
    op.create_table(
        "playbook_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("base_version_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "under_review",
                "signed",
                "issued",
                "in_force",
                "superseded",
                "withdrawn",
                name="state",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("opened_by", sa.String(length=60), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_back", sa.Text(), nullable=True),
        sa.Column("sent_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_version_id"], ["playbook_version.id"], name=op.f("fk_playbook_draft_base_version_id")
        ),
        sa.ForeignKeyConstraint(["version_id"], ["playbook_version.id"], name=op.f("fk_playbook_draft_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_draft")),
    )
    op.create_index(
        "uq_playbook_draft_open",
        "playbook_draft",
        ["code"],
        unique=True,
        sqlite_where=sa.text("closed_at is null"),
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_assessment_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("incident_id", "version", name=op.f("uq_assessment_incident_id_version")),
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("courier", sa.String(length=20), nullable=False),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("remembers", sa.String(length=120), nullable=True),
        sa.Column("latest_of", sa.String(length=120), nullable=True),
        sa.Column("then", sa.String(length=40), nullable=True),
        sa.Column("deadline_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "claimed",
                "delivered",
                "rejected",
                "uncertain",
                "with_person",
                "superseded",
                "cancelled",
                name="state",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(length=60), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_dispatch_deadline_id")),
        sa.ForeignKeyConstraint(["matter"], ["matter.name"], name=op.f("fk_dispatch_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("key", name=op.f("uq_dispatch_key")),
    )
    op.create_index(op.f("ix_dispatch_matter"), "dispatch", ["matter"], unique=False)
    op.create_index(op.f("ix_dispatch_state"), "dispatch", ["state"], unique=False)
    op.create_table(
        "fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_fact_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_index(op.f("ix_fact_incident_id"), "fact", ["incident_id"], unique=False)
    op.create_table(
        "filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=60), nullable=False),
        sa.Column("regime", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("take", sa.Integer(), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("scan", sa.JSON(), nullable=True),
        sa.Column("recalled_by", sa.String(length=60), nullable=True),
        sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalled_why", sa.Text(), nullable=True),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("asked", sa.String(length=60), nullable=True),
        sa.Column("sent_back", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_alone", sa.Boolean(), nullable=False),
        sa.Column("signed_for", sa.String(length=60), nullable=True),
        sa.Column("signed_draft", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("dispatch_key", sa.String(length=200), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_filing_deadline_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_filing_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sa.UniqueConstraint("incident_id", "duty", "seq", "take", name=op.f("uq_filing_incident_id_duty_seq_take")),
        sa.UniqueConstraint("token", name=op.f("uq_filing_token")),
    )
    op.create_index(op.f("ix_filing_incident_id"), "filing", ["incident_id"], unique=False)
    op.create_table(
        "holding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_holding_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
    )
    op.create_index(op.f("ix_holding_incident_id"), "holding", ["incident_id"], unique=False)
    op.create_table(
        "incident_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("plan_fault", sa.Text(), nullable=True),
        sa.Column("drill_kind", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_review_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_review")),
        sa.UniqueConstraint("incident_id", "version", name=op.f("uq_incident_review_incident_id_version")),
    )
    op.create_table(
        "periodic_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regime", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("asked", sa.String(length=60), nullable=True),
        sa.Column("sent_back", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.String(length=60), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_alone", sa.Boolean(), nullable=False),
        sa.Column("signed_for", sa.String(length=60), nullable=True),
        sa.Column("signed_draft", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("dispatch_key", sa.String(length=200), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["corrects"], ["periodic_return.id"], name=op.f("fk_periodic_return_corrects")),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_periodic_return_deadline_id")),
        sa.ForeignKeyConstraint(["matter"], ["matter.name"], name=op.f("fk_periodic_return_matter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periodic_return")),
        sa.UniqueConstraint("page", name=op.f("uq_periodic_return_page")),
        sa.UniqueConstraint("regime", "unit", "period", "seq", name=op.f("uq_periodic_return_regime_unit_period_seq")),
        sa.UniqueConstraint("token", name=op.f("uq_periodic_return_token")),
    )
    op.create_index(op.f("ix_periodic_return_matter"), "periodic_return", ["matter"], unique=False)
    op.create_table(
        "playbook_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["playbook_draft.id"], name=op.f("fk_playbook_comment_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_comment")),
    )
    op.create_index(op.f("ix_playbook_comment_draft_id"), "playbook_comment", ["draft_id"], unique=False)
    op.create_table(
        "playbook_hand",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column(
            "part", sa.Enum("author", "reviewer", "signer", name="part", native_enum=False, length=20), nullable=False
        ),
        sa.Column("person", sa.String(length=60), nullable=False),
        sa.Column("stands_for", sa.String(length=60), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["playbook_draft.id"], name=op.f("fk_playbook_hand_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_hand")),
    )
    op.create_index(op.f("ix_playbook_hand_draft_id"), "playbook_hand", ["draft_id"], unique=False)
    op.create_table(
        "playbook_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["playbook_draft.id"], name=op.f("fk_playbook_revision_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_revision")),
        sa.UniqueConstraint("draft_id", "revision", name=op.f("uq_playbook_revision_draft_id_revision")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee", sa.String(length=60), nullable=True),
        sa.Column("done_by", sa.String(length=60), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given", sa.Text(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.String(length=60), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_task_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("incident_id", "code", name=op.f("uq_task_incident_id_code")),
    )
    op.create_index(op.f("ix_task_incident_id"), "task", ["incident_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filing_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts_revision", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("written", sa.JSON(), nullable=False),
        sa.Column("drafter", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["filing_id"], ["filing.id"], name=op.f("fk_draft_filing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("filing_id", "version", name=op.f("uq_draft_filing_id_version")),
    )
    op.create_table(
        "incident_duty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("duty", sa.JSON(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["corrects"], ["filing.id"], name=op.f("fk_incident_duty_corrects")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_duty_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_duty")),
        sa.UniqueConstraint("incident_id", "code", name=op.f("uq_incident_duty_incident_id_code")),
    )
    op.create_index(op.f("ix_incident_duty_incident_id"), "incident_duty", ["incident_id"], unique=False)
    op.create_table(
        "return_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("written", sa.JSON(), nullable=False),
        sa.Column("drafter", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["return_id"], ["periodic_return.id"], name=op.f("fk_return_draft_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_draft")),
        sa.UniqueConstraint("return_id", "version", name=op.f("uq_return_draft_return_id_version")),
    )
    for guard in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(sa.text(guard.replace(":", "\\:")))

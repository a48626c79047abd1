-- Retries that a person asks for, with what they change; clones; and rows that are given out once only.

-- One request to run rows again. What it changes counts against the job's own settings, not against an earlier retry.
create table retries (
  id uuid primary key,
  job_id uuid not null references jobs (id) on delete cascade,
  -- merged over the job's parameters; null: the job's own
  parameters jsonb,
  timeout_seconds integer check (timeout_seconds > 0),
  -- in place of the manifest's limit of one row
  memory_bytes bigint check (memory_bytes > 0),
  -- each row with no other row in the same worker
  alone boolean not null default false,
  created_at timestamptz not null default now()
);
create index retries_by_job on retries (job_id);

-- The retry that a row's present attempt belongs to; null before the first. Retries go only with their job, so no foreign key is kept
-- (it would cost an index of all rows).
alter table batch_rows add column retry_id uuid;
-- Rows of different retries have different settings, so a run takes rows of one of them.
alter table requeued_rows add column retry_id uuid;
alter table runs add column retry_id uuid;
-- The retry that the attempt ran under, so that attempts since a person's last request can be counted.
alter table attempts drop column parameters, add column retry_id uuid;

alter table jobs add column cloned_from uuid;

-- A row is running while the attempt that a live run was given of it is in flight.
create or replace view row_states as
select
  r.batch_id, r.index, r.line, r.name, r.input, r.original, r.canonical_smiles, r.status, r.outcome, r.code, r.message, r.attempt,
  r.reused_from, r.score, r.metrics, r.run_id, r.started_at, r.finished_at,
  case
    when r.status <> 'pending' then r.status
    when j.cancelled_at is not null then 'cancelled'
    when exists (
      select from runs
      where runs.batch_id = r.batch_id and runs.ended_at is null and r.index = any (runs.in_flight)
        and runs.attempts[array_position(runs.indexes, r.index)] = r.attempt
    ) then 'running'
    else 'pending'
  end as shown_status,
  case when r.status = 'pending' and j.cancelled_at is not null then 'cancelled' else r.outcome end as shown_outcome,
  r.retry_id
from batch_rows r
join jobs j on j.id = r.batch_id;

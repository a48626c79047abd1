-- Jobs, rows, runs and what came of them. The rules are those of docs/execution.md.

create table owners (
  id text primary key check (id ~ '^[A-Za-z0-9._@-]{1,100}$'),
  created_at timestamptz not null default now()
);
insert into owners (id) values ('local');

-- Individual jobs and batch parents. Children are rows of batch_rows; an individual job is a batch of one row.
create table jobs (
  id uuid primary key,
  owner text not null references owners (id),
  job_type text not null check (job_type in ('individual', 'batch_parent')),
  task_type text not null,
  model_id text not null,
  model_version text not null,
  name text not null check (length(name) between 1 and 200),
  routed_by text not null,
  tags text[] not null default '{}',
  parameters jsonb not null,
  rank_by text,
  -- true where a lower score is better
  rank_ascending boolean not null default true,
  seed integer not null check (seed > 0),
  timeout_seconds integer not null check (timeout_seconds > 0),
  max_concurrency integer not null check (max_concurrency between 1 and 999),
  idempotency_key text,
  body_sha256 text,

  -- Counters of outcomes only; they change in the transaction that writes the outcome.
  total_count integer not null check (total_count >= 1),
  completed_count integer not null default 0 check (completed_count >= 0),
  reused_count integer not null default 0 check (reused_count >= 0),
  failed_count integer not null default 0 check (failed_count >= 0),
  rejected_count integer not null default 0 check (rejected_count >= 0),
  cancelled_count integer not null default 0 check (cancelled_count >= 0),

  -- Claiming: rows [next_index, checked_until) have not been given out yet.
  next_index integer not null default 0,
  checked_until integer not null,
  slots_in_use integer not null default 0 check (slots_in_use >= 0),

  event_sequence integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  paused_at timestamptz,
  cancelled_at timestamptz,

  status text not null generated always as (
    case
      when cancelled_at is null and total_count > completed_count + failed_count + cancelled_count
        then case when started_at is null and completed_count + failed_count + cancelled_count - rejected_count = 0 then 'pending' else 'running' end
      when completed_count > 0 then 'completed'
      when failed_count > 0 then 'failed'
      else 'cancelled'
    end
  ) stored,

  check (completed_count + failed_count + cancelled_count <= total_count),
  check (reused_count <= completed_count and rejected_count <= failed_count),
  check (next_index <= checked_until and checked_until <= total_count)
);
create unique index jobs_idempotency on jobs (owner, idempotency_key) where idempotency_key is not null;
create index jobs_by_owner on jobs (owner, created_at desc, id desc);
create index jobs_by_owner_status on jobs (owner, status, created_at desc, id desc);
-- What the claim statement looks at: open jobs of a model.
create index jobs_open on jobs (model_id, created_at) where finished_at is null and cancelled_at is null;

-- What all rows of a job have in common; apart, so that lists never read a receptor.
create table job_inputs (
  job_id uuid primary key references jobs (id) on delete cascade,
  shared jsonb not null,
  sha256 text not null
);

-- One row of the input: written once at ingest and once at its outcome.
create table batch_rows (
  batch_id uuid not null references jobs (id) on delete cascade,
  index integer not null check (index >= 0),
  line integer,
  name text,
  input jsonb not null,
  -- other columns of the library, carried through to exports
  original jsonb,
  canonical_smiles text,
  status text not null default 'pending' check (status in ('pending', 'completed', 'failed', 'cancelled')),
  outcome text check (outcome in ('completed', 'reused', 'failed', 'rejected', 'cancelled')),
  code text,
  message text,
  attempt integer not null default 1 check (attempt >= 1),
  reused_from integer,
  score double precision,
  metrics jsonb,
  run_id uuid,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (batch_id, index),
  check ((status = 'pending') = (outcome is null)),
  check ((status = 'pending') = (finished_at is null)),
  check (status <> 'failed' or (code is not null and message is not null)),
  check (outcome is null or outcome <> 'reused' or reused_from is not null)
);
create index batch_rows_by_score on batch_rows (batch_id, score, index) where score is not null;
create index batch_rows_waiting on batch_rows (batch_id, reused_from) where reused_from is not null;

-- What a completed row has beyond numbers; apart, so that tables of rows stay narrow.
create table row_details (
  batch_id uuid not null,
  index integer not null,
  tables jsonb not null,
  notes jsonb not null,
  -- [{name, role, mediaType, sha256, sizeBytes}]
  artifacts jsonb not null,
  primary key (batch_id, index),
  foreign key (batch_id, index) references batch_rows (batch_id, index) on delete cascade
);

-- Rows to be given out again by list: put back by a lost run, retried, or freed from a failed original.
create table requeued_rows (
  batch_id uuid not null,
  index integer not null,
  -- run with no other row in flight in the same worker
  alone boolean not null default false,
  not_before timestamptz not null default now(),
  primary key (batch_id, index),
  foreign key (batch_id, index) references batch_rows (batch_id, index) on delete cascade
);
create index requeued_rows_due on requeued_rows (batch_id, not_before);

-- Attempts that did not end in the row's present outcome, and what a retry changed.
create table attempts (
  batch_id uuid not null,
  index integer not null,
  attempt integer not null,
  run_id uuid,
  code text not null,
  message text not null,
  parameters jsonb,
  started_at timestamptz,
  ended_at timestamptz not null default now(),
  primary key (batch_id, index, attempt),
  foreign key (batch_id, index) references batch_rows (batch_id, index) on delete cascade
);

-- A process that takes runs: one life of a worker host.
create table workers (
  id uuid primary key,
  host text not null,
  boot_id text not null,
  pid integer not null,
  process_started_at text not null,
  -- [{modelId, modelVersion, slots}]
  offers jsonb not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  stopped_at timestamptz
);
create index workers_alive on workers (heartbeat_at) where stopped_at is null;

-- One worker's hold on rows of one batch. Live until ended_at is set, whatever its lease says.
create table runs (
  id uuid primary key,
  batch_id uuid not null references jobs (id) on delete cascade,
  worker_id uuid not null references workers (id),
  model_version text not null,
  environment_digest text,
  slots integer not null check (slots >= 1),
  alone boolean not null default false,
  -- indexes given to this run, and the attempt of each
  indexes integer[] not null,
  attempts integer[] not null,
  -- indexes that the worker is really doing
  in_flight integer[] not null default '{}',
  lease_until timestamptz not null,
  opened_at timestamptz not null default now(),
  ended_at timestamptz,
  end_reason text check (end_reason in ('finished', 'lost', 'stopped', 'setup_failed', 'cancelled')),
  setup_seconds double precision,
  notes jsonb not null default '[]',
  artifacts jsonb not null default '[]',
  check (cardinality(indexes) = cardinality(attempts)),
  check ((ended_at is null) = (end_reason is null))
);
create index runs_live on runs (batch_id) where ended_at is null;
create index runs_lease on runs (lease_until) where ended_at is null;
create index runs_by_batch on runs (batch_id, opened_at);
create index runs_by_worker on runs (worker_id) where ended_at is null;

-- Files by content. Who refers to one is in row_details.artifacts and runs.artifacts.
create table artifacts (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null check (size_bytes >= 0),
  created_at timestamptz not null default now()
);

-- The ordered log of a job; the sequence is assigned under the job's row lock.
create table job_events (
  job_id uuid not null references jobs (id) on delete cascade,
  sequence integer not null,
  kind text not null,
  at timestamptz not null default now(),
  -- {status, progress, rows}
  data jsonb not null,
  primary key (job_id, sequence)
);

-- The one place that says whether a row is running: it is in flight in a live run and not cancelled.
create view row_states as
select
  r.*,
  case
    when r.status <> 'pending' then r.status
    when j.cancelled_at is not null then 'cancelled'
    when exists (select from runs where runs.batch_id = r.batch_id and runs.ended_at is null and r.index = any (runs.in_flight)) then 'running'
    else 'pending'
  end as shown_status,
  case when r.status = 'pending' and j.cancelled_at is not null then 'cancelled' else r.outcome end as shown_outcome
from batch_rows r
join jobs j on j.id = r.batch_id;

-- Work that a server or a batch system elsewhere does for rows. It outlives runs and hub processes, so it is written down before it is sent,
-- and whoever holds the rows next goes on with it. No foreign key to jobs: work of a deleted job must still be stopped there.
create table remote_tasks (
  -- also the name by which the other side knows the request again
  id uuid primary key,
  kind text not null check (kind in ('http', 'slurm')),
  model_id text not null,
  model_version text not null,
  batch_id uuid not null,
  -- what the other side calls it; null while nobody knows whether it was taken
  remote_id text check (length(remote_id) between 1 and 2000),
  -- the other side has nothing to stop any more
  is_ended boolean not null default false,
  -- its answer, as it came, in the store of files
  answer_sha256 text check (answer_sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  accepted_at timestamptz
);
create index remote_tasks_by_model on remote_tasks (model_id, model_version);
create index remote_tasks_by_answer on remote_tasks (answer_sha256) where answer_sha256 is not null;

create table remote_rows (
  batch_id uuid not null,
  index integer not null,
  attempt integer not null,
  task_id uuid not null references remote_tasks (id) on delete cascade,
  primary key (batch_id, index, attempt)
);
create index remote_rows_by_task on remote_rows (task_id);

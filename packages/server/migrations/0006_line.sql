-- Whose turn it is: lanes, priorities, weights and limits of owners, limits of models, and how long rows of a model take.

alter table jobs
  add column lane smallint not null default 1 check (lane in (0, 1)), -- 0: interactive, 1: bulk
  add column priority smallint not null default 0 check (priority between -1 and 2),
  -- since when it has been given nothing
  add column waiting_since timestamptz not null default now();
update jobs set lane = 0 where total_count <= 10;

-- Virtual time of fair queuing: a claim begins at the later of where the owner's last one ended and where the last claim of all began,
-- and ends by its seconds of work over the owner's weight later.
alter table owners
  add column weight double precision not null default 1 check (weight > 0),
  add column max_slots integer check (max_slots >= 0),
  add column slots_in_use integer not null default 0 check (slots_in_use >= 0),
  add column start_tag double precision not null default 0,
  add column finish_tag double precision not null default 0,
  add column claimed_at timestamptz;
create index owners_claimed on owners (claimed_at desc) where claimed_at is not null;
update owners set slots_in_use = coalesce((
  select sum(runs.slots) from runs join jobs on jobs.id = runs.batch_id where runs.ended_at is null and jobs.owner = owners.id
), 0);

create table model_limits (
  model_id text primary key,
  max_slots integer not null check (max_slots >= 0),
  slots_in_use integer not null default 0 check (slots_in_use >= 0)
);

-- Of one owner the next job of a model is the first entry; a claim reads a few entries of each owner.
drop index jobs_open;
create index jobs_line on jobs (model_id, owner, lane, priority desc, created_at, id)
  where finished_at is null and cancelled_at is null and paused_at is null;
create index jobs_waiting on jobs (model_id, waiting_since) where finished_at is null and cancelled_at is null and paused_at is null;

-- Moving means over the runs of a model.
create table model_timings (
  model_id text not null,
  model_version text not null,
  setup_seconds double precision,
  row_seconds double precision not null,
  runs integer not null check (runs >= 1),
  updated_at timestamptz not null default now(),
  primary key (model_id, model_version)
);

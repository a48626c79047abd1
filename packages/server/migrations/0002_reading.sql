-- What reading needs: marks that a job's owner may change, a number that tells whether an answer is stale, the best row of a job.

create table projects (
  owner text not null references owners (id),
  name text not null check (length(name) between 1 and 100),
  -- days that a finished job is kept; null: forever
  retention_days integer check (retention_days between 1 and 36500),
  created_at timestamptz not null default now(),
  primary key (owner, name)
);

alter table jobs
  add column notes text not null default '' check (length(notes) <= 20000),
  add column project text,
  -- raised by every update; a reader compares it with the one it has seen
  add column revision bigint not null default 0,
  -- the row that ranks first, and all its metrics
  add column best_index integer,
  add column best_score double precision,
  add column best_metrics jsonb,
  add foreign key (owner, project) references projects (owner, name);

create function raise_revision() returns trigger language plpgsql as $$
begin
  new.revision := old.revision + 1;
  return new;
end
$$;
create trigger jobs_raise_revision before update on jobs for each row execute function raise_revision();

-- Changes with every outcome or change of what is in flight in the job; equal versions mean equal answers.
create function job_version(job jobs) returns text stable language sql as $$
  select job.revision || '.' || coalesce((
    select sum(hashtext(id::text || in_flight::text)::bigint) from runs where batch_id = job.id and ended_at is null
  ), 0)
$$;

create index batch_rows_by_code on batch_rows (batch_id, code, index) where code is not null;

-- Statistics that are kept, not counted, and the number that tells whether an owner's answers are stale.
-- Every transaction appends its changes (no row is shared, so writers never wait for each other and cannot deadlock);
-- the monitor folds them into the sums, and a reader adds the two.

create table tallies (
  owner text not null,
  -- version: changes of the owner's jobs. jobs: by type, task, model and status. rows: by outcome. created, finished: by day (days since 2000-01-01).
  -- job_time, queue_time, row_time: histograms of milliseconds, bucket = time_bucket(ms)
  kind text not null,
  job_type text not null default '',
  task_type text not null default '',
  model_id text not null default '',
  status text not null default '',
  bucket integer not null default 0,
  n bigint not null,
  total_ms bigint not null default 0,
  primary key (owner, kind, job_type, task_type, model_id, status, bucket)
);

create table tally_changes (
  id bigint generated always as identity primary key,
  owner text not null,
  kind text not null,
  job_type text not null default '',
  task_type text not null default '',
  model_id text not null default '',
  status text not null default '',
  bucket integer not null default 0,
  n bigint not null,
  total_ms bigint not null default 0
);
create index tally_changes_by_owner on tally_changes (owner, kind);

-- Logarithmic: a value of a bucket is within 4.4 % of the bucket's middle.
create function time_bucket(ms bigint) returns integer immutable strict parallel safe language sql as
  'select greatest(0, floor(ln(greatest(ms, 1)::float8) / ln(1.09::float8)))::integer';
create function milliseconds_between(started timestamptz, ended timestamptz) returns bigint immutable strict parallel safe language sql as
  'select greatest(0, round(extract(epoch from ended - started) * 1000))::bigint';
create function day_number(at timestamptz) returns integer immutable strict parallel safe language sql as
  $$ select (at at time zone 'UTC')::date - date '2000-01-01' $$;

-- What one job adds to the tallies, its rows' times left out.
create function tallies_of_job(j jobs)
returns table (kind text, job_type text, task_type text, model_id text, status text, bucket integer, n bigint, total_ms bigint)
immutable language sql as $$
  select * from (values
    ('jobs', j.job_type, j.task_type, j.model_id, j.status, 0, 1::bigint, 0::bigint),
    ('created', '', '', '', '', day_number(j.created_at), 1, 0),
    ('finished', '', '', '', j.status, day_number(j.finished_at), case when j.finished_at is null then 0 else 1 end, 0),
    ('job_time', '', '', j.model_id, '', time_bucket(milliseconds_between(j.started_at, j.finished_at)),
      case when j.status = 'completed' and j.started_at is not null and j.finished_at is not null then 1 else 0 end,
      milliseconds_between(j.started_at, j.finished_at)),
    ('queue_time', '', '', j.model_id, '', time_bucket(milliseconds_between(j.created_at, j.started_at)),
      case when j.started_at is null then 0 else 1 end, milliseconds_between(j.created_at, j.started_at)),
    ('rows', j.job_type, j.task_type, j.model_id, 'total', 0, j.total_count, 0),
    ('rows', j.job_type, j.task_type, j.model_id, 'completed', 0, j.completed_count, 0),
    ('rows', j.job_type, j.task_type, j.model_id, 'reused', 0, j.reused_count, 0),
    ('rows', j.job_type, j.task_type, j.model_id, 'failed', 0, j.failed_count, 0),
    ('rows', j.job_type, j.task_type, j.model_id, 'rejected', 0, j.rejected_count, 0),
    ('rows', j.job_type, j.task_type, j.model_id, 'cancelled', 0, j.cancelled_count, 0)
  ) as t (kind, job_type, task_type, model_id, status, bucket, n, total_ms)
  where n <> 0
$$;

-- Runs in the transaction of the change, so tallies and jobs cannot disagree.
create function tally_job() returns trigger language plpgsql as $$
begin
  insert into tally_changes (owner, kind, n) values (coalesce(new.owner, old.owner), 'version', 1);
  if tg_op = 'UPDATE' and (old.status, old.started_at, old.finished_at, old.total_count, old.completed_count, old.reused_count, old.failed_count,
      old.rejected_count, old.cancelled_count, old.created_at, old.model_id, old.task_type, old.owner)
    is not distinct from (new.status, new.started_at, new.finished_at, new.total_count, new.completed_count, new.reused_count, new.failed_count,
      new.rejected_count, new.cancelled_count, new.created_at, new.model_id, new.task_type, new.owner) then
    return null;
  end if;
  insert into tally_changes (owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms)
  select d.owner, d.kind, d.job_type, d.task_type, d.model_id, d.status, d.bucket, sum(d.n), sum(d.total_ms)
  from (
    select new.owner as owner, t.* from tallies_of_job(new) t where tg_op <> 'DELETE'
    union all
    select old.owner, t.kind, t.job_type, t.task_type, t.model_id, t.status, t.bucket, -t.n, -t.total_ms from tallies_of_job(old) t where tg_op <> 'INSERT'
  ) d
  group by 1, 2, 3, 4, 5, 6, 7
  having sum(d.n) <> 0 or sum(d.total_ms) <> 0;
  return null;
end
$$;
create trigger jobs_tally_insert after insert on jobs for each row execute function tally_job();
create trigger jobs_tally_delete after delete on jobs for each row execute function tally_job();
-- Claims change only what no reader sees.
create trigger jobs_tally_update after update on jobs for each row
  when ((old.event_sequence, old.status, old.name, old.notes, old.tags, old.project, old.paused_at, old.cancelled_at, old.started_at, old.finished_at,
      old.total_count, old.completed_count, old.failed_count, old.cancelled_count, old.best_score, old.best_index)
    is distinct from (new.event_sequence, new.status, new.name, new.notes, new.tags, new.project, new.paused_at, new.cancelled_at, new.started_at,
      new.finished_at, new.total_count, new.completed_count, new.failed_count, new.cancelled_count, new.best_score, new.best_index))
  execute function tally_job();

-- What is in flight shows in lists.
create function tally_run() returns trigger language plpgsql as $$
begin
  insert into tally_changes (owner, kind, n) select owner, 'version', 1 from jobs where id = new.batch_id;
  return null;
end
$$;
create trigger runs_tally after update on runs for each row
  when (old.in_flight is distinct from new.in_flight or old.ended_at is distinct from new.ended_at) execute function tally_run();

-- Times of rows that ran: one statement of recording is one pass over the rows that it wrote.
create function tally_rows() returns trigger language plpgsql as $$
begin
  insert into tally_changes (owner, kind, model_id, bucket, n, total_ms)
  select j.owner, 'row_time', j.model_id, d.bucket, sum(d.n), sum(d.ms)
  from (
    select batch_id, time_bucket(milliseconds_between(started_at, finished_at)) as bucket, 1 as n, milliseconds_between(started_at, finished_at) as ms
    from new_rows where outcome in ('completed', 'failed') and started_at is not null
    union all
    select batch_id, time_bucket(milliseconds_between(started_at, finished_at)), -1, -milliseconds_between(started_at, finished_at)
    from old_rows where outcome in ('completed', 'failed') and started_at is not null
  ) d
  join jobs j on j.id = d.batch_id
  group by j.owner, j.model_id, d.bucket
  having sum(d.n) <> 0 or sum(d.ms) <> 0;
  return null;
end
$$;
create trigger batch_rows_tally after update on batch_rows referencing old table as old_rows new table as new_rows
  for each statement execute function tally_rows();

-- Rows that arrive with an outcome (imports) or go with their job; called with 1 or -1 in that transaction.
create function tally_rows_of_job(job_id uuid, sign integer) returns void language sql as $$
  insert into tally_changes (owner, kind, model_id, bucket, n, total_ms)
  select j.owner, 'row_time', j.model_id, time_bucket(milliseconds_between(r.started_at, r.finished_at)), sign * count(*),
    sign * sum(milliseconds_between(r.started_at, r.finished_at))
  from batch_rows r join jobs j on j.id = r.batch_id
  where r.batch_id = job_id and r.outcome in ('completed', 'failed') and r.started_at is not null
  group by 1, 2, 3, 4
$$;
create function tally_rows_of_deleted() returns trigger language plpgsql as $$
begin
  perform tally_rows_of_job(old.id, -1);
  return old;
end
$$;
create trigger jobs_tally_rows before delete on jobs for each row execute function tally_rows_of_deleted();

-- The sums as they must be: the fold over all jobs and rows.
create view tallies_counted as
select j.owner, t.kind, t.job_type, t.task_type, t.model_id, t.status, t.bucket, sum(t.n)::bigint as n, sum(t.total_ms)::bigint as total_ms
from jobs j, tallies_of_job(j) t
group by 1, 2, 3, 4, 5, 6, 7
union all
select j.owner, 'row_time', '', '', j.model_id, '', time_bucket(milliseconds_between(r.started_at, r.finished_at)), count(*),
  sum(milliseconds_between(r.started_at, r.finished_at))::bigint
from batch_rows r join jobs j on j.id = r.batch_id
where r.outcome in ('completed', 'failed') and r.started_at is not null
group by 1, 5, 7;

create view tallies_kept as
select owner, kind, job_type, task_type, model_id, status, bucket, sum(n)::bigint as n, sum(total_ms)::bigint as total_ms
from (
  select owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms from tallies
  union all
  select owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms from tally_changes
) kept
group by 1, 2, 3, 4, 5, 6, 7;

insert into tallies select * from tallies_counted;

-- Lists: filters of one kind by creation, and the other orders.
create index jobs_by_owner_model on jobs (owner, model_id, created_at desc, id desc);
create index jobs_by_owner_task on jobs (owner, task_type, created_at desc, id desc);
create index jobs_by_owner_type on jobs (owner, job_type, created_at desc, id desc);
create index jobs_by_owner_project on jobs (owner, project, created_at desc, id desc) where project is not null;
create index jobs_by_owner_name on jobs (owner, lower(name), id);
create index jobs_by_owner_score on jobs (owner, best_score, id) where best_score is not null;
create index jobs_by_owner_duration on jobs (owner, (finished_at - started_at), id) where finished_at is not null;
create index jobs_by_tag on jobs using gin (tags);

-- Which jobs name a stored file. It goes when no job and no upload names it any more; when it was last stored says whether a row that will
-- name it may still be on its way.
alter table artifacts add column touched_at timestamptz not null default now();
create index artifacts_by_touch on artifacts (touched_at);

create table artifact_uses (
  job_id uuid not null references jobs (id) on delete cascade,
  sha256 text not null references artifacts (sha256),
  primary key (job_id, sha256)
);
create index artifact_uses_by_file on artifact_uses (sha256);

-- In the order of the checksums, so that two writers of the same files never wait for each other in a circle.
create function note_artifact_uses(named jsonb) returns void language sql as $$
  insert into artifacts (sha256, size_bytes)
  select distinct on (sha256) sha256, bytes from jsonb_to_recordset(named) as given (job_id uuid, sha256 text, bytes bigint)
  order by sha256
  on conflict do nothing;
  insert into artifact_uses (job_id, sha256)
  select distinct job_id, sha256 from jsonb_to_recordset(named) as given (job_id uuid, sha256 text, bytes bigint)
  order by sha256, job_id
  on conflict do nothing;
$$;

create function note_row_artifacts() returns trigger language plpgsql as $$
declare
  named jsonb;
begin
  select jsonb_agg(jsonb_build_object('job_id', w.batch_id, 'sha256', a ->> 'sha256', 'bytes', a -> 'sizeBytes')) into named
  from written w cross join jsonb_array_elements(w.artifacts) a;
  if named is not null then
    perform note_artifact_uses(named);
  end if;
  return null;
end;
$$;
create trigger row_details_inserted after insert on row_details
  referencing new table as written for each statement execute function note_row_artifacts();
create trigger row_details_updated after update on row_details
  referencing new table as written for each statement execute function note_row_artifacts();

create function note_run_artifacts() returns trigger language plpgsql as $$
begin
  perform note_artifact_uses(jsonb_agg(jsonb_build_object('job_id', new.batch_id, 'sha256', a ->> 'sha256', 'bytes', a -> 'sizeBytes')))
  from jsonb_array_elements(new.artifacts) a;
  return null;
end;
$$;
create trigger runs_described after update of artifacts on runs
  for each row when (new.artifacts <> '[]' and new.artifacts <> old.artifacts) execute function note_run_artifacts();

insert into artifacts (sha256, size_bytes)
select distinct on (sha256) sha256, bytes
from (
  select a ->> 'sha256' as sha256, (a ->> 'sizeBytes')::bigint as bytes from row_details d cross join jsonb_array_elements(d.artifacts) a
  union all
  select a ->> 'sha256', (a ->> 'sizeBytes')::bigint from runs r cross join jsonb_array_elements(r.artifacts) a
  union all
  select sha256, received_bytes from uploads where sha256 is not null
) named
order by sha256
on conflict do nothing;
insert into artifact_uses (job_id, sha256)
select batch_id, a ->> 'sha256' from row_details d cross join jsonb_array_elements(d.artifacts) a
union
select batch_id, a ->> 'sha256' from runs r cross join jsonb_array_elements(r.artifacts) a
on conflict do nothing;

alter table uploads add constraint uploads_sha256_fkey foreign key (sha256) references artifacts (sha256);
create index uploads_by_file on uploads (sha256) where sha256 is not null;

-- What remains of a deleted job: that it was, and who it belonged to. Nothing of its input or its results.
create table deleted_jobs (
  id uuid primary key,
  owner text not null references owners (id),
  name text not null,
  job_type text not null,
  task_type text not null,
  model_id text not null,
  model_version text not null,
  project text,
  total_count integer not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  deleted_at timestamptz not null default now(),
  reason text not null check (reason in ('asked', 'retention'))
);
create index deleted_jobs_by_owner on deleted_jobs (owner, deleted_at desc, id);

-- Jobs of a project whose days are over are found without reading the others.
create index jobs_by_project_end on jobs (owner, project, finished_at) where project is not null and finished_at is not null;

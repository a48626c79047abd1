-- Written by "npm run db:dump" from the catalogue of a freshly migrated database. Do not edit.

-- extensions

create extension pg_trgm;

-- functions

CREATE OR REPLACE FUNCTION public.day_number(at timestamp with time zone)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$ select (at at time zone 'UTC')::date - date '2000-01-01' $function$
;

CREATE OR REPLACE FUNCTION public.delete_rows_of_job()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from batch_rows where batch_id = old.id;
  perform forget_search(old.id, old.owner);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.forget_search(gone_job uuid, gone_owner text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  words text[];
begin
  delete from search_pending where job_id = gone_job;
  delete from ligands where job_id = gone_job;
  delete from ligand_fingerprints where job_id = gone_job;
  with gone as (
    delete from search_documents where job_id = gone_job returning document
  )
  select array_agg(distinct word) into words from gone cross join unnest(tsvector_to_array(document)) word where word ~ '^[[:alpha:]]{4,}$';
  if words is null then
    return;
  end if;
  perform from search_words where owner = gone_owner and word = any (words) order by word for update;
  delete from search_words
  where owner = gone_owner and word = any (words)
    and not exists (
      select from search_documents d where d.document @@ (quote_literal('@' || gone_owner) || ' & ' || quote_literal(word))::tsquery
    );
end
$function$
;

CREATE OR REPLACE FUNCTION public.job_version(job jobs)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select job.revision || '.' || coalesce((
    select sum(hashtext(id::text || in_flight::text)::bigint) from runs where batch_id = job.id and ended_at is null
  ), 0)
$function$
;

CREATE OR REPLACE FUNCTION public.milliseconds_between(started timestamp with time zone, ended timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select greatest(0, ((date_part('epoch', ended - started) * 1000000)::bigint + 500) / 1000) $function$
;

CREATE OR REPLACE FUNCTION public.note_artifact_uses(named jsonb)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into artifacts (sha256, size_bytes)
  select distinct on (sha256) sha256, bytes from jsonb_to_recordset(named) as given (job_id uuid, sha256 text, bytes bigint)
  order by sha256
  on conflict do nothing;
  insert into artifact_uses (job_id, sha256)
  select distinct job_id, sha256 from jsonb_to_recordset(named) as given (job_id uuid, sha256 text, bytes bigint)
  order by sha256, job_id
  on conflict do nothing;
$function$
;

CREATE OR REPLACE FUNCTION public.note_row_artifacts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.note_run_artifacts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform note_artifact_uses(jsonb_agg(jsonb_build_object('job_id', new.batch_id, 'sha256', a ->> 'sha256', 'bytes', a -> 'sizeBytes')))
  from jsonb_array_elements(new.artifacts) a;
  return null;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.note_search()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into search_documents (job_id, part, document) values (new.id, 0, search_job_document(new))
  on conflict (job_id, part) do update set document = excluded.document;
  -- The words of a batch stand in its other parts too.
  insert into search_pending (job_id) values (new.id)
  on conflict (job_id) do update set next_index = 0, holder = null, lease_until = null;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.raise_revision()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.revision := old.revision + 1;
  return new;
end
$function$
;

CREATE OR REPLACE FUNCTION public.search_job_document(job jobs)
 RETURNS tsvector
 LANGUAGE sql
 STABLE
AS $function$
  select concat_ws(' ', search_job_lexemes(job), (
    select string_agg(search_lexemes(concat_ws(' ', r.name, search_names(r.input)), 'B'), ' ')
    from batch_rows r where job.job_type = 'individual' and r.batch_id = job.id
  ))::tsvector
$function$
;

CREATE OR REPLACE FUNCTION public.search_job_lexemes(job jobs)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select concat_ws(' ', quote_literal('@' || job.owner) || ':1D', search_lexemes(job.name, 'A'), search_lexemes(array_to_string(job.tags, ' '), 'B'),
    search_lexemes((select search_names(shared) from job_inputs where job_id = job.id), 'B'),
    search_lexemes(concat_ws(' ', job.task_type, job.model_id, job.project), 'C'), search_lexemes(job.notes, 'D'))
$function$
;

CREATE OR REPLACE FUNCTION public.search_lexemes(given text, weight text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select string_agg(distinct left(word, 100) || ':1' || weight, ' ')
  from regexp_split_to_table(lower(given) || ' ' || regexp_replace(lower(given), '(?<=[[:alnum:]])[-_./'']+(?=[[:alnum:]])', '', 'g'), '[^[:alnum:]]+') as word
  where word <> ''
$function$
;

CREATE OR REPLACE FUNCTION public.search_names(input jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select string_agg(pair ->> 'value', ' ')
  from jsonb_path_query(input, '$.** ? (@.type() == "object").keyvalue() ? (@.value.type() == "string")') pair
  where length(pair ->> 'value') <= 100 and pair ->> 'key' ~* '(name|title|label|accession|uniprot|pdb_?id|target|protein|_id$|^id$)'
$function$
;

CREATE OR REPLACE FUNCTION public.tallies_of_job(j jobs)
 RETURNS TABLE(kind text, job_type text, task_type text, model_id text, status text, bucket integer, n bigint, total_ms bigint)
 LANGUAGE sql
 IMMUTABLE
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.tally_job()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.tally_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.tally_rows_of_deleted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform tally_rows_of_job(old.id, -1);
  return old;
end
$function$
;

CREATE OR REPLACE FUNCTION public.tally_rows_of_job(job_id uuid, sign integer)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into tally_changes (owner, kind, model_id, bucket, n, total_ms)
  select j.owner, 'row_time', j.model_id, time_bucket(milliseconds_between(r.started_at, r.finished_at)), sign * count(*),
    sign * sum(milliseconds_between(r.started_at, r.finished_at))
  from batch_rows r join jobs j on j.id = r.batch_id
  where r.batch_id = job_id and r.outcome in ('completed', 'failed') and r.started_at is not null
  group by 1, 2, 3, 4
$function$
;

CREATE OR REPLACE FUNCTION public.tally_run()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into tally_changes (owner, kind, n) select owner, 'version', 1 from jobs where id = new.batch_id;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.time_bucket(ms bigint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select floor(ln(greatest(ms, 1)::float8) / ln(1.09::float8))::integer $function$
;

-- tables

create table public.artifact_uses (
  job_id uuid not null,
  sha256 text not null,
  constraint artifact_uses_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint artifact_uses_pkey PRIMARY KEY (job_id, sha256),
  constraint artifact_uses_sha256_fkey FOREIGN KEY (sha256) REFERENCES artifacts(sha256)
);

create table public.artifacts (
  sha256 text not null,
  size_bytes bigint not null,
  created_at timestamp with time zone default now() not null,
  touched_at timestamp with time zone default now() not null,
  constraint artifacts_pkey PRIMARY KEY (sha256),
  constraint artifacts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint artifacts_size_bytes_check CHECK ((size_bytes >= 0))
);

create table public.attempts (
  batch_id uuid not null,
  index integer not null,
  attempt integer not null,
  run_id uuid,
  code text not null,
  message text not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone default now() not null,
  retry_id uuid,
  constraint attempts_batch_id_index_fkey FOREIGN KEY (batch_id, index) REFERENCES batch_rows(batch_id, index) ON DELETE CASCADE,
  constraint attempts_pkey PRIMARY KEY (batch_id, index, attempt)
);

create table public.batch_rows (
  batch_id uuid not null,
  index integer not null,
  line integer,
  name text,
  input jsonb not null,
  original jsonb,
  canonical_smiles text,
  status text default 'pending'::text not null,
  outcome text,
  code text,
  message text,
  attempt integer default 1 not null,
  reused_from integer,
  score double precision,
  metrics jsonb,
  run_id uuid,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  retry_id uuid,
  constraint batch_rows_attempt_check CHECK ((attempt >= 1)),
  constraint batch_rows_check CHECK (((status = 'pending'::text) = (outcome IS NULL))),
  constraint batch_rows_check1 CHECK (((status = 'pending'::text) = (finished_at IS NULL))),
  constraint batch_rows_check2 CHECK (((status <> 'failed'::text) OR ((code IS NOT NULL) AND (message IS NOT NULL)))),
  constraint batch_rows_check3 CHECK (((outcome IS NULL) OR (outcome <> 'reused'::text) OR (reused_from IS NOT NULL))),
  constraint batch_rows_index_check CHECK ((index >= 0)),
  constraint batch_rows_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'reused'::text, 'failed'::text, 'rejected'::text, 'cancelled'::text]))),
  constraint batch_rows_pkey PRIMARY KEY (batch_id, index),
  constraint batch_rows_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
);

create table public.campaign_arms (
  campaign_id uuid not null,
  "position" integer not null,
  target text not null,
  model text not null,
  model_id text not null,
  job_id uuid,
  problem text,
  constraint campaign_arms_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id) ON DELETE CASCADE,
  constraint campaign_arms_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE SET NULL,
  constraint campaign_arms_pkey PRIMARY KEY (campaign_id, "position"),
  constraint campaign_arms_position_check CHECK (("position" >= 0))
);

create table public.campaigns (
  id uuid not null,
  owner text not null,
  name text not null,
  task_type text not null,
  created_at timestamp with time zone default now() not null,
  idempotency_key text,
  body_sha256 text,
  submission jsonb,
  constraint campaigns_check CHECK (((idempotency_key IS NULL) = (body_sha256 IS NULL))),
  constraint campaigns_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint campaigns_pkey PRIMARY KEY (id)
);

create table public.deleted_jobs (
  id uuid not null,
  owner text not null,
  name text not null,
  job_type text not null,
  task_type text not null,
  model_id text not null,
  model_version text not null,
  project text,
  total_count integer not null,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  deleted_at timestamp with time zone default now() not null,
  reason text not null,
  constraint deleted_jobs_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint deleted_jobs_pkey PRIMARY KEY (id),
  constraint deleted_jobs_reason_check CHECK ((reason = ANY (ARRAY['asked'::text, 'retention'::text])))
);

create table public.job_events (
  job_id uuid not null,
  sequence integer not null,
  kind text not null,
  at timestamp with time zone default now() not null,
  data jsonb not null,
  constraint job_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint job_events_pkey PRIMARY KEY (job_id, sequence)
);

create table public.job_inputs (
  job_id uuid not null,
  shared jsonb not null,
  sha256 text not null,
  msas jsonb default '[]'::jsonb not null,
  constraint job_inputs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint job_inputs_pkey PRIMARY KEY (job_id)
);

create table public.jobs (
  id uuid not null,
  owner text not null,
  job_type text not null,
  task_type text not null,
  model_id text not null,
  model_version text not null,
  name text not null,
  routed_by text not null,
  tags text[] default '{}'::text[] not null,
  parameters jsonb not null,
  rank_by text,
  rank_ascending boolean default true not null,
  seed integer not null,
  timeout_seconds integer not null,
  max_concurrency integer not null,
  idempotency_key text,
  body_sha256 text,
  total_count integer not null,
  completed_count integer default 0 not null,
  reused_count integer default 0 not null,
  failed_count integer default 0 not null,
  rejected_count integer default 0 not null,
  cancelled_count integer default 0 not null,
  next_index integer default 0 not null,
  checked_until integer not null,
  slots_in_use integer default 0 not null,
  event_sequence integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  updated_at timestamp with time zone default now() not null,
  paused_at timestamp with time zone,
  cancelled_at timestamp with time zone,
  status text generated always as (
CASE
    WHEN ((cancelled_at IS NULL) AND (total_count > ((completed_count + failed_count) + cancelled_count))) THEN
    CASE
        WHEN ((started_at IS NULL) AND ((((completed_count + failed_count) + cancelled_count) - rejected_count) = 0)) THEN 'pending'::text
        ELSE 'running'::text
    END
    WHEN (completed_count > 0) THEN 'completed'::text
    WHEN (failed_count > 0) THEN 'failed'::text
    ELSE 'cancelled'::text
END) stored not null,
  notes text default ''::text not null,
  project text,
  revision bigint default 0 not null,
  best_index integer,
  best_score double precision,
  best_metrics jsonb,
  cloned_from uuid,
  lane smallint default 1 not null,
  priority smallint default 0 not null,
  waiting_since timestamp with time zone default now() not null,
  checked_count integer default 0 not null,
  library_columns text[],
  traceparent text,
  time_profile real[],
  constraint jobs_cancelled_count_check CHECK ((cancelled_count >= 0)),
  constraint jobs_check CHECK ((((completed_count + failed_count) + cancelled_count) <= total_count)),
  constraint jobs_check1 CHECK (((reused_count <= completed_count) AND (rejected_count <= failed_count))),
  constraint jobs_check2 CHECK (((next_index <= checked_until) AND (checked_until <= total_count))),
  constraint jobs_check3 CHECK (((checked_until <= checked_count) AND (checked_count <= total_count))),
  constraint jobs_completed_count_check CHECK ((completed_count >= 0)),
  constraint jobs_failed_count_check CHECK ((failed_count >= 0)),
  constraint jobs_job_type_check CHECK ((job_type = ANY (ARRAY['individual'::text, 'batch_parent'::text]))),
  constraint jobs_lane_check CHECK ((lane = ANY (ARRAY[0, 1]))),
  constraint jobs_max_concurrency_check CHECK (((max_concurrency >= 1) AND (max_concurrency <= 999))),
  constraint jobs_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint jobs_notes_check CHECK ((length(notes) <= 20000)),
  constraint jobs_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint jobs_owner_project_fkey FOREIGN KEY (owner, project) REFERENCES projects(owner, name),
  constraint jobs_pkey PRIMARY KEY (id),
  constraint jobs_priority_check CHECK (((priority >= '-1'::integer) AND (priority <= 2))),
  constraint jobs_rejected_count_check CHECK ((rejected_count >= 0)),
  constraint jobs_reused_count_check CHECK ((reused_count >= 0)),
  constraint jobs_seed_check CHECK ((seed > 0)),
  constraint jobs_slots_in_use_check CHECK ((slots_in_use >= 0)),
  constraint jobs_timeout_seconds_check CHECK ((timeout_seconds > 0)),
  constraint jobs_total_count_check CHECK ((total_count >= 1)),
  constraint jobs_traceparent_check CHECK ((traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
);

create table public.legacy_usage (
  method text not null,
  path text not null,
  day date not null,
  calls bigint not null,
  last_called_at timestamp with time zone not null,
  last_client text,
  constraint legacy_usage_calls_check CHECK ((calls >= 0)),
  constraint legacy_usage_pkey PRIMARY KEY (method, path, day)
);

create table public.ligand_fingerprints (
  job_id uuid not null,
  kind text not null,
  first_index integer not null,
  bits bytea not null,
  constraint ligand_fingerprints_bits_check CHECK (((length(bits) % 256) = 0)),
  constraint ligand_fingerprints_first_index_check CHECK ((first_index >= 0)),
  constraint ligand_fingerprints_kind_check CHECK ((kind = ANY (ARRAY['morgan'::text, 'pattern'::text]))),
  constraint ligand_fingerprints_pkey PRIMARY KEY (job_id, kind, first_index)
);

create table public.ligands (
  job_id uuid not null,
  index integer not null,
  owner text not null,
  smiles_key uuid not null,
  inchikey text,
  constraint ligands_index_check CHECK ((index >= 0)),
  constraint ligands_pkey PRIMARY KEY (job_id, index)
);

create table public.model_limits (
  model_id text not null,
  max_slots integer not null,
  slots_in_use integer default 0 not null,
  constraint model_limits_max_slots_check CHECK ((max_slots >= 0)),
  constraint model_limits_pkey PRIMARY KEY (model_id),
  constraint model_limits_slots_in_use_check CHECK ((slots_in_use >= 0))
);

create table public.model_timings (
  model_id text not null,
  model_version text not null,
  setup_seconds double precision,
  row_seconds double precision not null,
  runs integer not null,
  updated_at timestamp with time zone default now() not null,
  size_fit jsonb,
  hardware text default ''::text not null,
  constraint model_timings_pkey PRIMARY KEY (model_id, model_version, hardware),
  constraint model_timings_runs_check CHECK ((runs >= 1))
);

create table public.msa_texts (
  sha256 text not null,
  a3m text not null,
  constraint msa_texts_pkey PRIMARY KEY (sha256)
);

create table public.msas (
  id uuid not null,
  owner text not null,
  name text not null,
  sequence text not null,
  sequence_sha256 text not null,
  source text not null,
  database_version text default ''::text not null,
  sha256 text not null,
  sequence_count integer not null,
  created_at timestamp with time zone default now() not null,
  constraint msas_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint msas_owner_sequence_sha256_source_database_version_key UNIQUE (owner, sequence_sha256, source, database_version),
  constraint msas_pkey PRIMARY KEY (id),
  constraint msas_sequence_count_check CHECK ((sequence_count >= 1)),
  constraint msas_sha256_fkey FOREIGN KEY (sha256) REFERENCES msa_texts(sha256)
);

create table public.owners (
  id text not null,
  created_at timestamp with time zone default now() not null,
  weight double precision default 1 not null,
  max_slots integer,
  slots_in_use integer default 0 not null,
  start_tag double precision default 0 not null,
  finish_tag double precision default 0 not null,
  claimed_at timestamp with time zone,
  constraint owners_id_check CHECK ((id ~ '^[A-Za-z0-9._@-]{1,100}$'::text)),
  constraint owners_max_slots_check CHECK ((max_slots >= 0)),
  constraint owners_pkey PRIMARY KEY (id),
  constraint owners_slots_in_use_check CHECK ((slots_in_use >= 0)),
  constraint owners_weight_check CHECK ((weight > (0)::double precision))
);

create table public.projects (
  owner text not null,
  name text not null,
  retention_days integer,
  created_at timestamp with time zone default now() not null,
  constraint projects_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint projects_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint projects_pkey PRIMARY KEY (owner, name),
  constraint projects_retention_days_check CHECK (((retention_days >= 1) AND (retention_days <= 36500)))
);

create table public.remote_calls (
  call_id text not null,
  received_at timestamp with time zone default now() not null,
  job_id uuid,
  index integer,
  result text not null,
  constraint remote_calls_call_id_check CHECK (((length(call_id) >= 1) AND (length(call_id) <= 200))),
  constraint remote_calls_pkey PRIMARY KEY (call_id),
  constraint remote_calls_result_check CHECK ((result = ANY (ARRAY['completed'::text, 'failed'::text, 'unknown_job'::text, 'not_open'::text])))
);

create table public.remote_rows (
  batch_id uuid not null,
  index integer not null,
  attempt integer not null,
  task_id uuid not null,
  constraint remote_rows_pkey PRIMARY KEY (batch_id, index, attempt),
  constraint remote_rows_task_id_fkey FOREIGN KEY (task_id) REFERENCES remote_tasks(id) ON DELETE CASCADE
);

create table public.remote_tasks (
  id uuid not null,
  kind text not null,
  model_id text not null,
  model_version text not null,
  batch_id uuid not null,
  remote_id text,
  is_ended boolean default false not null,
  answer_sha256 text,
  created_at timestamp with time zone default now() not null,
  accepted_at timestamp with time zone,
  constraint remote_tasks_answer_sha256_check CHECK ((answer_sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint remote_tasks_kind_check CHECK ((kind = ANY (ARRAY['http'::text, 'slurm'::text]))),
  constraint remote_tasks_pkey PRIMARY KEY (id),
  constraint remote_tasks_remote_id_check CHECK (((length(remote_id) >= 1) AND (length(remote_id) <= 2000)))
);

create table public.requeued_rows (
  batch_id uuid not null,
  index integer not null,
  alone boolean default false not null,
  not_before timestamp with time zone default now() not null,
  retry_id uuid,
  constraint requeued_rows_batch_id_index_fkey FOREIGN KEY (batch_id, index) REFERENCES batch_rows(batch_id, index) ON DELETE CASCADE,
  constraint requeued_rows_pkey PRIMARY KEY (batch_id, index)
);

create table public.retries (
  id uuid not null,
  job_id uuid not null,
  parameters jsonb,
  timeout_seconds integer,
  memory_bytes bigint,
  alone boolean default false not null,
  created_at timestamp with time zone default now() not null,
  constraint retries_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint retries_memory_bytes_check CHECK ((memory_bytes > 0)),
  constraint retries_pkey PRIMARY KEY (id),
  constraint retries_timeout_seconds_check CHECK ((timeout_seconds > 0))
);

create table public.row_checks (
  job_id uuid not null,
  reject_all boolean not null,
  holder uuid,
  lease_until timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  constraint row_checks_check CHECK (((holder IS NULL) = (lease_until IS NULL))),
  constraint row_checks_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint row_checks_pkey PRIMARY KEY (job_id)
);

create table public.row_details (
  batch_id uuid not null,
  index integer not null,
  tables jsonb not null,
  notes jsonb not null,
  artifacts jsonb not null,
  constraint row_details_batch_id_index_fkey FOREIGN KEY (batch_id, index) REFERENCES batch_rows(batch_id, index) ON DELETE CASCADE,
  constraint row_details_pkey PRIMARY KEY (batch_id, index)
);

create table public.runs (
  id uuid not null,
  batch_id uuid not null,
  worker_id uuid not null,
  model_version text not null,
  environment_digest text,
  slots integer not null,
  alone boolean default false not null,
  indexes integer[] not null,
  attempts integer[] not null,
  in_flight integer[] default '{}'::integer[] not null,
  lease_until timestamp with time zone not null,
  opened_at timestamp with time zone default now() not null,
  ended_at timestamp with time zone,
  end_reason text,
  setup_seconds double precision,
  notes jsonb default '[]'::jsonb not null,
  artifacts jsonb default '[]'::jsonb not null,
  retry_id uuid,
  constraint runs_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint runs_check CHECK ((cardinality(indexes) = cardinality(attempts))),
  constraint runs_check1 CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  constraint runs_end_reason_check CHECK ((end_reason = ANY (ARRAY['finished'::text, 'lost'::text, 'stopped'::text, 'setup_failed'::text, 'cancelled'::text]))),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_slots_check CHECK ((slots >= 1)),
  constraint runs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES workers(id)
);

create table public.schema_migrations (
  number integer not null,
  name text not null,
  sha256 text not null,
  breaking boolean not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migrations_pkey PRIMARY KEY (number)
);

create table public.search_documents (
  job_id uuid not null,
  part integer not null,
  document tsvector not null,
  constraint search_documents_part_check CHECK ((part >= 0)),
  constraint search_documents_pkey PRIMARY KEY (job_id, part)
);

create table public.search_pending (
  job_id uuid not null,
  next_index integer default 0 not null,
  holder uuid,
  lease_until timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  constraint search_pending_check CHECK (((holder IS NULL) = (lease_until IS NULL))),
  constraint search_pending_next_index_check CHECK ((next_index >= 0)),
  constraint search_pending_pkey PRIMARY KEY (job_id)
);

create table public.search_words (
  owner text not null,
  word text collate "C" not null,
  constraint search_words_pkey PRIMARY KEY (owner, word)
);

create table public.tallies (
  owner text not null,
  kind text not null,
  job_type text default ''::text not null,
  task_type text default ''::text not null,
  model_id text default ''::text not null,
  status text default ''::text not null,
  bucket integer default 0 not null,
  n bigint not null,
  total_ms bigint default 0 not null,
  constraint tallies_pkey PRIMARY KEY (owner, kind, job_type, task_type, model_id, status, bucket)
);

create table public.tally_changes (
  id bigint generated always as identity not null,
  owner text not null,
  kind text not null,
  job_type text default ''::text not null,
  task_type text default ''::text not null,
  model_id text default ''::text not null,
  status text default ''::text not null,
  bucket integer default 0 not null,
  n bigint not null,
  total_ms bigint default 0 not null,
  constraint tally_changes_pkey PRIMARY KEY (id)
);

create table public.uploads (
  id uuid not null,
  owner text not null,
  file_name text not null,
  state text default 'receiving'::text not null,
  format text,
  is_compressed boolean default false not null,
  encoding text default 'utf-8'::text not null,
  received_bytes bigint default 0 not null,
  total_bytes bigint,
  records_read integer default 0 not null,
  sha256 text,
  contents jsonb,
  failure text,
  rows_stored integer default 0 not null,
  job_id uuid,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint uploads_check CHECK (((state = 'ready'::text) = (contents IS NOT NULL))),
  constraint uploads_check1 CHECK (((state <> 'ready'::text) OR ((sha256 IS NOT NULL) AND (format IS NOT NULL)))),
  constraint uploads_owner_fkey FOREIGN KEY (owner) REFERENCES owners(id),
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_received_bytes_check CHECK ((received_bytes >= 0)),
  constraint uploads_sha256_fkey FOREIGN KEY (sha256) REFERENCES artifacts(sha256),
  constraint uploads_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'reading'::text, 'ready'::text, 'failed'::text]))),
  constraint uploads_total_bytes_check CHECK ((total_bytes >= 0))
);

create table public.workers (
  id uuid not null,
  host text not null,
  boot_id text not null,
  pid integer not null,
  process_started_at text not null,
  offers jsonb not null,
  started_at timestamp with time zone default now() not null,
  heartbeat_at timestamp with time zone default now() not null,
  stopped_at timestamp with time zone,
  cpus integer default 0 not null,
  gpus jsonb default '[]'::jsonb not null,
  version text default ''::text not null,
  draining_since timestamp with time zone,
  clock_ahead_seconds double precision,
  constraint workers_cpus_check CHECK ((cpus >= 0)),
  constraint workers_pkey PRIMARY KEY (id)
);

-- indexes

CREATE INDEX artifact_uses_by_file ON public.artifact_uses USING btree (sha256);

CREATE INDEX artifacts_by_touch ON public.artifacts USING btree (touched_at);

CREATE INDEX batch_rows_by_code ON public.batch_rows USING btree (batch_id, code, index) WHERE (code IS NOT NULL);

CREATE INDEX batch_rows_by_score ON public.batch_rows USING btree (batch_id, score, index) WHERE (score IS NOT NULL);

CREATE INDEX batch_rows_waiting ON public.batch_rows USING btree (batch_id, reused_from) WHERE (reused_from IS NOT NULL);

CREATE INDEX campaign_arms_by_job ON public.campaign_arms USING btree (job_id) WHERE (job_id IS NOT NULL);

CREATE UNIQUE INDEX campaigns_by_key ON public.campaigns USING btree (owner, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX campaigns_newest ON public.campaigns USING btree (owner, created_at DESC, id DESC);

CREATE INDEX campaigns_unfinished ON public.campaigns USING btree (created_at) WHERE (submission IS NOT NULL);

CREATE INDEX deleted_jobs_by_owner ON public.deleted_jobs USING btree (owner, deleted_at DESC, id);

CREATE INDEX jobs_by_owner ON public.jobs USING btree (owner, created_at DESC, id DESC);

CREATE INDEX jobs_by_owner_duration ON public.jobs USING btree (owner, ((finished_at - started_at)), id) WHERE (finished_at IS NOT NULL);

CREATE INDEX jobs_by_owner_model ON public.jobs USING btree (owner, model_id, created_at DESC, id DESC);

CREATE INDEX jobs_by_owner_name ON public.jobs USING btree (owner, lower(name), id);

CREATE INDEX jobs_by_owner_project ON public.jobs USING btree (owner, project, created_at DESC, id DESC) WHERE (project IS NOT NULL);

CREATE INDEX jobs_by_owner_score ON public.jobs USING btree (owner, best_score, id) WHERE (best_score IS NOT NULL);

CREATE INDEX jobs_by_owner_status ON public.jobs USING btree (owner, status, created_at DESC, id DESC);

CREATE INDEX jobs_by_owner_task ON public.jobs USING btree (owner, task_type, created_at DESC, id DESC);

CREATE INDEX jobs_by_owner_type ON public.jobs USING btree (owner, job_type, created_at DESC, id DESC);

CREATE INDEX jobs_by_project_end ON public.jobs USING btree (owner, project, finished_at) WHERE ((project IS NOT NULL) AND (finished_at IS NOT NULL));

CREATE INDEX jobs_by_tag ON public.jobs USING gin (tags);

CREATE UNIQUE INDEX jobs_idempotency ON public.jobs USING btree (owner, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX jobs_line ON public.jobs USING btree (model_id, model_version, owner, lane, priority DESC, created_at, id) WHERE ((finished_at IS NULL) AND (cancelled_at IS NULL) AND (paused_at IS NULL));

CREATE INDEX jobs_waiting ON public.jobs USING btree (model_id, model_version, waiting_since) WHERE ((finished_at IS NULL) AND (cancelled_at IS NULL) AND (paused_at IS NULL));

CREATE INDEX ligands_by_inchikey ON public.ligands USING btree (inchikey text_pattern_ops, owner) WHERE (inchikey IS NOT NULL);

CREATE INDEX ligands_by_smiles ON public.ligands USING btree (smiles_key, owner);

CREATE INDEX msas_by_text ON public.msas USING btree (sha256);

CREATE INDEX msas_newest ON public.msas USING btree (owner, created_at DESC, id DESC);

CREATE INDEX owners_claimed ON public.owners USING btree (claimed_at DESC) WHERE (claimed_at IS NOT NULL);

CREATE INDEX remote_calls_by_time ON public.remote_calls USING btree (received_at);

CREATE INDEX remote_rows_by_task ON public.remote_rows USING btree (task_id);

CREATE INDEX remote_tasks_by_answer ON public.remote_tasks USING btree (answer_sha256) WHERE (answer_sha256 IS NOT NULL);

CREATE INDEX remote_tasks_by_model ON public.remote_tasks USING btree (model_id, model_version);

CREATE INDEX requeued_rows_due ON public.requeued_rows USING btree (batch_id, not_before);

CREATE INDEX retries_by_job ON public.retries USING btree (job_id);

CREATE INDEX runs_by_batch ON public.runs USING btree (batch_id, opened_at);

CREATE INDEX runs_by_worker ON public.runs USING btree (worker_id) WHERE (ended_at IS NULL);

CREATE INDEX runs_lease ON public.runs USING btree (lease_until) WHERE (ended_at IS NULL);

CREATE INDEX runs_live ON public.runs USING btree (batch_id) WHERE (ended_at IS NULL);

CREATE INDEX search_documents_by_word ON public.search_documents USING gin (document);

CREATE INDEX search_pending_by_time ON public.search_pending USING btree (created_at, job_id);

CREATE INDEX search_words_by_part ON public.search_words USING gin (word gin_trgm_ops);

CREATE INDEX tally_changes_by_owner ON public.tally_changes USING btree (owner, kind);

CREATE INDEX uploads_by_file ON public.uploads USING btree (sha256) WHERE (sha256 IS NOT NULL);

CREATE INDEX uploads_by_owner ON public.uploads USING btree (owner, created_at DESC);

CREATE INDEX uploads_expired ON public.uploads USING btree (expires_at);

CREATE INDEX workers_alive ON public.workers USING btree (heartbeat_at) WHERE (stopped_at IS NULL);

-- views

create view public.row_states as
 SELECT r.batch_id,
    r.index,
    r.line,
    r.name,
    r.input,
    r.original,
    r.canonical_smiles,
    r.status,
    r.outcome,
    r.code,
    r.message,
    r.attempt,
    r.reused_from,
    r.score,
    r.metrics,
    r.run_id,
    r.started_at,
    r.finished_at,
        CASE
            WHEN r.status <> 'pending'::text THEN r.status
            WHEN j.cancelled_at IS NOT NULL THEN 'cancelled'::text
            WHEN (EXISTS ( SELECT
               FROM runs
              WHERE runs.batch_id = r.batch_id AND runs.ended_at IS NULL AND (r.index = ANY (runs.in_flight)) AND runs.attempts[array_position(runs.indexes, r.index)] = r.attempt)) THEN 'running'::text
            ELSE 'pending'::text
        END AS shown_status,
        CASE
            WHEN r.status = 'pending'::text AND j.cancelled_at IS NOT NULL THEN 'cancelled'::text
            ELSE r.outcome
        END AS shown_outcome,
    r.retry_id
   FROM batch_rows r
     JOIN jobs j ON j.id = r.batch_id;

create view public.tallies_counted as
 SELECT j.owner,
    t.kind,
    t.job_type,
    t.task_type,
    t.model_id,
    t.status,
    t.bucket,
    sum(t.n)::bigint AS n,
    sum(t.total_ms)::bigint AS total_ms
   FROM jobs j,
    LATERAL tallies_of_job(j.*) t(kind, job_type, task_type, model_id, status, bucket, n, total_ms)
  GROUP BY j.owner, t.kind, t.job_type, t.task_type, t.model_id, t.status, t.bucket
UNION ALL
 SELECT j.owner,
    'row_time'::text AS kind,
    ''::text AS job_type,
    ''::text AS task_type,
    j.model_id,
    ''::text AS status,
    time_bucket(milliseconds_between(r.started_at, r.finished_at)) AS bucket,
    count(*) AS n,
    sum(milliseconds_between(r.started_at, r.finished_at))::bigint AS total_ms
   FROM batch_rows r
     JOIN jobs j ON j.id = r.batch_id
  WHERE (r.outcome = ANY (ARRAY['completed'::text, 'failed'::text])) AND r.started_at IS NOT NULL
  GROUP BY j.owner, j.model_id, (time_bucket(milliseconds_between(r.started_at, r.finished_at)));

create view public.tallies_kept as
 SELECT owner,
    kind,
    job_type,
    task_type,
    model_id,
    status,
    bucket,
    sum(n)::bigint AS n,
    sum(total_ms)::bigint AS total_ms
   FROM ( SELECT tallies.owner,
            tallies.kind,
            tallies.job_type,
            tallies.task_type,
            tallies.model_id,
            tallies.status,
            tallies.bucket,
            tallies.n,
            tallies.total_ms
           FROM tallies
        UNION ALL
         SELECT tally_changes.owner,
            tally_changes.kind,
            tally_changes.job_type,
            tally_changes.task_type,
            tally_changes.model_id,
            tally_changes.status,
            tally_changes.bucket,
            tally_changes.n,
            tally_changes.total_ms
           FROM tally_changes) kept
  GROUP BY owner, kind, job_type, task_type, model_id, status, bucket;

-- triggers

CREATE TRIGGER batch_rows_tally AFTER UPDATE ON public.batch_rows REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tally_rows();

CREATE TRIGGER jobs_change_search AFTER UPDATE ON public.jobs FOR EACH ROW WHEN (((((old.name IS DISTINCT FROM new.name) OR (old.tags IS DISTINCT FROM new.tags)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.project IS DISTINCT FROM new.project))) EXECUTE FUNCTION note_search();

CREATE TRIGGER jobs_delete_rows AFTER DELETE ON public.jobs FOR EACH ROW EXECUTE FUNCTION delete_rows_of_job();

CREATE TRIGGER jobs_note_search AFTER INSERT ON public.jobs FOR EACH ROW EXECUTE FUNCTION note_search();

CREATE TRIGGER jobs_raise_revision BEFORE UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION raise_revision();

CREATE TRIGGER jobs_tally_delete AFTER DELETE ON public.jobs FOR EACH ROW EXECUTE FUNCTION tally_job();

CREATE TRIGGER jobs_tally_insert AFTER INSERT ON public.jobs FOR EACH ROW EXECUTE FUNCTION tally_job();

CREATE TRIGGER jobs_tally_rows BEFORE DELETE ON public.jobs FOR EACH ROW EXECUTE FUNCTION tally_rows_of_deleted();

CREATE TRIGGER jobs_tally_update AFTER UPDATE ON public.jobs FOR EACH ROW WHEN (((((((((((((((((old.event_sequence IS DISTINCT FROM new.event_sequence) OR (old.status IS DISTINCT FROM new.status)) OR (old.name IS DISTINCT FROM new.name)) OR (old.notes IS DISTINCT FROM new.notes)) OR (old.tags IS DISTINCT FROM new.tags)) OR (old.project IS DISTINCT FROM new.project)) OR (old.paused_at IS DISTINCT FROM new.paused_at)) OR (old.cancelled_at IS DISTINCT FROM new.cancelled_at)) OR (old.started_at IS DISTINCT FROM new.started_at)) OR (old.finished_at IS DISTINCT FROM new.finished_at)) OR (old.total_count IS DISTINCT FROM new.total_count)) OR (old.completed_count IS DISTINCT FROM new.completed_count)) OR (old.failed_count IS DISTINCT FROM new.failed_count)) OR (old.cancelled_count IS DISTINCT FROM new.cancelled_count)) OR (old.best_score IS DISTINCT FROM new.best_score)) OR (old.best_index IS DISTINCT FROM new.best_index))) EXECUTE FUNCTION tally_job();

CREATE TRIGGER row_details_inserted AFTER INSERT ON public.row_details REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_row_artifacts();

CREATE TRIGGER row_details_updated AFTER UPDATE ON public.row_details REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_row_artifacts();

CREATE TRIGGER runs_described AFTER UPDATE OF artifacts ON public.runs FOR EACH ROW WHEN (((new.artifacts <> '[]'::jsonb) AND (new.artifacts <> old.artifacts))) EXECUTE FUNCTION note_run_artifacts();

CREATE TRIGGER runs_tally AFTER UPDATE ON public.runs FOR EACH ROW WHEN (((old.in_flight IS DISTINCT FROM new.in_flight) OR (old.ended_at IS DISTINCT FROM new.ended_at))) EXECUTE FUNCTION tally_run();

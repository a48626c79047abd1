-- Which paths of the old contract are still called, by day, so that an operator sees when none of a group is.
create table legacy_usage (
  method text not null,
  path text not null,
  day date not null,
  calls bigint not null check (calls >= 0),
  last_called_at timestamptz not null,
  -- what the last caller said it is
  last_client text,
  primary key (method, path, day)
);

-- Results that a remote backend has sent: each call is taken once, however often it is told.
create table remote_calls (
  call_id text primary key check (length(call_id) between 1 and 200),
  received_at timestamptz not null default now(),
  -- null where it named no job of this hub
  job_id uuid,
  index integer,
  result text not null check (result in ('completed', 'failed', 'unknown_job', 'not_open'))
);
create index remote_calls_by_time on remote_calls (received_at);

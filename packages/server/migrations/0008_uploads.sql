-- Files that are sent before or with a submission; their bytes are artifacts.

create table uploads (
  id uuid primary key,
  owner text not null references owners (id),
  file_name text not null,
  state text not null default 'receiving' check (state in ('receiving', 'reading', 'ready', 'failed')),
  format text,
  is_compressed boolean not null default false,
  encoding text not null default 'utf-8',
  received_bytes bigint not null default 0 check (received_bytes >= 0),
  total_bytes bigint check (total_bytes >= 0),
  records_read integer not null default 0,
  sha256 text,
  -- what was found in it
  contents jsonb,
  failure text,
  -- rows that a submission which is being stored has written; raised outside its transaction, for a person who waits
  rows_stored integer not null default 0,
  job_id uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check ((state = 'ready') = (contents is not null)),
  check (state <> 'ready' or (sha256 is not null and format is not null))
);
create index uploads_expired on uploads (expires_at);
create index uploads_by_owner on uploads (owner, created_at desc);

-- Columns of the library in the order of its header, for exports; null where it was no table or the job is older.
alter table jobs add column library_columns text[];

-- Campaigns: the same rows against several targets by several models. Each arm is an ordinary job.
create table campaigns (
  id uuid primary key,
  owner text not null references owners (id),
  name text not null,
  task_type text not null,
  created_at timestamptz not null default now(),
  idempotency_key text,
  body_sha256 text,
  -- What its jobs are made from; null once each arm has its job, or is known to get none.
  submission jsonb,
  check ((idempotency_key is null) = (body_sha256 is null))
);
create unique index campaigns_by_key on campaigns (owner, idempotency_key) where idempotency_key is not null;
create index campaigns_newest on campaigns (owner, created_at desc, id desc);
create index campaigns_unfinished on campaigns (created_at) where submission is not null;

create table campaign_arms (
  campaign_id uuid not null references campaigns (id) on delete cascade,
  position integer not null check (position >= 0),
  target text not null,
  model text not null,
  model_id text not null,
  job_id uuid references jobs (id) on delete set null,
  -- Why it could not be made.
  problem text,
  primary key (campaign_id, position)
);
create index campaign_arms_by_job on campaign_arms (job_id) where job_id is not null;

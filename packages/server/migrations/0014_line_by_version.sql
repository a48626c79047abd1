-- A claim is for one version of a model: jobs of versions that no host has any more must not lie before those that it looks for.
drop index jobs_line;
create index jobs_line on jobs (model_id, model_version, owner, lane, priority desc, created_at, id)
  where finished_at is null and cancelled_at is null and paused_at is null;
drop index jobs_waiting;
create index jobs_waiting on jobs (model_id, model_version, waiting_since) where finished_at is null and cancelled_at is null and paused_at is null;

-- Large submissions are stored first and checked afterwards.

-- Rows [0, checked_count) have been checked. The watermark of the claim (checked_until) follows, or stays 0 until the check has ended
-- where one bad row refuses the whole job.
alter table jobs add column checked_count integer not null default 0;
update jobs set checked_count = total_count;
alter table jobs add check (checked_until <= checked_count and checked_count <= total_count);

-- A reference check per row made COPY two to four times as slow. Rows are written only in the transaction that writes their job,
-- and this trigger takes them with it.
alter table batch_rows drop constraint batch_rows_batch_id_fkey;
create function delete_rows_of_job() returns trigger language plpgsql as $$
begin
  delete from batch_rows where batch_id = old.id;
  return null;
end
$$;
create trigger jobs_delete_rows after delete on jobs for each row execute function delete_rows_of_job();

-- Jobs whose rows are still to be checked. One process at a time checks a job; a lost one is followed by another when its lease is over.
create table row_checks (
  job_id uuid primary key references jobs (id) on delete cascade,
  reject_all boolean not null,
  holder uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  check ((holder is null) = (lease_until is null))
);

-- What worker hosts have, and times of rows by the hardware that they ran on; '' holds those of all hardware together.
alter table workers
  add column cpus integer not null default 0 check (cpus >= 0),
  -- [{device, name}]
  add column gpus jsonb not null default '[]';

alter table model_timings
  add column hardware text not null default '',
  drop constraint model_timings_pkey,
  add primary key (model_id, model_version, hardware);

-- Seconds that rows are expected to take by the size of their input, the mean of each of some equal slices of the job in input order; null
-- while nothing is known.
alter table jobs add column time_profile real[];

-- Worker hosts tell which version of the hub they are, that they drain, and how far their clock is from the database's.
-- Hosts of the version before write none of these and are listed without them.

alter table workers
  add column version text not null default '',
  add column draining_since timestamptz,
  add column clock_ahead_seconds double precision;

-- Alignments of related sequences, by the protein that they are of.

-- Texts by content: jobs name them by their SHA-256, so that a later alignment of the same sequence does not change what runs.
create table msa_texts (
  sha256 text primary key,
  a3m text not null
);

create table msas (
  id uuid primary key,
  owner text not null references owners (id),
  name text not null,
  sequence text not null,
  sequence_sha256 text not null,
  source text not null,
  database_version text not null default '',
  sha256 text not null references msa_texts (sha256),
  sequence_count integer not null check (sequence_count >= 1),
  created_at timestamptz not null default now(),
  -- one for each sequence and what was searched; sent again it takes the place of the older one
  unique (owner, sequence_sha256, source, database_version)
);
create index msas_newest on msas (owner, created_at desc, id desc);
create index msas_by_text on msas (sha256);

-- Alignments that a job was submitted with: [{sequence, sha256}].
alter table job_inputs add column msas jsonb not null default '[]';

-- Search over jobs. What an owner wrote is found at once: the trigger writes it in the transaction of the job. Ligands follow from a side
-- table (search_pending), because trigrams and words of a million rows would make loading several times as slow.
create extension if not exists pg_trgm;

-- No foreign key on these tables: rows go with their job by the trigger delete_rows_of_job, and a key of each row makes writing slower.

-- Words by weight: A name, B tags and names of ligands and proteins, C task, model, project, D notes. The owner is a word too, so that one
-- index finds the words of one owner. Part 0 is the job itself, with the ligand of an individual job; part n has the words of the job
-- and the names of rows [5000 (n - 1), 5000 n) of a batch.
create table search_documents (
  job_id uuid not null,
  part integer not null check (part >= 0),
  document tsvector not null,
  primary key (job_id, part)
);
create index search_documents_by_word on search_documents using gin (document);

-- Words of letters alone that an owner's documents have: what a misspelt word may have meant.
create table search_words (
  owner text not null,
  word text collate "C" not null,
  primary key (owner, word)
);
create index search_words_by_part on search_words using gin (word gin_trgm_ops);

-- Jobs whose ligands are still to be indexed, from row next_index on. One process at a time does a job.
create table search_pending (
  job_id uuid primary key,
  next_index integer not null default 0 check (next_index >= 0),
  holder uuid,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  check ((holder is null) = (lease_until is null))
);
create index search_pending_by_time on search_pending (created_at, job_id);

-- Molecules of rows, by the canonical SMILES that the check stored and by InChIKey.
create table ligands (
  job_id uuid not null,
  index integer not null check (index >= 0),
  owner text not null,
  -- md5 of the canonical SMILES
  smiles_key uuid not null,
  -- null where InChI has no answer
  inchikey text,
  primary key (job_id, index)
);
create index ligands_by_smiles on ligands (smiles_key, owner);
create index ligands_by_inchikey on ligands (inchikey text_pattern_ops, owner) where inchikey is not null;

-- Fingerprints of 2,048 bits, one after another, of rows [first_index, first_index + length / 256); zeros where a row has no molecule.
-- `morgan` (radius 2) is written by the check, `pattern` when ligands are indexed. Small jobs have none: their molecules are read when asked.
create table ligand_fingerprints (
  job_id uuid not null,
  kind text not null check (kind in ('morgan', 'pattern')),
  first_index integer not null check (first_index >= 0),
  bits bytea not null check (length(bits) % 256 = 0),
  primary key (job_id, kind, first_index)
);

-- Lexemes of a text: its words of letters and digits, and what is written with marks between as one word too (`COX-2`: cox, 2, cox2).
create function search_lexemes(given text, weight text) returns text immutable parallel safe language sql as $$
  select string_agg(distinct left(word, 100) || ':1' || weight, ' ')
  from regexp_split_to_table(lower(given) || ' ' || regexp_replace(lower(given), '(?<=[[:alnum:]])[-_./'']+(?=[[:alnum:]])', '', 'g'), '[^[:alnum:]]+') as word
  where word <> ''
$$;

-- Names in an input: short texts whose key says that they are a name.
create function search_names(input jsonb) returns text immutable parallel safe language sql as $$
  select string_agg(pair ->> 'value', ' ')
  from jsonb_path_query(input, '$.** ? (@.type() == "object").keyvalue() ? (@.value.type() == "string")') pair
  where length(pair ->> 'value') <= 100 and pair ->> 'key' ~* '(name|title|label|accession|uniprot|pdb_?id|target|protein|_id$|^id$)'
$$;

-- What stands in each part of a job.
create function search_job_lexemes(job jobs) returns text stable language sql as $$
  select concat_ws(' ', quote_literal('@' || job.owner) || ':1D', search_lexemes(job.name, 'A'), search_lexemes(array_to_string(job.tags, ' '), 'B'),
    search_lexemes((select search_names(shared) from job_inputs where job_id = job.id), 'B'),
    search_lexemes(concat_ws(' ', job.task_type, job.model_id, job.project), 'C'), search_lexemes(job.notes, 'D'))
$$;

create function search_job_document(job jobs) returns tsvector stable language sql as $$
  select concat_ws(' ', search_job_lexemes(job), (
    select string_agg(search_lexemes(concat_ws(' ', r.name, search_names(r.input)), 'B'), ' ')
    from batch_rows r where job.job_type = 'individual' and r.batch_id = job.id
  ))::tsvector
$$;

create function note_search() returns trigger language plpgsql as $$
begin
  insert into search_documents (job_id, part, document) values (new.id, 0, search_job_document(new))
  on conflict (job_id, part) do update set document = excluded.document;
  -- The words of a batch stand in its other parts too.
  insert into search_pending (job_id) values (new.id)
  on conflict (job_id) do update set next_index = 0, holder = null, lease_until = null;
  return null;
end
$$;
create trigger jobs_note_search after insert on jobs for each row execute function note_search();
create trigger jobs_change_search after update on jobs for each row
  when ((old.name, old.tags, old.notes, old.project) is distinct from (new.name, new.tags, new.notes, new.project))
  execute function note_search();

-- Delete is a real delete: a word that no other job of the owner has goes too.
create function forget_search(gone_job uuid, gone_owner text) returns void language plpgsql as $$
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
$$;
create or replace function delete_rows_of_job() returns trigger language plpgsql as $$
begin
  delete from batch_rows where batch_id = old.id;
  perform forget_search(old.id, old.owner);
  return null;
end
$$;

insert into search_documents (job_id, part, document) select id, 0, search_job_document(jobs) from jobs;
insert into search_pending (job_id) select id from jobs;

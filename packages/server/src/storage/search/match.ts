/** Which jobs a search finds, and how well: one relation for every list. */
import type { OwnerId } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';

/** What is looked for, made ready by `services/search.ts`. A job is found by all words together, or by any of the others. */
export interface SearchTerms {
  readonly words: readonly {
    /** In PostgreSQL's words. */
    readonly tsquery: string;
    /** What the name of a row holds where it has the word. */
    readonly patterns: readonly string[];
  }[];
  readonly ids: readonly [string, string] | null;
  readonly canonicalSmiles: readonly string[];
  /** The beginning of an InChIKey. */
  readonly inchikey: string | null;
}

/** Weight of words by where they stand: notes, task and model, tags and names of molecules, name of the job. */
const WEIGHTS = '{0.05, 0.3, 0.6, 1}';

/**
 * A relation of `job_id`, `rank` (more is better) and `whole`: false where only ligands of a batch were found.
 * The owner is one of the words, so the index reads no other owner's jobs.
 */
export function matchedJobs(owner: OwnerId, terms: SearchTerms): RawBuilder<unknown> {
  const parts = [...wordMatches(owner, terms), ...idMatches(owner, terms), ...ligandMatches(owner, terms)];
  const [first = sql`select null::uuid as job_id, 0::float8 as rank, false as whole where false`, ...others] = parts;
  return sql`(
    select job_id, max(rank) as rank, bool_or(whole) as whole
    from (${sql.join([first, ...others], sql` union all `)}) found
    group by job_id
  )`;
}

function wordMatches(owner: OwnerId, { words }: SearchTerms): readonly RawBuilder<unknown>[] {
  if (words.length === 0) return [];
  // By any of the words: the rank of all together counts how near they stand, and here they have no places.
  const anyWord = words.map(({ tsquery }) => tsquery).join(' | ');
  const query = [`'@${owner}'`, ...words.map(({ tsquery }) => tsquery)].join(' & ');
  return [
    sql`
      select job_id, ((part = 0)::int + ts_rank(${WEIGHTS}::float4[], document, ${anyWord}::tsquery))::float8 as rank, part = 0 as whole
      from search_documents where document @@ ${query}::tsquery`,
  ];
}

function idMatches(owner: OwnerId, { ids }: SearchTerms): readonly RawBuilder<unknown>[] {
  if (ids === null) return [];
  return [
    sql`select id as job_id, 9::float8 as rank, true as whole from jobs
      where id between ${ids[0]}::uuid and ${ids[1]}::uuid and owner = ${owner}`,
  ];
}

function ligandMatches(owner: OwnerId, terms: SearchTerms): readonly RawBuilder<unknown>[] {
  const condition = ligandCondition(terms);
  return condition === undefined
    ? []
    : [sql`select job_id, 5::float8 as rank, false as whole from ligands l where owner = ${owner} and ${condition}`];
}

/** Of a ligand `l`; undefined where no structure is looked for. */
function ligandCondition({ canonicalSmiles, inchikey }: SearchTerms): RawBuilder<unknown> | undefined {
  if (canonicalSmiles.length > 0)
    return sql`l.smiles_key = any (array(select md5(smiles)::uuid from unnest(${canonicalSmiles}::text[]) smiles))`;
  return inchikey === null ? undefined : sql`l.inchikey like ${`${inchikey}%`}`;
}

/** Which of the words stand in the job itself, as an array of booleans; of a job `jobs`. */
export function coveredWords({ words }: SearchTerms): RawBuilder<unknown> {
  if (words.length === 0) return sql`'{}'::boolean[]`;
  return sql`(
    select array[${sql.join(words.map(({ tsquery }) => sql`d.document @@ ${tsquery}::tsquery`))}]
    from search_documents d where d.job_id = jobs.id and d.part = 0
  )`;
}

/** Whether a row `r` is one of those that were found, words that the job itself has left out. @param covered of `coveredWords` */
export function rowMatches(terms: SearchTerms, covered: RawBuilder<unknown>): RawBuilder<unknown> {
  const inName = terms.words.map(
    ({ patterns }, place) => sql`(r.name ilike any (${patterns}::text[]) or coalesce((${covered})[${place + 1}], false))`,
  );
  const ligand = ligandCondition(terms);
  const ways = [
    ...(inName.length > 0 ? [sql`(${sql.join(inName, sql` and `)})`] : []),
    ...(ligand === undefined ? [] : [sql`exists (select from ligands l where l.job_id = r.batch_id and l.index = r.index and ${ligand})`]),
  ];
  return ways.length === 0 ? sql`false` : sql`(${sql.join(ways, sql` or `)})`;
}

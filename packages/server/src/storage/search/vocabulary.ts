/** Words that an owner's jobs have, for what was typed in part or misspelt. */
import type { OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Trigrams of a word with two neighbours in the wrong order are few: `kniase` and `kinase` share a quarter. */
const LEAST_ALIKE = 0.2;
const MOST_ALIKE = 50;
const MOST_HOLDING = 20;

/** Whether any document of the owner has the word. The vocabulary knows most; only a rare word asks the index of documents. */
export async function hasWord(db: Database, owner: OwnerId, word: string, tsquery: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (
      select from search_words where owner = ${owner} and word >= ${word} collate "C" and word < ${`${word}\u{10FFFF}`} collate "C"
    ) as known`.execute(db);
  if (rows[0]?.known === true) return true;
  const { rows: found } = await sql`select from search_documents where document @@ ${`'@${owner}' & ${tsquery}`}::tsquery limit 1`.execute(
    db,
  );
  return found.length > 0;
}

/** Words that hold the text somewhere, the shortest first. */
export async function wordsHolding(db: Database, owner: OwnerId, text: string): Promise<readonly string[]> {
  const { rows } = await sql<{ word: string }>`
    select word from search_words where owner = ${owner} and word like ${`%${text}%`}
    order by length(word), word limit ${MOST_HOLDING}`.execute(db);
  return rows.map(({ word }) => word);
}

/** Words that look alike by their trigrams, the most alike first. */
export async function wordsLike(db: Database, owner: OwnerId, text: string): Promise<readonly string[]> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('pg_trgm.similarity_threshold', ${String(LEAST_ALIKE)}, true)`.execute(tx);
    const { rows } = await sql<{ word: string }>`
      select word from search_words where owner = ${owner} and word % ${text}
      order by similarity(word, ${text}) desc, word limit ${MOST_ALIKE}`.execute(tx);
    return rows.map(({ word }) => word);
  });
}

/** The tables that a backup holds: all of the hub's own, in an order in which they can be filled. The queue's are left out: its messages are made anew. */
import type pg from 'pg';

export interface BackedUpTable {
  readonly name: string;
  /** Stored columns, in the table's order; generated ones are computed again. */
  readonly columns: readonly string[];
}

/** Filled by the migrations themselves. */
const LEFT_OUT = ['schema_migrations'];

/** A table comes behind those that it refers to. */
export async function listTables(client: pg.ClientBase): Promise<readonly BackedUpTable[]> {
  const { rows } = await client.query<BackedUpTable & { readonly refersTo: readonly string[] }>(
    `select c.relname as name,
       array(
         select a.attname::text from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
       ) as columns,
       array(
         select distinct f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
         where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid
       ) as "refersTo"
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> all ($1)
     order by c.relname`,
    [LEFT_OUT],
  );
  const left = new Map(rows.map((table) => [table.name, table]));
  const ordered: BackedUpTable[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find(({ refersTo }) => refersTo.every((name) => !left.has(name)));
    if (!next) throw new Error(`The tables ${[...left.keys()].join(', ')} refer to each other in a circle.`);
    left.delete(next.name);
    ordered.push({ name: next.name, columns: next.columns });
  }
  return ordered;
}

export interface Sequence {
  readonly name: string;
  /** Null where it was never used. */
  readonly lastValue: string | null;
}

export async function readSequences(client: pg.ClientBase): Promise<readonly Sequence[]> {
  const { rows } = await client.query<Sequence>(
    `select sequencename as name, last_value::text as "lastValue" from pg_sequences where schemaname = 'public' order by 1`,
  );
  return rows;
}

export function quoted(client: pg.ClientBase, names: readonly string[]): string {
  return names.map((name) => client.escapeIdentifier(name)).join(', ');
}

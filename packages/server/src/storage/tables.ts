/** Kysely's view of the schema; a test compares it with information_schema. */
export interface Tables {}

/** Routes of `/api/v4` that look for molecules, and that change what was found. */
import { Type } from 'typebox';
import { BulkAnswer, BulkJobs } from './bulk.ts';
import { CompoundAnswer, RowMatches } from './compounds.ts';
import { Cursor, Limit, type RouteDefinition } from './route-definition.ts';
import { RowViewQuery } from './views.ts';

const closed = { additionalProperties: false } as const;
const { substructure, similarTo, minSimilarity } = RowViewQuery;

export const SEARCH_ROUTES = {
  bulkJobs: {
    method: 'POST',
    path: '/api/v4/jobs/bulk',
    family: 'jobs',
    summary:
      'Tag, untag, cancel or delete many jobs, by ids or by a filter. Without `confirm` nothing changes and the answer says how many are meant; with that number it is done.',
    status: 200,
    body: BulkJobs,
    answer: BulkAnswer,
  },
  findCompound: {
    method: 'GET',
    path: '/api/v4/compounds',
    family: 'results',
    summary: 'Rows of all jobs whose ligand is one compound, those of the newest jobs first.',
    status: 200,
    query: Type.Object(
      {
        inchikey: Type.Optional(
          Type.String({ maxLength: 27, description: 'InChIKey, or its first block: the skeleton whatever its stereo and charge.' }),
        ),
        smiles: Type.Optional(Type.String({ maxLength: 2_000, description: 'Any SMILES of the compound, in place of the InChIKey.' })),
        limit: Limit,
        cursor: Cursor,
      },
      closed,
    ),
    answer: CompoundAnswer,
  },
  countRowMatches: {
    method: 'GET',
    path: '/api/v4/jobs/:id/rows/matches',
    family: 'results',
    summary:
      'How many ligands of a job hold a substructure or are like a molecule. Answers within a moment with the count so far, and the search goes on; ask again until it is done.',
    status: 200,
    params: Type.Object({ id: Type.String({ description: 'Id of a job.' }) }, closed),
    query: Type.Object({ substructure, similarTo, minSimilarity }, closed),
    answer: RowMatches,
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>;

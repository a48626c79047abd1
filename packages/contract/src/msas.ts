/** Alignments of related sequences (MSAs) as things of their own: stored once for a protein sequence, used by every job that has it. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;

/** Characters of one alignment; one of 8,192 sequences of 1,000 residues has 10 million. */
export const MAX_MSA_CHARACTERS = 30_000_000;
export const MAX_MSA_SEQUENCES = 100_000;

export const CreateMsa = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'For people; the first words of the header where left out.' }),
    ),
    a3m: Type.String({
      minLength: 1,
      maxLength: MAX_MSA_CHARACTERS,
      description: 'A3M; its first sequence is the protein that it is of. Lower-case letters are insertions.',
    }),
    databaseVersion: Type.Optional(
      Type.String({ maxLength: 100, description: 'What was searched, in which version; a newer one of the same sequence lies beside it.' }),
    ),
  },
  { $id: 'CreateMsa', ...closed },
);
export type CreateMsa = Static<typeof CreateMsa>;

export const Msa = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    sequence: Type.String({ description: 'The protein, without gaps.' }),
    source: Type.String({ description: 'Who made it: `uploaded`.' }),
    databaseVersion: Type.String(),
    /** Of its text; jobs name it by this, so a later alignment of the same sequence does not change them. */
    sha256: Type.String(),
    sequences: Type.Integer({ description: 'Sequences in it, the protein itself among them.' }),
    createdAt: Type.String({ format: 'date-time' }),
    href: Type.String({ description: 'Its text.' }),
  },
  { $id: 'Msa', ...closed },
);
export type Msa = Static<typeof Msa>;

export const MsaPage = Type.Object({ msas: Type.Array(Msa), nextCursor: Type.Union([Type.String(), Type.Null()]) }, closed);

/** What is done for a protein without an alignment, where one is wanted: refuse at submission, or run on its sequence alone and say so. */
export const MSA_FALLBACKS = ['refuse', 'single_sequence'] as const;
export type MsaFallback = (typeof MSA_FALLBACKS)[number];

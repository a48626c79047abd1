/** Limits of a model as rules that the hub checks before any work starts. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
/** Leads to a field of the shared or own input. */
const Pointer = Type.String({ pattern: '^(/[A-Za-z0-9_]+)+$', maxLength: 500, description: 'JSON pointer into the input of a task.' });
const Count = Type.Integer({ minimum: 0 });
const bounds = { min: Type.Optional(Count), max: Type.Optional(Count) };
const tasks = {
  tasks: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      minItems: 1,
      maxItems: 50,
      description: 'Task types that the rule is for; all when absent.',
    }),
  ),
};

export const MOLECULE_KINDS = ['protein', 'dna', 'rna', 'ligand', 'ion', 'glycan'] as const;

export const LimitRule = Type.Union([
  Type.Object({ rule: Type.Literal('heavy_atoms'), ...bounds, ...tasks }, { ...closed, description: "Heavy atoms of the row's molecule." }),
  Type.Object(
    { rule: Type.Literal('rotatable_bonds'), ...bounds, ...tasks },
    { ...closed, description: "Rotatable bonds of the row's molecule." },
  ),
  Type.Object(
    { rule: Type.Literal('elements'), allowed: Type.Array(Type.String({ maxLength: 2 }), { maxItems: 118 }), ...tasks },
    { ...closed, description: "Elements that the row's molecule may have." },
  ),
  Type.Object(
    { rule: Type.Literal('residues'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'Residues of each chain: a sequence, a list of sequences, or of objects with a field `sequence`.' },
  ),
  Type.Object(
    { rule: Type.Literal('total_residues'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'Residues of all chains together, each times its `copies`.' },
  ),
  Type.Object(
    { rule: Type.Literal('copies'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'Entries of a list, each times its `copies` (1 when absent).' },
  ),
  Type.Object(
    { rule: Type.Literal('structure_atoms'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'ATOM and HETATM records of the first model of a PDB text.' },
  ),
  Type.Object(
    { rule: Type.Literal('sdf_records'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'Records of an SDF text: poses of a ligand.' },
  ),
  Type.Object(
    { rule: Type.Literal('sdf_atoms'), pointer: Pointer, ...bounds, ...tasks },
    { ...closed, description: 'Atoms of each record of an SDF text, hydrogens that are written included.' },
  ),
  Type.Object(
    {
      rule: Type.Literal('molecule_kinds'),
      pointer: Pointer,
      allowed: Type.Array(Type.Enum(MOLECULE_KINDS), { minItems: 1, maxItems: 10 }),
      ...tasks,
    },
    { ...closed, description: 'Kinds of molecules that a task takes: the field `type` of each entry of a list.' },
  ),
]);
export type LimitRule = Static<typeof LimitRule>;

/** Limits of a model as rules that the hub checks before any work starts. */
import { Type, type Static, type TProperties } from 'typebox';

const closed = { additionalProperties: false } as const;
/** Leads to a field of the shared or own input. */
const Pointer = Type.String({ pattern: '^(/[A-Za-z0-9_]+)+$', maxLength: 500, description: 'JSON pointer into the input of a task.' });
const Count = Type.Integer({ minimum: 0 });
const bounds = { min: Type.Optional(Count), max: Type.Optional(Count) };
const measured = { pointer: Pointer, ...bounds };
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

/** One rule: its name, what it holds the input against, and the tasks it is for. */
function limitRule<Name extends string, Fields extends TProperties>(name: Name, fields: Fields, description: string) {
  return Type.Object({ rule: Type.Literal(name), ...fields, ...tasks }, { ...closed, description });
}

export const LimitRule = Type.Union([
  limitRule('heavy_atoms', bounds, "Heavy atoms of the row's molecule."),
  limitRule('rotatable_bonds', bounds, "Rotatable bonds of the row's molecule."),
  limitRule(
    'elements',
    { allowed: Type.Array(Type.String({ maxLength: 2 }), { maxItems: 118 }) },
    "Elements that the row's molecule may have.",
  ),
  limitRule('residues', measured, 'Residues of each chain: a sequence, a list of sequences, or of objects with a field `sequence`.'),
  limitRule('total_residues', measured, 'Residues of all chains together, each times its `copies`.'),
  limitRule('copies', measured, 'Entries of a list, each times its `copies` (1 when absent).'),
  limitRule('structure_atoms', measured, 'ATOM and HETATM records of the first model of a PDB text.'),
  limitRule('sdf_records', measured, 'Records of an SDF text: poses of a ligand.'),
  limitRule('sdf_atoms', measured, 'Atoms of each record of an SDF text, hydrogens that are written included.'),
  limitRule(
    'molecule_kinds',
    { pointer: Pointer, allowed: Type.Array(Type.Enum(MOLECULE_KINDS), { minItems: 1, maxItems: 10 }) },
    'Kinds of molecules that a task takes: the field `type` of each entry of a list.',
  ),
  Type.Object(
    { rule: Type.Literal('letters'), pointer: Pointer, kind: Type.Enum(['protein', 'dna', 'rna']), ...tasks },
    {
      ...closed,
      description:
        'Letters of each chain are of its kind (the field `type` of an entry, else `kind`), in either case; white space is passed over.',
    },
  ),
  Type.Object(
    { rule: Type.Literal('complex'), ...tasks },
    { ...closed, description: 'Molecules, constraints, templates and affinity of a complex fit together (contract/src/complex.ts).' },
  ),
]);
export type LimitRule = Static<typeof LimitRule>;

/**
 * A complex as it is asked of structure predictors, whoever answers: chains and ligands, what is modified, held together or known beforehand,
 * and whose affinity is wanted. Manifests carry these schemas by value, and a test holds them equal. Residues count from 1; dialects of
 * programs and services that count from 0 are written from this form.
 */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;

/** Boltz-2 takes five characters, and one more would be lost where a structure is written as PDB. */
const ChainId = Type.String({ pattern: '^[A-Za-z0-9]{1,4}$', title: 'Id', description: 'Name of the chain; letters and digits.' });
const ComponentCode = Type.String({ pattern: '^[A-Z0-9]{1,5}$', title: 'Code', description: 'Code of the chemical component dictionary.' });
const Position = Type.Integer({ minimum: 1, maximum: 100_000, title: 'Residue', description: 'Counted from 1.' });
const AtomName = Type.String({ pattern: "^[A-Za-z0-9*']{1,4}$", title: 'Atom' });

const Modification = Type.Object({ position: Position, ccd: ComponentCode }, { ...closed, title: 'Modification' });

export const COMPLEX_KINDS = ['protein', 'dna', 'rna', 'ligand'] as const;

export const ComplexMolecule = Type.Object(
  {
    type: Type.Enum(COMPLEX_KINDS, { title: 'Kind' }),
    id: Type.Optional(ChainId),
    name: Type.Optional(Type.String({ title: 'Name', minLength: 1, maxLength: 200 })),
    sequence: Type.Optional(
      Type.String({ title: 'Sequence', description: 'Of a protein, DNA or RNA; white space is ignored.', minLength: 1, maxLength: 10_000 }),
    ),
    smiles: Type.Optional(Type.String({ title: 'SMILES', description: 'Of a ligand.', minLength: 1, maxLength: 10_000 })),
    ccd: Type.Optional(
      Type.Union([ComponentCode, Type.Array(ComponentCode, { minItems: 1, maxItems: 100 })], {
        title: 'Component',
        description: 'Of a ligand, in place of SMILES; several make one ligand of several residues.',
      }),
    ),
    copies: Type.Optional(Type.Integer({ title: 'Copies', minimum: 1, maximum: 20 })),
    cyclic: Type.Optional(Type.Boolean({ title: 'Cyclic', description: 'The ends of the chain are joined.' })),
    modifications: Type.Optional(Type.Array(Modification, { title: 'Modified residues', maxItems: 200 })),
  },
  { ...closed, title: 'Molecule' },
);
export type ComplexMolecule = Static<typeof ComplexMolecule>;

const AtomPlace = Type.Object({ chain: ChainId, residue: Type.Optional(Position), atom: AtomName }, { ...closed, title: 'Atom' });
/** A residue of a polymer, or an atom of a ligand. */
const Token = Type.Object(
  { chain: ChainId, residue: Type.Optional(Position), atom: Type.Optional(AtomName) },
  { ...closed, title: 'Residue or atom', description: 'A residue of a chain, or an atom of a ligand.' },
);
const distance = {
  maxDistanceAngstrom: Type.Optional(
    Type.Number({ title: 'Distance', minimum: 4, maximum: 20, description: 'In ångström; 6 when absent.' }),
  ),
  force: Type.Optional(Type.Boolean({ title: 'Force', description: 'Pull towards it by a potential, not only by conditioning.' })),
};

export const ComplexConstraint = Type.Union(
  [
    Type.Object({ type: Type.Literal('bond'), atom1: AtomPlace, atom2: AtomPlace }, { ...closed, title: 'Covalent bond' }),
    Type.Object(
      { type: Type.Literal('pocket'), binder: ChainId, contacts: Type.Array(Token, { minItems: 1, maxItems: 500 }), ...distance },
      { ...closed, title: 'Pocket' },
    ),
    Type.Object({ type: Type.Literal('contact'), token1: Token, token2: Token, ...distance }, { ...closed, title: 'Contact' }),
  ],
  { title: 'Constraint' },
);
export type ComplexConstraint = Static<typeof ComplexConstraint>;

export const ComplexTemplate = Type.Object(
  {
    format: Type.Enum(['cif', 'pdb'], { title: 'Format' }),
    text: Type.String({ title: 'Structure', minLength: 1, maxLength: 20_000_000 }),
    chains: Type.Optional(
      Type.Array(ChainId, { title: 'Chains', description: 'Those that it is a template of; all when absent.', maxItems: 100 }),
    ),
    templateChains: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 10 }), {
        title: 'Chains of the structure',
        description: 'As many as chains.',
        maxItems: 100,
      }),
    ),
    force: Type.Optional(Type.Boolean({ title: 'Force', description: 'Hold the prediction near it by a potential.' })),
    thresholdAngstrom: Type.Optional(
      Type.Number({
        title: 'Threshold',
        description: 'How far it may be left, with force; in ångström.',
        exclusiveMinimum: 0,
        maximum: 100,
      }),
    ),
  },
  { ...closed, title: 'Template' },
);
export type ComplexTemplate = Static<typeof ComplexTemplate>;

export const Complex = Type.Object(
  {
    molecules: Type.Array(ComplexMolecule, {
      title: 'Molecules',
      description: 'Chains and ligands of the complex.',
      minItems: 1,
      maxItems: 100,
    }),
    constraints: Type.Optional(Type.Array(ComplexConstraint, { title: 'Constraints', maxItems: 200 })),
    templates: Type.Optional(Type.Array(ComplexTemplate, { title: 'Templates', maxItems: 20 })),
    affinity: Type.Optional(
      Type.Object(
        { binder: ChainId },
        { ...closed, title: 'Affinity', description: 'Predict the affinity of this ligand, of which there must be one copy.' },
      ),
    ),
  },
  closed,
);
export type Complex = Static<typeof Complex>;

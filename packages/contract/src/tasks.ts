/** Task types that the hub names itself: what is asked, apart from which model answers. A manifest may add further ones. */
import { Type, type Static } from 'typebox';

/** Names of the arrays whose entries are ligands, in the order in which they are looked for; old clients write snake case. */
export const LIGAND_ARRAYS = ['ligands', 'compounds', 'smilesList', 'smiles_list', 'ligandList', 'ligand_list'] as const;

export const TaskType = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    description: Type.String(),
    /** Input arrays whose entries become rows when there is more than one. */
    rowsFrom: Type.Array(Type.String()),
    /** A batch whatever the number of rows. */
    isBatchTask: Type.Boolean(),
    /** One protein chain is the whole input, so a list of plain sequences is a list of rows and no complex. */
    isSingleChain: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type TaskType = Static<typeof TaskType>;

const ligandRows = { rowsFrom: [...LIGAND_ARRAYS], isBatchTask: false, isSingleChain: false };
const oneJob = { rowsFrom: [], isBatchTask: false, isSingleChain: false };

export const TASK_TYPES = [
  {
    ...ligandRows,
    id: 'protein_ligand_docking',
    title: 'Protein-ligand docking',
    description: 'Poses and scores of a ligand in a box on a target structure.',
  },
  {
    ...ligandRows,
    id: 'protein_ligand_binding',
    title: 'Protein-ligand binding',
    description: 'Structure of a protein with a small molecule, and its predicted affinity, from sequence and SMILES.',
  },
  {
    id: 'protein_structure',
    title: 'Protein structure',
    rowsFrom: ['sequences'],
    isBatchTask: false,
    isSingleChain: true,
    description: 'Structure of one protein chain from its sequence.',
  },
  {
    ...oneJob,
    id: 'protein_complex',
    title: 'Protein complex',
    description: 'Structure of two or more chains together from their sequences.',
  },
  {
    ...ligandRows,
    id: 'binding_site_prediction',
    title: 'Binding site prediction',
    description: 'Where on a protein a ligand would bind.',
  },
  { ...oneJob, id: 'variant_comparison', title: 'Variant comparison', description: 'A wild type compared with its variants.' },
  {
    ...ligandRows,
    id: 'drug_discovery',
    title: 'Drug discovery',
    description:
      'A compound library against one protein: its `compoundLibrary` is one job with a summary over the hits, a list of ligands is a batch.',
  },
  {
    ...ligandRows,
    id: 'batch_protein_ligand_screening',
    title: 'Batch protein-ligand screening',
    isBatchTask: true,
    description: 'Many ligands against one protein; each ligand is a row.',
  },
  { ...oneJob, id: 'nanobody_design', title: 'Nanobody design', description: 'Nanobodies against chosen residues of a target structure.' },
  { ...oneJob, id: 'cdr_optimization', title: 'CDR optimization', description: 'Better loops for a given antibody.' },
  { ...oneJob, id: 'epitope_targeted_design', title: 'Epitope-targeted design', description: 'Antibodies against a chosen epitope.' },
  {
    ...oneJob,
    id: 'antibody_de_novo_design',
    title: 'De novo antibody design',
    description: 'Antibodies against a target without a starting one.',
  },
] as const satisfies readonly TaskType[];

const byId: ReadonlyMap<string, TaskType> = new Map(TASK_TYPES.map((task) => [task.id, task]));

/** The hub's own description of a task type; undefined for one that only a manifest defines. */
export function findTaskType(id: string): TaskType | undefined {
  return byId.get(id);
}

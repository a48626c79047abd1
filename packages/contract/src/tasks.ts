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
const structureRows = { rowsFrom: ['structures'], isBatchTask: false, isSingleChain: false };
const poseRows = { rowsFrom: ['poseSets'], isBatchTask: false, isSingleChain: false };
const sequenceRows = { rowsFrom: ['queries'], isBatchTask: false, isSingleChain: false };
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
  {
    ...structureRows,
    id: 'receptor_preparation',
    title: 'Receptor preparation',
    description: 'A raw structure made ready to dock into: cleaned, missing atoms rebuilt, hydrogens added, with a report.',
  },
  {
    ...ligandRows,
    id: 'ligand_preparation',
    title: 'Ligand preparation',
    description: 'A molecule cleaned, protonated and put into 3D, ready for docking.',
  },
  {
    ...ligandRows,
    id: 'molecule_properties',
    title: 'Molecule properties',
    description: 'Properties, filters and predicted endpoints of a molecule from its structure alone.',
  },
  {
    ...structureRows,
    id: 'pocket_detection',
    title: 'Pocket detection',
    description: 'Cavities of a structure, with a docking box around each.',
  },
  {
    ...poseRows,
    id: 'pose_check',
    title: 'Pose check',
    description: 'Whether poses are possible: geometry, clashes, distance to the protein.',
  },
  {
    ...poseRows,
    id: 'interaction_analysis',
    title: 'Interaction analysis',
    description: 'Which residues a pose touches, and how.',
  },
  {
    ...poseRows,
    id: 'pose_rescoring',
    title: 'Pose rescoring',
    description: 'Another score for poses that are there already.',
  },
  {
    ...ligandRows,
    id: 'similarity_search',
    title: 'Similarity search',
    description: 'How alike molecules are to one query, by fingerprint or shape.',
  },
  {
    ...structureRows,
    id: 'sequence_design',
    title: 'Sequence design',
    description: 'Sequences that should fold into a given backbone.',
  },
  {
    ...structureRows,
    id: 'protein_relaxation',
    title: 'Protein relaxation',
    description: 'A structure with its strain relaxed in a force field.',
  },
  {
    ...sequenceRows,
    id: 'sequence_search',
    title: 'Sequence search',
    description: 'Sequences of a set that are related to a query.',
  },
  {
    ...sequenceRows,
    id: 'rna_structure',
    title: 'RNA structure',
    description: 'Secondary or tertiary structure of an RNA from its sequence.',
  },
  {
    ...structureRows,
    id: 'binding_energy',
    title: 'Binding energy',
    description: 'Energy of a molecule or a complex from its structure: binding, strain, solvation.',
  },
  {
    ...structureRows,
    id: 'pka_prediction',
    title: 'pKa prediction',
    description: 'pKa of the titratable groups of a structure.',
  },
] as const satisfies readonly TaskType[];

const byId: ReadonlyMap<string, TaskType> = new Map(TASK_TYPES.map((task) => [task.id, task]));

/** The hub's own description of a task type; undefined for one that only a manifest defines. */
export function findTaskType(id: string): TaskType | undefined {
  return byId.get(id);
}

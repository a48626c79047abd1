/** Metrics that more than one model may report. A model's own ones are in its manifest, with ids `<model id>.<metric>`. */
import type { MetricDefinition } from './metrics.ts';

const BOLTZ2_CAVEAT = 'A learned value, not a physical energy; only for a protein and one small molecule of at most 56 heavy atoms (more than 128 atoms are refused).';
const CONFIDENCE_CAVEAT = 'The model judges itself; confidence says nothing about affinity.';

export const SHARED_METRICS: readonly MetricDefinition[] = [
  {
    id: 'docking_score', label: 'Docking score', unit: 'kcal/mol', direction: 'lower', range: [null, null], decimals: 1,
    meaning: "Score of the best pose by the engine's scoring function; more negative is predicted to bind more tightly.",
    caveat: 'Ranks ligands of one target and box; it is no measured affinity, grows with ligand size, and is not comparable between engines or targets.',
  },
  {
    id: 'ligand_efficiency', label: 'Ligand efficiency', unit: 'kcal/mol per heavy atom', direction: 'lower', range: [null, null], decimals: 3,
    meaning: 'Docking score of the best pose divided by the number of heavy atoms of the docked ligand.',
    caveat: 'Favours very small ligands; use it beside the docking score, not in its place.',
  },
  {
    id: 'pose_count', label: 'Poses', unit: '', direction: 'none', range: [0, null], decimals: 0,
    meaning: 'Number of distinct poses that the engine returned for the row.',
  },
  {
    id: 'heavy_atom_count', label: 'Heavy atoms', unit: '', direction: 'none', range: [0, null], decimals: 0,
    meaning: 'Atoms other than hydrogen in the molecule as the model used it, after its cleaning.',
  },
  {
    id: 'rotatable_bond_count', label: 'Rotatable bonds', unit: '', direction: 'none', range: [0, null], decimals: 0,
    meaning: 'Bonds that can turn in the molecule as the model used it: single, between non-terminal heavy atoms, outside rings, amides left out (RDKit, strict).',
    caveat: 'An engine may count its own torsions differently, for example amides or terminal groups with hydrogens.',
  },
  {
    id: 'molecular_weight', label: 'Molecular weight', unit: 'Da', direction: 'none', range: [0, null], decimals: 2,
    meaning: 'Average molecular weight of the molecule as the model used it, implicit hydrogens counted.',
  },
  {
    id: 'affinity', label: 'Predicted affinity', unit: 'log10(IC50 in uM)', direction: 'lower', range: [null, null], decimals: 2,
    meaning: 'Predicted log10 of the IC50 in micromolar: -3 is about 1 nM, 0 is 1 uM, 2 is 100 uM; lower binds more tightly.',
    caveat: `For ordering molecules that bind (hit to lead); to tell binders from others use the binding probability. ${BOLTZ2_CAVEAT}`,
  },
  {
    id: 'affinity_probability', label: 'Binding probability', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: 'Predicted probability that the molecule binds at all, as against a decoy.',
    caveat: `For finding hits; it says little about how tightly a binder binds. ${BOLTZ2_CAVEAT}`,
  },
  {
    id: 'confidence_score', label: 'Confidence', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: '0.8 x complex pLDDT (as a fraction) + 0.2 x ipTM; pTM takes the place of ipTM where there is no interface. Orders the samples of one input.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'ptm', label: 'pTM', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: 'Predicted TM-score of the whole complex: confidence in the overall fold and arrangement.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'iptm', label: 'ipTM', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: 'Predicted TM-score over pairs of different chains: confidence in how the chains are placed to each other. 0 where there is one chain.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'ligand_iptm', label: 'Ligand ipTM', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: 'ipTM over protein-ligand pairs only: confidence in the pose. 0 where there is no ligand.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'protein_iptm', label: 'Protein ipTM', unit: '', direction: 'higher', range: [0, 1], decimals: 3,
    meaning: 'ipTM over protein-protein pairs only. 0 where there is one protein chain.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'complex_plddt', label: 'Complex pLDDT', unit: '', direction: 'higher', range: [0, 100], decimals: 1,
    meaning: 'Mean predicted local confidence over all tokens of the complex, 0 to 100; above 90 very high, below 50 likely disordered or wrong.',
    caveat: 'Boltz-2 writes a fraction of 0 to 1; the hub stores it times 100. Old routes give the fraction.',
  },
  {
    id: 'complex_iplddt', label: 'Interface pLDDT', unit: '', direction: 'higher', range: [0, 100], decimals: 1,
    meaning: 'Mean predicted local confidence, 0 to 100, with tokens at an interface weighted up.',
    caveat: 'Boltz-2 writes a fraction of 0 to 1; the hub stores it times 100. Old routes give the fraction.',
  },
  {
    id: 'complex_pde', label: 'Complex PDE', unit: 'Å', direction: 'lower', range: [0, null], decimals: 2,
    meaning: 'Mean predicted error of the distances between all pairs of tokens.',
    caveat: CONFIDENCE_CAVEAT,
  },
  {
    id: 'complex_ipde', label: 'Interface PDE', unit: 'Å', direction: 'lower', range: [0, null], decimals: 2,
    meaning: 'Mean predicted error of the distances between pairs of tokens across interfaces.',
    caveat: CONFIDENCE_CAVEAT,
  },
];

/** By id, for look-ups. */
export const SHARED_METRICS_BY_ID: ReadonlyMap<string, MetricDefinition> = new Map(SHARED_METRICS.map((metric) => [metric.id, metric]));

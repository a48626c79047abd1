/** The screen that the tests of the page look at. Exhaustiveness 1: seconds, and still real poses and scores. */
import type { SubmitJob } from '@omtx/contract';

const LIBRARY = `SMILES,Name
Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F,celecoxib
CS(=O)(=O)c1ccc(cc1)C1=C(C(=O)OC1)c1ccccc1,rofecoxib
COc1ccc2cc(ccc2c1)[C@H](C)C(=O)O,naproxen
CC(C)Cc1ccc(cc1)C(C)C(=O)O,ibuprofen
CC(=O)Oc1ccccc1C(=O)O,aspirin
CC(=O)Nc1ccc(O)cc1,paracetamol
Cn1cnc2c1c(=O)n(C)c(=O)n2C,caffeine
C1=CC(broken,not a molecule
OC(=O)c1ccccc1OC(C)=O,acetylsalicylic acid
OC(=O)c1ccccc1Nc1cccc(c1)C(F)(F)F,flufenamic acid
[Na+].CC(C(=O)[O-])c1cccc(c1)C(=O)c1ccccc1,ketoprofen sodium
Cc1noc(c1-c1ccc(cc1)S(N)(=O)=O)-c1ccccc1,valdecoxib
`;

export const SCREEN: SubmitJob = {
  name: 'COX-2 test screen',
  taskType: 'protein_ligand_docking',
  modelId: 'vina',
  input: { receptor: { dockstring: 'PTGS2' }, library: { format: 'csv', text: LIBRARY } },
  parameters: { exhaustiveness: 1, poses: 4 },
  seed: 42,
};

/** Rows, and what becomes of them. */
export const EXPECTED = { total: 12, completed: 10, reused: 1, rejected: 1 } as const;

/** The way back of the old presenters (`http/legacy/present/metrics.ts`): numbers of an old result under the hub's names. */
import { isRecord, type FreeObject } from '../free-object.ts';

const TOP: Readonly<Record<string, string>> = {
  affinity: 'affinity',
  affinity_probability: 'affinity_probability',
  confidence: 'confidence_score',
  ptm_score: 'ptm',
  iptm_score: 'iptm',
  plddt_score: 'complex_plddt',
  ligand_iptm_score: 'ligand_iptm',
  protein_iptm_score: 'protein_iptm',
};
const ENSEMBLE: Readonly<Record<string, string>> = {
  affinity_pred_value: 'affinity',
  affinity_probability_binary: 'affinity_probability',
  affinity_pred_value1: 'boltz2.affinity_1',
  affinity_probability_binary1: 'boltz2.affinity_probability_1',
  affinity_pred_value2: 'boltz2.affinity_2',
  affinity_probability_binary2: 'boltz2.affinity_probability_2',
};
const CONFIDENCE = [
  'confidence_score',
  'ptm',
  'iptm',
  'ligand_iptm',
  'protein_iptm',
  'complex_plddt',
  'complex_iplddt',
  'complex_pde',
  'complex_ipde',
];
/** The old server gave fractions; the registry counts to 100. */
const PERCENT = ['complex_plddt', 'complex_iplddt'];

/** Metrics by their id, and under `tables` what a result has by chain. A name that is the hub's own already is kept. */
export function hubMetrics(result: FreeObject): FreeObject {
  const ensemble = isRecord(result['affinity_ensemble']) ? result['affinity_ensemble'] : {};
  const confidence = isRecord(result['confidence_metrics']) ? result['confidence_metrics'] : {};
  const renamed: Record<string, unknown> = {};
  for (const [name, id] of Object.entries(TOP)) if (result[name] !== undefined) renamed[id] = result[name];
  for (const [name, id] of Object.entries(ENSEMBLE)) if (ensemble[name] !== undefined) renamed[id] = ensemble[name];
  for (const id of CONFIDENCE) if (confidence[id] !== undefined) renamed[id] = confidence[id];
  for (const id of PERCENT) if (typeof renamed[id] === 'number') renamed[id] *= 100;
  return { ...numbersOf(result), ...renamed, tables: chainTables(confidence) };
}

function numbersOf(result: FreeObject): FreeObject {
  return Object.fromEntries(Object.entries(result).filter(([name, value]) => typeof value === 'number' && TOP[name] === undefined));
}

function chainTables(confidence: FreeObject): FreeObject {
  const chains = isRecord(confidence['chains_ptm']) ? confidence['chains_ptm'] : {};
  const pairs = isRecord(confidence['pair_chains_iptm']) ? confidence['pair_chains_iptm'] : {};
  return {
    chains: Object.entries(chains).map(([chain, ptm]) => ({ chain, ptm })),
    chain_pairs: Object.entries(pairs).flatMap(([chain, partners]) =>
      isRecord(partners) ? Object.entries(partners).map(([partner, iptm]) => ({ chain, partner, iptm })) : [],
    ),
  };
}

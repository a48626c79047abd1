/**
 * Numbers of a result under their old names. Only a metric that means the same gets one: `affinity` was log10 of an IC50 and stays that,
 * so an energy of a docking engine keeps its own name and carries its unit. What a row does not have is absent, never null: the old pages
 * print whatever is not undefined.
 */
import type { RowEntry } from '../../../services/read-entries.ts';
import { isRecord, type FreeObject } from '../../../domain/free-object.ts';

type Numbers = Readonly<Record<string, number>>;

/** Old name by the id of the metric in the registry. */
const CONFIDENCE_NAMES: Readonly<Record<string, string>> = {
  confidence_score: 'confidence_score',
  ptm: 'ptm',
  iptm: 'iptm',
  ligand_iptm: 'ligand_iptm',
  protein_iptm: 'protein_iptm',
  complex_plddt: 'complex_plddt',
  complex_iplddt: 'complex_iplddt',
  complex_pde: 'complex_pde',
  complex_ipde: 'complex_ipde',
};
const TOP_NAMES: Readonly<Record<string, string>> = {
  affinity: 'affinity',
  affinity_probability: 'affinity_probability',
  confidence_score: 'confidence',
  ptm: 'ptm_score',
  iptm: 'iptm_score',
  complex_plddt: 'plddt_score',
  ligand_iptm: 'ligand_iptm_score',
  protein_iptm: 'protein_iptm_score',
};
const ENSEMBLE_NAMES: Readonly<Record<string, string>> = {
  affinity: 'affinity_pred_value',
  affinity_probability: 'affinity_probability_binary',
  affinity_1: 'affinity_pred_value1',
  affinity_probability_1: 'affinity_probability_binary1',
  affinity_2: 'affinity_pred_value2',
  affinity_probability_2: 'affinity_probability_binary2',
};
/** The registry counts these to 100; the old server gave the fraction. */
const PERCENT = ['complex_plddt', 'complex_iplddt'];

export interface OldMetrics {
  /** `affinity`, `confidence`, `ptm_score` and the like. */
  readonly top: Numbers;
  readonly ensemble: Numbers;
  readonly confidence: FreeObject;
  /** Metrics that have no old name, under their own. */
  readonly own: Numbers;
}

export function oldMetrics({ job, row }: RowEntry): OldMetrics {
  const values = row.status === 'completed' ? withFractions(row.metrics) : {};
  // A model's own metrics are named `model.metric`; an ensemble member of any model is taken by the part behind the point.
  const bare = Object.fromEntries(Object.entries(values).map(([id, value]) => [withoutModel(job.modelId, id), value]));
  return {
    top: rename(values, TOP_NAMES),
    ensemble: rename(bare, ENSEMBLE_NAMES),
    confidence: { ...rename(values, CONFIDENCE_NAMES), ...(row.status === 'completed' ? chainConfidence(row.tables) : {}) },
    own: Object.fromEntries(Object.entries(values).filter(([id]) => !hasOldName(job.modelId, id))),
  };
}

const KNOWN = new Set([CONFIDENCE_NAMES, TOP_NAMES, ENSEMBLE_NAMES].flatMap((names) => Object.keys(names)));

export function hasOldName(modelId: string, metric: string): boolean {
  return KNOWN.has(withoutModel(modelId, metric));
}

function withFractions(metrics: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(metrics)
      .filter(([, value]) => Number.isFinite(value))
      .map(([id, value]) => [id, PERCENT.includes(id) ? value / 100 : value]),
  );
}

function withoutModel(modelId: string, id: string): string {
  return id.startsWith(`${modelId}.`) ? id.slice(modelId.length + 1) : id;
}

function rename(values: Numbers, names: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([id, name]) => {
      const value = values[id];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** `chains_ptm` and `pair_chains_iptm` from the tables `chains` and `chain_pairs`, where a model has them. */
function chainConfidence(tables: RowEntry['row']['tables']): FreeObject {
  const chains = (tables['chains'] ?? []).flatMap(({ chain, ptm }) => (typeof ptm === 'number' ? [[String(chain), ptm] as const] : []));
  const pairs: Record<string, Record<string, number>> = {};
  for (const { chain, partner, iptm } of tables['chain_pairs'] ?? []) {
    if (typeof iptm === 'number') pairs[String(chain)] = { ...pairs[String(chain)], [String(partner)]: iptm };
  }
  return {
    ...(chains.length > 0 ? { chains_ptm: Object.fromEntries(chains) } : {}),
    ...(Object.keys(pairs).length > 0 ? { pair_chains_iptm: pairs } : {}),
  };
}

/** All of them flat, with units for those that have no old meaning. Empty for a row without a result. */
export function metricFields(entry: RowEntry, unitOf: UnitOf): FreeObject {
  const { top, ensemble, confidence, own } = oldMetrics(entry);
  const units = Object.fromEntries(Object.keys(own).map((id) => [id, unitOf(id)]));
  return {
    ...own,
    ...(Object.keys(own).length > 0 ? { units } : {}),
    ...top,
    ...(Object.keys(ensemble).length > 0 ? { affinity_ensemble: ensemble } : {}),
    ...(Object.keys(confidence).length > 0 ? { confidence_metrics: confidence } : {}),
  };
}

export type UnitOf = (metric: string) => string;

/** The short form of lists: the one number that ranks, and the two that every page shows. */
export function headline(entry: RowEntry, unitOf: UnitOf): FreeObject {
  const { top, own } = oldMetrics(entry);
  const ranking = entry.job.rankBy === null ? undefined : own[entry.job.rankBy];
  const picked = Object.fromEntries(
    ['affinity', 'affinity_probability', 'confidence', 'ptm_score'].flatMap((name) => (top[name] === undefined ? [] : [[name, top[name]]])),
  );
  if (ranking === undefined || entry.job.rankBy === null) return picked;
  return { ...picked, [entry.job.rankBy]: ranking, units: { [entry.job.rankBy]: unitOf(entry.job.rankBy) } };
}

export function numberIn(fields: FreeObject, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' ? value : null;
}

export function recordIn(fields: FreeObject, name: string): FreeObject {
  const value = fields[name];
  return isRecord(value) ? value : {};
}

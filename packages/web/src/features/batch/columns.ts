/** Columns of a batch's table: what every row has, and the metrics of its model as the registry describes them. */
import type { MetricDefinition, RowView } from '@omtx/contract';
import { FormulaError, readFormula, type Formula } from '../../lib/formula.ts';
import type { NamedFormula } from './batch-search.ts';

export interface Column {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  /** Key of the API's sort; undefined where the column has no order. */
  readonly sortKey: string | undefined;
  readonly width: number;
  readonly isNumber: boolean;
  readonly metric: MetricDefinition | undefined;
  readonly formula: Formula | undefined;
  /** What the header's tooltip says. */
  readonly help: string;
}

const FIXED = {
  rank: {
    label: 'Rank',
    width: 64,
    isNumber: true,
    sortKey: 'rank',
    help: 'Place by the ranking metric among completed rows; equal scores share it.',
  },
  structure: { label: 'Structure', width: 108, isNumber: false, sortKey: undefined, help: 'The molecule as it was given.' },
  ligand: { label: 'Ligand', width: 220, isNumber: false, sortKey: 'name', help: 'Name and SMILES as they were given.' },
  outcome: {
    label: 'Outcome',
    width: 128,
    isNumber: false,
    sortKey: 'outcome',
    help: 'What became of the row: each has exactly one outcome.',
  },
  index: { label: 'Row', width: 56, isNumber: true, sortKey: 'index', help: 'Place in the input, from 0.' },
  seconds: { label: 'Time', width: 72, isNumber: true, sortKey: 'seconds', help: 'Seconds that the row took.' },
} as const;

const METRIC_WIDTH = 84;

export function allColumns(metrics: readonly MetricDefinition[], formulas: readonly NamedFormula[] = []): readonly Column[] {
  const fixed = Object.entries(FIXED).map(([id, column]): Column => ({
    id,
    ...column,
    unit: id === 'seconds' ? 's' : '',
    metric: undefined,
    formula: undefined,
  }));
  const ofMetrics = metrics.map((metric): Column => ({
    id: metric.id,
    label: metric.label,
    unit: unitOf(metric),
    sortKey: metric.id,
    width: Math.max(METRIC_WIDTH, 30 + 6.3 * Math.max(metric.label.length, unitOf(metric).length)),
    isNumber: true,
    metric,
    formula: undefined,
    help: [metric.meaning, betterIs(metric), metric.caveat ?? ''].filter((part) => part !== '').join(' '),
  }));
  const [rank, structure, ligand, outcome, ...rest] = fixed;
  const own = formulas.flatMap((each) => formulaColumn(each, new Set(metrics.map(({ id }) => id))) ?? []);
  return [rank, structure, ligand, ...ofMetrics, ...own, outcome, ...rest].filter((column) => column !== undefined);
}

/** Undefined where the formula cannot be read, as in an address that was made for another model. */
function formulaColumn({ name, text }: NamedFormula, known: ReadonlySet<string>): Column | undefined {
  try {
    const formula = readFormula(text, known);
    const width = Math.max(METRIC_WIDTH, 30 + 6.3 * name.length);
    return {
      id: `=${name}`,
      label: name,
      unit: '',
      sortKey: `=${name}`,
      width,
      isNumber: true,
      metric: undefined,
      formula,
      help: `${name} = ${text}`,
    };
  } catch (error) {
    if (error instanceof FormulaError) return undefined;
    throw error;
  }
}

/** As narrow as it can be in a header. */
function unitOf({ unit }: MetricDefinition): string {
  return unit.replace(' per heavy atom', '/atom');
}

function betterIs({ direction }: MetricDefinition): string {
  return direction === 'none' ? '' : `${direction === 'lower' ? 'Lower' : 'Higher'} is better.`;
}

/** The columns of the address, or the ones that a model's table begins with: its ranking metric first, at most six metrics. */
export function chosenColumns(all: readonly Column[], chosen: string | undefined, rankBy: string | null): readonly Column[] {
  if (chosen !== undefined) return chosen.split(',').flatMap((id) => all.find((column) => column.id === id) ?? []);
  const metrics = all.filter((column) => column.metric !== undefined);
  const first = metrics.find(({ id }) => id === rankBy);
  const others = metrics.filter(({ id, metric }) => id !== rankBy && metric?.id !== 'pose_count').slice(0, 5);
  const byId = (id: string) => all.find((column) => column.id === id);
  const own = all.filter((column) => column.formula !== undefined);
  return [byId('rank'), byId('structure'), byId('ligand'), first, ...own, ...others, byId('outcome')].filter(
    (column) => column !== undefined,
  );
}

/** SMILES as it was given, else the one that the hub made of it. */
export function smilesOf(row: Pick<RowView, 'ownInput' | 'canonicalSmiles'>): string | undefined {
  const { ligand } = row.ownInput;
  if (typeof ligand === 'object' && ligand !== null && 'smiles' in ligand && typeof ligand.smiles === 'string') return ligand.smiles;
  return row.canonicalSmiles ?? undefined;
}

export function nameOf(row: Pick<RowView, 'name' | 'index'>): string {
  return row.name ?? `row ${String(row.index)}`;
}

/** 0..1, 1 at the better end; undefined where the metric has no better end or the range no width. */
export function goodness(value: number, metric: MetricDefinition, [min, max]: readonly [number, number]): number | undefined {
  if (metric.direction === 'none' || !(max > min)) return undefined;
  const share = Math.min(1, Math.max(0, (value - min) / (max - min)));
  return metric.direction === 'lower' ? 1 - share : share;
}

/** The three that matter on a narrow screen: picture, ligand, score. */
export function narrowColumns(all: readonly Column[], rankBy: string | null): readonly Column[] {
  return ['structure', 'ligand', rankBy].flatMap((id) => {
    const column = all.find((each) => each.id === id);
    return column ? [id === 'ligand' ? { ...column, width: 104 } : column] : [];
  });
}

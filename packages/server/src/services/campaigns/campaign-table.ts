/** The table of a campaign: a line for each row, a column for each arm, all of one moment. */
import { HubError, type CampaignCell, type CampaignRow, type CampaignTable, type MetricDefinition, type OwnerId } from '@omtx/contract';
import { agreementOf, consensusOf, orderBy, placesOf, selectivityOf, type ArmScores } from '../../domain/campaign/compare-arms.ts';
import type { StoredArm, StoredCampaign } from '../../storage/campaigns/campaigns.ts';
import { readArmRows, readScores, type ArmRow } from '../../storage/campaigns/arm-rows.ts';
import type { Database } from '../../storage/database.ts';
import { inSnapshot, readRowSnapshot, type RowSnapshot } from '../../storage/rows/row-snapshot.ts';
import type { HubContext, Principal } from '../context.ts';
import { csvLine } from '../export/write-csv.ts';
import { mustFindCampaign } from './read-campaign.ts';

export interface TableView {
  readonly reference?: string | undefined;
  readonly sort?: string | undefined;
}

export interface TableQuery extends TableView {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Column extends ArmScores {
  readonly arm: StoredArm;
  /** Undefined while the job is not made, and where there is none any more. */
  readonly snapshot: RowSnapshot | undefined;
  readonly definition: MetricDefinition | null;
  readonly places: Int32Array;
}

interface Comparison {
  readonly columns: readonly Column[];
  readonly reference: string;
  readonly consensus: Float64Array;
  readonly consensusPlaces: Int32Array;
  readonly selectivity: Float64Array;
  readonly order: Uint32Array;
}

/** @throws HubError campaign_not_found, invalid_query */
export async function readCampaignTable(ctx: HubContext, principal: Principal, id: string, query: TableQuery): Promise<CampaignTable> {
  const campaign = await mustFindCampaign(ctx, principal, id);
  const offset = query.cursor === undefined ? 0 : offsetOf(query.cursor);
  return inSnapshot(ctx.db, async (tx) => {
    const comparison = await compare(ctx, principal.owner, tx, campaign, query);
    const { columns, reference, order } = comparison;
    const indexes = [...order.subarray(offset, offset + query.limit)];
    return {
      reference,
      arms: columns.map(({ arm, definition }) => ({
        position: arm.position,
        target: arm.target,
        model: arm.model,
        modelId: arm.modelId,
        jobId: arm.jobId,
        metric: definition,
      })),
      agreement: agreements(columns),
      rows: await rowsAt(tx, comparison, indexes),
      total: order.length,
      nextCursor: offset + query.limit < order.length ? String(offset + query.limit) : null,
    };
  });
}

/** Rows of a page of the file. */
const ROWS_AT_ONCE = 1_000;

/** Every row in the order of the view; text that a spreadsheet would run is made harmless. @throws HubError campaign_not_found, invalid_query */
export async function campaignCsv(ctx: HubContext, principal: Principal, id: string, view: TableView): Promise<string> {
  const campaign = await mustFindCampaign(ctx, principal, id);
  return inSnapshot(ctx.db, async (tx) => {
    const comparison = await compare(ctx, principal.owner, tx, campaign, view);
    const { columns, reference, order } = comparison;
    const pieces = [csvLine(titles(columns, reference))];
    for (let start = 0; start < order.length; start += ROWS_AT_ONCE) {
      for (const row of await rowsAt(tx, comparison, [...order.subarray(start, start + ROWS_AT_ONCE)])) pieces.push(csvLine(cellsOf(row)));
    }
    return pieces.join('');
  });
}

function titles(columns: readonly Column[], reference: string): readonly string[] {
  const own = columns.flatMap(({ arm, definition }) => {
    const name = `${arm.target}, ${arm.model}`;
    const label = definition === null ? 'score' : `${definition.label}${definition.unit === '' ? '' : ` [${definition.unit}]`}`;
    return [`${name}: ${label}`, `${name}: rank`, `${name}: difference to ${reference}`, `${name}: outcome`, `${name}: code`];
  });
  return ['row', 'name', 'canonical SMILES', 'consensus rank', 'consensus', `selectivity for ${reference}`, ...own];
}

function cellsOf(row: CampaignRow): readonly (string | number | null)[] {
  const own = row.cells.flatMap(({ score, rank, difference, outcome, code }) => [score, rank, difference, outcome, code]);
  return [row.index, row.name, row.canonicalSmiles, row.consensusRank, row.consensus, row.selectivity, ...own];
}

async function compare(ctx: HubContext, owner: OwnerId, tx: Database, campaign: StoredCampaign, view: TableView): Promise<Comparison> {
  const columns: Column[] = [];
  for (const arm of campaign.arms) columns.push(await readColumn(ctx, owner, tx, arm));
  const reference = referenceOf(campaign, view.reference);
  const filled = aligned(columns);
  const consensus = consensusOf(filled.map(({ places }) => places));
  const selectivity = selectivityOf(filled, reference);
  const consensusPlaces = placesOf({ scores: consensus, lowerIsBetter: true });
  const compared = { columns: filled, reference, consensus, consensusPlaces, selectivity };
  return { ...compared, order: orderOf(compared, view.sort ?? 'consensus') };
}

async function readColumn(ctx: HubContext, owner: OwnerId, tx: Database, arm: StoredArm): Promise<Column> {
  const snapshot = arm.jobId === null ? undefined : await readRowSnapshot(tx, owner, arm.jobId);
  const bytes = snapshot && (await ctx.caches.columns.get(keyOf(owner, snapshot), () => readScores(tx, snapshot)));
  const scores = bytes ? floatsOf(bytes) : new Float64Array();
  const metric = snapshot?.rankBy ?? null;
  const lowerIsBetter = snapshot?.rankAscending ?? true;
  return {
    arm,
    snapshot,
    target: arm.target,
    model: arm.model,
    metric,
    definition: (metric !== null && ctx.registry().metrics.get(metric)) || null,
    lowerIsBetter,
    scores,
    places: placesOf({ scores, lowerIsBetter }),
  };
}

function keyOf(owner: OwnerId, { id, version }: RowSnapshot) {
  return { owner, jobId: id, query: 'scores', version };
}

function floatsOf(bytes: Buffer): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.byteLength / 8 }, (_, row) => view.getFloat64(8 * row, true));
}

/** Arms without rows (their job is not made, or was deleted) get a column of nothing. */
function aligned(columns: readonly Column[]): readonly Column[] {
  const rows = Math.max(0, ...columns.map(({ scores }) => scores.length));
  return columns.map((column) =>
    column.scores.length === rows ? column : { ...column, scores: new Float64Array(rows).fill(NaN), places: new Int32Array(rows) },
  );
}

/** @throws HubError invalid_query */
function referenceOf({ arms }: StoredCampaign, wish: string | undefined): string {
  const targets = arms.map(({ target }) => target);
  const reference = wish ?? targets[0] ?? '';
  if (targets.includes(reference)) return reference;
  throw invalid('reference', `"${reference}" is no target of the campaign; it has ${[...new Set(targets)].join(', ')}`);
}

/** Best first; `-` turns it around. @throws HubError invalid_query */
function orderOf({ columns, consensus, selectivity }: Omit<Comparison, 'order'>, sort: string): Uint32Array {
  const turned = sort.startsWith('-');
  const key = sort.replace(/^-/, '');
  if (key === 'index') return orderBy(Float64Array.from(consensus.keys()), !turned);
  if (key === 'consensus') return orderBy(consensus, !turned);
  if (key === 'selectivity') return orderBy(selectivity, turned);
  const [, position] = /^arm:(\d{1,3})$/.exec(key) ?? [];
  const column = position === undefined ? undefined : columns[Number(position)];
  if (column) return orderBy(column.scores, column.lowerIsBetter !== turned);
  throw invalid(
    'sort',
    `"${key.slice(0, 40)}" is no order; there are index, consensus, selectivity, and arm:0 to arm:${String(columns.length - 1)}`,
  );
}

function agreements(columns: readonly Column[]): CampaignTable['agreement'] {
  return columns.flatMap((a, place) =>
    columns.slice(place + 1).map((b, step) => ({ a: place, b: place + 1 + step, ...agreementOf(a, b) })),
  );
}

async function rowsAt(tx: Database, comparison: Comparison, indexes: readonly number[]): Promise<CampaignRow[]> {
  const { columns, consensus, consensusPlaces, selectivity } = comparison;
  const read: (ReadonlyMap<number, ArmRow> | undefined)[] = [];
  for (const { snapshot } of columns) {
    const rows = snapshot && (await readArmRows(tx, snapshot, indexes));
    read.push(rows && new Map(rows.map((row) => [row.index, row])));
  }
  return indexes.map((index) => {
    const known = read.flatMap((rows) => rows?.get(index) ?? [])[0];
    return {
      index,
      name: known?.name ?? null,
      canonicalSmiles: read.flatMap((rows) => rows?.get(index)?.canonicalSmiles ?? [])[0] ?? null,
      cells: columns.map((column, place) => cellOf(comparison, column, read[place]?.get(index), index)),
      consensus: numberAt(consensus, index),
      consensusRank: consensusPlaces[index] || null,
      selectivity: numberAt(selectivity, index),
    };
  });
}

function cellOf({ columns, reference }: Comparison, column: Column, row: ArmRow | undefined, index: number): CampaignCell {
  const home = column.target === reference ? undefined : columns.find((each) => each.target === reference && each.model === column.model);
  const [score, rank] = [numberAt(column.scores, index), column.places[index] || null];
  const homeScore = home?.metric === column.metric ? home && numberAt(home.scores, index) : null;
  const homeRank = home?.places[index] || null;
  return {
    outcome: row?.outcome ?? null,
    code: row?.code ?? null,
    score,
    rank,
    difference: score === null || homeScore === null || homeScore === undefined ? null : score - homeScore,
    rankChange: rank === null || homeRank === null ? null : rank - homeRank,
  };
}

function numberAt(values: Float64Array, index: number): number | null {
  const value = values[index];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** @throws HubError invalid_query */
function offsetOf(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw invalid('cursor', `"${cursor.slice(0, 40)}" is no cursor of this table`);
}

function invalid(field: string, detail: string): HubError {
  return new HubError('invalid_query', `${field}: ${detail}`, [{ pointer: field, detail }]);
}

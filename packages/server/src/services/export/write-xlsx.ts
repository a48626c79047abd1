/**
 * A workbook: the table with pictures of the structures, and a sheet that says what it is, of which moment, and what each column means.
 * Written row by row; of the rows that have a picture only the SMILES are kept in memory, and a picture at a time.
 */
import { MAX_PICTURES } from '@omtx/contract';
import { drawMolecules, PICTURE } from '../../chemistry/draw-molecules.ts';
import { archiveOf, type ArchiveEntry } from './archive.ts';
import { columnsOf, type ExportColumn } from './export-columns.ts';
import { smilesOf, type ExportSource } from './export-source.ts';
import {
  cellXml,
  CONTENT_TYPES,
  drawingRelations,
  drawingXml,
  headerCell,
  ROOT_RELATIONS,
  rowXml,
  sheetEnd,
  SHEET_RELATIONS,
  sheetStart,
  stylesXml,
  workbookXml,
  WORKBOOK_RELATIONS,
} from './xlsx-parts.ts';

/** Drawn at twice the size that it is shown at, for sharp screens. */
const SHOWN = { width: PICTURE.width / 2, height: PICTURE.height / 2 };
const PICTURE_ROW_POINTS = 78;
const PICTURE_COLUMN_WIDTH = 22;
const ROWS_PER_PIECE = 100;
/** Between row index and name, where an eye looks for it. */
const PICTURE_COLUMN = 0;

interface Drawn {
  /** 1-based row of the sheet. */
  readonly row: number;
  readonly smiles: string;
}

export function xlsxOf(source: ExportSource): AsyncGenerator<Buffer> {
  return archiveOf(partsOf(source), source.at);
}

async function* partsOf(source: ExportSource): AsyncGenerator<ArchiveEntry> {
  const columns = columnsOf(source);
  const toDraw: Drawn[] = [];
  yield { name: '[Content_Types].xml', content: CONTENT_TYPES };
  yield { name: '_rels/.rels', content: ROOT_RELATIONS };
  yield { name: 'xl/workbook.xml', content: workbookXml(columns.length + 1, source.rows) };
  yield { name: 'xl/_rels/workbook.xml.rels', content: WORKBOOK_RELATIONS };
  yield { name: 'xl/styles.xml', content: stylesXml() };
  yield { name: 'xl/worksheets/sheet1.xml', content: rowsSheet(source, columns, toDraw) };
  yield { name: 'xl/worksheets/_rels/sheet1.xml.rels', content: SHEET_RELATIONS };
  const drawn: number[] = [];
  yield* picturesOf(toDraw, drawn);
  yield { name: 'xl/drawings/drawing1.xml', content: drawingXml(drawn, PICTURE_COLUMN, SHOWN) };
  yield { name: 'xl/drawings/_rels/drawing1.xml.rels', content: drawingRelations(drawn.length) };
  yield { name: 'xl/worksheets/sheet2.xml', content: aboutSheet(source, columns) };
}

async function* rowsSheet(source: ExportSource, columns: readonly ExportColumn[], toDraw: Drawn[]): AsyncGenerator<string> {
  const titles = ['structure', ...columns.map(({ title }) => title)];
  yield sheetStart([PICTURE_COLUMN_WIDTH, ...columns.map(widthOf)]);
  let piece = rowXml(
    1,
    titles.map((title, column) => headerCell(1, column, title)),
  );
  let row = 1;
  for await (const record of source.read()) {
    row += 1;
    const smiles = record.code?.startsWith('rejected_invalid') === true ? null : (record.canonicalSmiles ?? smilesOf(record));
    const hasPicture = smiles !== null && toDraw.length < MAX_PICTURES;
    if (hasPicture) toDraw.push({ row, smiles });
    const cells = columns.map((column, place) => cellXml(row, place + 1, column.cell(record), column));
    piece += rowXml(row, cells, hasPicture ? PICTURE_ROW_POINTS : undefined);
    if (row % ROWS_PER_PIECE !== 0) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}${sheetEnd(titles.length, row - 1, true)}`;
}

/** @param drawn rows of the pictures that there are */
async function* picturesOf(toDraw: readonly Drawn[], drawn: number[]): AsyncGenerator<ArchiveEntry> {
  const rows = toDraw.values();
  for await (const picture of drawMolecules(toDraw.map(({ smiles }) => smiles))) {
    const { value } = rows.next();
    if (picture === null || !value) continue;
    drawn.push(value.row);
    yield { name: `xl/media/image${String(drawn.length)}.png`, content: Buffer.from(picture), isPacked: true };
  }
}

function widthOf({ title, kind }: ExportColumn): number {
  if (['smiles', 'canonical_smiles', 'message'].includes(title)) return 40;
  return kind === 'text' ? Math.max(18, title.length + 2) : Math.max(10, title.length + 2);
}

function aboutSheet(source: ExportSource, columns: readonly ExportColumn[]): string {
  const { job, at, version, cursor, rows, order } = source;
  const facts: readonly (readonly [string, string])[] = [
    ['job', job.name],
    ['id', job.id],
    ['model', `${job.modelId} ${job.modelVersion}`],
    ['task', job.taskType],
    ['parameters', JSON.stringify(job.parameters)],
    ['seed', String(job.seed)],
    ['status', job.status],
    ['as of', `${at.toISOString()} (version ${version}, event ${String(cursor)})`],
    ['rows', `${String(rows)} of ${String(job.total)}, order: ${order}`],
    ['pictures', `of the first ${String(MAX_PICTURES)} rows with a structure`],
    ['', ''],
    ['column', 'meaning'],
    ...columns.map(({ title, meaning = '' }) => [title, meaning] as const),
  ];
  const lines = facts.map(([name, value], place) => rowXml(place + 1, [headerCell(place + 1, 0, name), cellXml(place + 1, 1, value)]));
  return `${sheetStart([28, 100])}${lines.join('')}</sheetData></worksheet>`;
}

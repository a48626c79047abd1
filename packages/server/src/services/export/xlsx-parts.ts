/** The parts of a workbook that do not depend on its rows (ECMA-376), and how a cell is written. */
import { isFormula } from './write-csv.ts';
import type { Cell, ExportColumn } from './export-columns.ts';

const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006';
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** What a cell can hold; a spreadsheet refuses the whole file for one longer. */
const MAX_TEXT = 32_767;
/** Pixels to the unit of drawings. */
const EMU_PER_PIXEL = 9_525;
/** Places in `cellXfs` below; number formats by decimals follow. */
const STYLE = { plain: 0, header: 1, quoted: 2, firstNumber: 3 } as const;
const MAX_DECIMALS = 6;

export const CONTENT_TYPES = `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/drawings/drawing1.xml" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>`;

export const ROOT_RELATIONS = relations([['officeDocument', 'xl/workbook.xml']]);
export const WORKBOOK_RELATIONS = relations([
  ['worksheet', 'worksheets/sheet1.xml'],
  ['worksheet', 'worksheets/sheet2.xml'],
  ['styles', 'styles.xml'],
]);
export const SHEET_RELATIONS = relations([['drawing', '../drawings/drawing1.xml']]);

export function drawingRelations(pictures: number): string {
  return relations(Array.from({ length: pictures }, (_, place) => ['image', `../media/image${String(place + 1)}.png`]));
}

/** The filter must be a name of the workbook as well, or some programs offer to repair the file. */
export function workbookXml(columns: number, rows: number): string {
  const filter = `<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">rows!$A$1:$${columnName(columns - 1)}$${String(rows + 1)}</definedName></definedNames>`;
  return `${HEAD}<workbook xmlns="${SHEET}" xmlns:r="${OFFICE}"><sheets><sheet name="rows" sheetId="1" r:id="rId1"/><sheet name="about" sheetId="2" r:id="rId2"/></sheets>${filter}</workbook>`;
}

export function stylesXml(): string {
  const formats = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => decimals);
  const codes = formats.map(
    (decimals) => `<numFmt numFmtId="${String(164 + decimals)}" formatCode="${decimals === 0 ? '0' : `0.${'0'.repeat(decimals)}`}"/>`,
  );
  const numbers = formats.map(
    (decimals) => `<xf numFmtId="${String(164 + decimals)}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
  );
  return `${HEAD}<styleSheet xmlns="${SHEET}"><numFmts count="${String(codes.length)}">${codes.join('')}</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${String(3 + numbers.length)}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>${numbers.join('')}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
}

/** Up to the first row: the header stays in view. @param widths characters */
export function sheetStart(widths: readonly number[]): string {
  const columns = widths.map(
    (width, place) => `<col min="${String(place + 1)}" max="${String(place + 1)}" width="${String(width)}" customWidth="1"/>`,
  );
  return `${HEAD}<worksheet xmlns="${SHEET}" xmlns:r="${OFFICE}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${columns.join('')}</cols><sheetData>`;
}

export function sheetEnd(columns: number, rows: number, hasDrawing: boolean): string {
  const filter = `<autoFilter ref="A1:${columnName(columns - 1)}${String(rows + 1)}"/>`;
  return `</sheetData>${filter}${hasDrawing ? '<drawing r:id="rId1"/>' : ''}</worksheet>`;
}

/** @param row 1-based @param heightPoints of a row that holds a picture */
export function rowXml(row: number, cells: readonly string[], heightPoints?: number): string {
  const height = heightPoints === undefined ? '' : ` ht="${String(heightPoints)}" customHeight="1"`;
  return `<row r="${String(row)}"${height}>${cells.join('')}</row>`;
}

export function headerCell(row: number, column: number, text: string): string {
  return textCell(row, column, text, STYLE.header);
}

export function cellXml(row: number, column: number, value: Cell, { decimals }: Pick<ExportColumn, 'decimals'> = {}): string {
  if (value === null || value === '') return '';
  if (typeof value === 'string') return textCell(row, column, value, isFormula(value) ? STYLE.quoted : STYLE.plain);
  if (!Number.isFinite(value)) return textCell(row, column, String(value), STYLE.plain);
  const style = decimals === undefined ? STYLE.plain : STYLE.firstNumber + Math.min(decimals, MAX_DECIMALS);
  return `<c r="${columnName(column)}${String(row)}" s="${String(style)}"><v>${String(value)}</v></c>`;
}

/** Text inside the cell is never run as a formula; the style keeps it text also when a person edits the cell. */
function textCell(row: number, column: number, text: string, style: number): string {
  return `<c r="${columnName(column)}${String(row)}" s="${String(style)}" t="inlineStr"><is><t xml:space="preserve">${escape(text.slice(0, MAX_TEXT))}</t></is></c>`;
}

/** @param rows 1-based rows of the pictures, in order @param column 0-based */
export function drawingXml(rows: readonly number[], column: number, size: { readonly width: number; readonly height: number }): string {
  const extent = `<xdr:ext cx="${String(size.width * EMU_PER_PIXEL)}" cy="${String(size.height * EMU_PER_PIXEL)}"/>`;
  const anchors = rows.map((row, place) => {
    const id = String(place + 1);
    const from = `<xdr:from><xdr:col>${String(column)}</xdr:col><xdr:colOff>${String(2 * EMU_PER_PIXEL)}</xdr:colOff><xdr:row>${String(row - 1)}</xdr:row><xdr:rowOff>${String(2 * EMU_PER_PIXEL)}</xdr:rowOff></xdr:from>`;
    const picture = `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="${id}" name="structure ${id}"/><xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId${id}"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>`;
    return `<xdr:oneCellAnchor>${from}${extent}${picture}<xdr:clientData/></xdr:oneCellAnchor>`;
  });
  return `${HEAD}<xdr:wsDr xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${DRAWING}/main" xmlns:r="${OFFICE}">${anchors.join('')}</xdr:wsDr>`;
}

/** `A`, `B`, ..., `Z`, `AA`. */
function columnName(column: number): string {
  const rest = Math.floor(column / 26);
  return `${rest === 0 ? '' : columnName(rest - 1)}${String.fromCodePoint(65 + (column % 26))}`;
}

function relations(targets: readonly (readonly [string, string])[]): string {
  const each = targets.map(
    ([type, target], place) => `<Relationship Id="rId${String(place + 1)}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${each.join('')}</Relationships>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Characters that XML cannot hold become the replacement character. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD');
}

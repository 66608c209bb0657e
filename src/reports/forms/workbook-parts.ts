/** The parts of a workbook (ECMA-376) as XML: cells with types, so that no text is a formula and no id is a number. */
import type { ReportValue } from '../shared/report.ts';

/** The styles of cells, by their position in `stylesPart`. */
export const styles = { plain: 0, head: 1, time: 2, text: 3, wrapped: 4 } as const;

/** If a cell has more, Excel reports that the workbook is damaged. */
export const mostCellCharacters = 32_767;

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageRelationships = 'http://schemas.openxmlformats.org/package/2006/relationships';
const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const plainStyle = 'numFmtId="0" fontId="0" fillId="0" borderId="0"';

/** The fonts, formats and styles. Texts have `quotePrefix`, so that they do not become formulas when somebody edits them. */
export const stylesPart = `${declaration}<styleSheet xmlns="${main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf ${plainStyle}/></cellStyleXfs><cellXfs count="5"><xf ${plainStyle} xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/><xf ${plainStyle} xfId="0" quotePrefix="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

/** The relationship of the file to its workbook. */
export const rootPart = `${declaration}<Relationships xmlns="${packageRelationships}"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;

/** The types of all parts of a workbook with this many sheets. */
export function typesPart(sheets: number): string {
  const list = Array.from(
    { length: sheets },
    (_, place) =>
      `<Override PartName="/xl/worksheets/sheet${place + 1}.xml" ContentType="${contentType}.worksheet+xml"/>`,
  );
  return `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${contentType}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${contentType}.styles+xml"/>${list.join('')}</Types>`;
}

/** The workbook: the names of its sheets in order. */
export function workbookPart(names: readonly string[]): string {
  const sheets = names.map(
    (name, place) =>
      `<sheet name="${escapeXml(name)}" sheetId="${place + 1}" r:id="rId${place + 1}"/>`,
  );
  return `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets>${sheets.join('')}</sheets></workbook>`;
}

/** The relationships of a workbook to this many sheets and to its styles. */
export function workbookRelationshipsPart(sheets: number): string {
  const list = Array.from(
    { length: sheets },
    (_, place) =>
      `<Relationship Id="rId${place + 1}" Type="${relationships}/worksheet" Target="worksheets/sheet${place + 1}.xml"/>`,
  );
  return `${declaration}<Relationships xmlns="${packageRelationships}">${list.join('')}<Relationship Id="rId${sheets + 1}" Type="${relationships}/styles" Target="styles.xml"/></Relationships>`;
}

/** The beginning of a sheet: the widths of its columns, and a header row that stays visible, if there is one. */
export function startSheet(widths: readonly number[], hasHead: boolean): string {
  const pane = hasHead
    ? '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    : '';
  const columns = widths.map(
    (width, place) =>
      `<col min="${place + 1}" max="${place + 1}" width="${width}" customWidth="1"/>`,
  );
  return `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0">${pane}</sheetView></sheetViews><cols>${columns.join('')}</cols><sheetData>`;
}

/** The end of a sheet, with filters on its columns if it has a header and rows. */
export function endSheet(columns: number, rows: number, hasHead: boolean): string {
  const filter = hasHead ? `<autoFilter ref="A1:${nameColumn(columns - 1)}${rows}"/>` : '';
  return `</sheetData>${filter}</worksheet>`;
}

/** A cell of a sheet. A moment is given as clock time, in UTC. */
export type SheetCell = { readonly value: ReportValue; readonly style: number };

/** A row, by its number from 1. */
export function formatSheetRow(number: number, cells: readonly SheetCell[]): string {
  const texts = cells.map(({ value, style }, place) => {
    if (value === null || value === '') return '';
    const start = `<c r="${nameColumn(place)}${number}" s="${style}"`;
    if (typeof value === 'number') return `${start}><v>${value}</v></c>`;
    if (typeof value === 'boolean') return `${start} t="b"><v>${value ? 1 : 0}</v></c>`;
    if (value instanceof Date) return `${start}><v>${toSerial(value)}</v></c>`;
    return `${start} t="inlineStr"><is><t xml:space="preserve">${escapeXml(value)}</t></is></c>`;
  });
  return `<row r="${number}">${texts.join('')}</row>`;
}

const dayMs = 86_400_000;
/** Day 0 of spreadsheets, valid for dates from March 1900 on. */
const firstDayMs = Date.UTC(1899, 11, 30);

function toSerial(moment: Date): number {
  return (moment.getTime() - firstDayMs) / dayMs;
}

/** The letters of a column, by its position from 0: A … Z, AA … */
function nameColumn(place: number): string {
  const before = Math.floor(place / 26);
  const letter = String.fromCharCode(65 + (place % 26));
  return before === 0 ? letter : nameColumn(before - 1) + letter;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text as XML; a text that looks like an escaped character of a spreadsheet (`_x0041_`) stays the same text. */
function escapeXml(text: string): string {
  return text
    .replace(/_(?=x[\dA-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

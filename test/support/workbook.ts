/** Reads the parts of a workbook that tests need: the names of its sheets and their cells. */
import { inflateRawSync } from 'node:zlib';

/** A cell: its type (`n`, `b` or `inlineStr`), the number of its style, and its text. */
export type ReadCell = { type: string; style: string; text: string };

/** The sheets of a workbook by name, each as rows of cells; cells without value are left out. */
export function readWorkbook(bytes: Buffer): Map<string, ReadCell[][]> {
  const parts = readZip(bytes);
  const part = (path: string): string => {
    const found = parts.get(path);
    if (found === undefined) throw new Error(`The workbook has no ${path}.`);
    return found.toString();
  };
  const names = [...part('xl/workbook.xml').matchAll(/<sheet name="([^"]*)"/g)];
  return new Map(
    names.map(([, name], place) => [
      unescape(name ?? ''),
      readSheet(part(`xl/worksheets/sheet${place + 1}.xml`)),
    ]),
  );
}

function readSheet(xml: string): ReadCell[][] {
  return [...xml.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map(([, row]) =>
    [...(row ?? '').matchAll(/<c r="[A-Z]+\d+" s="(\d+)"(?: t="(\w+)")?>(.*?)<\/c>/gs)].map(
      ([, style, type, content]) => ({
        type: type ?? 'n',
        style: style ?? '',
        text: unescape((content ?? '').replaceAll(/<[^>]*>/g, '')),
      }),
    ),
  );
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };

function unescape(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|amp);/g, (_, name: string) => entities[name] ?? '');
}

/** The files of a zip archive, by its directory at the end. */
function readZip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, Buffer>();
  let place = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count -= 1) {
    const nameLength = bytes.readUInt16LE(place + 28);
    const name = bytes.toString('utf8', place + 46, place + 46 + nameLength);
    const local = bytes.readUInt32LE(place + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(start, start + bytes.readUInt32LE(place + 20));
    files.set(name, bytes.readUInt16LE(place + 10) === 0 ? content : inflateRawSync(content));
    place += 46 + nameLength + bytes.readUInt16LE(place + 30) + bytes.readUInt16LE(place + 32);
  }
  return files;
}

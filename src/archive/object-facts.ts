/** What the ledger and the manifest say of an object. */
import type { ObjectGroup } from './object-group.ts';

/** What is known of an object besides where it is. */
export type ObjectFacts = {
  readonly rows: number;
  readonly first: readonly [micros: string, id: string];
  readonly last: readonly [micros: string, id: string];
  readonly bytes: number;
  readonly sha256: string;
  /** In base64. */
  readonly root: string;
  readonly days: Readonly<Record<string, number>>;
  /** The sum of the moments at which its rows were written, in microseconds since 1970: it tells whether one was written again. */
  readonly written: string;
  readonly groups: readonly ObjectGroup[];
  /** The first byte of the filters, the blocks of each, and the CRC-32 over all. */
  readonly filters: {
    readonly offset: number;
    readonly blocks: readonly number[];
    readonly crc: number;
  };
};

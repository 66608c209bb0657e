import type { SharedOptions } from '../../shared-options.ts';
import { countEvents } from '../../account/calendar.ts';
import type { People } from '../../account/people.ts';
import { comparePositions } from '../../http/cursors.ts';
import { createRandomSequence, hash, pickNth, toFraction } from '../../random.ts';
import { addBurst, resolveBurst } from '../bursts.ts';
import { measureScenes, type LogSource } from '../log-source.ts';
import type { AuditLogRow } from './record.ts';
import { playAuditScene } from './scenes.ts';
import type { AuditChange, AuditStage } from './stage.ts';

const MINUTE_MS = 60_000;
/** A real id of that minute (contract 0.6), and how fast ids grow: 1e13 a year. */
const KNOWN_MINUTE = Date.UTC(2026, 9, 7) / MINUTE_MS;
const KNOWN_ID = 54_330_000_000_000;
const IDS_PER_MINUTE = 19_000_000;
/** Each minute's ids have four parts: for its own rows, for rows one and two minutes later, for a burst. */
const PART = IDS_PER_MINUTE / 4;
const BURST_PART = 3;
const SLOTS = 8192;
const SLOT = Math.floor(PART / SLOTS);
const BURST_SLOT = 47;

type Settings = Pick<SharedOptions, 'seed' | 'burst' | 'late' | 'oddities'> & {
  readonly auditLogRowsPerDay: number;
};

type Cast = Pick<AuditStage, 'random' | 'people'>;

/** The audit log, and how to find a record by its id. A cell is a minute. */
type AuditLogSource = LogSource<AuditLogRow> & {
  /** The record with that id, shown or not. */
  readonly find: (id: number) => AuditLogRow | undefined;
};

/** Makes the audit log. Ids grow with time but not in the order of `created_at` (contract Q5). */
export function createAuditLogSource(settings: Settings, people: People): AuditLogSource {
  const { seed } = settings;
  const cast: Cast = { random: createRandomSequence(0), people };
  const rowsPerScene = measureScenes(
    { seed, salt: 103, scenesAtMean: 3 },
    (luck, minute) => playAuditScene(cast, luck, minute).length,
  );
  const scenesPerMinute = settings.auditLogRowsPerDay / 1440 / rowsPerScene;
  const burst = resolveBurst(settings.burst, 'audit_logs');
  const minutes: LogSource<AuditLogRow> = {
    cellCount: () => 1,
    cellAt: () => 0,
    offsetMsOf({ second, id }) {
      const minute = Math.floor(second / 60);
      if (second !== burst?.second) return (second - minute * 60) * 1000;
      const n = Math.floor((Number(id) - firstBurstIdOf(minute)) / BURST_SLOT);
      return burst.offsetMsOf(Math.min(Math.max(n, 0), burst.count - 1));
    },
    rowsIn: (minute) => playMinute(settings, cast, minute, scenesPerMinute),
  };
  const source = addBurst(minutes, burst, { before: 1, after: 0 }, (n, { second, minute }) => {
    const key = hash(seed, second, n, 101);
    const change = pickNth(playAuditScene(cast, key, minute), 0);
    const id = firstBurstIdOf(minute) + n * BURST_SLOT + (key % BURST_SLOT);
    return toRow(settings, change, { second, id, key });
  });
  return {
    ...source,
    find(id) {
      const minute = minuteOf(id);
      const cells = Array.from({ length: source.cellCount(minute) }, (_, cell) => cell);
      return cells.flatMap((cell) => source.rowsIn(minute, cell)).find((row) => row.id === id);
    },
  };
}

function playMinute(
  settings: Settings,
  cast: Cast,
  minute: number,
  scenesPerMinute: number,
): AuditLogRow[] {
  const { seed } = settings;
  const rows: AuditLogRow[] = [];
  const scenes = scenesPerMinute === 0 ? 0 : countEvents(seed, minute, scenesPerMinute);
  const shift = hash(seed, minute, 79);
  for (let scene = 0; scene < scenes; scene++) {
    const start = hash(seed, minute, scene, 83);
    const second = minute * 60 + (hash(start, 89) % 60);
    for (const change of playAuditScene(cast, start, minute)) {
      const key = hash(start, rows.length, 97);
      const slot = (rows.length * 4093 + shift) % SLOTS;
      const place = (key % 20 === 0 ? 2 : key % 5 === 0 ? 1 : 0) * (PART - IDS_PER_MINUTE);
      const id = firstIdOf(minute) + place + slot * SLOT + ((key >>> 8) % SLOT);
      rows.push(toRow(settings, change, { second, id, key }));
    }
  }
  return rows.toSorted(comparePositions);
}

function toRow(
  { seed, late, oddities }: Settings,
  change: AuditChange,
  { second, id, key }: { readonly second: number; readonly id: number; readonly key: number },
): AuditLogRow {
  const luck = hash(seed, key, 71);
  const isLate = late !== null && toFraction(hash(seed, key, 73)) < late.share;
  return {
    second,
    id,
    visibleAtMs: second * 1000 + (isLate ? late.delaySeconds * 1000 : 0),
    change,
    oddity: oddities && luck % 97 === 0 ? Math.floor(luck / 97) : undefined,
  };
}

function firstIdOf(minute: number): number {
  return KNOWN_ID + (minute - KNOWN_MINUTE) * IDS_PER_MINUTE;
}

function firstBurstIdOf(minute: number): number {
  return firstIdOf(minute) + BURST_PART * PART;
}

/** Finds the minute of a record from its id. */
function minuteOf(id: number): number {
  const minute = KNOWN_MINUTE + Math.floor((id - KNOWN_ID) / IDS_PER_MINUTE);
  const part = Math.floor((id - firstIdOf(minute)) / PART);
  return part === BURST_PART ? minute : minute + part;
}

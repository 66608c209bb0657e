import { countEvents, densityAt } from './calendar.ts';
import { BURST_CHUNK, burstRowAt, burstRowMs, resolveBurst } from './bursts.ts';
import { comparePositions, type LogSource } from './log-source.ts';
import { hash, pickNth, RandomSequence, toFraction } from './random.ts';
import { playAuditScene } from './audit-log-scenes.ts';
import type { AuditChange, AuditStage } from './audit-log-stage.ts';
import type { AuditLogRow } from './audit-log-text.ts';
import type { People } from './people.ts';
import type { SimulatorOptions } from './options.ts';

const MINUTE_MS = 60_000;
/** A live id of that minute (contract 0.6), and how fast ids grow: 1e13 a year. */
const KNOWN_MINUTE = Date.UTC(2026, 9, 7) / MINUTE_MS;
const KNOWN_ID = 54_330_000_000_000;
const IDS_PER_MINUTE = 19_000_000;
/** Each minute's ids have four parts: for its own rows, for rows one and two minutes later, for a burst. */
const PART = IDS_PER_MINUTE / 4;
const BURST_PART = 3;
const SLOTS = 8192;
const SLOT = Math.floor(PART / SLOTS);
const BURST_SLOT = 47;

type Settings = Pick<
  SimulatorOptions,
  'seed' | 'auditLogRowsPerDay' | 'burst' | 'late' | 'oddities'
>;

/** The audit log, and the way from an id to its minute. A cell is a minute; a burst lies in cells of its own. */
export interface AuditLogSource extends LogSource<AuditLogRow> {
  /** The record with that id, shown or not. */
  find(id: number): AuditLogRow | undefined;
}

/** Makes the audit log. Ids grow with time but not in the order of `created_at` (contract Q5). */
export function createAuditLogSource(settings: Settings, people: People): AuditLogSource {
  const { seed, late, oddities } = settings;
  const burst = resolveBurst(settings.burst, 'audit_logs');
  const chunks = burst === undefined ? 0 : Math.ceil(burst.count / BURST_CHUNK);
  const stage: AuditStage = { random: new RandomSequence(0), people, minute: 0, changes: [] };
  const scenesPerMinute = settings.auditLogRowsPerDay / 1440 / measureScene(seed, stage);

  function toRow(change: AuditChange, second: number, id: number, key: number): AuditLogRow {
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

  function playMinute(minute: number): AuditLogRow[] {
    const rows: AuditLogRow[] = [];
    const scenes = scenesPerMinute === 0 ? 0 : countEvents(seed, minute, scenesPerMinute);
    const shift = hash(seed, minute, 79);
    for (let scene = 0; scene < scenes; scene++) {
      const start = hash(seed, minute, scene, 83);
      playAuditScene(stage, start, minute);
      const second = minute * 60 + (hash(start, 89) % 60);
      for (const change of stage.changes) {
        const key = hash(start, rows.length, 97);
        const slot = (rows.length * 4093 + shift) % SLOTS;
        const place = (key % 20 === 0 ? 2 : key % 5 === 0 ? 1 : 0) * (PART - IDS_PER_MINUTE);
        rows.push(
          toRow(
            change,
            second,
            firstIdOf(minute) + place + slot * SLOT + ((key >>> 8) % SLOT),
            key,
          ),
        );
      }
    }
    return rows.toSorted(comparePositions);
  }

  function playBurst(chunk: number): AuditLogRow[] {
    if (burst === undefined) return [];
    const rows: AuditLogRow[] = [];
    const firstId = firstIdOf(burst.minute) + BURST_PART * PART;
    for (let n = chunk * BURST_CHUNK; n < Math.min((chunk + 1) * BURST_CHUNK, burst.count); n++) {
      const key = hash(seed, burst.second, n, 101);
      playAuditScene(stage, key, burst.minute);
      const id = firstId + n * BURST_SLOT + (key % BURST_SLOT);
      rows.push(toRow(pickNth(stage.changes, 0), burst.second, id, key));
    }
    return rows;
  }

  const source: LogSource<AuditLogRow> = {
    cellCount: (minute) => (minute === burst?.minute ? chunks + 2 : scenesPerMinute === 0 ? 0 : 1),
    cellAt(minute, offsetMs) {
      if (burst === undefined || minute !== burst.minute || offsetMs < burst.offsetMs) return 0;
      if (offsetMs >= burst.offsetMs + 1000) return chunks + 1;
      return 1 + Math.floor(burstRowAt(burst, offsetMs) / BURST_CHUNK);
    },
    offsetMsOf(position) {
      const minute = Math.floor(position.second / 60);
      if (burst === undefined || position.second !== burst.second)
        return (position.second - minute * 60) * 1000;
      const n = Math.floor(
        (Number(position.id) - firstIdOf(minute) - BURST_PART * PART) / BURST_SLOT,
      );
      return burstRowMs(burst, Math.min(Math.max(n, 0), burst.count - 1)) - minute * MINUTE_MS;
    },
    rowsIn(minute, cell) {
      if (burst === undefined || minute !== burst.minute) return playMinute(minute);
      if (cell > 0 && cell <= chunks) return playBurst(cell - 1);
      const isBefore = cell === 0;
      return playMinute(minute).filter((row) =>
        isBefore ? row.second < burst.second : row.second > burst.second,
      );
    },
  };

  return {
    ...source,
    find(id) {
      const minute = minuteOf(id);
      for (let cell = 0; cell < source.cellCount(minute); cell++) {
        const row = source.rowsIn(minute, cell).find((candidate) => candidate.id === id);
        if (row !== undefined) return row;
      }
      return undefined;
    },
  };
}

function firstIdOf(minute: number): number {
  return KNOWN_ID + (minute - KNOWN_MINUTE) * IDS_PER_MINUTE;
}

/** Reads from an id to which minute its record belongs. */
function minuteOf(id: number): number {
  const minute = KNOWN_MINUTE + Math.floor((id - KNOWN_ID) / IDS_PER_MINUTE);
  const part = Math.floor((id - firstIdOf(minute)) / PART);
  return part === BURST_PART ? minute : minute + part;
}

/** Mean number of changes in a scene, so that rows per day come out as asked. */
function measureScene(seed: number, stage: AuditStage): number {
  let scenes = 0;
  let changes = 0;
  for (let minute = 0; minute < 10_080; minute += 20) {
    for (let n = 0; n < Math.round(densityAt(minute) * 3); n++) {
      playAuditScene(
        stage,
        hash(seed, minute, n, 103),
        29_000_000 - (29_000_000 % 10_080) + minute,
      );
      scenes++;
      changes += stage.changes.length;
    }
  }
  return changes / scenes;
}

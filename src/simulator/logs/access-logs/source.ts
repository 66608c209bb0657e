import { activityIn, countEvents, densityAt, hourOfWeek } from './calendar.ts';
import { BURST_CHUNK, burstRowAt, burstRowMs, resolveBurst } from './bursts.ts';
import { decodeUlidTime, formatCountedUlid, formatUlid } from './ulid.ts';
import { hash, pickNth, RandomSequence, toFraction } from './random.ts';
import { playScene } from './access-log-scenes.ts';
import type { SceneRequest, Stage } from './access-log-stage.ts';
import { PROGRAMS } from './people-names.ts';
import type { AccessLogRow } from './access-log-text.ts';
import type { LogSource } from './log-source.ts';
import type { People, Person } from './people.ts';
import type { SimulatorOptions } from './options.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A cell then lasts at least 10 ms, more than a scene has requests: no two rows share a millisecond. */
const MAX_SCENES_PER_MINUTE = 6000;

type Settings = Pick<
  SimulatorOptions,
  'seed' | 'accessLogRowsPerDay' | 'accessLogLiveRowsPerMinute' | 'burst' | 'late' | 'oddities'
> & {
  /** From when on the live rows come, ms since 1970. */
  readonly anchorMs: number;
};

/** The access log: each cell is one scene (somebody opens a ticket, a program polls), a few requests within moments. */
export function createAccessLogSource(settings: Settings, people: People): LogSource<AccessLogRow> {
  const { seed, late, oddities } = settings;
  const burst = resolveBurst(settings.burst, 'access_logs');
  const random = new RandomSequence(0);
  const stage: Stage = {
    random,
    people,
    person: people.integration,
    byProgram: false,
    minute: 0,
    requests: [],
  };
  const rowsPerScene = measureScene(seed, stage);
  const scenesPerMinute = settings.accessLogRowsPerDay / 1440 / rowsPerScene;
  const liveScenes = Math.ceil(settings.accessLogLiveRowsPerMinute / rowsPerScene);
  const liveMinute = Math.ceil(settings.anchorMs / MINUTE_MS);
  const lateMs = (late?.delaySeconds ?? 0) * 1000;

  function countScenes(minute: number): number {
    const usual = scenesPerMinute === 0 ? 0 : countEvents(seed, minute, scenesPerMinute);
    return Math.min(minute < liveMinute ? usual : usual + liveScenes, MAX_SCENES_PER_MINUTE);
  }

  function layOut(minute: number): {
    scenes: number;
    before: number;
    chunks: number;
    skipTo: number;
  } {
    const scenes = countScenes(minute);
    if (burst === undefined || burst.minute !== minute)
      return { scenes, before: scenes, chunks: 0, skipTo: scenes };
    let before = 0;
    while (before < scenes && cellStart(before + 1, scenes) <= burst.offsetMs) before++;
    let skipTo = before;
    while (skipTo < scenes && cellStart(skipTo, scenes) < burst.offsetMs + 1000) skipTo++;
    return { scenes, before, chunks: Math.ceil(burst.count / BURST_CHUNK), skipTo };
  }

  function toRow(request: SceneRequest, ms: number, key: number, id: string): AccessLogRow {
    const { person } = stage;
    const luck = hash(seed, key, 31);
    const isLate = late !== null && toFraction(hash(seed, key, 37)) < late.share;
    const isOdd = oddities && luck % 199 === 0;
    const isGraphql = request.kind === undefined;
    return {
      second: Math.floor(ms / 1000),
      id,
      visibleAtMs: isLate ? ms + lateMs : ms,
      userId: person.id,
      kind: request.kind,
      url: request.url,
      referer: request.referer,
      graphql: request.graphql,
      status: chooseStatus(request, luck),
      bytes:
        request.kind === undefined
          ? 0
          : Math.floor(request.kind.bytes * (0.3 + toFraction(luck) * 1.4)),
      ipAddress: addressOf(person, Math.floor(ms / DAY_MS)),
      client: stage.byProgram ? pickNth(PROGRAMS, luck) : person.browser,
      authorization: isGraphql && luck % 8 > 0 ? undefined : authorizationOf(stage),
      oddity: isOdd ? Math.floor(luck / 199) : undefined,
    };
  }

  function playCell(minute: number, scene: number, scenes: number): AccessLogRow[] {
    const start = hash(seed, minute, scene, 1);
    castScene(stage, start, minute);
    const { requests } = stage;
    const from = cellStart(scene, scenes);
    const width = cellStart(scene + 1, scenes) - from;
    const step = Math.min(Math.floor(width / (requests.length + 1)), 20 + (start % 180));
    const lead = Math.floor((width - step * requests.length) * toFraction(hash(start, 41)));
    const first = minute * MINUTE_MS + from + lead;
    return requests.map((request, i) => {
      const ms = first + i * step;
      const key = hash(start, i, 43);
      return toRow(request, ms, key, formatUlid(ms, key, hash(key, 47), hash(key, 53)));
    });
  }

  function playBurst(chunk: number): AccessLogRow[] {
    if (burst === undefined) return [];
    const rows: AccessLogRow[] = [];
    for (let n = chunk * BURST_CHUNK; n < Math.min((chunk + 1) * BURST_CHUNK, burst.count); n++) {
      const key = hash(seed, burst.second, n, 59);
      castScene(stage, key, burst.minute);
      const ms = burstRowMs(burst, n);
      rows.push(
        toRow(pickNth(stage.requests, 0), ms, key, formatCountedUlid(ms, n, key, hash(key, 61))),
      );
    }
    return rows;
  }

  return {
    cellCount(minute) {
      const { scenes, before, chunks, skipTo } = layOut(minute);
      return before + chunks + (scenes - skipTo);
    },
    cellAt(minute, offsetMs) {
      const { scenes, before, chunks, skipTo } = layOut(minute);
      const scene = Math.floor((offsetMs * scenes) / MINUTE_MS);
      if (chunks === 0 || burst === undefined || offsetMs < burst.offsetMs)
        return Math.min(scene, before);
      if (offsetMs < burst.offsetMs + 1000)
        return before + Math.floor(burstRowAt(burst, offsetMs) / BURST_CHUNK);
      return before + chunks + Math.max(scene - skipTo, 0);
    },
    offsetMsOf(position) {
      const ms = decodeUlidTime(String(position.id)) - Math.floor(position.second / 60) * MINUTE_MS;
      return Math.min(Math.max(ms, 0), MINUTE_MS - 1);
    },
    rowsIn(minute, cell) {
      const { scenes, before, chunks, skipTo } = layOut(minute);
      if (cell < before) return playCell(minute, cell, scenes);
      if (cell < before + chunks) return playBurst(cell - before);
      return playCell(minute, cell - before - chunks + skipTo, scenes);
    },
  };
}

function cellStart(scene: number, scenes: number): number {
  return Math.floor((scene * MINUTE_MS) / scenes);
}

/** Chooses who acts and what they do; the requests are then in `stage.requests`. */
function castScene(stage: Stage, start: number, minute: number): void {
  stage.random.restart(start);
  stage.minute = minute;
  stage.person = choosePerson(stage, minute);
  stage.byProgram = false;
  stage.requests = [];
  playScene(stage);
}

/** Somebody who is at work at that minute, busy people more often; when nobody is found, the integration. */
function choosePerson({ random, people }: Stage, minute: number): Person {
  const hour = hourOfWeek(minute);
  if (random.chance(0.0008)) return random.pick(people.strangers);
  for (let attempt = 0; attempt < 8; attempt++) {
    const luck = random.fraction();
    const person = people.holderOf(Math.floor(luck * luck * people.desks), minute * MINUTE_MS);
    if (!person.suspended && random.chance(activityIn(person.zone, hour))) return person;
  }
  return people.integration;
}

/** People work in the office or, some days, elsewhere; that is their last address. */
function addressOf(person: Person, day: number): string {
  const isAway = hash(person.id % 1_000_003, day, 109) % 5 === 0;
  return person.ipAddresses.at(isAway ? -1 : 0) ?? '';
}

function authorizationOf(stage: Stage): string {
  if (stage.person.job === 'integration') return 'bearer';
  return stage.byProgram ? 'basic' : 'session';
}

function chooseStatus(request: SceneRequest, luck: number): number {
  const method = request.kind?.method ?? 'POST';
  const share = luck % 1000;
  if (method === 'DELETE' || method === 'PUT' || request.kind === undefined)
    return share < 990 ? 200 : 403;
  if (method === 'POST' && !request.url.includes('/search') && !request.url.includes('/preview'))
    return 201;
  if (share < 880) return 200;
  if (share < 970) return method === 'GET' ? 304 : 200;
  if (share < 983) return 404;
  return share < 996 ? 403 : 401;
}

/** Mean number of requests in a scene over a week, so that rows per day come out as asked. */
function measureScene(seed: number, stage: Stage): number {
  let scenes = 0;
  let requests = 0;
  for (let minute = 0; minute < 10_080; minute += 20) {
    const wanted = Math.round(densityAt(minute) * 4);
    for (let n = 0; n < wanted; n++) {
      castScene(stage, hash(seed, minute, n, 67), 29_000_000 - (29_000_000 % 10_080) + minute);
      scenes++;
      requests += stage.requests.length;
    }
  }
  return requests / scenes;
}

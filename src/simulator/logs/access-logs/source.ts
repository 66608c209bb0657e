import type { SharedOptions } from '../../shared-options.ts';
import { activityIn, countEvents, hourOfWeek } from '../../account/calendar.ts';
import { PROGRAMS } from '../../account/names.ts';
import type { People, SimulatedPerson } from '../../account/people.ts';
import { createRandomSequence, hash, pickNth, toFraction } from '../../random.ts';
import { addBurst, resolveBurst } from '../bursts.ts';
import { measureScenes, type LogSource } from '../log-source.ts';
import type { AccessLogRow } from './record.ts';
import { playScene } from './scenes.ts';
import type { AccessStage, SceneRequest } from './stage.ts';
import { decodeUlidTime, formatCountedUlid, formatUlid } from './ulid.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** So a cell lasts at least 10 ms, and a scene has fewer than 10 requests: no two rows share a millisecond. */
const MAX_SCENES_PER_MINUTE = 6000;

type Settings = Pick<SharedOptions, 'seed' | 'burst' | 'late' | 'oddities'> & {
  readonly accessLogRowsPerDay: number;
  readonly accessLogLiveRowsPerMinute: number;
  /** When the live rows begin, ms since 1970. */
  readonly anchorMs: number;
};

type Cast = Pick<AccessStage, 'random' | 'people'>;

/** The access log: each cell is one scene (somebody opens a ticket, a program polls), a few requests within a moment. */
export function createAccessLogSource(settings: Settings, people: People): LogSource<AccessLogRow> {
  const { seed } = settings;
  const cast: Cast = { random: createRandomSequence(0), people };
  const countScenes = createSceneCounter(settings, cast);
  const source: LogSource<AccessLogRow> = {
    cellCount: countScenes,
    cellAt: (minute, offsetMs) => Math.floor((offsetMs * countScenes(minute)) / MINUTE_MS),
    offsetMsOf(position) {
      const ms = decodeUlidTime(String(position.id)) - Math.floor(position.second / 60) * MINUTE_MS;
      return Math.min(Math.max(ms, 0), MINUTE_MS - 1);
    },
    rowsIn(minute, scene) {
      const scenes = countScenes(minute);
      const start = hash(seed, minute, scene, 1);
      const { person, requests } = castScene(cast, start, minute);
      const from = cellStart(scene, scenes);
      const width = cellStart(scene + 1, scenes) - from;
      const step = Math.min(Math.floor(width / (requests.length + 1)), 20 + (start % 180));
      const lead = Math.floor((width - step * requests.length) * toFraction(hash(start, 41)));
      return requests.map((request, i) => {
        const ms = minute * MINUTE_MS + from + lead + i * step;
        const key = hash(start, i, 43);
        const id = formatUlid(ms, key, hash(key, 47), hash(key, 53));
        return toRow(settings, person, request, { ms, key, id });
      });
    },
  };
  const burst = resolveBurst(settings.burst, 'access_logs');
  if (burst === undefined) return source;
  const scenes = countScenes(burst.minute);
  let before = 0;
  while (before < scenes && cellStart(before + 1, scenes) <= burst.offsetMs) before++;
  let after = before;
  while (after < scenes && cellStart(after, scenes) < burst.offsetMs + 1000) after++;
  return addBurst(source, burst, { before, after }, (n) => {
    const key = hash(seed, burst.second, n, 59);
    const { person, requests } = castScene(cast, key, burst.minute);
    const ms = burst.minute * MINUTE_MS + burst.offsetMsOf(n);
    const id = formatCountedUlid(ms, n, key, hash(key, 61));
    return toRow(settings, person, pickNth(requests, 0), { ms, key, id });
  });
}

function createSceneCounter(settings: Settings, cast: Cast): (minute: number) => number {
  const { seed, accessLogRowsPerDay, accessLogLiveRowsPerMinute, anchorMs } = settings;
  const rowsPerScene = measureScenes(
    { seed, salt: 67, scenesAtMean: 4 },
    (luck, minute) => castScene(cast, luck, minute).requests.length,
  );
  const usualScenes = accessLogRowsPerDay / 1440 / rowsPerScene;
  const liveScenes = Math.ceil(accessLogLiveRowsPerMinute / rowsPerScene);
  const liveMinute = Math.ceil(anchorMs / MINUTE_MS);
  return (minute) => {
    const usual = usualScenes === 0 ? 0 : countEvents(seed, minute, usualScenes);
    return Math.min(minute < liveMinute ? usual : usual + liveScenes, MAX_SCENES_PER_MINUTE);
  };
}

function cellStart(scene: number, scenes: number): number {
  return Math.floor((scene * MINUTE_MS) / scenes);
}

function toRow(
  { seed, late, oddities }: Settings,
  person: SimulatedPerson,
  { kind, url, referer, graphql, byProgram }: SceneRequest,
  { ms, key, id }: { readonly ms: number; readonly key: number; readonly id: string },
): AccessLogRow {
  const luck = hash(seed, key, 31);
  const isLate = late !== null && toFraction(hash(seed, key, 37)) < late.share;
  const credentials = person.job === 'integration' ? 'bearer' : byProgram ? 'basic' : 'session';
  return {
    second: Math.floor(ms / 1000),
    id,
    visibleAtMs: isLate ? ms + late.delaySeconds * 1000 : ms,
    userId: person.id,
    kind,
    url,
    referer,
    graphql,
    status: chooseStatus(kind?.method, url, luck),
    bytes: kind === undefined ? 0 : Math.floor(kind.bytes * (0.3 + toFraction(luck) * 1.4)),
    ipAddress: addressOf(person, Math.floor(ms / DAY_MS)),
    client: byProgram ? pickNth(PROGRAMS, luck) : person.browser,
    authorization: kind === undefined && luck % 8 > 0 ? undefined : credentials,
    oddity: oddities && luck % 199 === 0 ? Math.floor(luck / 199) : undefined,
  };
}

/** Chooses who acts and lets them act. */
function castScene({ random, people }: Cast, start: number, minute: number): AccessStage {
  random.restart(start);
  const person = choosePerson({ random, people }, minute);
  const stage: AccessStage = { random, people, person, minute, requests: [] };
  playScene(stage);
  return stage;
}

/** Somebody who is at work at that minute, busy people more often; the integration if nobody is found. */
function choosePerson({ random, people }: Cast, minute: number): SimulatedPerson {
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
function addressOf(person: SimulatedPerson, day: number): string {
  const isAway = hash(person.id % 1_000_003, day, 109) % 5 === 0;
  return person.ipAddresses.at(isAway ? -1 : 0) ?? '';
}

/** `method` is undefined for GraphQL. */
function chooseStatus(method: string | undefined, url: string, luck: number): number {
  const share = luck % 1000;
  if (method === undefined || method === 'DELETE' || method === 'PUT')
    return share < 990 ? 200 : 403;
  if (method === 'POST' && !url.includes('/search') && !url.includes('/preview')) return 201;
  if (share < 880) return 200;
  if (share < 970) return method === 'GET' ? 304 : 200;
  if (share < 983) return 404;
  return share < 996 ? 403 : 401;
}

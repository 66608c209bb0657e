import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { SyncEvent } from '../../src/ingest/events.ts';

type EventOf<Type extends SyncEvent['type']> = Extract<SyncEvent, { type: Type }>;

/** Every event with its fields: the compiler refuses a missing one and an extra one. */
const events: {
  readonly [Type in SyncEvent['type']]: Readonly<Record<Exclude<keyof EventOf<Type>, 'type'>, ''>>;
} = {
  page: {
    stream: '',
    task: '',
    kind: '',
    rows: '',
    newRows: '',
    changedRows: '',
    lateRows: '',
    unclassifiedRows: '',
    span: '',
    reached: '',
    last: '',
    requestId: '',
    times: '',
  },
  covered: { stream: '', share: '', wantedSeconds: '' },
  clocks: { zendeskMs: '', databaseMs: '' },
  budget: { group: '', left: '' },
  pause: { group: '', waitMs: '', reason: '' },
  'waiting-for-budget': { group: '', waitMs: '', isPaused: '', reason: '' },
  request: { endpoint: '', status: '', durationMs: '' },
  'run-started': { stream: '', task: '', run: '' },
  run: { stream: '', task: '', outcome: '', counts: '', code: '', error: '' },
  'waiting-for-lease': { stream: '', holder: '', waitMs: '' },
  examining: { what: '', done: '', total: '' },
};

const page = readFileSync(new URL('../../docs/telemetry.md', import.meta.url), 'utf8');
const ingest = new URL('../../src/ingest/', import.meta.url);

/** The first cells of the rows of a table, which are names in code. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

const [introduction = '', ...sections] = page.split(/^## /m);

describe('docs/telemetry.md', () => {
  it('names every event that the engine reports, and no other', () => {
    assert.deepEqual(firstCells(introduction), Object.keys(events));
    assert.deepEqual(
      sections.map((section) => section.split('\n')[0]),
      Object.keys(events),
    );
  });

  for (const [type, fields] of Object.entries(events))
    it(`explains every field of the event ${type}`, () => {
      const section = sections.find((text) => text.startsWith(`${type}\n`)) ?? '';
      assert.deepEqual(firstCells(section), Object.keys(fields));
    });

  it('names the files that report each event', () => {
    for (const line of introduction.split('\n').filter((each) => each.startsWith('| `'))) {
      const [, type = '', , tellers = ''] = line.split('|').map((cell) => cell.trim());
      for (const [, file = ''] of tellers.matchAll(/`([^`]+)`/g)) {
        const text = readFileSync(new URL(file, ingest), 'utf8');
        assert.match(text, new RegExp(`type: '${type.replaceAll('`', '')}'`), file);
      }
    }
  });
});

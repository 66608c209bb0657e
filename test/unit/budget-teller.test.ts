import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { createTeller } from '../../src/ingest/budget-teller.ts';
import type { SyncEvent } from '../../src/ingest/events.ts';

describe('a wait for the budget', () => {
  let nowMs = 0;
  beforeEach(() => {
    nowMs = 1000;
    mock.method(performance, 'now', () => nowMs);
  });
  afterEach(() => mock.restoreAll());

  const listen = () => {
    const told: SyncEvent[] = [];
    return { told, teller: createTeller((event) => told.push(event)) };
  };
  const full = (waitMs: number) => ({ waitMs, isPaused: false, reason: 'unsaid' });
  const paused = (waitMs: number) => ({ waitMs, isPaused: true, reason: 'Zendesk said so' });

  it('is reported if it is longer than a minute, a pause after a second, with its reason', () => {
    const { told, teller } = listen();
    teller.tell('support', full(64_999));
    teller.tell('logs', paused(999));
    assert.deepEqual(told, []);
    teller.tell('support', full(65_000));
    teller.tell('logs', paused(1000));
    const type = 'waiting-for-budget';
    assert.deepEqual(told, [
      { type, group: 'support', waitMs: 65_000, isPaused: false, reason: undefined },
      { type, group: 'logs', waitMs: 1000, isPaused: true, reason: 'Zendesk said so' },
    ]);
  });

  it('is reported once while it lasts, and again after five minutes', () => {
    const { told, teller } = listen();
    teller.tell('support', full(70_000));
    nowMs += 69_999;
    teller.tell('support', full(70_000));
    assert.equal(told.length, 1);
    nowMs += 1;
    teller.tell('support', full(900_000));
    assert.equal(told.length, 2);
    nowMs += 299_999;
    teller.tell('support', full(600_000));
    assert.equal(told.length, 2);
    nowMs += 1;
    teller.tell('support', full(600_000));
    assert.equal(told.length, 3);
    teller.noteTold('logs', 5000);
    teller.tell('logs', paused(4000));
    assert.equal(told.length, 3);
  });
});

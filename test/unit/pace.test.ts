import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPace } from '../../src/ingest/engine.ts';

describe('the pace of pages', () => {
  it('is unknown before the first page, and then the time of that one', () => {
    const pace = createPace();
    assert.equal(pace.pageMs('audit_logs'), 0);
    pace.note('audit_logs', 800);
    assert.equal(pace.pageMs('audit_logs'), 800);
    assert.equal(pace.pageMs('access_logs'), 0, 'each stream has its own');
  });

  it('gives the newest page a weight of three tenths, in both directions', () => {
    const pace = createPace();
    for (const pageMs of [100, 200]) pace.note('audit_logs', pageMs);
    assert.equal(pace.pageMs('audit_logs'), 130);
    pace.note('audit_logs', 30);
    assert.equal(pace.pageMs('audit_logs'), 100);
  });

  it('follows a change within ten pages, and is hardly affected by one slow page', () => {
    const pace = createPace();
    for (let page = 0; page < 10; page += 1) pace.note('audit_logs', 100);
    pace.note('audit_logs', 1000);
    assert.ok(pace.pageMs('audit_logs') < 500);
    for (let page = 0; page < 10; page += 1) pace.note('audit_logs', 1000);
    assert.ok(pace.pageMs('audit_logs') > 900);
  });
});

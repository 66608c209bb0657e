import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderVerification } from '../../src/commands/verification/page.ts';
import { finding } from '../../src/evidence/verification/finding.ts';
import type { Verification } from '../../src/evidence/verification/verification.ts';

const stopped: Verification = {
  account: 'acme',
  origin: 'acme/zendesk-log-sync',
  deep: true,
  from: null,
  until: null,
  startedAt: '2026-11-27T11:00:00.000Z',
  endedAt: '2026-11-27T11:05:00.000Z',
  complete: false,
  size: 12,
  begunAt: '2026-11-01T08:00:00.000000Z',
  waiting: 1,
  manifests: { valid: 11, invalid: 1, missing: 0 },
  streams: [
    {
      stream: 'access_logs',
      manifests: 12,
      rows: 1_250_000,
      adoption: { before: '2026-11-01T08:00:00.000000Z', rows: 0, isComplete: true },
      unsealedRows: 0,
      checked: [
        { from: null, until: '2026-11-05T00:00:00Z', at: '2026-11-27T10:00:00.000Z' },
        {
          from: '2026-11-05T00:00:00Z',
          until: '2026-11-09T00:00:00Z',
          at: '2026-11-27T11:00:00.000Z',
        },
      ],
    },
  ],
  restores: [],
  findings: Array.from({ length: 60 }, (_, id) =>
    finding('row_changed', `Row ${id} of access_logs is not as it was stored.`, {
      stream: 'access_logs',
      id: String(id),
    }),
  ),
  unchecked: [
    {
      reason: 'stopped',
      stream: 'access_logs',
      sentence: 'The rows of access_logs were not read.',
    },
  ],
};

describe('the page of a verification that was stopped', () => {
  const page = renderVerification(stopped, { stdout: process.stdout });
  const text = page.replaceAll('\n  ', ' ');

  it('says how far it came, when it read which part, and how to continue', () => {
    assert.match(
      text,
      /^access_logs: 1,250,000 rows were read from the first row until 2026-11-05 00:00 at 2026-11-27 10:00, from 2026-11-05 00:00 until 2026-11-09 00:00 at 2026-11-27 11:00 UTC\. What was changed in the earlier parts after they were read is seen in the counts alone\.$/m,
    );
    assert.match(
      text,
      /^Stopped\. 60 findings so far\. Within a week, "verify --deep" continues from here; with --restart it starts again\.$/m,
    );
  });

  it('fits in 80 columns, and lists what can be read', () => {
    for (const line of page.split('\n')) assert.ok(line.length <= 80, `too wide: ${line}`);
    assert.match(text, /^Manifests: 11 valid, 1 invalid, 0 missing; 1 more waits to be sealed\.$/m);
    assert.match(
      text,
      /^Rows changed \(60\):\n(?:- Row .*\n){50}- And 10 more; --json lists all of them\.$/m,
    );
    assert.match(text, /^Cannot be checked:\n- The rows of access_logs were not read\.$/m);
  });
});

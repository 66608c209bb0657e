import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRule } from '../../src/classification/access-rule.ts';
import { accessRules } from '../../src/classification/rules.ts';
import { refuseInput } from '../../src/errors.ts';
import { listDayStarts } from '../../src/reports/shared/time-zone.ts';
import { chooseResourceType } from '../../src/reports/accessed/resource-type.ts';

const few: readonly AccessRule[] = [
  { collection: '/api/*/tickets', resource: 'ticket' },
  { path: '/api/*/sla/{sla_policy}', kind: 'view' },
];

async function refuseToAsk(): Promise<string[]> {
  throw new Error('the database was asked for a type that the rules know');
}

describe('the type of resources that is meant', () => {
  it('is found by its plural and its singular, in any spelling', async () => {
    for (const [text, type, plural] of [
      ['tickets', 'ticket', 'tickets'],
      ['Ticket', 'ticket', 'tickets'],
      ['ticket_forms', 'ticket_form', 'ticket_forms'],
      ['ticket-form', 'ticket_form', 'ticket_forms'],
      [' Custom object  records ', 'custom_object_record', 'custom_object_records'],
      ['users', 'user', 'users'],
    ] as const)
      assert.deepEqual(await chooseResourceType(text, accessRules, refuseToAsk), { type, plural });
    assert.deepEqual(await chooseResourceType('sla policies', few, refuseToAsk), {
      type: 'sla_policy',
      plural: 'sla_policies',
    });
  });

  it('may be one that only the stored rows have, from previous rules', async () => {
    assert.deepEqual(await chooseResourceType('moon_phases', few, async () => ['moon_phase']), {
      type: 'moon_phase',
      plural: 'moon_phases',
    });
  });

  it('is refused with the nearest known type, or with a list of them when none is near', async () => {
    await assert.rejects(
      chooseResourceType('tikets', few, async () => ['moon_phase']),
      refuseInput(['"tikets" is not a type of resource that a rule knows. Did you mean tickets?']),
    );
    await assert.rejects(
      chooseResourceType('cheese', few, async () => ['moon_phase']),
      refuseInput([
        '"cheese" is not a type of resource that a rule knows. Use one of moon_phases, sla_policies, tickets.',
      ]),
    );
  });
});

describe('the days of a span', () => {
  const starts = (from: string, to: string, timeZone?: string): string[] =>
    listDayStarts({ from: new Date(from), to: new Date(to) }, timeZone).map((day) =>
      day.toISOString().slice(0, 16),
    );

  it('begin at midnight in the time zone of the reader, also when the clocks change', () => {
    assert.deepEqual(starts('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z'), [
      '2026-03-28T00:00',
      '2026-03-29T00:00',
      '2026-03-30T00:00',
    ]);
    assert.deepEqual(starts('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z', 'Europe/Madrid'), [
      '2026-03-27T23:00',
      '2026-03-28T23:00',
      '2026-03-29T22:00',
    ]);
  });
});

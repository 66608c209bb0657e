import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPseudonyms } from '../../src/reports/subject/page.ts';
import { createTeam, type PersonState } from '../../src/reports/shared/team.ts';

const state = (from: string, name: string | null, role: string): PersonState => ({
  id: '7',
  validFrom: new Date(from),
  name,
  role,
  teamMember: role !== 'end-user',
});
const at = (day: string): Date => new Date(`${day}T12:00:00Z`);

describe('the team in a report', () => {
  it('is described as it was at the time, and for earlier times as it was first seen', () => {
    const team = createTeam([
      state('2026-02-01', 'Ada Lovelace', 'agent'),
      state('2026-05-01', 'Ada Byron', 'admin'),
    ]);
    assert.deepEqual(team.describe('7', at('2026-01-01')), { name: 'Ada Lovelace', role: 'agent' });
    assert.deepEqual(team.describe('7', at('2026-04-30')), { name: 'Ada Lovelace', role: 'agent' });
    assert.deepEqual(team.describe('7', at('2026-05-01')), { name: 'Ada Byron', role: 'admin' });
  });

  it('keeps the role of people who have left, and gives none to people who left before the history began', () => {
    const left = createTeam([
      state('2026-02-01', 'Bo', 'admin'),
      state('2026-05-01', 'Bo', 'end-user'),
    ]);
    assert.deepEqual(left.describe('7', at('2026-06-01')), { name: 'Bo', role: 'admin' });
    const gone = createTeam([state('2026-05-01', 'Bo', 'end-user')]);
    assert.deepEqual(gone.describe('7', at('2026-06-01')), { name: 'Bo', role: null });
  });

  it('uses any known name for people who had none at the time', () => {
    const team = createTeam([
      state('2026-02-01', 'Bo', 'agent'),
      state('2026-05-01', null, 'agent'),
    ]);
    assert.equal(team.describe('7', at('2026-06-01')).name, 'Bo');
  });

  it('names unknown people by their ids, and gives no name if there is no user', () => {
    const team = createTeam([state('2026-02-01', null, 'agent')]);
    assert.deepEqual(team.describe('7', at('2026-06-01')), { name: 'user 7', role: 'agent' });
    assert.deepEqual(team.describe('8', at('2026-06-01')), { name: 'user 8', role: null });
    assert.deepEqual(team.describe(null, at('2026-06-01')), { name: null, role: null });
  });
});

describe('pseudonyms', () => {
  it('count by first appearance and stay with the person', () => {
    const nameOf = createPseudonyms();
    assert.deepEqual(['30', '10', null, '30', '20', null].map(nameOf), [
      'Agent 1',
      'Agent 2',
      'Agent 3',
      'Agent 1',
      'Agent 4',
      'Agent 3',
    ]);
  });
});

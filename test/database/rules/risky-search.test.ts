import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, findAccesses, isProgram } from '../../support/access-view-rows.ts';

const search = (text: string): { url: string } => ({
  url: `/api/v2/search.json?query=${encodeURIComponent(text)}`,
});

describe('the rule risky_search', () => {
  const texts: readonly (readonly [string, string?])[] = [
    ['4111 1111 1111 1111', 'card number'],
    ['4111-1111-1111-1', 'card number'],
    ['411111111111'],
    ['my Credit Card', 'credit card'],
    ['cvv of 4111111111111111', 'card number, credit card'],
    ['postcards'],
    ['DE89370400440532013000', 'IBAN'],
    ['NO93 8601 1117 947', 'IBAN'],
    ['order AB1234567890'],
    ['sort code', 'bank account'],
    ['reset PASSWORD', 'password'],
    ['passwordless'],
    ['contraseña', 'password'],
    ['api_key', 'credential'],
    ['API token', 'credential'],
    ['ssn 078-05-1120', 'social security number'],
    ['078-05-11200'],
    ['passport', 'passport'],
    ['lost parcel'],
    [''],
  ];

  it('finds searches for card numbers, passwords and similar, and does not repeat their text', async () => {
    const rows = texts.map(([text]) => at('11-18T12:00:00', search(text)));
    const found = await findAccesses('risky_search', rows);
    assert.deepEqual(
      found,
      texts.flatMap(([, names], index) =>
        names === undefined ? [] : [[index + 1, `Risky search: ${names}`]],
      ),
    );
  });

  it('checks all searches, including exported and denied ones, but not those of programs', async () => {
    const row = at('11-18T12:00:00', search('password'));
    assert.deepEqual(
      (
        await findAccesses(
          'risky_search',
          [
            { ...row, url: '/api/v2/users/autocomplete?name=password' },
            { ...row, url: '/api/v2/search/export?query=password' },
            { ...row, status: 403 },
            { ...row, user_id: 8 },
            { ...row, url: '/api/v2/tickets/1?sort=password' },
          ],
          [isProgram(8)],
        )
      ).map(([id]) => id),
      [1, 2, 3],
    );
  });

  it('accepts another expression from a row', async () => {
    const row = at('11-18T12:00:00', search('Project Moonshine'));
    assert.deepEqual(await findAccesses('risky_search', [row]), []);
    const secret = `insert into zendesk.search_patterns (name, expression) values ('secret project', 'moonshine')`;
    assert.deepEqual(await findAccesses('risky_search', [row], [secret]), [
      [1, 'Risky search: secret project'],
    ]);
  });
});

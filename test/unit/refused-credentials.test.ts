import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  explainMintRefusal,
  explainNarrowScope,
  explainUnavailable,
  tellsOfRefusedCredentials,
  unauthorizedSentences,
} from '../../src/zendesk/refusal.ts';

const body = { shape: 'object', code: undefined, words: undefined } as const;

describe('a sentence about an error', () => {
  it('counts as refused credentials whatever their kind and whoever refuses them', () => {
    const sentences = [
      ...Object.values(unauthorizedSentences),
      explainMintRefusal(401, body, 'read'),
      explainMintRefusal(404, body, 'read'),
      explainMintRefusal(400, { ...body, code: 'invalid_scope' }, 'read'),
      explainNarrowScope('read', 'users:read', 'read'),
      explainNarrowScope('read', '', 'read'),
    ];
    assert.equal(sentences.length, 8);
    assert.deepEqual(
      sentences.filter((sentence) => !tellsOfRefusedCredentials(`${sentence}.`)),
      [],
    );
  });

  it('does not count as refused credentials when a stream is refused, an answer is broken, or Postgres is away', () => {
    const sentences = [
      explainUnavailable(403, body, '/api/v2/audit_logs.json'),
      explainUnavailable(404, body, '/api/v2/access_logs'),
      'Zendesk answered the look-up of people without a list of users.',
      'Postgres cannot be reached (ECONNREFUSED). Check that it runs and that DATABASE_URL points to it.',
      'The run was stopped before its end. The next run goes on where it stopped.',
    ];
    assert.deepEqual(sentences.filter(tellsOfRefusedCredentials), []);
  });
});

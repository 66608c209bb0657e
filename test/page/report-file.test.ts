import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import { writeWhileSent } from '../../src/page/report-file.ts';
import { collect } from '../support/collect.ts';

describe('a file of the page', () => {
  it('is sent while it is written', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const stream = await writeWhileSent(async (output) => {
      await output('first ');
      await end;
      await output('last');
    });
    finish();
    assert.equal(Buffer.concat(await collect(stream)).toString(), 'first last');
  });

  it('that cannot begin is a refusal, not half a file', async () => {
    const refusal = new KnownError('bad_input', { found: 'No sealed log' });
    await assert.rejects(
      writeWhileSent(() => Promise.reject(refusal)),
      refusal,
    );
  });

  it('that fails in the middle ends as an error, so that nobody takes it for whole', async () => {
    const stream = await writeWhileSent(async (output) => {
      await output('first ');
      throw new Error('lost');
    });
    await assert.rejects(collect(stream));
  });

  it('that its reader leaves is written no further', async () => {
    const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
    const stream = await writeWhileSent(async (output) => {
      try {
        for (;;) await output('x'.repeat(100_000));
      } catch (error) {
        stop(error);
      }
    });
    stream.destroy();
    await assert.rejects(stopped, { code: 'output_closed' });
  });
});

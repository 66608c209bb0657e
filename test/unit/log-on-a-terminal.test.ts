import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { KnownError } from '../../src/errors.ts';
import { createLogger } from '../../src/logger.ts';

describe('the log on a terminal', () => {
  it('shows the same problem once, for any stream, attempt and wait', () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'info',
      format: 'auto',
      fileDescriptor: 1,
      isTerminal: true,
      writeTerminal: (text) => void lines.push(stripVTControlCharacters(text)),
    });
    for (const attempt of [1, 2, 3])
      for (const path of ['/api/v2/audit_logs', '/api/v2/users'])
        log.warn({ account: 'acme', path, reason: 'no answer (ECONNREFUSED)', attempt }, 'failed');
    log.warn({ account: 'beta', reason: 'no answer (ECONNREFUSED)' }, 'failed');
    log.warn({ account: 'acme', reason: 'no answer (ETIMEDOUT)' }, 'failed');
    for (const path of ['/api/v2/audit_logs', '/api/v2/users'])
      log.error({ err: new KnownError('no_usable_answer', { found: `No answer to ${path}` }) });
    log.info({}, 'started');
    log.info({}, 'started');
    const shown = lines.map((line) => /(WARN|ERROR|INFO): (\w+)/.exec(line)?.slice(1).join(' '));
    assert.deepEqual(shown, [
      'WARN failed',
      'WARN failed',
      'WARN failed',
      'ERROR No',
      'INFO started',
      'INFO started',
    ]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultKind } from '../../src/simulator/simulator.ts';
import { runPass, type StreamPass } from '../../src/ingest/service.ts';
import {
  account,
  assertTrue,
  pullCompletely,
  withInstallation,
  type Installation,
  type StreamName,
} from '../support/installation.ts';
import { assertComplete, listFetches, statusOf } from '../support/ledger-facts.ts';
import { smallAccount } from '../support/small-account.ts';

const signal = new AbortController().signal;
const streamNames: readonly StreamName[] = ['audit_logs', 'access_logs', 'users'];

const clients = 'Admin Center > Apps and integrations > APIs > OAuth clients';
const user = 'the user whose credentials are used';
const needs = {
  audit_logs: `it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin; check the plan, and the role of ${user}`,
  access_logs:
    'it needs the add-on Advanced Data Privacy and Protection and the role admin; check both, and switch it on: Admin Center > Account > Logs > Access log > "Turn on the Access Log API"',
  users: `it needs the role agent or admin; check the role of ${user}`,
};
const names = {
  audit_logs: 'The audit log',
  access_logs: 'The access log',
  users: '/api/v2/users',
};

const refusals: [kind: FaultKind, sentence: (stream: StreamName) => string][] = [
  [
    '403-plan',
    (stream) =>
      `${names[stream]} is not available (403): ${needs[stream]}. Zendesk said: "Forbidden: You do not have access to this page. Please contact the account owner of this help desk for further help.".`,
  ],
  [
    '403-scope',
    (stream) =>
      `${names[stream]} is not available (403): the token lacks the scope read; allow it for the OAuth client (${clients}) and set ZENDESK_OAUTH_SCOPE to it, or better to read. Zendesk said: "Forbidden: You are missing the following required scopes: read".`,
  ],
  [
    '403-role',
    (stream) =>
      `${names[stream]} is not available (403): only the role ${stream === 'users' ? 'agent or admin' : 'admin'} can read it; give that role to ${user}. Zendesk said: "Authorization failed: You must have administrator privileges".`,
  ],
  [
    '404-endpoint',
    (stream) =>
      `${names[stream]} is not available (404): this account does not have the endpoint; ${needs[stream]}. Zendesk said: "InvalidEndpoint: Not found".`,
  ],
];

/** The message of a run while the refusal may still be temporary. */
function doubtful(stream: StreamName, sentence: string): string {
  const status = /\((40[34])\)/.exec(sentence)?.[1];
  const [refusal = '', said = ''] = sentence.split(/(?<=\.) (?=Zendesk said: )/);
  return `Zendesk has just refused ${stream} (${status}), which may be temporary, so the next run asks again. If it persists: ${refusal} ${said}`;
}

/** Sets the first refusal of a stream three minutes back. */
async function letRefusalLast({ db }: Installation, stream: StreamName): Promise<void> {
  await db.query(
    `update zendesk_sync.streams set refused_since = refused_since - interval '3 minutes'
     where account = $1 and stream = $2`,
    [account, stream],
  );
}

/** An account with a little of everything. */
const littleAccount = {
  limits: false,
  agents: 12,
  auditLogDays: 3,
  auditLogRowsPerDay: 30,
  accessLogDays: 3,
  accessLogRowsPerDay: 100,
};

function passAll({ worker }: Installation): Promise<StreamPass[]> {
  return runPass(
    streamNames.map((name) => worker(name)),
    signal,
  );
}

async function loadMark({ db }: Installation, stream: string): Promise<object | undefined> {
  const [mark] = await db.query<object>(
    `select unavailable_since is not null as unavailable, unavailable_reason as reason,
       refused_since is not null as refused
     from zendesk_sync.streams where account = $1 and stream = $2`,
    [account, stream],
  );
  return mark;
}

describe('a stream that Zendesk refuses', { concurrency: 3 }, () => {
  for (const refused of streamNames)
    for (const [kind, sentence] of refusals)
      it(`for more than two minutes is unavailable with a sentence, the others continue, and it is filled when it answers again: ${refused}, ${kind}`, async () => {
        await withInstallation(littleAccount, {}, async (installation) => {
          const { simulator, db } = installation;
          const error = sentence(refused);
          simulator.addFault({ kind, stream: refused, times: Infinity });
          const [first] = await installation
            .worker(refused)
            .follow(signal)
            .then((run) => [{ outcome: run.outcome, code: run.code, error: run.error }]);
          assert.deepEqual(first, {
            outcome: 'failed',
            code: 'refusal_unconfirmed',
            error: doubtful(refused, error),
          });
          assert.deepEqual(await loadMark(installation, refused), {
            unavailable: false,
            reason: null,
            refused: true,
          });
          await letRefusalLast(installation, refused);
          for (const { stream, complete, runs } of await passAll(installation)) {
            assert.equal(complete, stream !== refused, stream);
            if (stream === refused)
              assert.deepEqual(
                runs.map((run) => ({ outcome: run.outcome, error: run.error })),
                [{ outcome: 'unavailable', error }],
              );
          }
          assert.deepEqual(await loadMark(installation, refused), {
            unavailable: true,
            reason: error,
            refused: true,
          });
          for (const stream of streamNames) {
            const { state, last_error, rows } = await statusOf(db, stream);
            if (stream === refused)
              assert.deepEqual(
                { state, last_error, rows },
                { state: 'unavailable', last_error: error, rows: 0 },
              );
            else
              assert.deepEqual(
                { state, last_error, some: rows > 0 },
                { state: 'ok', last_error: null, some: true },
              );
          }

          simulator.clearFaults();
          const passes = await passAll(installation);
          assert.deepEqual(
            passes.map(({ complete }) => complete),
            [true, true, true],
          );
          assert.deepEqual(await loadMark(installation, refused), {
            unavailable: false,
            reason: null,
            refused: false,
          });
          assert.equal((await statusOf(db, refused)).state, 'ok');
          for (const log of ['audit_logs', 'access_logs'] as const)
            await assertComplete(installation, log);
        });
      });

  for (const stream of ['audit_logs', 'access_logs'] as const)
    it(`in the middle of a run keeps what is stored, and continues there: ${stream}`, async () => {
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        await worker(stream).follow(signal);
        simulator.addFault({ kind: '403-role', stream, onlyWithCursor: true, times: Infinity });
        const filled = await worker(stream).fill(signal);
        const error = refusals[2]?.[1](stream);
        assert.deepEqual(
          { outcome: filled?.outcome, error: filled?.error },
          { outcome: 'failed', error: doubtful(stream, error ?? '') },
        );
        assert.deepEqual(await loadMark(installation, stream), {
          unavailable: false,
          reason: null,
          refused: true,
        });
        const failed = (await listFetches(db, stream)).find(({ outcome }) => outcome === 'failed');
        assert.deepEqual({ error: failed?.error, pages: failed?.pages }, { error, pages: 1 });
        await assertTrue(installation, stream);

        simulator.clearFaults();
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        const resumed = (await listFetches(db, stream)).find(
          ({ fetch }) => fetch === failed?.fetch,
        );
        assert.equal(resumed?.outcome, 'complete');
      });
    });
});

describe('a temporary answer', { concurrency: 3 }, () => {
  const kinds = [
    ...(['401-html', '403-html', '403-text', '404-html', '407-html'] as const),
    ...(['408', '409', '423', '425', '499'] as const),
  ] satisfies FaultKind[];
  for (const kind of kinds)
    it(`affects neither the run nor a row: ${kind}`, async () => {
      const stream = 'audit_logs';
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator } = installation;
        simulator.addFault({ kind, stream, times: 3 });
        simulator.addFault({
          kind,
          stream,
          onlyWithCursor: kind !== '404-html',
          after: 1,
          times: 2,
        });
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.equal(simulator.requests().filter(({ fault }) => fault === kind).length, 5);
      });
    });

  for (const [kind, said] of [
    ['403-plan', undefined],
    ['404-endpoint', undefined],
    ['403-html', 'status 403 "Access denied", which is not'],
    ['401-html', 'status 401 "Access denied", which is not'],
    ['404-html', 'status 404 "Access denied", which is not'],
  ] as const)
    it(`has no effect on the stream, however often it came, when the next run is answered: ${kind}`, async () => {
      const stream = 'access_logs';
      await withInstallation(smallAccount(stream), {}, async (installation) => {
        const { simulator, db, worker } = installation;
        // A 401 costs one more: a new token is tried.
        const times = said === undefined ? 3 : kind === '401-html' ? 7 : 6;
        simulator.addFault({ kind, stream, times });
        const run = await worker(stream).follow(signal);
        assert.equal(run.outcome, 'failed');
        if (said !== undefined)
          assert.equal(
            run.error,
            `No usable answer from Zendesk to /api/v2/access_logs after 6 attempts; the last one: ${said} in the format of Zendesk's own errors; check whether a proxy or a firewall answers instead, and check ZENDESK_SUBDOMAIN and ZENDESK_BASE_URL.`,
          );
        assert.equal((await statusOf(db, stream)).state, 'failed');
        await pullCompletely(installation, stream);
        await assertComplete(installation, stream);
        assert.deepEqual(await loadMark(installation, stream), {
          unavailable: false,
          reason: null,
          refused: false,
        });
      });
    });
});

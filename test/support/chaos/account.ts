/** An account of chaos: a simulated account whose size depends on the seed, and a database on chaos's own server. */
import {
  type SimulatorSettings,
  startSimulator,
  type Simulator,
} from '../../../src/simulator/simulator.ts';
import { createTestDatabase } from '../database.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../database-proxy.ts';
import type { PullingTask } from '../pulling-process.ts';
import type { Query } from '../query.ts';
import { storeTruth } from '../truth.ts';
import type { Choices } from './choices.ts';
import { withLastingClient } from './lasting-client.ts';
import { startZendeskWay, type ZendeskWay } from './zendesk-way.ts';

export const settleSeconds = 300;

export type ChaoticAccount = {
  readonly settings: SimulatorSettings;
  readonly simulator: Simulator;
  readonly zendesk: ZendeskWay;
  readonly proxy: DatabaseProxy;
  readonly databaseUrl: string;
  /** Runs one statement without the proxy, on a separate connection. */
  readonly query: Query;
  /** The instructions for the processes. */
  readonly task: PullingTask;
  readonly begun: Date;
};

/** Runs `work` with an account whose truth is in its own database. */
export async function withChaoticAccount<T>(
  random: Choices,
  work: (account: ChaoticAccount) => Promise<T>,
): Promise<T> {
  const settings = chooseAccount(random);
  const database = await createTestDatabase();
  const simulator = await startSimulator(settings);
  const zendesk = await startZendeskWay(simulator.url);
  const proxy = await startDatabaseProxy(database.url);
  const query: Query = (text, values) =>
    withLastingClient(database.url, (ask) => ask(text, values));
  try {
    const begun = new Date();
    await withLastingClient(database.url, (ask) => storeTruth(ask, simulator, new Date(0), begun));
    const { clientId, clientSecret } = simulator.options.credentials;
    const task = {
      place: { databaseUrl: proxy.url, origin: zendesk.origin, clientId, clientSecret },
      options: {
        leaseMs: 250,
        settleSeconds,
        rescanAges: [],
        // More than ever needed; they decide how many cursors read at once, a few also where pages are slow: each of them
        // has work in progress, which is lost with its process.
        requestsPerMinute: { support: 3000, access_logs: 3000 },
        cursors: 4,
      },
    };
    const databaseUrl = database.url;
    return await work({
      settings,
      simulator,
      zendesk,
      proxy,
      databaseUrl,
      query,
      task,
      begun,
    });
  } finally {
    await zendesk.stop();
    await proxy.close();
    await simulator.stop();
    await database.drop();
  }
}

/** An account whose size takes a few seconds without disturbances: dense or sparse, with or without a burst. */
function chooseAccount(random: Choices): SimulatorSettings {
  const accessLogDays = 5 + random.below(85);
  const auditLogDays = 20 + random.below(300);
  const burstAt = new Date(Date.now() - (1 + random.below(4)) * 86_400_000);
  const stream = random.pick(['access_logs', 'audit_logs'] as const);
  return {
    seed: random.below(2 ** 32),
    limits: false,
    answerMs: random.below(25),
    accessLogDays,
    accessLogRowsPerDay: Math.round((30_000 + random.below(20_000)) / accessLogDays),
    auditLogDays,
    auditLogRowsPerDay: Math.round((4000 + random.below(3000)) / auditLogDays),
    burst:
      random.below(2) === 0
        ? { stream, at: burstAt, count: stream === 'access_logs' ? 6000 : 350 }
        : null,
    inclusiveBounds: random.below(2) === 0,
  };
}

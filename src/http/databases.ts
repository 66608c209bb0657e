/** The databases that a process serves, usually one, and the questions to all of them. */
import type { StreamStatus } from '../ingest/status.ts';
import type { Stream } from '../streams/stream.ts';
import type { DatabaseMeasures, LedgerMeasures } from './ledger-measures.ts';
import {
  explainAbsence,
  openLedgerQuestions,
  type LedgerQuestions,
  type QuestionTimes,
} from './ledger-questions.ts';
import type { LogFile } from './sealed-log.ts';

/** A database, and the accounts that the settings place there. */
export type ServedDatabase = {
  /** Undefined for the only one. */
  readonly name: string | undefined;
  /** Secret. */
  readonly url: string;
  readonly accounts: readonly string[];
};

/** What is asked of all databases; what one of several does not answer is said beside what the others do. */
export type EveryLedger = {
  /** Why each database that is not usable is not, in a sentence, and whether that holds for all. */
  findFaults(): Promise<{ readonly faults: readonly string[]; readonly all: boolean }>;
  loadStatus(): Promise<{
    readonly rows: readonly StreamStatus[];
    readonly faults: readonly string[];
  }>;
  loadMeasures(): Promise<readonly DatabaseMeasures[]>;
  /** A file of a sealed log by its path below `/log/`; undefined if there is none. */
  loadLogFile(path: string): Promise<LogFile | undefined>;
  close(): Promise<void>;
};

type Asked = ServedDatabase & { readonly questions: LedgerQuestions };

/** Opens separate connections to each. */
export function openEveryLedger(
  databases: readonly ServedDatabase[],
  streams: readonly Stream[],
  times?: QuestionTimes,
): EveryLedger {
  const asked: readonly Asked[] = databases.map((database) => ({
    ...database,
    questions: openLedgerQuestions(database.url, streams, times),
  }));
  const only = asked.length === 1 ? asked[0] : undefined;
  return {
    async findFaults() {
      const found = await Promise.all(
        asked.map(async ({ name, questions }) => {
          const fault = await questions.findFault();
          return fault === undefined ? [] : [nameFault(name, fault)];
        }),
      );
      return { faults: found.flat(), all: found.every((fault) => fault.length > 0) };
    },
    async loadStatus() {
      if (only !== undefined) return { rows: await only.questions.loadStatus(), faults: [] };
      const answers = await Promise.all(
        asked.map(async (own) => {
          try {
            return { rows: keepOwn(await own.questions.loadStatus(), own, asked), faults: [] };
          } catch (error) {
            return { rows: [], faults: [nameFault(own.name, explainAbsence(error))] };
          }
        }),
      );
      return {
        rows: answers.flatMap(({ rows }) => rows),
        faults: answers.flatMap(({ faults }) => faults),
      };
    },
    loadMeasures: () =>
      Promise.all(
        asked.map(async (own) => {
          const measures = await own.questions.loadMeasures().catch((error: unknown): undefined => {
            // Only to check that the database is the cause: an error of this program is thrown on.
            explainAbsence(error);
          });
          return { database: own.name, measures: measures && measureOwn(measures, own, asked) };
        }),
      ),
    async loadLogFile(path) {
      if (only !== undefined) return only.questions.loadLogFile(path);
      // Keys of accounts need no encoding.
      const [account = ''] = path.split('/');
      const own = asked.find(({ accounts }) => accounts.includes(account));
      return own?.questions.loadLogFile(path);
    },
    async close() {
      for (const { questions } of asked) await questions.close();
    },
  };
}

/** Names the database, where there are several, that does not answer. */
export function nameFault(name: string | undefined, fault: string): string {
  return name === undefined ? fault : `Database ${name}: ${fault}`;
}

/**
 * The rows that count of what a database has: not those of accounts that the settings place in another one. An account may
 * be in both while it moves.
 */
export function keepOwn<Row extends { readonly account: string }>(
  rows: readonly Row[],
  own: ServedDatabase,
  databases: readonly ServedDatabase[],
): readonly Row[] {
  const elsewhere = new Set(
    databases.filter(({ name }) => name !== own.name).flatMap(({ accounts }) => accounts),
  );
  return rows.filter(({ account }) => !elsewhere.has(account));
}

function measureOwn(
  measures: LedgerMeasures,
  own: ServedDatabase,
  databases: readonly ServedDatabase[],
): LedgerMeasures {
  const { streams, late, verifications, messages, anchors } = measures;
  return {
    ...measures,
    streams: keepOwn(streams, own, databases),
    late: keepOwn(late, own, databases),
    verifications: {
      last: keepOwn(verifications.last, own, databases),
      findings: keepOwn(verifications.findings, own, databases),
    },
    messages: { ...messages, reports: keepOwn(messages.reports, own, databases) },
    anchors: keepOwn(anchors, own, databases),
  };
}

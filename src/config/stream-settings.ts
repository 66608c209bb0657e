/** The settings that each stream describes itself. */
import { z } from 'zod';
import { listLogs } from '../streams/registry.ts';
import type { LogStream, Stream } from '../streams/stream.ts';
import { readRetention, type RetentionPolicy } from './retention.ts';
import type { SettingTexts } from './texts.ts';
import * as values from './values.ts';

/** The settings of single streams. */
export type StreamConfig = {
  /** How far back a log is pulled, by the name of its stream; without an entry, from the account's oldest record. */
  readonly horizons: Readonly<Record<string, Date>>;
  /** Cron expressions, UTC, by the name of the stream. */
  readonly schedules: Readonly<Record<string, string>>;
  /** Requests per minute by the name of the budget group. */
  readonly budgets: Readonly<Record<string, number>>;
  /** The share of what others leave of the account's limit, by the name of the budget group, where no number is set for it. */
  readonly shares: Readonly<Record<string, number>>;
  /** The largest number of records in a page, by the name of the log. */
  readonly pageSizes: Readonly<Record<string, number>>;
  /** How long logs are kept, and columns that go before the record does; empty: everything stays. */
  readonly retention: readonly RetentionPolicy[];
  /** Whether previous versions lose what Zendesk has erased on its side. */
  readonly followsErasures: boolean;
  /** When `serve` compares a sample of the logs with Zendesk: a cron expression, UTC; undefined: never. */
  readonly reconcileSchedule: string | undefined;
};

/** What is wrong with the text of one setting, as the end of a sentence. */
export type Issue = { readonly name: string; readonly message: string };

/** The key of a value and the setting it comes from. */
type Named = readonly [key: string, setting: string];

/** Reads the settings of the streams, with an issue for each wrong one. */
export function readStreamConfig(
  {
    streams,
    isSchedule,
    now,
  }: {
    readonly streams: readonly Stream[];
    readonly isSchedule: (text: string) => boolean;
    readonly now: Date;
  },
  texts: SettingTexts,
  issues: Issue[],
): StreamConfig {
  const read = <Value>(schema: z.ZodType<Value>, names: readonly Named[]): Record<string, Value> =>
    Object.fromEntries(
      names.flatMap(([key, name]) => {
        if (texts[name] === undefined) return [];
        const value = check(z.object({ [name]: schema }), texts, issues)?.[name];
        return value === undefined ? [] : [[key, value]];
      }),
    );
  const logs = listLogs(streams);
  const readPageSize = ({ name, source, pageSizeSetting }: LogStream) =>
    read(values.pageSizeUpTo(source.pageSize), nameSetting(name, pageSizeSetting));
  const groups = [...new Set(streams.map(({ budget }) => budget))];
  const sharing = groups.filter(({ setting }) => texts[setting.name] === undefined);
  return {
    ...collectRetention(texts, logs, issues),
    horizons: read(
      values.startNotAfter(now),
      logs.flatMap(({ name, horizonSetting }) => nameSetting(name, horizonSetting)),
    ),
    schedules: read(
      values.scheduleAcceptedBy(isSchedule),
      streams.map(({ name, schedule }) => [name, schedule.name] as const),
    ),
    budgets: {
      ...Object.fromEntries(sharing.map(({ name, setting }) => [name, setting.requestsPerMinute])),
      ...read(
        values.requestsPerMinute,
        groups.map(({ name, setting }) => [name, setting.name] as const),
      ),
    },
    shares: Object.fromEntries(
      Object.entries(
        read(
          values.share,
          groups.flatMap(({ name, share }) => nameSetting(name, share)),
        ),
      ).filter(([group]) => sharing.some(({ name }) => name === group)),
    ),
    reconcileSchedule: read(
      values.scheduleAcceptedBy(isSchedule),
      texts['RECONCILE_SCHEDULE'] === 'off' ? [] : [['schedule', 'RECONCILE_SCHEDULE']],
    )['schedule'],
    pageSizes: Object.assign({}, ...logs.map(readPageSize)) as Record<string, number>,
  };
}

function collectRetention(
  { RETENTION: text = '', ON_SOURCE_ERASURE: choice = 'keep' }: SettingTexts,
  logs: readonly LogStream[],
  issues: Issue[],
): Pick<StreamConfig, 'retention' | 'followsErasures'> {
  const read = text === '' ? [] : readRetention(text, logs);
  const isKnown = ['keep', 'follow'].includes(choice);
  if ('problem' in read) issues.push({ name: 'RETENTION', message: read.problem });
  if (!isKnown) issues.push({ name: 'ON_SOURCE_ERASURE', message: 'Use keep or follow' });
  return { retention: 'problem' in read ? [] : read, followsErasures: choice === 'follow' };
}

function nameSetting(
  key: string,
  setting: { readonly name: string } | undefined,
): readonly Named[] {
  return setting === undefined ? [] : [[key, setting.name]];
}

/** The trusted values, or undefined after an issue for each wrong one. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  texts: SettingTexts,
  issues: Issue[],
): z.output<Schema> | undefined {
  const result = schema.safeParse(texts);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues)
    issues.push({ name: String(path[0]), message });
  return undefined;
}

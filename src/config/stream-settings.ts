/** The settings that each stream describes itself. */
import { z } from 'zod';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import type { SettingTexts } from './texts.ts';
import * as values from './values.ts';

/** What the settings say of single streams. */
export type StreamConfig = {
  /** How far back a log is pulled, by the name of its stream; without an entry: from the account's oldest record. */
  readonly horizons: Readonly<Record<string, Date>>;
  /** Cron expressions, UTC, by the name of the stream. */
  readonly schedules: Readonly<Record<string, string>>;
  /** Requests per minute by the name of the budget group. */
  readonly budgets: Readonly<Record<string, number>>;
  /** The most records of a page, by the name of the log. */
  readonly pageSizes: Readonly<Record<string, number>>;
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
  const budgets = new Map(streams.map(({ budget }) => [budget.name, budget.setting.name] as const));
  return {
    horizons: read(
      values.startNotAfter(now),
      logs.flatMap(({ name, horizonSetting }) => nameSetting(name, horizonSetting)),
    ),
    schedules: read(
      values.scheduleAcceptedBy(isSchedule),
      streams.map(({ name, schedule }) => [name, schedule.name] as const),
    ),
    budgets: read(values.requestsPerMinute, [...budgets]),
    pageSizes: Object.assign(
      {},
      ...logs.map(({ name, source, pageSizeSetting }) =>
        read(values.pageSizeUpTo(source.pageSize), nameSetting(name, pageSizeSetting)),
      ),
    ) as Record<string, number>,
  };
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

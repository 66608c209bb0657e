/** The setting RETENTION: how long each log is kept, and columns that go before the record does. Default: everything stays. */
import type { LogStream } from '../streams/stream.ts';

/** How long something is kept: of a log, or of a group of its columns. */
export type RetentionPolicy = {
  /** The name of the log, or of the group of columns. */
  readonly of: string;
  readonly months: number;
  readonly days: number;
  /** As people read it. */
  readonly text: string;
};

/**
 * Times that are often chosen, named after what they serve. What a framework demands of these logs in your case is for you
 * and your counsel to decide: each is a choice of policy.
 */
const presets: Readonly<Record<string, { readonly time: string; readonly serves: string }>> = {
  pci: { time: '13M', serves: 'PCI DSS 10.5.1 asks for at least twelve months' },
  hipaa: { time: '6y', serves: 'HIPAA keeps policies and records of actions for six years' },
  sec17a4: { time: '6y', serves: 'SEC 17a-4 keeps records for six years' },
  cnil: { time: '1y', serves: 'the CNIL recommends six months to a year for logs' },
};

/** Whether previous versions keep what Zendesk has erased on its side. */
export const sourceErasureSetting = {
  name: 'ON_SOURCE_ERASURE',
  defaultValue: 'keep',
  defaultText: '`keep`',
  meaning:
    'what becomes of previous versions of records from which Zendesk has erased what was personal: `keep`, or `follow`: `retention apply` erases it there too',
  secret: false,
} as const;

/** The row of the table of settings. */
export const retentionSetting = {
  name: 'RETENTION',
  defaultValue: undefined,
  defaultText: 'everything is kept',
  meaning:
    'how long logs are kept, and columns that go before the record does: `access_logs=13M,search_text=90d`, or a preset such as `pci`; `retention apply` does it; see [retention.md](retention.md)',
  secret: false,
} as const;

const form = /^(\d{1,4})([dMy])$/;

/** The policies of the setting, or what is wrong with it, as the end of a sentence. */
export function readRetention(
  text: string,
  logs: readonly LogStream[],
): readonly RetentionPolicy[] | { readonly problem: string } {
  const groups = logs.flatMap(({ table }) => table.removable?.map(({ name }) => name) ?? []);
  const names = [...logs.map(({ name }) => name), ...groups];
  const policies: RetentionPolicy[] = [];
  for (const item of text.split(',').map((each) => each.trim())) {
    const [first = '', second] = item.split('=').map((each) => each.trim());
    const value = second ?? first;
    const of = second === undefined ? logs.map(({ name }) => name) : [first];
    const time = readTime(value);
    if (time === undefined || of.some((name) => !names.includes(name)))
      return {
        problem: `"${item}" is not a name with a time. Use, for example, access_logs=13M, search_text=90d or audit_logs=6y. The names are ${names.join(', ')}; the time can also be ${Object.keys(presets).join(', ')}`,
      };
    for (const name of of) {
      if (policies.some((policy) => policy.of === name))
        return { problem: `It says twice how long ${name} is kept. Leave one of them out` };
      policies.push({ of: name, ...time });
    }
  }
  return policies;
}

function readTime(value: string): Omit<RetentionPolicy, 'of'> | undefined {
  const preset = presets[value];
  const [, digits = '0', unit] = form.exec(preset?.time ?? value) ?? [];
  const count = Number(digits);
  if (unit === undefined || count === 0) return undefined;
  const months = unit === 'd' ? 0 : count * (unit === 'y' ? 12 : 1);
  const noun = unit === 'd' ? 'day' : unit === 'M' ? 'month' : 'year';
  const length = `${count} ${noun}${count === 1 ? '' : 's'}`;
  return {
    months,
    days: unit === 'd' ? count : 0,
    text: preset === undefined ? length : `${value}: ${length}`,
  };
}

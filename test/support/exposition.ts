/** The text format of Prometheus, parsed strictly: any other text fails the test. */
import assert from 'node:assert/strict';

/** One value of a metric. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** A metric with its description, and its samples by their full names (`…_bucket`, `…_sum`, `…_count` of histograms). */
export type Family = {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly (Sample & { readonly name: string })[];
};

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const sampleLine = new RegExp(`^(${name})(?:\\{(.*)\\})? (\\S+)$`);
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/y;

/** Reads a whole exposition. */
export function readExposition(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'the text does not end with a line break');
  const families = new Map<
    string,
    { type: string; help: string; samples: Family['samples'][number][] }
  >();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const described = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line);
    if (described !== null) {
      const [, kind, metric = '', words = ''] = described;
      if (kind === 'HELP') {
        assert.ok(!families.has(metric), `${metric} is described twice`);
        families.set(metric, { type: '', help: words, samples: [] });
        current = metric;
      } else {
        assert.equal(metric, current, 'HELP and TYPE belong together');
        const family = families.get(metric) ?? assert.fail(`${metric} has no HELP`);
        family.type = words;
      }
      continue;
    }
    const [, metric = '', labels = '', value = ''] =
      sampleLine.exec(line) ?? assert.fail(`no sample: ${line}`);
    assert.ok(metric.startsWith(current), `${metric} stands below ${current}`);
    families.get(current)?.samples.push({
      name: metric,
      labels: readLabels(labels),
      value: readValue(value),
    });
  }
  return families;
}

/** The value of the sample with exactly these labels; undefined if there is none. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  metric: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = JSON.stringify(sortLabels(labels));
  const found = families
    .get(metric)
    ?.samples.filter(
      (sample) => sample.name === metric && JSON.stringify(sortLabels(sample.labels)) === wanted,
    );
  assert.ok((found?.length ?? 0) <= 1, `${metric} has two samples of the same labels`);
  return found?.[0]?.value;
}

function sortLabels(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  while (labelPair.lastIndex < text.length) {
    const [, key = '', value = ''] = labelPair.exec(text) ?? assert.fail(`no labels: ${text}`);
    labels[key] = value.replaceAll(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
  }
  return labels;
}

function readValue(text: string): number {
  if (text === '+Inf') return Infinity;
  const value = Number(text);
  // In upper or lower case, as Go reads numbers.
  assert.ok(!Number.isNaN(value) || /^nan$/i.test(text), `no number: ${text}`);
  return value;
}

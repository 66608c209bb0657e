import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readYaml, root } from './project-files.ts';

const folder = 'monitoring/grafana/dashboards';

/** A query of a panel: PromQL in `expr`, or SQL in `rawSql`. */
export type Target = {
  refId: string;
  datasource: { type: string; uid: string };
  expr?: string;
  rawSql?: string;
  format?: string;
};
export type Panel = {
  id: number;
  type: string;
  title: string;
  description?: string;
  targets?: Target[];
};
export type Variable = { name: string; query: string | { query: string } };
export type Dashboard = {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: Variable[] };
};

/** All dashboards, by the names of their files. */
export function readDashboards(): ReadonlyMap<string, Dashboard> {
  const files = readdirSync(join(root, folder)).toSorted();
  return new Map(files.map((file) => [file, readYaml(join(folder, file)) as Dashboard]));
}

/** Grafana's replacements for its macros and variables. */
export type Situation = {
  readonly from: Date;
  readonly to: Date;
  readonly variables: Readonly<Record<string, string>>;
};

/** An hour: Grafana's interval for a week. */
const intervalSeconds = 3600;

/** SQL of a panel as Grafana would send it. */
export function expandSql(sql: string, { from, to, variables }: Situation): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const start = quote(from.toISOString());
  const end = quote(to.toISOString());
  const expanded = sql
    .replaceAll(/\$__timeFilter\(([^)]+)\)/g, `$1 between ${start} and ${end}`)
    .replaceAll(
      /\$__timeGroupAlias\(([^,]+), \$__interval\)/g,
      `floor(extract(epoch from $1) / ${intervalSeconds}) * ${intervalSeconds} as "time"`,
    )
    .replaceAll('$__timeFrom()', start)
    .replaceAll('$__timeTo()', end)
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (whole, name: string) => {
      const value = variables[name];
      return value === undefined ? whole : quote(value);
    });
  if (/\$(?:__|\{)/.test(expanded)) throw new Error(`Not expanded: ${expanded}`);
  return expanded;
}

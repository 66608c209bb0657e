/** The Helm chart, and what helm makes of it: kept beside the tests, as helm is not installed everywhere. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { settings } from '../../src/config/settings.ts';
import { readText, root } from './project-files.ts';

const chart = 'deploy/helm';
const rendered = 'test/deploy/rendered';

/** The renderings that are kept: with the values of the chart alone, and with all that can be switched on. */
export const variants = {
  usual: [],
  full: ['--values', `${rendered}/full-values.yaml`],
} as const;
export type Variant = keyof typeof variants;

/** A resource of Kubernetes, or a part of one. */
export type Resource = Readonly<Record<string, unknown>>;

/** Into what a rendering goes: without a cluster helm supposes one of the age that it was built with. */
export const place = ['--namespace', 'security', '--kube-version', '1.30.0'] as const;

/** The alert rules, and their copy within the chart: a chart cannot read what lies outside of it. */
export const rulesPath = 'monitoring/prometheus/rules.yml';
export const rulesCopyPath = `${chart}/files/rules.yml`;

export const schemaPath = `${chart}/values.schema.json`;

/** What the chart sets itself, or has no use for. */
const ownSettings = new Set(['DATA_DIR', 'EMBEDDED_PORT', 'HTTP_HOST', 'HTTP_PORT']);

/** The settings that values may name, by the part of the values that names them. */
export function listSettings(): Record<'settings' | 'secretKeys', string[]> {
  const names = (secret: boolean): string[] =>
    settings
      .filter((setting) => setting.secret === secret && !ownSettings.has(setting.name))
      .map(({ name }) => name);
  return { settings: names(false), secretKeys: names(true) };
}

/** Where a rendering is kept. */
export const pathOf = (variant: Variant): string => `${rendered}/${variant}.yaml`;

/** The first line of a rendering, which says what it was made from: it is out of date when this changes. */
export function describeSource(): string {
  const hash = createHash('sha256');
  // The schema says which values are refused, not what becomes of the others.
  const files = globSync(`${chart}/**/*.{yaml,yml,tpl,txt}`, { cwd: root }).toSorted();
  for (const file of [...files, `${rendered}/full-values.yaml`]) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return `# By scripts/render-chart.ts from a chart with the SHA-256 ${hash.digest('hex')}`;
}

/** What helm makes of the chart for a release called `logs`. */
export function render(helm: string, variant: Variant): string {
  return execFileSync(helm, ['template', 'logs', chart, ...place, ...variants[variant]], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The resources of a rendering. */
export function readResources(text: string): Resource[] {
  const documents = parseAllDocuments(text, { version: '1.1' });
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value = document.toJS() as Resource | null;
    return value === null ? [] : [value];
  });
}

/** The resources that are kept of a variant. */
export function readRendered(variant: Variant): Resource[] {
  return readResources(readText(pathOf(variant)));
}

/** What a resource has at a path such as `spec.template.spec.containers.0.env`; undefined when there is nothing. */
export function at(resource: unknown, path: string): unknown {
  let value = resource;
  for (const key of path.split('.'))
    value =
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined;
  return value;
}

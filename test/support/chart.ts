/** The Helm chart, and helm's output for it: stored beside the tests, because helm is not installed everywhere. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { settings } from '../../src/config/settings.ts';
import { readText, root } from './project-files.ts';

const chart = 'deploy/helm';
const rendered = 'test/deploy/rendered';

/** The stored renderings: with only the values of the chart, and with everything switched on. */
export const variants = {
  usual: [],
  full: ['--values', `${rendered}/full-values.yaml`],
} as const;
export type Variant = keyof typeof variants;

/** A resource of Kubernetes, or a part of one. */
export type Resource = Readonly<Record<string, unknown>>;

/** The target of a rendering: without a cluster helm assumes the version that it was built with. */
export const place = ['--namespace', 'security', '--kube-version', '1.30.0'] as const;

/** The alert rules, and their copy in the chart: a chart cannot read files outside of it. */
export const rulesPath = 'monitoring/prometheus/rules.yml';
export const rulesCopyPath = `${chart}/files/rules.yml`;

export const schemaPath = `${chart}/values.schema.json`;

/** What the chart sets itself, or does not need. */
const ownSettings = new Set(['DATA_DIR', 'EMBEDDED_PORT', 'HTTP_HOST', 'HTTP_PORT']);

/** The settings that values may name, by the part of the values that names them. */
export function listSettings(): Record<'settings' | 'secretKeys', string[]> {
  const names = (secret: boolean): string[] =>
    settings
      .filter((setting) => setting.secret === secret && !ownSettings.has(setting.name))
      .map(({ name }) => name);
  return { settings: names(false), secretKeys: names(true) };
}

/** The file of a rendering. */
export const pathOf = (variant: Variant): string => `${rendered}/${variant}.yaml`;

/** The first line of a rendering, which describes its source: if this changes, the rendering is outdated. */
export function describeSource(): string {
  const hash = createHash('sha256');
  // The schema says which values are refused, not the effect of the others.
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

/** Helm's output for a release named `logs`. */
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

/** The stored resources of a variant. */
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

/**
 * `node scripts/render-chart.ts`: run it after each change of the settings, of the alert rules or of the chart. It writes
 * the names of the settings into the schema of the chart and the rules into its files; then helm, if it is in the path,
 * makes the resources that test/deploy/chart.test.ts checks (`go install helm.sh/helm/v3/cmd/helm@v3.22.0` is one way to
 * helm).
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeSource,
  listSettings,
  pathOf,
  render,
  rulesCopyPath,
  rulesPath,
  schemaPath,
  variants,
  type Variant,
} from '../test/support/chart.ts';
import { findProgram, readYaml, root } from '../test/support/project-files.ts';

const write = (path: string, text: string): void => writeFileSync(join(root, path), text);

const schema = readYaml(schemaPath) as {
  properties: Record<string, { propertyNames: { enum: string[] } }>;
};
for (const [part, names] of Object.entries(listSettings()))
  Object.assign(schema.properties[part] ?? {}, { propertyNames: { enum: names } });
write(schemaPath, `${JSON.stringify(schema, null, 2)}\n`);
copyFileSync(join(root, rulesPath), join(root, rulesCopyPath));

const helm = findProgram('helm');
if (helm === undefined) {
  console.error('helm is not in the path: the kept resources are as they were.');
  process.exitCode = 1;
} else {
  for (const variant of Object.keys(variants) as Variant[])
    write(pathOf(variant), `${describeSource()}\n${render(helm, variant)}`);
}

/** The model of analytics/cube, compiled by Cube's own compiler. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './project-files.ts';

type Member = { readonly type: string; readonly public?: boolean };
type Cube = {
  readonly dimensions: Readonly<Record<string, Member>>;
  readonly measures: Readonly<Record<string, Member>>;
};
type Compiled = {
  readonly compiler: { readonly compile: () => Promise<void> };
  readonly joinGraph: unknown;
  readonly cubeEvaluator: { readonly evaluatedCubes: Readonly<Record<string, Cube>> };
};
type CubeQuery = {
  readonly measures?: readonly string[];
  readonly dimensions?: readonly string[];
  readonly timezone: string;
};

/** The part of `@cubejs-backend/schema-compiler` that is used here. */
type Compiler = {
  readonly prepareCompiler: (repository: object, options: object) => Compiled;
  readonly PostgresQuery: new (
    parts: Compiled,
    query: CubeQuery,
  ) => { readonly buildSqlAndParams: () => [string, unknown[]] };
};

/** The cubes by name, and the SQL of a query. */
export type CubeModel = {
  readonly cubes: Readonly<Record<string, Cube>>;
  readonly write: (query: CubeQuery) => { readonly text: string; readonly values: unknown[] };
};

/** Compiles the model. `path`: where the package is; `environment`: that of Cube. @throws what Cube says is wrong with it */
export async function compileCubeModel(
  path: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<CubeModel> {
  // The parts in Rust are fetched from elsewhere when the package is installed, and need not be there.
  process.env['CUBEJS_TRANSPILATION_NATIVE'] = 'false';
  process.env['CUBEJS_TESSERACT_SQL_PLANNER'] = 'false';
  const { prepareCompiler, PostgresQuery } = createRequire(import.meta.url)(path) as Compiler;
  const folder = join(root, 'analytics/cube/model/cubes');
  const files = readdirSync(folder).map((fileName) => ({
    fileName,
    content: readFileSync(join(folder, fileName), 'utf8'),
  }));
  const compiled = prepareCompiler(
    { localPath: () => folder, dataSchemaFiles: async () => files },
    { adapter: 'postgres', nativeInstance: { newJinjaEngine: () => fillTemplates(environment) } },
  );
  await compiled.compiler.compile();
  return {
    cubes: compiled.cubeEvaluator.evaluatedCubes,
    write(query) {
      const [text, values] = new PostgresQuery(compiled, query).buildSqlAndParams();
      return { text, values };
    },
  };
}

/** In place of Cube's template engine, which is one of the parts in Rust: the only form of template that the model has. */
function fillTemplates(environment: Readonly<Record<string, string>>): object {
  const templates = new Map<string, string>();
  return {
    loadTemplate: (name: string, content: string) => templates.set(name, content),
    renderTemplate: (name: string) =>
      templates
        .get(name)
        ?.replaceAll(
          /\{\{ env_var\('(\w+)', '(\w+)'\) \| safe \}\}/g,
          (_, variable: string, usual: string) => environment[variable] ?? usual,
        ),
  };
}

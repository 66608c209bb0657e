/** Writes docs/errors.md: every error that the program knows, from the catalogue. */
import { writeFileSync } from 'node:fs';
import { effects, errorCatalogue, type ErrorSource } from '../src/error-catalogue.ts';
import type { ErrorCode } from '../src/errors.ts';

const path = new URL('../docs/errors.md', import.meta.url);

const titles: Readonly<Record<ErrorSource, string>> = {
  zendesk: 'Zendesk',
  database: 'Postgres',
  run: 'Runs and records',
  command: 'Commands',
};

/** The text of the document. */
export function renderErrorsDocument(): string {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const sections = (Object.keys(titles) as ErrorSource[]).map((source) => {
    const own = codes.filter((code) => errorCatalogue[code].source === source);
    return `## ${titles[source]}\n\n${own.map(renderEntry).join('\n')}`;
  });
  return `${introduction}\n${sections.join('\n')}`;
}

const introduction = `# Errors

Generated from \`src/error-catalogue.ts\` by \`npm run docs:errors\`.

Each error has a code, which stays the same from version to version, and a sentence that says what was found and what to do. The code is in the columns \`zendesk_sync.runs.error_code\`, \`zendesk_sync.fetches.error_code\`, \`zendesk_sync.streams.unavailable_code\` and \`zendesk_sync.status.last_error_code\`, and as \`err.code\` in the log, next to the sentence. Only the code decides what an error does to a run.

A command that does not do everything you asked for exits with status 1. For wrong input, it exits with status 2.
`;

function renderEntry(code: ErrorCode): string {
  const { meaning, wayOut, effect } = errorCatalogue[code];
  return `### ${code}

${meaning}

- What to do: ${wayOut}
- What happens next: ${effects[effect]}
`;
}

if (import.meta.main) writeFileSync(path, renderErrorsDocument());

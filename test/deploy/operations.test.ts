import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settings } from '../../src/config/settings.ts';
import { listCommands } from '../support/commands.ts';
import { readText } from '../support/project-files.ts';

const text = readText('docs/operations.md');
const compose = readText('docker-compose.yml');

describe('docs/operations.md', () => {
  it('names only settings that exist, of the program or of docker-compose.yml', () => {
    const known = new Set<string>(
      settings.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
    );
    const named = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(
      ([, name = '']) => name,
    );
    assert.ok(named.length > 10);
    // A placeholder for any setting is not a setting, nor is a variable that Node.js itself reads.
    const placeholders = new Set(['NAME_FILE', 'NODE_EXTRA_CA_CERTS', 'NODE_USE_SYSTEM_CA']);
    for (const name of named)
      assert.ok(known.has(name) || placeholders.has(name) || compose.includes(name), name);
  });

  it('names only commands that exist', async () => {
    const known = new Set((await listCommands()).map(({ name }) => name));
    const commands = [...text.matchAll(/(?:`zendesk-log-sync|zendesk-log-sync\.js) ([a-z]+)/g)].map(
      ([, command = '']) => command,
    );
    assert.ok(commands.length > 5);
    for (const command of commands) assert.ok(known.has(command), command);
  });

  it('links only to headings that exist', () => {
    const anchors = new Set(
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading.toLowerCase().replaceAll(' ', '-'),
      ),
    );
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    assert.ok(links.length > 7);
    for (const link of links) assert.ok(anchors.has(link), link);
  });

  it('cites what an older program says about a newer database', () => {
    const [, cited = ''] = /^> (.*)$/m.exec(text) ?? [];
    const said = readText('test/database/migrate.test.ts').replaceAll(/' \+\n\s*'/g, '');
    assert.ok(cited.length > 50 && said.includes(cited), cited);
  });
});

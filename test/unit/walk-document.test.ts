import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { walkSteps } from '../../scripts/walk-steps.ts';
import { readText } from '../support/project-files.ts';

describe('docs/walk.md', () => {
  const page = readText('docs/walk.md');

  it('has the commands of the script that takes the walk, in its order', () => {
    const commands = [...page.matchAll(/^```sh\n([^]*?)\n```$/gm)].map(([, command]) => command);
    assert.deepEqual(
      commands,
      walkSteps.map(({ command }) => command),
    );
  });

  it('has the titles of the steps, and the seconds of each measured one', () => {
    const titles = [...page.matchAll(/^## \d+\. (.*)$/gm)].map(([, title]) => title);
    assert.deepEqual(
      titles,
      walkSteps.map(({ title }) => title),
    );
    const took = [...page.matchAll(/^(?:Took|Ready after) [\d.]+ s/gm)];
    assert.equal(
      took.length,
      walkSteps.filter(({ command }) => !command.startsWith('export ')).length,
    );
  });

  it('contains no path of the machine that ran it', () => {
    assert.doesNotMatch(page, /\/(?:tmp|home|root|work)\/|registry|^password +\S/m);
  });
});

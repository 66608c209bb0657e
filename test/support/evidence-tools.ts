/**
 * The programs of other projects that try the sealed log: in the path, or where `scripts/install-evidence-tools.sh` puts
 * them.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, root } from './project-files.ts';

/** A program, or why the tests that need it are left out. */
type Tool = { readonly path: string; readonly skip: false } | { readonly skip: string };

/** Where a program is. */
export function findTool(name: 'fsck' | 'litewitness' | 'versitygw'): Tool {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const cached = join(cache, 'zendesk-log-sync-tools', name);
  // In the path, `fsck` is that of the file systems.
  const found = [cached, ...(name === 'fsck' ? [] : [findProgram(name)])].find(
    (path) => path !== undefined && isExecutable(path),
  );
  return found === undefined
    ? { skip: `${name} is not there: scripts/install-evidence-tools.sh installs it` }
    : { path: found, skip: false };
}

/** The verifier in Go that each evidence package brings along, built. */
export function buildVerifier(): Tool {
  const go = findProgram('go') ?? '/usr/local/go/bin/go';
  if (!isExecutable(go)) return { skip: 'Go is not there' };
  const path = join(mkdtempSync(join(tmpdir(), 'zls-verifier-')), 'verifier');
  const { status, stderr } = spawnSync(go, ['build', '-o', path, '.'], {
    cwd: join(root, 'src/reports/evidence-package/kit/go'),
    encoding: 'utf8',
  });
  return status === 0
    ? { path, skip: false }
    : { skip: `The verifier in Go cannot be built: ${stderr}` };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

#!/usr/bin/env node
/**
 * Starts the program on Node.js 24.5 or newer. Plain JavaScript that Node.js 18 understands: an older one runs this file
 * again with the runtime that npm installed beside the program.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From this version on, the agents of Node.js support proxies. */
const neededVersion = '24.5';

if (isNewEnough(process.versions.node)) {
  // A checkout runs its sources, even if there is an old build; the package contains only the build.
  const source = new URL('../src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href);
} else {
  const runtime = findRuntime(`node-${process.platform}-${process.arch}`);
  if (runtime === undefined) {
    console.error(
      `zendesk-log-sync needs Node.js ${neededVersion} or newer; this is ${process.versions.node}, and no bundled ` +
        `runtime is installed for ${process.platform}-${process.arch}: install Node.js ${neededVersion}.`,
    );
    process.exitCode = 2;
  } else {
    runWith(runtime);
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = neededVersion.split('.').map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/** @param {string} packageName */
function findRuntime(packageName) {
  try {
    const packageFile = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    const runtime = join(dirname(packageFile), 'bin', 'node');
    return existsSync(runtime) ? runtime : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} runtime */
function runWith(runtime) {
  const program = fileURLToPath(import.meta.url);
  // Before the child exists: a signal in between would end this process and leave the child behind.
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGWINCH'];
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  // A separate session: otherwise Ctrl-C at the terminal would reach it twice, from the terminal and from here.
  const child = spawn(runtime, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    detached: true,
  });
  child.once('error', (error) => {
    console.error(
      `zendesk-log-sync cannot run ${runtime} (${error.message}): install Node.js ${neededVersion}.`,
    );
    process.exitCode = 2;
  });
  child.once('exit', (status, signal) => {
    if (signal === null) process.exit(status);
    // The caller must see the same end; a signal that does not end this process is still visible in the status.
    for (const name of forwarded) process.removeAllListeners(name);
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

/** Checkpoints that were kept outside of the database, by which a log that was written anew is found. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainError, refuseInput } from '../../errors.ts';
import type { Anchor } from './chain.ts';

const longestWaitMs = 30_000;

/** The checkpoint at a path or an address. @throws {KnownError} `bad_input` when there is none */
export async function loadAnchor(place: string): Promise<Anchor> {
  try {
    const note = /^https?:\/\//.test(place) ? await download(place) : readFileSync(place, 'utf8');
    return { name: place, note };
  } catch (error) {
    throw refuseInput([
      `The checkpoint ${place} cannot be read: ${explainError(error)}; name a file or an address that has one.`,
    ]);
  }
}

async function download(address: string): Promise<string> {
  const response = await fetch(address, { signal: AbortSignal.timeout(longestWaitMs) });
  if (!response.ok) throw new Error(`the answer is ${response.status}`);
  return response.text();
}

/** The checkpoint that the program itself has written to files, if it has. */
export function listPublished(directory: string | undefined, account: string): readonly string[] {
  if (directory === undefined) return [];
  const path = join(directory, account, 'checkpoint');
  return existsSync(path) ? [path] : [];
}

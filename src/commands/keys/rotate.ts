import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { EvidenceConfig } from '../../config/evidence.ts';
import { foreignCodeOf, refuseInput } from '../../errors.ts';
import { formatKeyId } from '../../evidence/forms/keys.ts';
import { listLogKeys } from '../../evidence/key-history.ts';
import { rotateKeys } from '../../evidence/key-rotation.ts';
import { keyFileIn, readKeyFile } from '../../evidence/signing-key.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { findKeyOf, readEvidenceSettings } from './evidence.ts';
import { makeNewKeyFile } from './make.ts';

type RotateFlags = { readonly to?: string };

/** `keys rotate`: another key takes over all logs. Safe to run again after it was interrupted. */
export function addRotate(keys: Command, context: CommandContext): void {
  const command = keys
    .command('rotate')
    .description(
      'hand the logs over to a new key, by an entry that both keys sign; safe to run again',
    )
    .option('--to <file>', 'file of the new key; made when it is not there')
    .action((flags: RotateFlags) => runRotate(context, flags));
  addExample(command, 'zendesk-log-sync keys rotate --to new-signing-key.pem');
}

async function runRotate(context: CommandContext, { to }: RotateFlags): Promise<void> {
  const { evidenceOf } = readEvidenceSettings(context);
  const { evidence } = context.readLocalConfig();
  let path = '';
  const rotated = await withLocalDatabases(context, async ({ db }) => {
    const logs = (await listLogKeys(db)).filter(({ signs }) => signs);
    if (logs.length === 0) return [];
    path = to ?? nextFileIn(evidence);
    const keysOf = logs.map(({ account, origin }) => {
      const from = findKeyOf(evidenceOf(account), origin);
      if (from !== undefined) return { account, origin, from };
      throw refuseInput([
        `There is no key of the settings that could hand over the log of ${account}. Set SIGNING_KEY_FILE to the key that signs it.`,
      ]);
    });
    if (!existsSync(path)) makeNewKeyFile(path);
    const rotations = keysOf.map((each) => ({ ...each, to: readKeyFile(path, each.origin) }));
    for (const { account, entry, isNew } of await rotateKeys(db, rotations))
      context.print(
        isNew
          ? `The log of ${account} is signed with the new key since entry ${entry}.`
          : `The log of ${account} is signed with this key since entry ${entry} already.`,
      );
    return rotations;
  });
  const [first] = rotated.flat();
  if (first === undefined)
    throw refuseInput([
      'There is no sealed log yet. The key of the settings signs it from its first entry on.',
    ]);
  const isMoved = to === undefined;
  if (isMoved) replaceKeyFile(evidence, path, formatKeyId(first.from.verifier.id));
  context.print(
    isMoved
      ? `${keyFileIn(evidence.dataDirectory)} is the new key now; the previous key is kept next to it. Restart every other process that uses this database.`
      : `Set SIGNING_KEY_FILE to ${path} for every process, and restart them. Until then nothing is sealed, and nothing is lost. Keep the previous key: it proves the earlier entries.`,
  );
}

/** Where the new key waits until it takes the place of the one in the data directory. */
function nextFileIn({ signingKey, dataDirectory }: EvidenceConfig): string {
  if (signingKey !== undefined)
    throw refuseInput([
      'The key comes from SIGNING_KEY or SIGNING_KEY_FILE. Name the file of the new key with --to; it is made when it is not there.',
    ]);
  return join(dataDirectory, 'signing-key.next.pem');
}

/** In one step, so that there is a key at every moment. */
function replaceKeyFile({ dataDirectory }: EvidenceConfig, next: string, id: string): void {
  const path = keyFileIn(dataDirectory);
  try {
    copyFileSync(path, join(dataDirectory, `signing-key.${id}.pem`));
    renameSync(next, path);
  } catch (error) {
    const code = foreignCodeOf(error);
    if (code === undefined) throw error;
    throw refuseInput([
      `The new key signs now, but ${next} cannot take the place of ${path} (${code}). Move it there.`,
    ]);
  }
}

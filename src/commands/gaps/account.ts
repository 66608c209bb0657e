/** Which gaps are asked for. */
import type { LocalConfig } from '../../config/config.ts';
import { listLogs } from '../../streams/registry.ts';
import type { LogStream } from '../../streams/stream.ts';
import type { CommandContext } from '../context.ts';

/** The flags of `gaps` as commander gives them. */
export type GapsFlags = {
  readonly repair?: boolean;
  readonly yes?: boolean;
  readonly stream?: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** The logs that are looked at: the one named, else those that are pulled. */
export function chooseLogs(
  { streams }: CommandContext,
  { stream }: GapsFlags,
  config: LocalConfig,
): readonly LogStream[] {
  const pulled = config.streams.map(({ name }) => name);
  return listLogs(streams).filter(({ name }) =>
    stream === undefined ? pulled.includes(name) : name === stream,
  );
}

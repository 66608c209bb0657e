/** The parts of a context that are loaded when a command acts: its help and its errors need neither settings nor logs. */
import type { LocalConfig } from '../config/config.ts';
import type { createLogger, Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import type { CommandContext, ProcessLike } from './context.ts';
import type { SettingsReader } from './settings-reader.ts';
import type { writeAbove } from './terminal/display.ts';

type Loaded = {
  readonly settings: SettingsReader;
  readonly createLog: typeof createLogger;
  readonly writeAbove: typeof writeAbove;
};

/** Reads settings and opens logs once `prepare` has loaded what that needs; `warn` gets what looks wrong in the settings. */
export function createLateParts(
  host: ProcessLike,
  streams: readonly Stream[],
  warn: (line: string) => void,
): SettingsReader & Pick<CommandContext, 'openLog' | 'prepare'> {
  let loaded: Loaded | undefined;
  const use = (): Loaded => {
    if (loaded === undefined) throw new Error('The command acts before its context is prepared.');
    return loaded;
  };
  return {
    readConfigs: () => use().settings.readConfigs(),
    readConfig: (account) => use().settings.readConfig(account),
    readLocalConfig: () => use().settings.readLocalConfig(),
    readPlaces: (wanted) => use().settings.readPlaces(wanted),
    openLog: (config, destination) => openLog(host, use(), config, destination),
    async prepare() {
      loaded = await load(host, streams, warn);
    },
  };
}

function openLog(
  host: ProcessLike,
  { createLog, writeAbove }: Loaded,
  { log }: LocalConfig,
  destination: 'stdout' | 'stderr' = 'stderr',
): Log {
  const isResult = destination === 'stdout';
  return createLog({
    ...log,
    level: log.level === 'info' && !isResult ? 'warn' : log.level,
    fileDescriptor: isResult ? 1 : 2,
    isTerminal: host[destination].isTTY === true,
    writeTerminal: (text) => writeAbove(host, host[destination], text),
  });
}

async function load(
  host: ProcessLike,
  streams: readonly Stream[],
  warn: (line: string) => void,
): Promise<Loaded> {
  const [settings, logger, display] = await Promise.all([
    import('./settings.ts'),
    import('../logger.ts'),
    import('./terminal/display.ts'),
  ]);
  settings.tidySettings(host.env, streams);
  return {
    settings: settings.createSettingsReader(host.env, streams, warn),
    createLog: logger.createLogger,
    writeAbove: display.writeAbove,
  };
}

/** `zendesk-log-sync` with one more line in its registry. */
import { runCommandLine } from '../../src/commands/program.ts';
import { streams } from '../../src/streams/registry.ts';
import { deletionLogs } from './deletion-logs.ts';

process.exitCode = await runCommandLine(process, [...streams, deletionLogs]);

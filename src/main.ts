/** The program: hands the process to the command line and nothing else. */
import { runCommandLine } from './cli/program.ts';

process.exitCode = await runCommandLine(process);

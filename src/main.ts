/** The program: hands the process to the command line and nothing else. */
import { runCommandLine } from './cli/program.ts';
import { keepHeapSmall } from './memory.ts';

keepHeapSmall();
process.exitCode = await runCommandLine(process);

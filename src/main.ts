/** The program: hands the process to the command line and nothing else. */
import { keepHeapSmall } from './memory.ts';

// Before anything else is loaded: what the heap has grown to by then it keeps.
keepHeapSmall();
const { runCommandLine } = await import('./commands/program.ts');
process.exitCode = await runCommandLine(process);

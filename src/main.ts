/** The program: passes the process to the command line. */
import { keepHeapSmall } from './memory.ts';

// Before anything else is loaded: the heap never shrinks below the size that it has reached by then.
keepHeapSmall();
const { runCommandLine } = await import('./commands/program.ts');
process.exitCode = await runCommandLine(process);

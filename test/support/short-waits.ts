/**
 * Loaded into a program before everything else, makes each of its waits between attempts a fiftieth: for tests of what it
 * says when it gives up, which takes half a minute for one request. What it decides and how often it asks stay the same.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const divisor = 50;
const wait = timers.setTimeout;

timers.setTimeout = (delayMs = 0, ...rest) => wait(delayMs / divisor, ...rest);
syncBuiltinESMExports();

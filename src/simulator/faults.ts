export type { Fault, FaultKind } from './simulator.ts';

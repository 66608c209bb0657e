export type { RequestCounts, RequestRecord } from './simulator.ts';

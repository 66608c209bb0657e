import { cpus, release, totalmem, type as systemType } from 'node:os';

/** The machine in one line: processors, memory, system, runtime and day. */
export function describeMachine(): string {
  const models = [...new Set(cpus().map(({ model }) => model.trim()))].join(', ');
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${models}, ${gib} GiB, ${systemType()} ${release()}, Node ${process.versions.node}`;
}

/** `npm run bench`: measures the shipped product and prints one table. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keepHeapSmall, makeRoomForPages } from '../src/memory.ts';
import type { Figure, Line } from './figure.ts';
import { aheadFigure } from './figures/ahead.ts';
import { archiveFigure } from './figures/archive.ts';
import { classificationFigure } from './figures/classification.ts';
import { demoStartFigure } from './figures/demo-start.ts';
import { fiftyAccountsFigure } from './figures/fifty-accounts.ts';
import { findingsFigure } from './figures/findings.ts';
import { ingestFigures } from './figures/ingest.ts';
import { pageFigure } from './figures/page.ts';
import { realBudgetFigure } from './figures/real-budget.ts';
import { replayFigure } from './figures/replay.ts';
import { sealingFigure } from './figures/sealing.ts';
import { storedRowsFigure } from './figures/stored-rows.ts';
import { ticksFigure } from './figures/ticks.ts';
import { viewsFigure } from './figures/views.ts';
import { waysFigure } from './figures/ways.ts';
import { describeMachine } from './machine.ts';
import { renderLines } from './table.ts';

const figures: readonly Figure[] = [
  ...ingestFigures,
  classificationFigure,
  sealingFigure,
  archiveFigure,
  findingsFigure,
  viewsFigure,
  waysFigure,
  aheadFigure,
  realBudgetFigure,
  ticksFigure,
  replayFigure,
  storedRowsFigure,
  fiftyAccountsFigure,
  pageFigure,
  demoStartFigure,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, tiny: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !figures.some((figure) => figure.name === name));
if (unknown.length > 0) {
  console.error(
    `${unknown.join(', ')} is no figure; expected ${figures.map(({ name }) => name).join(', ')}, or none for all.`,
  );
  process.exit(2);
}
// As the program does when it starts.
keepHeapSmall();
makeRoomForPages();
const machine = describeMachine();
console.log(`${machine}\n`);
const lines: Line[] = [];
for (const figure of figures) {
  if (positionals.length > 0 && !positionals.includes(figure.name)) continue;
  console.error(`measuring ${figure.name} …`);
  lines.push(...(await figure.measure(values.tiny ? 'tiny' : 'full')));
}
console.log(renderLines(lines));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ machine, lines }, null, 2)}\n`);

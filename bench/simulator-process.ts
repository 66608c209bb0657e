/** The simulator as a process: takes its settings as the first message and answers with its url. */
import { startSimulator } from '../src/simulator/simulator.ts';
import type { SimulatorSettings } from '../src/simulator/options.ts';

process.once('message', (settings: SimulatorSettings) => {
  startSimulator(settings).then(
    (simulator) => process.send?.(simulator.url),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

/** The simulator as a process: it receives its settings as the first message and answers with its url. */
import { startSimulator, type SimulatorSettings } from '../src/simulator/simulator.ts';

process.once('message', (settings: SimulatorSettings) => {
  startSimulator(settings).then(
    (simulator) => process.send?.(simulator.url),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

import { schedule, validate } from 'node-cron';

/** Whether a text is a cron expression: five fields, or six with seconds first. */
export function isSchedule(text: string): boolean {
  return validate(text);
}

/**
 * Calls `tick` at each time of the cron expression, UTC. A tick that takes longer than the schedule is the caller's
 * business: `tick` is called all the same. Ends with the returned function.
 */
export function startSchedule(
  name: string,
  expression: string,
  tick: () => void,
): () => Promise<void> {
  const task = schedule(expression, tick, {
    timezone: 'UTC',
    name,
    suppressMissedWarning: true,
  });
  return async () => {
    await task.destroy();
  };
}

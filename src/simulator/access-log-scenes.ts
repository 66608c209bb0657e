import {
  openTicketByRest,
  openTicketInWorkspace,
  updateTicket,
} from './access-log-ticket-scenes.ts';
import {
  administrate,
  changeMany,
  pollInBackground,
  pollLogs,
  runScript,
  searchSomething,
  showMany,
  useCustomObjects,
  viewProfile,
  workOnView,
} from './access-log-desk-scenes.ts';
import type { Stage } from './access-log-stage.ts';

const WEIGHTED: readonly [number, (stage: Stage) => void][] = [
  [30, openTicketInWorkspace],
  [16, openTicketByRest],
  [10, updateTicket],
  [12, workOnView],
  [7, searchSomething],
  [7, viewProfile],
  [3, showMany],
  [8, pollInBackground],
  [1, changeMany],
  [2, useCustomObjects],
  [1, runScript],
];
const AGENT_SCENES = WEIGHTED.flatMap(([weight, scene]) =>
  Array.from({ length: weight }, () => scene),
);

/** Plays one scene of the person on stage: a handful of requests that belong together. */
export function playScene(stage: Stage): void {
  const { random, person } = stage;
  if (person.job === 'integration') pollLogs(stage);
  else if (person.job === 'admin' && random.chance(0.35)) administrate(stage);
  else random.pick(AGENT_SCENES)(stage);
}

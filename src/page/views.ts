/** The questions of all views. */
import type { AnyQuestion } from './question.ts';
import { activityQuestions } from './views/activity/routes.ts';
import { coverageQuestions } from './views/coverage/routes.ts';
import { findingsQuestions } from './views/findings/routes.ts';
import { evidenceQuestions } from './views/evidence/routes.ts';
import { whatChangedQuestions } from './views/what-changed/routes.ts';
import { whoLookedQuestions } from './views/who-looked/routes.ts';

/** What can be asked below `/api/`. */
export const questions: readonly AnyQuestion[] = [
  ...coverageQuestions,
  ...findingsQuestions,
  ...activityQuestions,
  ...whoLookedQuestions,
  ...whatChangedQuestions,
  ...evidenceQuestions,
];

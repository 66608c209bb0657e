/** The walk of docs/walk.md, step by step; `npm run docs:walk` runs it. */

/** One step: a command that a person types. */
export type WalkStep = {
  /** The text above it, with the reason. */
  readonly title: string;
  readonly words: string;
  readonly command: string;
  /** The answers to its questions, one line each. */
  readonly answers?: readonly string[];
  /** It keeps running in a separate terminal; this line says that it is ready. */
  readonly until?: RegExp;
  /** Which of its lines are shown. */
  readonly shown: RegExp;
};

/** Instead of the address of the repository, which differs for everybody. */
export const addressMark = '<address of this repository>';

const question = [
  'select actor_name, count(*) as changes',
  'from zendesk.audit_logs_redacted',
  "where created_at >= now() - interval '30 days'",
  'group by actor_name order by changes desc, actor_name limit 5',
].join(' ');

/** For a command without useful output. */
const nothing = /(?!)/;

/** The steps in their order. */
export const walkSteps: readonly WalkStep[] = [
  {
    title: 'Get it',
    words: 'You need git and Node.js.',
    command: `git clone ${addressMark} zendesk-log-sync && cd zendesk-log-sync`,
    shown: nothing,
  },
  {
    title: 'Install it',
    words: 'On Linux this brings Node.js 24 and PostgreSQL as well.',
    command: 'npm ci',
    shown: /^added /,
  },
  {
    title: 'See it work',
    words: 'A simulated account on this machine: 90 days of both logs, and what they say.',
    command: 'npm run demo -- --once',
    // Without its progress.
    shown: /^(?!(?:audit_logs|access_logs|users) +\d+(?:%| rows)|rollups ).+/,
  },
  {
    title: 'Have an account to set up',
    words:
      'In a second terminal. With an account of your own, leave this step and the next one out.',
    command: 'npm start -- simulate --port 8787 --access-logs-per-day 400 --audit-log-days 120',
    until: /npm start -- sync/,
    shown: /answers at/,
  },
  {
    title: 'Point to it',
    words: 'Back in the first terminal.',
    command: 'export ZENDESK_BASE_URL=http://127.0.0.1:8787',
    shown: nothing,
  },
  {
    title: 'Set the account up',
    words:
      'Asks for the subdomain (`acme`), the OAuth client (`log-puller`), its secret (`simulator-client-secret`) and the database (Enter), tries them and writes `.env`.',
    command: 'npm start -- init',
    answers: ['acme', 'log-puller', 'simulator-client-secret', ''],
    shown: /^(?:ok {7}(?:Access token|Audit log|Access log):|Written)|^\d+ checks/,
  },
  {
    title: 'Pull both logs',
    words: 'One complete pass. Within the budget of 50 requests a minute that Zendesk grants.',
    command: 'npm start -- sync',
    shown: /complete/,
  },
  {
    title: 'An answer in a workbook',
    words: 'Who opened which tickets; the last sheet says what that rests on.',
    command: 'npm start -- report accessed tickets --days 30 --output tickets.xlsx',
    shown: /^Wrote/,
  },
  {
    title: 'Evidence for an auditor',
    words:
      'Rows with a proof for each, in one file for somebody who trusts neither the program nor who runs it.',
    command: 'npm start -- evidence export --days 30 --output evidence.zip',
    shown: /^\w+: .*rows|^Wrote/,
  },
  {
    title: 'The auditor checks it',
    words: 'Without a database and without a network.',
    command: 'npm start -- evidence verify evidence.zip',
    shown: /proven|findings/,
  },
  {
    title: 'The same without this program',
    words:
      '150 lines that come with the file, for Node.js 22 or newer. `README.txt` beside them has the commands for tools of other projects.',
    command: 'unzip -q evidence.zip -d evidence && npx node evidence/verify.mjs',
    shown: /./,
  },
  {
    title: 'Follow the logs',
    words: 'In a second terminal; the embedded database answers while it runs.',
    command: 'EMBEDDED_PORT=54329 npm start -- serve',
    until: /shows how other programs connect/,
    shown: nothing,
  },
  {
    title: 'A login for a BI tool',
    words: 'It reads, and cannot write. Put its URL into `READER_URL`.',
    command: 'npm start -- connection --role reader',
    shown: /^(?:host|port|database|user) /,
  },
  {
    title: 'The BI tool asks',
    words:
      'Any client of Postgres will do; this one is psql. More of them: [recipes.md](recipes.md).',
    command: `psql "$READER_URL" -c "${question}"`,
    shown: /./,
  },
];

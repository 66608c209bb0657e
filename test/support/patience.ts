/**
 * How long tests wait before they give up. No limit here is a promise to users, and a test that passes never reaches them,
 * so they are generous, for a busy machine. `TEST_PATIENCE=2` doubles them all.
 */
const factor = Number(process.env['TEST_PATIENCE'] ?? 1);

/** For one fact, such as a line that a program writes or a row that it stores. */
export const patienceMs = 120_000 * factor;

/** For a test file. */
export const fileLimitMs = 1_200_000 * factor;

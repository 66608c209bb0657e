/** The streams an installation may pull, in the order in which they are shown. */
export const streamNames = ['audit_logs', 'access_logs', 'users'] as const;
export type StreamName = (typeof streamNames)[number];

/** Whether a text names a stream. */
export function isStreamName(text: string): text is StreamName {
  return streamNames.some((name) => name === text);
}

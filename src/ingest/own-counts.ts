/** How the triggers of the ledger tell what this program writes from what somebody else does. */

/**
 * Marks a transaction that counts by itself what it writes, until its end. Rows and counts that are written without it are
 * counted anew by the next run (`zendesk_sync.doubt_counts`).
 */
export const countsItself = `set_config('zendesk_sync.counts_itself', 'on', true)`;

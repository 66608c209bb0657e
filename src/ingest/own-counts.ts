/** How the triggers of the ledger distinguish this program's writes from those of others. */

/**
 * Marks a transaction that counts its own writes, until its end. If rows or counts are written without this mark, the next
 * run counts again (`zendesk_sync.doubt_counts`).
 */
export const countsItself = `set_config('zendesk_sync.counts_itself', 'on', true)`;

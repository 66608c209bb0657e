/** Whether scheduled reports are written. */
import type { Config } from '../config/config.ts';
import { isFrom } from '../errors.ts';
import { describeFailedReport, loadReports } from '../ingest/scheduled-reports.ts';
import { warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

/** A warning for each report of the account that could not be written. What is well is not told. */
export async function examineReports(
  { zendesk: { account } }: Config,
  db: ReadOnlyDatabase,
): Promise<readonly Check[]> {
  try {
    return (await loadReports(db)).flatMap((standing) => {
      const found = describeFailedReport(standing);
      if (standing.account !== account || found === undefined) return [];
      return [
        warning(
          `report ${standing.report}`,
          `${found}.`,
          'Check its entry in REPORTS_FILE and its directory. The next try is at its next time, or at the next start with another schedule.',
        ),
      ];
    });
  } catch (error) {
    // Where there are no tables yet, or none that may be read, other checks say so.
    if (isFrom(error, 'database')) return [];
    throw error;
  }
}

/** The archive for reports. */
import { openArchive } from '../../archive/store.ts';
import { createClassifier } from '../../classification/classifier.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { ReportScope } from '../../reports/shared/report.ts';

/** Opens it, where the settings name one; nothing is read yet. */
export function openForReports(
  {
    archive: { place },
    accessRules,
    proxies,
  }: Pick<LocalConfig, 'archive' | 'accessRules' | 'proxies'>,
  signal: AbortSignal,
): NonNullable<ReportScope['archive']> {
  return {
    store: place === undefined ? undefined : openArchive(place, proxies, signal),
    classify: () => createClassifier(accessRules),
  };
}

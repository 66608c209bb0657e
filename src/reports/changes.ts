import type { ReportColumn } from './report.ts';

/** The columns of reports whose rows are changes of the audit log; those in the middle say most to people. */
export const changeColumns: readonly ReportColumn[] = [
  { key: 'time', title: 'Time', isTime: true },
  { key: 'person', title: 'Person' },
  { key: 'source_label', title: 'What' },
  { key: 'change_description', title: 'Change' },
  { key: 'action', title: 'Action', isOptional: true },
  { key: 'source_type', title: 'Type', isOptional: true },
  { key: 'actor_id', title: 'Actor id', isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'source_id', title: 'Source id', isOptional: true },
  { key: 'id', title: 'Id', isOptional: true },
];

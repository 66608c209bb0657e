import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { readNetwork } from '../../reports/address/network.ts';
import { reportAddress } from '../../reports/address/page.ts';
import { addExample } from '../arguments.ts';
import { addLineFlags, readLineFlags, type LineFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';
import { addSpanFlags, readSpanFlags, type SpanFlags } from './span.ts';

type AddressFlags = ReportFlags & SpanFlags & LineFlags;

/** `report address`: who came from one address or network. */
export function addAddress(report: Command, take: TakeReport): void {
  const command = report
    .command('address')
    .description('who came from one address or network, and what they did, by time')
    .argument('<address>', 'IPv4 or IPv6, or a network such as 203.0.113.0/24');
  addReportFlags(addLineFlags(addSpanFlags(command))).action(
    (address: string, flags: AddressFlags) => take((now) => prepareAddress(now, address, flags)),
  );
  addExample(command, 'zendesk-log-sync report address 203.0.113.9 --days 7');
}

function prepareAddress(now: Date, address: string, flags: AddressFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const span = readSpanFlags(flags, choices, now, problems);
  const lines = readLineFlags(flags, problems);
  const network = readNetwork(address);
  if (network === undefined)
    problems.push(
      `The address is "${address}". Use one such as 203.0.113.9 or 2001:db8::7, or a network such as 203.0.113.0/24.`,
    );
  if (problems.length > 0 || span === undefined || network === undefined)
    throw refuseInput(problems);
  return {
    choices,
    now,
    span,
    source: 'database',
    build: (scope) => reportAddress(scope, { network, span, ...lines }),
  };
}

/** Which changes are shown. */
import { refuseInput } from '../../../errors.ts';
import { readNetwork } from '../../../reports/address/network.ts';
import type { ChangeFilter } from '../../../reports/log/condition.ts';
import { readSpan } from '../../parameters.ts';
import type { Asked } from '../../question.ts';

/** What is asked for: a filter, and an actor by id, e-mail address or name. */
export type ChangesQuestion = ChangeFilter & { readonly actor: string | undefined };

/** A change after which, going back in time, the shown ones begin. */
export type ChangePlace = { readonly time: Date; readonly id: string };

/** The parameters of the filters: those that are recorded. */
export const filterNames = [
  'account',
  'type',
  'thing',
  'action',
  'actor',
  'address',
  'text',
  'from',
  'to',
] as const;

const usualDays = 30;
const longestText = 300;
const id = /^-?\d{1,18}$/;

/** @throws {KnownError} `bad_input` for parameters of another form */
export function readChangesQuestion(asked: Asked): ChangesQuestion {
  const read = (name: (typeof filterNames)[number]): string | undefined => {
    const text = (asked.parameters.get(name) ?? '').trim();
    if (text.length > longestText) throw refuseInput([`The filter by ${name} is too long.`]);
    return text === '' ? undefined : text;
  };
  const [type, action, address, thing] = [
    read('type'),
    read('action'),
    read('address'),
    read('thing'),
  ];
  const network = address === undefined ? undefined : readNetwork(address);
  if (address !== undefined && network === undefined)
    throw refuseInput([
      `The address is "${address}". Use one such as 203.0.113.9 or 203.0.113.0/24.`,
    ]);
  if (thing !== undefined && !id.test(thing))
    throw refuseInput([`The id of the thing is "${thing}". Use digits only.`]);
  return {
    span: readSpan(asked, usualDays),
    sourceTypes: type === undefined ? [] : [type],
    sourceId: thing,
    actor: read('actor'),
    network,
    actions: action === undefined ? [] : [action],
    text: read('text'),
    withholdsTickets: asked.asker.role === 'reader',
  };
}

/** The place of `after`: a time and an id, as an answer gives it. @throws {KnownError} `bad_input` for another form */
export function readPlace({ parameters }: Asked): ChangePlace | undefined {
  const text = parameters.get('after') ?? '';
  if (text === '') return undefined;
  const [, time = '', changeId = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)~(-?\d{1,18})$/.exec(text) ?? [];
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime()))
    throw refuseInput(['The place in the list cannot be read. Begin at its first page.']);
  return { time: moment, id: changeId };
}

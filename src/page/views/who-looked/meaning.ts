/** What somebody may look for: what a text means, and how many of its visits are shown. */

/** The kinds of things that visits can be looked up for. */
export const meaningKinds = ['ticket', 'person', 'agent', 'address'] as const;

/** `person`: who looked at their records; `agent`: what they looked at. */
export type MeaningKind = (typeof meaningKinds)[number];

/** One thing that a text may mean. */
export type Meaning = {
  readonly kind: MeaningKind;
  /** The id of a ticket or a person, or an address or network. */
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
};

/**
 * How certain visits are; `refused`: tries that showed nothing. Those of agents and addresses are all confirmed, with their
 * outcomes.
 */
export const tiers = ['confirmed', 'possible', 'refused'] as const;

export type Tier = (typeof tiers)[number];

/** Days without a given start: as long as Zendesk keeps the log, and a week for what names many things. */
export const usualDays: Readonly<Record<MeaningKind, number>> = {
  ticket: 90,
  person: 90,
  agent: 7,
  address: 7,
};

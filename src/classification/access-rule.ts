/** The form of a rule: data, so that the built-in table and a user's file look alike. The first rule that matches decides. */
import { createHash } from 'node:crypto';
import type { AccessKind } from './classification.ts';

/** What a rule may say. */
export type RuleKind = Exclude<AccessKind, 'unclassified'>;

/** The kinds in the order people read them in messages. */
export const ruleKinds = [
  'view',
  'list',
  'search',
  'export',
  'write',
  'secret',
  'log',
  'noise',
] as const satisfies readonly RuleKind[];

/**
 * A REST path. Its segments: a word; several words `a|b`; `{ticket}`, an id of that type; `{custom_object:key}`, a word or
 * an id; `{user:me}`, the word `me`, which means the user of the request; `*`, any one segment; `**` at the end, anything or
 * nothing: ids after a known plural there are resources too.
 */
export type PathRule = {
  readonly path: string;
  /** The HTTP methods it is for, default all. Without them, a `view` or `list` by POST, PUT, PATCH or DELETE is a `write`. */
  readonly methods?: readonly string[];
  readonly kind: RuleKind;
  /**
   * Type of what the request is mainly about, which comes first. If the path has no such id, the ids are those of the
   * parameters `ids` and `external_ids`, or null.
   */
  readonly resource?: string;
};

/** A typical REST collection of Zendesk: list, count, one by id, show_many, the bulk writes, search and export. */
type CollectionRule = { readonly collection: string; readonly resource: string };

/** A GraphQL operation: its name or, if no rule has that name, the first field of its query. */
export type OperationRule = {
  readonly operation: string;
  /** Default: `view`. A `view` or `list` by a mutation is a `write`. */
  readonly kind?: RuleKind;
  /** Type that plain `id` and `ids` among its variables are of. */
  readonly resource?: string;
};

export type AccessRule = PathRule | CollectionRule | OperationRule;

/** The rules with the paths of each collection written out. */
export function expandRules(rules: readonly AccessRule[]): readonly (PathRule | OperationRule)[] {
  return rules.flatMap((rule): readonly (PathRule | OperationRule)[] =>
    'collection' in rule ? expandCollection(rule) : [rule],
  );
}

function expandCollection({ collection, resource }: CollectionRule): readonly PathRule[] {
  return [
    { path: `${collection}/count`, kind: 'list', resource },
    { path: `${collection}/show_many`, kind: 'view', resource },
    { path: `${collection}/search|autocomplete`, kind: 'search', resource },
    { path: `${collection}/export`, kind: 'export', resource },
    {
      path: `${collection}/create_many|update_many|create_or_update_many|destroy_many`,
      kind: 'write',
      resource,
    },
    { path: `${collection}/{${resource}}/**`, kind: 'view' },
    { path: `${collection}/**`, kind: 'list', resource },
  ];
}

/** Increase it when the code reads the same rules or rows differently than before, so that stored rows are classified again. */
const edition = 1;

/** SHA-256 of the rules in their order, as 64 hexadecimal digits: equal as long as rows are classified alike. */
export function fingerprintRules(rules: readonly AccessRule[]): string {
  const fields = rules.map((rule) => Object.entries(rule).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256')
    .update(JSON.stringify([edition, fields]))
    .digest('hex');
}

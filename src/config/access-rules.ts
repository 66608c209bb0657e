/** Reads a file of rules for the access log: JSON, a list of rules of the same form as the built-in ones (access-rule.ts). */
import { z } from 'zod';
import { expandRules, ruleKinds, type AccessRule } from '../classification/access-rule.ts';
import { findPatternProblem, parsePattern, resourceType } from '../classification/path-pattern.ts';
import { accessRules } from '../classification/rules.ts';
import { collectVocabulary } from '../classification/vocabulary.ts';
import { hasCode, refuseInput } from '../errors.ts';
import { setting, type Report } from './problem.ts';
import { readNamedFile } from './texts.ts';

const methodNames = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const longestShown = 80;
const knownPlurals = collectVocabulary(expandRules(accessRules)).plurals;

const path = z.string({ error: 'Use a path such as /api/v2/tickets/{ticket}' });
const pattern = path.superRefine((text, context) => {
  const problem = findPatternProblem(text);
  if (problem !== undefined) {
    context.addIssue(problem);
    return;
  }
  for (const segment of parsePattern(text).segments) {
    const type = typeof segment === 'object' && 'type' in segment ? segment.type : '';
    const singular = knownPlurals.get(type);
    if (singular !== undefined)
      context.addIssue(`Use the singular {${singular}} instead of {${type}}`);
  }
});
const basePattern = pattern.refine((text) => !text.endsWith('/**'), {
  error: 'Remove ** from the end of the path',
});
const methods = z
  .array(z.enum(methodNames, { error: `Use one of ${methodNames.join(', ')}` }), {
    error: 'Use a list such as ["GET"]',
  })
  .min(1, { error: 'List at least one method, or leave methods out to match all' });
const kind = z.enum(ruleKinds, { error: `Use one of ${ruleKinds.join(', ')}` });
const resource = z
  .string({ error: 'Use a type such as ticket' })
  .regex(resourceType, {
    error: 'Use a type such as ticket: lower-case letters, digits and underscores',
  })
  .superRefine((text, context) => {
    const singular = knownPlurals.get(text);
    if (singular !== undefined) context.addIssue(`Use the singular, ${singular}`);
  });
const operation = z.string({ error: 'Use the name of a GraphQL operation' }).regex(/^\w+$/, {
  error: 'Use the name of a GraphQL operation: letters, digits and underscores',
});

/** The forms of a rule by the field that only they have. */
const forms = {
  path: z.strictObject({
    path: pattern,
    methods: methods.exactOptional(),
    kind,
    resource: resource.exactOptional(),
  }),
  collection: z.strictObject({ collection: basePattern, resource }),
  operation: z.strictObject({
    operation,
    kind: kind.exactOptional(),
    resource: resource.exactOptional(),
  }),
} as const;
type FormName = keyof typeof forms;
const formNames = Object.keys(forms) as FormName[];
const oneForm = 'Use exactly one of path, collection and operation';

/**
 * The rules of a file, which come before the built-in ones. `fileName` is for the messages.
 * @throws {KnownError} `bad_input` with every problem of every rule, one sentence each
 */
export function readAccessRules(text: string, fileName: string): readonly AccessRule[] {
  const problems: string[] = [];
  const found = parseList(text, fileName).map((value, i) =>
    readRule(value, (problem) => problems.push(`${fileName}, rule ${i + 1}: ${problem}.`)),
  );
  if (problems.length > 0) throw refuseInput(problems);
  return found.filter((rule) => rule !== undefined);
}

/**
 * All rules for the access log in their order: those of the file that `ACCESS_RULES_FILE` names, if any, then the built-in
 * ones. Each problem of the file is reported as a sentence; then its rules are left out.
 */
export function collectAccessRules(
  file: string | undefined,
  readFile: (path: string) => string,
  report: Report,
): readonly AccessRule[] {
  if (file === undefined) return accessRules;
  const named = setting('ACCESS_RULES_FILE');
  const text = readNamedFile(named, file, 'a JSON file of rules', readFile, report);
  if (text === undefined) return accessRules;
  try {
    return [...readAccessRules(text, file), ...accessRules];
  } catch (error) {
    if (!hasCode(error, 'bad_input')) throw error;
    for (const problem of error.problems)
      report({ parts: [problem], about: ['ACCESS_RULES_FILE'] });
    return accessRules;
  }
}

function parseList(text: string, fileName: string): readonly unknown[] {
  let value: unknown;
  try {
    // Some editors put a byte order mark before the text.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const place = /\(line \d+ column \d+\)/.exec(String(error))?.[0] ?? '';
    throw refuseInput([
      `${fileName} is not JSON${place === '' ? '' : ` ${place}`}. Write a list of rules in JSON: check quotes, commas and brackets.`,
    ]);
  }
  if (Array.isArray(value)) return value;
  throw refuseInput([
    `${fileName} holds ${describeValue(value)}. Put a list of rules in square brackets.`,
  ]);
}

function readRule(value: unknown, report: (problem: string) => void): AccessRule | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(`found ${describeValue(value)}. Write each rule in braces`);
    return undefined;
  }
  const [name, ...others] = formNames.filter((candidate) => candidate in value);
  if (name === undefined || others.length > 0) {
    const found = name === undefined ? 'none' : [name, ...others].join(' and ');
    report(
      `found ${found}. ${oneForm}${name === undefined ? '' : '. Write a separate rule for each'}`,
    );
    return undefined;
  }
  const result = forms[name].safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(explainIssue(issue, value, name));
  return undefined;
}

function explainIssue(issue: z.core.$ZodIssue, rule: object, form: FormName): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => describeValue(key)).join(', ');
    return `found ${names}. Use only ${Object.keys(forms[form].shape).join(', ')}`;
  }
  let value: unknown = rule;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const found = value === undefined ? 'missing' : describeValue(value);
  return `${String(issue.path[0])} is ${found}. ${issue.message}`;
}

function describeValue(value: unknown): string {
  if (Array.isArray(value) && value.length > 0) return 'a list';
  const text = JSON.stringify(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? 'an object'
    : text.length > longestShown
      ? `${text.slice(0, longestShown)}…`
      : text;
}

/** The tree of a statement as Postgres has it after it has found tables and functions (`pg_node_tree`), read from its text. */

/** A node, such as QUERY or FUNCEXPR, with its fields. */
export type TreeNode = {
  readonly type: string;
  readonly fields: Readonly<Record<string, TreeValue>>;
};

/** A word, a list, a node, or nothing. */
export type TreeValue = string | TreeNode | readonly TreeValue[] | undefined;

const words = /\s*(\{\w+|\}|\(|\)|<>|"(?:[^"\\]|\\.)*"|(?:[^\s{}()\\]|\\.)+)/gsy;

/** Reads the text of a tree. */
export function readTree(text: string): TreeValue {
  const tokens = [...text.matchAll(words)].map(([, token = '']) => token);
  let at = 0;
  const isField = (): boolean => /^:\w/.test(tokens[at] ?? '');

  function readValue(): TreeValue {
    const token = tokens[at++];
    if (token === undefined || token === '<>') return undefined;
    if (token.startsWith('{')) return readNode(token.slice(1));
    if (token !== '(') return token;
    const list: TreeValue[] = [];
    while (tokens[at] !== ')' && at < tokens.length) list.push(readValue());
    at += 1;
    return list;
  }

  function readNode(type: string): TreeNode {
    const fields: Record<string, TreeValue> = {};
    while (tokens[at] !== '}' && at < tokens.length) {
      const name = (tokens[at++] ?? '').slice(1);
      const values: TreeValue[] = [];
      // A constant is written in several words.
      while (!isField() && tokens[at] !== '}' && at < tokens.length) values.push(readValue());
      fields[name] = values.length === 1 ? values[0] : values;
    }
    at += 1;
    return { type, fields };
  }

  return readValue();
}

/** Whether a value is a node. */
export function isNode(value: TreeValue): value is TreeNode {
  return typeof value === 'object' && !Array.isArray(value);
}

/** All nodes in a value, itself first. */
export function* nodesIn(value: TreeValue): Generator<TreeNode> {
  if (isNode(value)) {
    yield value;
    for (const field of Object.values(value.fields)) yield* nodesIn(field);
  } else if (Array.isArray(value))
    for (const each of value as readonly TreeValue[]) yield* nodesIn(each);
}

/** The members of a list. */
export function listOf(value: TreeValue): readonly TreeValue[] {
  return Array.isArray(value) ? (value as readonly TreeValue[]) : [];
}

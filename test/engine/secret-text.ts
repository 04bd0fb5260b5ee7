/** JSON as text, not as objects: a key may stand twice in it, or be spelled with escapes. */
export type Node =
  | { readonly kind: 'text'; readonly json: string }
  | { readonly kind: 'object'; readonly members: [key: string, value: Node][] }
  | { readonly kind: 'array'; readonly parts: Node[] };

export type ObjectNode = Extract<Node, { kind: 'object' }>;

export const text = (value: unknown): Node => ({ kind: 'text', json: JSON.stringify(value) });
export const array = (...parts: Node[]): Node => ({ kind: 'array', parts });
/** Keys are JSON text. */
export const object = (...members: [key: string, value: Node][]): ObjectNode => ({ kind: 'object', members });

export function jsonOf(node: Node): string {
  if (node.kind === 'text') return node.json;
  if (node.kind === 'array') return `[${node.parts.map(jsonOf).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${key}:${jsonOf(value)}`).join(',')}}`;
}

/** The object that these keys lead to, made where it is missing; `undefined` where something else stands on the way. */
export function objectAt(root: ObjectNode, keys: readonly string[]): ObjectNode | undefined {
  let at: ObjectNode = root;
  for (const key of keys) {
    const spelled = JSON.stringify(key);
    const found = at.members.find(([name]) => name === spelled)?.[1];
    const next = found ?? object();
    if (next.kind !== 'object') return undefined;
    if (found === undefined) at.members.push([spelled, next]);
    at = next;
  }
  return at;
}

/** The same key to every reader of JSON. */
export const escaped = (key: string): string =>
  `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(key.slice(1)).slice(1)}`;

/** Of letters from a to z: what case is elsewhere is an open question. */
export const otherCase = (key: string): string =>
  key.replace(/[a-z]/gi, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));

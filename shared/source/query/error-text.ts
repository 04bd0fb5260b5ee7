import { beginningWithoutSecrets } from '../../pure/known-secrets.ts';

/** Errors nest about three deep; more is a loop or an attack on our log. */
const DEEPEST = 6;
const LONGEST = 600;

/**
 * One line from an error body: status, then codes and messages from the outside in, each once.
 * Takes `{error: {code, message, innererror, details}}`, OAuth's `{error: 'invalid_grant', error_description}`, plain
 * text and nothing.
 */
export function errorText(status: number, body: unknown): string {
  const parts: string[] = [];
  collect(body, parts, 0);
  const text = beginningWithoutSecrets([...new Set(parts)].join(': '))
    .replaceAll(/\s+/g, ' ')
    .trim();
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  const head = status === 200 ? 'incomplete answer' : `status ${status}`;
  return short === '' ? head : `${head}: ${short}`;
}

function collect(value: unknown, parts: string[], depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') parts.push(value);
  if (Array.isArray(value)) for (const entry of value) collect(entry, parts, depth + 1);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const fields = new Map(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]));
  for (const key of ['error', 'code', 'message', 'error_description', 'innererror', 'details']) {
    const field: unknown = fields.get(key);
    if (typeof field === 'number') parts.push(String(field));
    else collect(field, parts, depth + 1);
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import { REFUSALS, type Refusal } from './errors.ts';

/** Who may ask: everybody, the bearer of that token, or of that key in `x-api-key`. */
export type SimulatorAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'key'; readonly key: string };

export function authRefusal(auth: SimulatorAuth, headers: IncomingHttpHeaders): Refusal | undefined {
  if (auth.kind === 'none') return undefined;
  const given = auth.kind === 'token' ? headers.authorization : headers['x-api-key'];
  if (given === undefined) return REFUSALS.unauthorized;
  return given === (auth.kind === 'token' ? `Bearer ${auth.token}` : auth.key) ? undefined : REFUSALS.badToken;
}

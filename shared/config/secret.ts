import type { Secret } from '../model.ts';
import { knowSecret } from '../pure/known-secrets.ts';

const hidden = '[secret]';

/**
 * Wraps a secret so that printing, JSON and console.log answer `[secret]`; the text itself is in a closure, not in a
 * field. What is printed later is without it, whoever repeats it (shared/pure/known-secrets.ts).
 */
export function secret(text: string): Secret {
  knowSecret(text);
  return Object.freeze({
    reveal: () => text,
    toString: () => hidden,
    toJSON: () => hidden,
    [Symbol.for('nodejs.util.inspect.custom')]: () => hidden,
  });
}

/** Ids of Azure and instrumentation keys, which are none. */
const ID = /[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}/gi;
/** No id is so long. */
const HEX_KEY = /[0-9a-f]{48}/i;
const KINDS = /[A-Z]+|[a-z]+|[0-9]+|[^A-Za-z0-9]+/g;

/**
 * A key that was put into the wrong setting: it is long, and changes between small and large letters and digits as no
 * name or path does.
 */
function isKeyLike(run: string): boolean {
  const changes = (run.match(KINDS) ?? []).length / run.length;
  const isMixed = /[A-Z]/.test(run) && /[a-z]/.test(run);
  return run.length >= 32 && !/^\/[a-z]+\//i.test(run) && /\d/.test(run) && changes >= (isMixed ? 0.4 : 0.2);
}

/**
 * A wrong value as a message may show it: quoted, on one line, short, and without what could open a door (SAS, keys,
 * user info).
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value) ?? String(value);
  const words = text.replace(ID, '').match(/[\w+/=~.-]+/g) ?? [];
  if (HEX_KEY.test(text) || words.some(isKeyLike)) return hidden;
  if (/(accountkey|sharedaccesssignature|sig|password)=/i.test(text) || /:\/\/[^/"]*@/.test(text)) return hidden;
  // What an address is asked with may open a door as well (?code=…), whatever it is called.
  const told = text
    .replace(/(https?:\/\/[^\s?#"]*)([?#])[^\s"]*/gi, '$1$2…')
    .replace(/\b([\w-]+(\.[\w-]+)+[^\s?#"]*)([?#])[^\s"]*=[^\s"]*/g, '$1$3…');
  return told.length > 100 ? `${told.slice(0, 97)}…` : told;
}

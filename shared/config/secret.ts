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

/**
 * A wrong value as a message may show it: quoted, on one line, short, and without what could open a door (SAS, keys,
 * user info).
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value) ?? String(value);
  if (/(accountkey|sharedaccesssignature|sig|password)=/i.test(text) || /:\/\/[^/"]*@/.test(text)) return hidden;
  // What an address is asked with may open a door as well (?code=…), whatever it is called.
  const told = text
    .replace(/(https?:\/\/[^\s?#"]*)([?#])[^\s"]*/gi, '$1$2…')
    .replace(/\b([\w-]+(\.[\w-]+)+[^\s?#"]*)([?#])[^\s"]*=[^\s"]*/g, '$1$3…');
  return told.length > 100 ? `${told.slice(0, 97)}…` : told;
}

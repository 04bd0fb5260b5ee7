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
/** So long is a key at least. */
const LENGTH = 32;
const CHANGE = /(?<=[A-Z])[a-z0-9]|(?<=[a-z])[A-Z0-9]|(?<=[0-9])[A-Za-z]/g;
const PAIR = /(?<=[A-Za-z0-9])[A-Za-z0-9]/g;

/** How often kinds of letters and digits change within words; what is between words says nothing. */
function changesIn(text: string): number {
  const pairs = (text.match(PAIR) ?? []).length;
  return pairs < LENGTH * 0.6 ? 0 : (text.match(CHANGE) ?? []).length / pairs;
}

/**
 * A key that was put into the wrong setting: it is long, and changes between small and large letters and digits as no
 * name or path does. One of small letters alone is one word, as addresses and dates are not.
 */
function hasKey(run: string): boolean {
  const isOne = (word: string) => /\d/.test(word) && !isMixed(word) && changesIn(word) >= 0.15;
  if ((run.match(/[A-Za-z0-9]+/g) ?? []).some((word) => word.length >= LENGTH && isOne(word))) return true;
  for (let at = 0; at + LENGTH <= run.length; at++) {
    const part = run.slice(at, at + LENGTH);
    if (isMixed(part) && /\d/.test(run) && changesIn(part) >= 0.4) return true;
  }
  return false;
}

const isMixed = (text: string): boolean => /[A-Z]/.test(text) && /[a-z]/.test(text);

const SECRETS = /(accountkey|sharedaccesssignature|sig|password)=/i;
const USER = /:\/\/[^/"]*@/;
/** A container of an account stands where others have a user. */
const CONTAINER_AT = /\b(abfss?|wasbs?):\/\/[a-z0-9$-]{3,63}@/gi;

/**
 * A wrong value as a message may show it: quoted, on one line, short, and without what could open a door (SAS, keys,
 * user info).
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = JSON.stringify(value) ?? String(value);
  const words = text.replace(ID, '').match(/[\w+/=~.-]+/g) ?? [];
  if (HEX_KEY.test(text) || words.some(hasKey)) return hidden;
  if (SECRETS.test(text) || USER.test(text.replace(CONTAINER_AT, ''))) return hidden;
  // What an address is asked with may open a door as well (?code=…), whatever it is called.
  const told = text
    .replace(/(https?:\/\/[^\s?#"]*)([?#])[^\s"]*/gi, '$1$2…')
    .replace(/\b([\w-]+(\.[\w-]+)+[^\s?#"]*)([?#])[^\s"]*=[^\s"]*/g, '$1$3…');
  return told.length > 100 ? `${told.slice(0, 97)}…` : told;
}

import { BACKSLASH, CLOSE_OBJECT, COMMA, closingQuote, keyEnd, skipBlank, valueEnd } from '../../framing/strict.ts';

/** A member of a JSON object in bytes. The same for all: it says the next one's when the loop goes on. */
export interface Member {
  /** The quote that opens the key. */
  key: number;
  value: number;
  /** Behind the value. Worked out by who asks first. */
  end(): number;
  name(): string;
}

/** The members of the object at `at`, which is known to be whole. */
export function* members(bytes: Uint8Array, at: number): Generator<Member> {
  let end = -1;
  const member: Member = {
    key: 0,
    value: 0,
    end() {
      if (end < 0) end = valueEnd(bytes, member.value, 0);
      return end;
    },
    name: () => keyIn(bytes, member.key),
  };
  let next = skipBlank(bytes, at + 1);
  while (bytes[next] !== CLOSE_OBJECT) {
    member.key = next;
    member.value = keyEnd(bytes, next);
    end = -1;
    if (member.value < 0) return;
    yield member;
    next = skipBlank(bytes, member.end());
    if (bytes[next] === COMMA) next = skipBlank(bytes, next + 1);
    else if (bytes[next] !== CLOSE_OBJECT) return;
  }
}

function keyIn(bytes: Uint8Array, quote: number): string {
  const end = closingQuote(bytes, quote + 1);
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + quote + 1, end - quote - 1);
  return key.includes(BACKSLASH) ? String(JSON.parse(`"${key.toString('utf8')}"`)) : key.toString('utf8');
}

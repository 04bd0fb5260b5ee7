/**
 * The secrets that this process knows, and text without them: whatever is asked with a secret can repeat it in its
 * answer, as it is or packed for an address, a header or a JSON text.
 */

const LEAST = 6;
const HIDDEN = '[secret]';
/** Tokens come one after the other: the last ones may be repeated by an answer. */
const MOST_TOKENS = 50;

/** Each with what finds it in text. */
const known = new Map<string, RegExp>();
const tokens = new Set<string>();

/** Whoever gets hold of a secret tells it here. What is shorter than six letters cannot be told from a word. */
export function knowSecret(text: string): void {
  know(partsOf(text));
}

function know(parts: readonly string[]): void {
  for (const part of parts) {
    if (part.length >= LEAST && !known.has(part)) known.set(part, new RegExp([...part].map(spellings).join(''), 'g'));
  }
}

/** One that is good for an hour or so. */
export function knowToken(token: string): void {
  if (known.has(token)) return;
  knowSecret(token);
  tokens.add(token);
  const [oldest = ''] = tokens;
  if (tokens.size > MOST_TOKENS && tokens.delete(oldest)) known.delete(oldest);
}

/** Names of variables whose values open something, wherever they come from. */
const NAMED = /(SECRET|PASSWORD|TOKEN|_KEY|_SAS|_PAT|HEADER|HEADERS|CONNECTION_?STRING)$/i;
const OPENS = /(^|[;?&\s])(AccountKey|SharedAccessSignature|SharedAccessKey|sig|code)=|:\/\/[^/@\s]+:[^/@\s]+@/i;
/** Those that this process reads: whatever they hold counts. */
const READ = new RegExp(
  [
    '^(QUERY_KEY|LAKE_(CONNECTION_STRING|ACCOUNT_KEY|SAS)|SHAPE_HASH_KEY|(Export|AzureWebJobs)Storage|MSI_SECRET',
    'IDENTITY_HEADER|AZURE_(CLIENT_SECRET|PASSWORD|CLIENT_CERTIFICATE_PASSWORD|STORAGE_KEY|STORAGE_CONNECTION_STRING)',
    'APPLICATIONINSIGHTS_CONNECTION_STRING|(HTTPS?|ALL)_PROXY|https?_proxy|all_proxy)$',
  ].join('|'),
);

/**
 * What an environment holds of them. A path or a plain address is none. Of variables of others only what looks like a
 * secret is, so that no word of output is hidden: `ours` are words in lower case that it is written with.
 */
export function knowSecretsOf(
  env: Readonly<Record<string, string | undefined>>,
  ours: ReadonlySet<string> = new Set(),
): void {
  const looks = (part: string): boolean => looksSecret(part) && !isOurs(part, ours);
  for (const [name, value = ''] of Object.entries(env)) {
    const text = value.trim();
    const isNamed = NAMED.test(name) && !/^([/~.]|[A-Z]:\\|https?:\/\/[^?@]*$)/.test(text);
    if (/HEADERS$/i.test(name) && text.includes('=')) know(headersIn(text, looks));
    else if (OPENS.test(text) || isNamed) know(partsOf(text).filter((part) => READ.test(name) || looks(part)));
  }
}

/** Long, or letters mixed with digits or signs; what only joins words is no sign. */
const looksSecret = (text: string): boolean =>
  text.length >= 16 || (text.length >= 8 && /[A-Za-z]/.test(text) && /[^A-Za-z_./, -]/.test(text));

const isOurs = (text: string, ours: ReadonlySet<string>): boolean =>
  ours.has(text.toLowerCase()) || text.split(/[^A-Za-z]+/).every((word) => word === '' || ours.has(word.toLowerCase()));

/** Of `key=value,key=value` the values, as they are and as they are sent; of `Bearer x` the part behind. */
function headersIn(text: string, looks: (part: string) => boolean): string[] {
  return text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    const opens = /key|token|auth|secret|pass|cookie|licen/i.test(pair.slice(0, at));
    const value = pair.slice(at + 1).trim();
    const sent = decoded(value);
    const behind = /^(?:Bearer|Basic|ApiKey|Token)\s+(.+)$/i.exec(sent)?.[1] ?? sent;
    const packed =
      behind === sent
        ? ''
        : Buffer.from(behind, 'base64')
            .toString()
            .replace(/^[^:]*:/, '');
    const parts = behind === sent ? [value, sent] : [behind, ...(/^[\x20-\x7e]+$/.test(packed) ? [packed] : [])];
    return parts.filter((part) => opens || looks(part));
  });
}

/** Of a text so much is looked through where its beginning is shown: a page can be of any length. */
const LONGEST = 8000;

/** How a long text begins, without secrets, nor the beginning of one that would be cut in two. */
export function beginningWithoutSecrets(text: string): string {
  if (text.length <= LONGEST) return withoutSecrets(text);
  let end = LONGEST;
  while (end > 0 && !/[\s"'<>,]/.test(text[end - 1] ?? '')) end--;
  return withoutSecrets(text.slice(0, end));
}

/** The text without any secret that is known, however it is spelt. */
export function withoutSecrets(text: string): string {
  if (known.size === 0 || text.length < LEAST) return text;
  let told = text;
  for (const [, pattern] of known) told = told.replace(pattern, HIDDEN);
  return told.replace(/[A-Za-z0-9+/_-]{8,}={0,2}/g, (run) => (holdsPacked(run) ? HIDDEN : run));
}

/** Of a connection string, a SAS or an address what opens a door; else the whole. */
function partsOf(text: string): string[] {
  const parts = [
    /(?:AccountKey|SharedAccessKey|SharedAccessSignature)=([^;]+)/gi,
    /(?:^|[?&;\s=])(?:sig|code)=([^&;\s]+)/gi,
    /:\/\/[^/@:\s]+:([^/@\s]+)@/g,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map(([, part = '']) => part.trim()));
  if (parts.length === 0) return [text];
  return [...new Set(parts.flatMap((part) => [part, decoded(part)]))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A letter as it is, in an address (also twice), in JSON, in HTML. Of a run of backslashes only the first begins
 * anything: looked at from each, a long one takes time of its square.
 */
function spellings(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  const own = letter.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  if (/[A-Za-z0-9]/.test(letter)) return own;
  const hex = code.toString(16);
  const eitherCase = (digits: string) => digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const bytes = [...new TextEncoder().encode(letter)].map(
    (byte) => `%(?:25)*${eitherCase(byte.toString(16).padStart(2, '0'))}`,
  );
  const json = eitherCase(hex.padStart(4, '0'));
  return `(?:${own}|${bytes.join('')}|(?<!\\\\)\\\\+(?:u${json}|${own})|&#x?0*(?:${eitherCase(hex)}|${code});)`;
}

/** Base64 begins at any of four letters of a run, hex at any of two. */
function holdsPacked(run: string): boolean {
  const texts = [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1'));
  if (/^[0-9a-f]+$/i.test(run))
    texts.push(...[0, 1].map((from) => Buffer.from(run.slice(from), 'hex').toString('latin1')));
  return [...known.keys()].some((secret) => {
    const bytes = Buffer.from(secret).toString('latin1');
    return texts.some((text) => text.includes(bytes));
  });
}

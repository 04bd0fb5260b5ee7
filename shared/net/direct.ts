/**
 * Whether an address lies on this machine, or right beside it on the link: what answers there is an emulator or the
 * endpoint that gives the machine its identity. No proxy has any business in between; it would see tokens.
 */
export function isDirect(url: string): boolean {
  return isLoopback(url) || /^169\.254(\.\d+){2}$/.test(hostOf(url)) || /^\[fe[89ab][0-9a-f]:/.test(hostOf(url));
}

export function isLoopback(url: string): boolean {
  const host = hostOf(url);
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.\d+){3}$/.test(host) ||
    /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(host)
  );
}

/** An address for messages: where, and nothing that may be a secret (user, query, fragment). */
export function shownAddress(url: string): string {
  if (!URL.canParse(url)) return url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  const { origin, pathname, protocol, host } = new URL(url);
  return `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}`;
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '');

/**
 * What is wrong with the proxy that an environment names, without what opens it; undefined: nothing. The clients go by
 * the first of these variables that says something (proxyPolicy of core-rest-pipeline).
 */
export function proxyFault(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  const used = named.find((name) => env[name]);
  if (used === undefined || /^https?:$/.test(protocolOf(env[used] ?? ''))) return undefined;
  return `${used} must be the address of a proxy, http://[user:password@]host:port (%23 for a # in it and the like)`;
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '');

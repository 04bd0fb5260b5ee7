/** Who may read and steer where Entra guards the app (App Service authentication) instead of keys. Pure. */

/** The app role that may steer. */
export const STEER_ROLE = 'InsightsLake.Steer';

interface Principal {
  readonly claims?: readonly { readonly typ?: string; readonly val?: string }[];
  readonly role_typ?: string;
}

/**
 * The platform puts the header itself and takes it from whoever sends one, but only where authentication is on: so
 * without that nobody is let in. Returns what is wrong; undefined: nothing.
 */
export function refusalFor(
  steering: boolean,
  header: string | null,
  isGuarded: boolean,
): { readonly status: 401 | 403; readonly message: string } | undefined {
  if (!isGuarded)
    return {
      status: 403,
      message: 'STATUS_ACCESS is entra, but authentication is not on for this app; turn it on, or use keys',
    };
  const principal = header === null ? undefined : principalIn(header);
  if (principal === undefined) return { status: 401, message: 'sign in first' };
  if (!steering) return undefined;
  const { claims = [], role_typ: roleType = 'roles' } = principal;
  const may = claims.some(({ typ, val }) => (typ === roleType || typ === 'roles') && val === STEER_ROLE);
  return may ? undefined : { status: 403, message: `steering needs the app role ${STEER_ROLE}` };
}

function principalIn(header: string): Principal | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

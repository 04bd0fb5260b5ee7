import type { Identity } from '../model.ts';
import { type Env, settingOf } from './flat.ts';

const shared = 'AZURE_CLIENT_ID';

/** Who asks: the identity that a setting of its own names (`own`), else the one that AZURE_CLIENT_ID names. */
export function identityOf(env: Env, own?: { readonly setting: string; readonly value: string | undefined }): Identity {
  if (own?.value !== undefined) return { kind: 'identity', clientId: own.value, setting: own.setting };
  const clientId = settingOf(env, shared);
  if (clientId !== undefined) return { kind: 'identity', clientId, setting: shared };
  return { kind: 'identity', clientId: '', setting: own === undefined ? shared : `${own.setting} or ${shared}` };
}

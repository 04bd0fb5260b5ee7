import type { Identity, Millis, QuerySettings, Secret } from '../model.ts';
import { isLoopback } from './values.ts';

/** What tables of Application Insights keep where nobody has changed it. */
export const usualRetention: Millis = 90 * 24 * 3_600_000;

export type Cloud = 'public' | 'usgov' | 'china';

/** Hosts of the query APIs by cloud, and the audiences of their tokens. Source: docs of the two APIs, 2026. */
const clouds: Readonly<
  Record<Cloud, { readonly app: string; readonly workspace: string; readonly workspaceScope: string }>
> = {
  public: {
    app: 'https://api.applicationinsights.io',
    workspace: 'https://api.loganalytics.azure.com',
    workspaceScope: 'https://api.loganalytics.io/.default',
  },
  usgov: {
    app: 'https://api.applicationinsights.us',
    workspace: 'https://api.loganalytics.us',
    workspaceScope: 'https://api.loganalytics.us/.default',
  },
  china: {
    app: 'https://api.applicationinsights.azure.cn',
    workspace: 'https://api.loganalytics.azure.cn',
    workspaceScope: 'https://api.loganalytics.azure.cn/.default',
  },
};

/**
 * What to ask: the rows of an Application Insights app, or of a workspace (`resourceId` '': of every component in it).
 */
export type Target =
  | { readonly appId: string }
  | { readonly workspaceId: string; readonly resourceId: string; readonly plan: 'analytics' | 'basic' };

/** Tables on the Basic plan keep their rows that long, and questions reach no further back. */
export const BASIC_RETENTION = 30 * 24 * 3_600_000;

export interface Access {
  readonly cloud: Cloud;
  /** Base address instead of the cloud's own; with or without `/v1`. */
  readonly endpoint: string | undefined;
  readonly key: Secret | undefined;
  /** Who asks where there is no key. */
  readonly identity: Identity;
}

/** Where and how a target is asked. An endpoint on this machine is asked without credentials unless a key is given. */
export function queryAddress(target: Target, access: Access): Pick<QuerySettings, 'url' | 'scope' | 'auth' | 'schema'> {
  const cloud = clouds[access.cloud];
  const workspace = 'workspaceId' in target;
  const base = (access.endpoint ?? (workspace ? cloud.workspace : cloud.app)).replace(/\/+$/, '').replace(/\/v1$/, '');
  const loopback = isLoopback(new URL(base));
  const basic = workspace && target.plan === 'basic';
  return {
    url: workspace
      ? `${base}/v1/workspaces/${target.workspaceId}/${basic ? 'search' : 'query'}`
      : `${base}/v1/apps/${target.appId}/query`,
    scope: workspace ? cloud.workspaceScope : `${cloud.app}/.default`,
    auth: access.key ? { kind: 'key', key: access.key } : loopback ? { kind: 'none' } : access.identity,
    schema: workspace
      ? { kind: 'workspace', resourceId: target.resourceId, ...(basic && { plan: 'basic' }) }
      : { kind: 'app' },
  };
}

import { hostname } from 'node:os';
import type { Exporting } from '../metrics/export.ts';
import { auditPoints, type Point, planPoints, runPoints, type Timer, tickPoints } from '../metrics/points.ts';
import type { AuditOutcome } from '../pipeline/audit/audit.ts';
import type { RunOutcome } from '../pipeline/run.ts';
import { plain } from '../pure/printable.ts';
import type { PlanOutcome } from './plan.ts';

/**
 * The metrics of this process, sent to Application Insights and by OpenTelemetry's own protocol, to whichever the
 * environment names (docs/metrics.md). Where it names none, nothing is loaded. Nothing here ever fails a call.
 */

type Env = Readonly<Record<string, string | undefined>>;

/** Metrics are sent once a minute, and when the host ends this process. */
const every = 60_000;
/** A failure is said so often at most. */
const quiet = 3_600_000;

let started: Promise<Exporting | undefined> | undefined;

export const tellRun = (outcome: RunOutcome): Promise<void> => tell(() => runPoints(outcome));
export const tellPlan = (planned: PlanOutcome): Promise<void> => tell(() => planPoints(planned, Date.now()));
export const tellAudit = (outcome: AuditOutcome): Promise<void> => tell(() => auditPoints(outcome));

/** A tick of a timer beside the planner, told by how it ended. */
export async function tick(timer: Timer, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    await tell(() => tickPoints(timer, false));
    throw error;
  }
  await tell(() => tickPoints(timer, true));
}

/** Sends what was not sent yet. */
export async function flushMetrics(): Promise<void> {
  await (await started)?.flush();
}

async function tell(points: () => readonly Point[]): Promise<void> {
  if (!isWanted(process.env)) return;
  started ??= start(process.env).catch((error: unknown) => report(error));
  (await started)?.record(points());
}

const hasOtlp = (env: Env): boolean =>
  Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT);

function isWanted(env: Env): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_METRICS_EXPORTER === 'none') return false;
  return hasOtlp(env) || Boolean(env.APPLICATIONINSIGHTS_CONNECTION_STRING);
}

async function start(env: Env): Promise<Exporting> {
  const [{ startExport }, { connectionOf }, { http, identity }, { withToken }, { productVersion }] = await Promise.all([
    import('../metrics/export.ts'),
    import('../metrics/application-insights.ts'),
    import('./clients.ts'),
    import('../net/bearer.ts'),
    import('./version.ts'),
  ]);
  const found = connectionOf(env.APPLICATIONINSIGHTS_CONNECTION_STRING ?? '');
  const setting = 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING';
  const clientId = clientIdIn(env[setting] ?? '');
  return startExport({
    ingestion: found && {
      ...found,
      http:
        clientId === undefined
          ? http
          : withToken(http, {
              credential: identity({ clientId, setting }, found.url),
              scope: found.scope,
              now: Date.now,
            }),
    },
    otlp: hasOtlp(env),
    service: {
      name: env.OTEL_SERVICE_NAME || env.WEBSITE_SITE_NAME || 'insights-lake',
      version: productVersion(),
      instance: env.WEBSITE_INSTANCE_ID || hostname(),
    },
    every,
    report,
  });
}

/** `ClientId=…;Authorization=AAD` → the client id; undefined: telemetry is sent with the key alone. */
function clientIdIn(text: string): string | undefined {
  if (!/\bAuthorization\s*=\s*AAD\b/i.test(text)) return undefined;
  return /\bClientId\s*=\s*([^;\s]+)/i.exec(text)?.[1] ?? '';
}

let saidAt = Number.NEGATIVE_INFINITY;

/** In the log of the worker: there is no invocation that this belongs to. */
function report(error: unknown): undefined {
  if (Date.now() - saidAt < quiet) return;
  saidAt = Date.now();
  const why = plain(error instanceof Error ? error.message : String(error));
  console.warn(`metrics: ${why}; what was recorded since is lost`);
}

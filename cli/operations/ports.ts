import type { Env } from '../../shared/config/flat.ts';
import type {
  Backfills,
  DriftSighting,
  HealthOrder,
  HealthReport,
  Place,
  RetentionRules,
  SweepRequest,
} from '../../shared/model.ts';
import type { RequeueOutcome, RequeueRequest } from '../../shared/pipeline/ask/requeue.ts';
import type { RerunOutcome, RerunRequest } from '../../shared/pipeline/ask/rerun.ts';
import type { LakeAudit, LakeAuditRequest } from '../../shared/pipeline/audit/audit-lake.ts';
import type { FeedRetired, RetireRequest } from '../../shared/pipeline/retention/retire.ts';
import type { SweepOutcome, SweepProgress } from '../../shared/pipeline/sweep/sweep.ts';
import type { StatusRequest } from '../../shared/status/request.ts';
import type { Status } from '../../shared/status/schema.ts';
import type { Adopted, AdoptRequest } from '../../shared/wire/adopt.ts';

/**
 * What is done to the state of an app, deployed or not. `lake` undefined: of the app that has these settings. Throws
 * Failure.
 */
export interface Operations {
  enqueue(
    request: SweepRequest,
    env: Env,
    abort: AbortSignal,
    tell: (progress: SweepProgress) => void,
  ): Promise<SweepOutcome>;
  /** How it stands. */
  status(request: StatusRequest, lake: Place | undefined, env: Env): Promise<Status>;
  requeue(request: RequeueRequest, lake: Place | undefined, env: Env): Promise<RequeueOutcome>;
  rerun(request: RerunRequest, lake: Place | undefined, env: Env): Promise<RerunOutcome>;
  /** The ledger beside the files that are there. */
  audit(request: LakeAuditRequest, lake: Place | undefined, env: Env): Promise<LakeAudit>;
  /** What is older than `rules`, or than those of the settings; with `remove` it goes. */
  retire(
    request: RetireRequest,
    rules: RetentionRules | undefined,
    lake: Place | undefined,
    env: Env,
  ): Promise<readonly FeedRetired[]>;
  backfill<T>(use: (backfills: Backfills) => Promise<T>, env: Env): Promise<T>;
  /** Pauses, resumes or disables the lake of the app. */
  order(order: HealthOrder, reason: string, env: Env): Promise<HealthReport>;
  health(env: Env): Promise<HealthReport>;
  /** Gives a lake a ledger from its files. */
  adopt(request: AdoptRequest, lake: Place | undefined, env: Env, tell: (files: number) => void): Promise<Adopted>;
  /** Fields that nobody knows, as they were first seen. */
  drift(lake: Place | undefined, env: Env): Promise<readonly DriftSighting[]>;
}

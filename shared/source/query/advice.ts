import { anyOf } from '../../net/any-of.ts';
import type { Asked } from './outcome.ts';

const ROLE = {
  app: 'the role Reader (or Monitoring Reader) on the Application Insights resource',
  workspace:
    'the role Reader (or Log Analytics Reader) on the Log Analytics workspace (on the component alone is not ' +
    'always enough)',
};

const ID = {
  app:
    'the app id (under API Access of the Application Insights resource; not its instrumentation key, not a ' +
    'workspace id)',
  workspace: 'the workspace id (on the overview of the Log Analytics workspace; not an app id)',
};

/** The table is on a plan that this address does not serve. */
export const ANOTHER_PLAN =
  /\b(basic|auxiliary)\b[^.]{0,40}\b(plan|logs?|tables?|tier)\b|\b(plan|tier)\b[^.]{0,20}\b(basic|auxiliary)\b/i;

const PLAN_ADVICE = {
  app:
    'ask in its workspace (WORKSPACE_ID and RESOURCE_ID instead of APP_ID) with QUERY_PLAN=basic (on the command ' +
    'line --workspace with --plan basic)',
  workspace: 'set QUERY_PLAN=basic (--plan basic on the command line), which asks by /search',
};

/** First match wins. Statuses: undefined is any. */
const ADVICE: readonly (readonly [status: number | undefined, pattern: RegExp, advice: (asked: Asked) => string])[] = [
  [407, /./, () => 'a proxy wants a user and a password: name them in HTTPS_PROXY (http://user:password@host:port)'],
  [
    undefined,
    /^status \d+: a page of HTML/,
    () =>
      'something else answered in place of the query API (a proxy, a gateway, a page that wants a sign-in): check ' +
      'the address, and what HTTPS_PROXY and NO_PROXY name',
  ],
  [
    400,
    ANOTHER_PLAN,
    (asked) =>
      `the table ${asked.table} seems to be on the Basic or Auxiliary plan, which this address does not serve: ` +
      `${PLAN_ADVICE[asked.schema]}; or put it on the Analytics plan, or export it by diagnostic settings`,
  ],
  [
    400,
    /Failed to resolve (table|entity|scalar|column)/i,
    (asked) =>
      `this endpoint does not know ${asked.table} or one of its columns: check that the id is ${ID[asked.schema]}`,
  ],
  [
    400,
    /./,
    () => 'the API refuses the query: check the address that is asked, and report it if a query of ours is at fault',
  ],
  [
    401,
    /./,
    () =>
      'sign in: give the app an identity (or run `az login` on a workstation) and check that the token scope ' +
      'belongs to the same cloud',
  ],
  [
    403,
    anyOf(
      /network security perimeter|\bNsp\w*|public network|private link|\bAMPLS\b/,
      /not allowed from (this|your) (ip|network|address)/,
    ),
    () =>
      'the resource does not take queries from this network (roles have nothing to do with it): allow public ' +
      'queries, or ask from inside: its network security perimeter, or a private link scope',
  ],
  [
    403,
    /audience|InvalidAuthenticationToken|InvalidToken/i,
    () =>
      'the token is for something else: check that address and token scope belong to the same cloud and the same API',
  ],
  [
    403,
    /invalid_grant|AADSTS/i,
    () => 'the sign-in has expired or is wrong: sign in again, or check tenant and client id of the identity',
  ],
  [
    403,
    /./,
    (asked) =>
      `give the identity ${ROLE[asked.schema]}; a new assignment takes up to 60 minutes to work (also check ` +
      'whether the resource accepts queries from public networks)',
  ],
  [404, /./, (asked) => `check the address and ${ID[asked.schema]}`],
  [
    undefined,
    /./,
    () => 'the query API does not answer like this: check the address and whatever stands between (proxy, gateway)',
  ],
];

/** What the operator should do about a refusal. */
export function adviceFor(status: number, text: string, asked: Asked): string {
  const found = ADVICE.find(([only, pattern]) => (only === undefined || only === status) && pattern.test(text));
  return found === undefined ? '' : found[2](asked);
}

/**
 * The second phase of a deployment: `npm run events`, which azd calls after it has deployed the code, or by hand
 * `npm run events -- <resource group>`. Needs the Azure CLI, signed in.
 */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

export interface Answer {
  readonly ok: boolean;
  /** What the command printed: its result, or its error. */
  readonly text: string;
}

export interface Surroundings {
  /** Resource group whose deployment `insights-lake` is asked for its outputs; undefined: they are in `env`. */
  readonly group: string | undefined;
  /** Outputs of main.bicep by their names, and AZURE_RESOURCE_GROUP, as azd hands them to its hooks. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs the Azure CLI with these arguments. */
  az(args: readonly string[]): Answer;
  sleep(ms: number): Promise<void>;
  say(line: string): void;
}

/**
 * The host makes its key when it first loads the blob trigger: minutes after the code is there, more on a network of
 * one's own.
 */
const keyTries = 40;
/** A role of the topic's new identity, and the handshake with a cold app, may take a few minutes. */
const deployTries = 5;
const pause = 15_000;

/** Deploys events.bicep where the app needs it. Repeating it is harmless. Fails with what to do. */
export async function secondPhase(surroundings: Surroundings): Promise<void> {
  const { az, sleep, say } = surroundings;
  const outputs = outputsOf(surroundings);
  if (outputs.eventsNeeded?.toLowerCase() !== 'true') {
    say('events: not needed (blobs are not read, or found without Event Grid)');
    return;
  }
  const [group, app] = [needed(outputs, 'AZURE_RESOURCE_GROUP'), needed(outputs, 'functionApp')];
  const parameters = [
    `functionApp=${app}`,
    `hostAccount=${needed(outputs, 'hostAccount')}`,
    `exportAccountId=${needed(outputs, 'eventsAccountId')}`,
    `exportContainer=${needed(outputs, 'eventsContainer')}`,
    `exportPrefix=${outputs.eventsPrefix ?? ''}`,
    `existingTopic=${outputs.EXISTING_TOPIC ?? ''}`,
  ];
  const keys = [
    'functionapp',
    'keys',
    'list',
    '--resource-group',
    group,
    '--name',
    app,
    '--query',
    'length(systemKeys.blobs_extension)',
  ];
  const ready = await tried(keyTries, pause, sleep, () => {
    const answer = az(keys);
    return { ok: answer.ok && Number(answer.text) > 0, text: answer.text };
  });
  if (!ready.ok)
    throw new Error(
      `events of ${app}: the app has no key for its blob trigger; see that transformBlob is listed and starts: ` +
        `${ready.text}`,
    );
  say('events: the blob trigger is there; deploying its subscription');
  const where = ['--resource-group', group, '--name', 'insights-lake-events', '--template-file', 'infra/events.bicep'];
  const deployed = await tried(deployTries, 4 * pause, sleep, () =>
    az(['deployment', 'group', 'create', ...where, '--parameters', ...parameters, '--output', 'none']),
  );
  if (!deployed.ok) throw new Error(`events of ${app}: ${deployed.text}; mend it and repeat: npm run events`);
  say('events: done');
}

function outputsOf({ group, env, az }: Surroundings): Surroundings['env'] {
  if (group === undefined) return env;
  const { ok, text } = az([
    'deployment',
    'group',
    'show',
    '--resource-group',
    group,
    '--name',
    'insights-lake',
    '--query',
    'properties.outputs',
  ]);
  if (!ok)
    throw new Error(
      `events: resource group ${group} has no deployment insights-lake (docs/deploy.md, by hand): ${text}`,
    );
  const outputs: Record<string, { readonly value?: unknown }> = JSON.parse(text);
  const values = Object.entries(outputs).map(([name, { value }]) => [name, String(value ?? '')]);
  return { ...env, ...Object.fromEntries(values), AZURE_RESOURCE_GROUP: group };
}

function needed(outputs: Surroundings['env'], name: string): string {
  const value = outputs[name];
  if (!value)
    throw new Error(`events: ${name} is not set; name the resource group: npm run events -- <resource group>`);
  return value;
}

async function tried(
  tries: number,
  wait: number,
  sleep: Surroundings['sleep'],
  attempt: () => Answer,
): Promise<Answer> {
  for (let left = tries; ; left -= 1) {
    const answer = attempt();
    if (answer.ok || left <= 1) return answer;
    await sleep(wait);
  }
}

function az(args: readonly string[]): Answer {
  // On Windows the Azure CLI is a command file, which only a shell starts.
  const windows = process.platform === 'win32';
  const words = windows ? args.map((word) => `"${word}"`) : args;
  const { status, stdout, stderr, error } = spawnSync('az', words, { encoding: 'utf8', shell: windows });
  if (error)
    return { ok: false, text: `the Azure CLI did not start (${error.message}); install it and sign in with az login` };
  return { ok: status === 0, text: (status === 0 ? stdout : stderr).trim() };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  await secondPhase({ group: process.argv[2], env: process.env, az, sleep, say: console.log }).catch(
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    },
  );
}

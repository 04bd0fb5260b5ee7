import { rm } from 'node:fs/promises';
import type { Ledger, Millis } from '../../shared/model.ts';
import { type Azurite, startAzurite } from '../azurite.ts';
import type { HostEvent } from '../host/host.ts';
import { telemetryData } from '../simulator/data.ts';
import { type Simulator, startSimulator } from '../simulator/startSimulator.ts';
import { type RunningApp, startApp } from './app.ts';
import { enterFolder, leaveFolder, places } from './folder.ts';
import { freePort, keptPorts } from './free-port.ts';
import { ledgerOf } from './ledger.ts';
import { environment, type Story, settingsOf, storyAt } from './story.ts';

/** All that the demonstration runs on: storage, the query API, and the app. */
export interface Stage {
  readonly story: Story;
  readonly settings: Record<string, string>;
  readonly azurite: Azurite;
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  /** Starts the app's functions, and says where its status page is; `failed` rejects when they end by themselves. */
  startFunctions(onEvent: (event: HostEvent) => void): Promise<string>;
  killFunctions(): Promise<void>;
  readonly failed: Promise<never>;
}

/** Where the real host listens on a developer's machine, too. */
const usualPort = 7071;

/** Sets the stage, uses it, and leaves nothing running whatever happens. `fresh`: from an empty folder. */
export async function withStage<T>(
  options: { live: boolean; now: Millis },
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { live, now } = options;
  await enterFolder();
  const closers: (() => Promise<unknown>)[] = [leaveFolder];
  try {
    if (!live)
      for (const folder of [places.azurite, places.lake, places.work, places.log, places.ports])
        await rm(folder, { recursive: true, force: true });
    await enterFolder();
    const story = storyAt(now);
    const azurite = await startAzurite({ folder: places.azurite, ports: await keptPorts(places.ports, 3) });
    closers.push(() => azurite.close());
    const simulator = await startSimulator({
      data: telemetryData(story.shop, live ? Date.now : () => Number.POSITIVE_INFINITY),
    });
    closers.push(() => simulator.close());
    const settings = settingsOf(
      story,
      { connectionString: azurite.connectionString, endpoint: simulator.url, lake: places.lake },
      live,
    );
    const ledger = ledgerOf(settings);
    await ledger.prepare();
    const functions = functionsOf(environment(settings, places.work), await freePort(usualPort));
    closers.push(functions.close);
    return await Promise.race([use({ story, settings, azurite, simulator, ledger, ...functions }), functions.failed]);
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
  }
}

function functionsOf(
  env: Record<string, string>,
  port: number,
): Pick<Stage, 'startFunctions' | 'killFunctions' | 'failed'> & { close(): Promise<void> } {
  let running: RunningApp | undefined;
  let closed = false;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // told to whoever races against it
  const killFunctions = async (): Promise<void> => running?.kill();
  return {
    failed,
    killFunctions,
    startFunctions: async (onEvent) => {
      if (closed) return '';
      running = startApp(env, places.log, onEvent, fail, port);
      return `${await running.ready}/api/status`;
    },
    close: async () => {
      closed = true;
      await killFunctions();
    },
  };
}

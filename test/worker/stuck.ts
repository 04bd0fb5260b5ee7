import type { ClientRequest } from 'node:http';
import type { LoggedRequest } from '../../local/simulator/request.ts';
import type { Simulator } from '../../local/simulator/startSimulator.ts';
import type { Connections } from '../front/connections.ts';
import type { StorageFront } from '../front/storageFront.ts';
import type { TokenEndpoint } from '../front/token-endpoint.ts';
import type { Condition } from './conditions.ts';

/** What a condition can strike. */
export interface Places {
  readonly front: StorageFront;
  readonly simulator: Simulator;
  readonly tokens: TokenEndpoint;
  readonly connections: Connections;
}

/** Ports by what a connection is to. */
export const portsOf = ({ front, simulator }: Pick<Struck, 'front' | 'simulator'>) => ({
  ...front.ports,
  api: simulator.port,
});

/** Which connections of a condition fail, and how. */
export const lineFate = ({ line }: Condition, places: Places): Connections['fate'] => {
  const ports = portsOf(places);
  let met = 0;
  return (
    line &&
    ((port) => {
      if (!line.to.some((to) => ports[to] === port)) return undefined;
      return line.flips && met++ % 2 === 1 ? undefined : line.code;
    })
  );
};

/** The same of a scene whose simulator is none of ours. */
type Struck = Omit<Places, 'simulator'> & { readonly simulator: Pick<Simulator, 'port' | 'requests'> };

/** Which calls of this process nobody is going to answer by himself: time goes on although they are under way. */
export function stuckBy({ token, line }: Condition, places: Struck) {
  const { front, tokens, connections, simulator } = places;
  const { api } = portsOf(places);
  return (request: ClientRequest): boolean => {
    const port = Number(new URL(`http://${request.getHeader('host')}`).port);
    if (line?.code === 'silent' && connections.fate?.(port) === 'silent') return true;
    if (port === tokens.port) return token === 'silent';
    const own = request.socket?.localPort ?? 0;
    if (port === api) return stands(simulator.requests.findLast((asked) => asked.port === own));
    return front.held.has(own);
  };
}

const stands = (asked: LoggedRequest | undefined): boolean =>
  ['stall', 'trickle'].includes(asked?.fault ?? '') && !asked?.sent;

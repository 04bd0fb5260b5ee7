/** Each call of this process to HTTP waits for so long before it leaves: a poor line, in the time of scenes. Preloaded. */
import { Agent } from 'node:http';

const pause = Number(process.env.SLOW_CALLS ?? 0);
const proto = Agent.prototype as unknown as { addRequest(...given: unknown[]): void };
const { addRequest } = proto;
if (pause > 0)
  proto.addRequest = function slow(...given) {
    setTimeout(() => addRequest.apply(this, given), pause);
  };

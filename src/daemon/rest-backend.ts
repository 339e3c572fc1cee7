import type { Agent } from '../agent/agent.ts';
import type { Node } from '../model/node.ts';
import type { RestBackend } from '../rest/server/backend.ts';

/** What a REST API is given of its node. */
export interface RestBackendParts
  extends Pick<RestBackend, 'scope' | 'clock' | 'dcs' | 'peers' | 'reload' | 'log'> {
  readonly agent: Agent;
  readonly node: () => Node;
}

/** The agent and its ports, as the REST API sees them. */
export function restBackend({ agent, node, ...parts }: RestBackendParts): RestBackend {
  return {
    ...parts,
    get node() {
      return node();
    },
    state: () => agent.state(),
    freshStatus: () => agent.freshStatus(),
    order: (order) => agent.order(order),
    receiveFailsafe: (message) => agent.receiveFailsafe(message),
    wake: () => agent.rouse(),
    nextTick: (signal) => agent.nextTick(signal),
  };
}

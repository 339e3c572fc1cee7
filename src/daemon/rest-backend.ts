import type { Agent } from '../agent/agent.ts';
import type { Node } from '../model/node.ts';
import type { NodeStatus } from '../model/node-status.ts';
import type { RestBackend } from '../rest/server/backend.ts';
import type { Log } from '../system/log/log.ts';

/** What a REST API is given of its node. */
export interface RestBackendParts
  extends Pick<RestBackend, 'scope' | 'clock' | 'dcs' | 'peers' | 'reload' | 'log'> {
  readonly agent: Pick<
    Agent,
    'state' | 'freshStatus' | 'order' | 'receiveFailsafe' | 'rouse' | 'nextTick'
  >;
  readonly node: () => Node;
  /** The log of the whole agent. */
  readonly agentLog: Pick<Log, 'queueSize' | 'recordsLost'>;
}

/** As many lines wait now and then, and are no news (Patroni: NORMAL_LOG_QUEUE_SIZE). */
const NORMAL_QUEUE = 2;

/** The agent and its ports, as the REST API sees them. */
export function restBackend({ agent, node, agentLog, ...parts }: RestBackendParts): RestBackend {
  const withQueue = (status: NodeStatus): NodeStatus => {
    const { queueSize: size, recordsLost: lost } = agentLog;
    return size > NORMAL_QUEUE ? { ...status, logQueue: { size, lost } } : status;
  };
  return {
    ...parts,
    get node() {
      return node();
    },
    state: () => {
      const state = agent.state();
      const status = withQueue(state.status);
      return status === state.status ? state : { ...state, status };
    },
    freshStatus: async () => withQueue(await agent.freshStatus()),
    order: (order) => agent.order(order),
    receiveFailsafe: (message) => agent.receiveFailsafe(message),
    wake: () => agent.rouse(),
    nextTick: (signal) => agent.nextTick(signal),
  };
}

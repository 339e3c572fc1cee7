import type { Order, OrderReply } from '../../agent/orders.ts';
import type { AgentClock, FailsafeMessage, Peers } from '../../agent/ports.ts';
import type { AgentState } from '../../agent/state.ts';
import type { AgentDcs } from '../../dcs/agent-dcs.ts';
import type { Document } from '../../dcs/dcs.ts';
import type { Node } from '../../model/node.ts';
import type { NodeStatus } from '../../model/node-status.ts';

/** What the REST API stands on: the agent, and the ports that the agent stands on itself. */
export interface RestBackend {
  /** May be another one after the local configuration was read again. */
  readonly node: Node;
  readonly scope: string;
  readonly clock: Pick<AgentClock, 'monotonic' | 'wall'>;
  /** Used beside the agent, at any time. */
  readonly dcs: Pick<AgentDcs, 'write'> & { peek(): Promise<readonly Document[]> };
  readonly peers: Pick<Peers, 'status'>;
  /** By the last tick, the same object until something has changed. Never waits, never throws. */
  state(): AgentState;
  /** What `GET /patroni` says after another look at PostgreSQL, which began after the call. */
  freshStatus(): Promise<NodeStatus>;
  /** Leaves an order; resolves when it was carried out or turned down. */
  order(order: Order): Promise<OrderReply>;
  /** True when this member agrees that the sender goes on leading. */
  receiveFailsafe(message: FailsafeMessage): boolean;
  /** The next tick comes at once. */
  wake(): void;
  /** As SIGHUP: reads the local configuration again, soon. */
  reload(): void;
  /** Resolves when a tick has seen the store, which it does at once when it has changed. */
  nextTick(signal: AbortSignal): Promise<void>;
  readonly log: RestLog;
}

/** One line for the log. The text is safe to print and has no secret in it. */
export type RestLog = (level: 'debug' | 'info' | 'warning' | 'error', text: string) => void;

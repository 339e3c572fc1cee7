import type { FailsafeMessage, Peers } from '../../src/agent/ports.ts';
import type { PeerAddress } from '../../src/ha/plan.ts';
import type { MemberReport, NodeStatus } from '../../src/model/node-status.ts';
import type { Links } from './links.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** Milliseconds that an asker waits, and for one whose document has expired. */
const TIMEOUT = 2000;
const GONE_TIMEOUT = 300;

/** What an agent answers. */
export interface PeerAgent {
  freshStatus(): Promise<NodeStatus>;
  receiveFailsafe(message: FailsafeMessage): boolean;
}

/** A host as others reach it. */
interface PeerHost {
  readonly name: string;
  readonly powered: boolean;
  /** The process of its agent. */
  readonly agent: Process;
  readonly program: PeerAgent | undefined;
}

/** The network of the members' REST APIs. */
export interface PeerNetwork {
  readonly scheduler: Scheduler;
  readonly links: Links;
  /** The host with this name. */
  hostAt(place: string): PeerHost | undefined;
}

/** The REST APIs of others, as one agent process sees them over the links. */
export class SimPeers implements Peers {
  readonly #network: PeerNetwork;
  readonly #self: { readonly host: string; readonly process: Process };

  constructor(network: PeerNetwork, self: { host: string; process: Process }) {
    this.#network = network;
    this.#self = self;
  }

  async status(peer: PeerAddress): Promise<MemberReport> {
    const answer = await this.#call(peer, (agent) => agent.freshStatus());
    return answer.ok ? { ok: true, status: answer.value } : answer;
  }

  async failsafe(peer: PeerAddress, message: FailsafeMessage): Promise<boolean> {
    const answer = await this.#call(peer, (agent) => agent.receiveFailsafe(message));
    return answer.ok && answer.value;
  }

  /** One request over the link, carried out by the agent there, and its reply. */
  #call<T>(peer: PeerAddress, handle: (agent: PeerAgent) => T | Promise<T>): Promise<Answer<T>> {
    const { scheduler, links } = this.#network;
    const { host, process } = this.#self;
    const place = placeOf(peer.apiUrl);
    return new Promise((resolve) => {
      const giveUp = (): void => resolve(failed('timed out'));
      const end = scheduler.after(peer.gone ? GONE_TIMEOUT : TIMEOUT, giveUp, process);
      const reply = (answer: Answer<T>): void => {
        const back = links.latency(place, host);
        if (back === undefined) return;
        const settle = (): void => {
          end.cancel();
          resolve(answer);
        };
        scheduler.after(back, settle, process);
      };
      const arrive = (): void => {
        const there = this.#network.hostAt(place);
        if (there === undefined || !there.powered) return;
        const { agent, program } = there;
        if (!agent.alive || program === undefined) {
          reply(failed('connection refused'));
          return;
        }
        const serve = (): void => {
          void answerOf(program, handle).then(reply);
        };
        // A frozen agent takes the request when it thaws: the connection was made by its kernel.
        scheduler.after(0, serve, agent);
      };
      const there = links.latency(host, place);
      if (there !== undefined) scheduler.after(there, arrive);
    });
  }
}

type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: string };

async function answerOf<T>(
  agent: PeerAgent,
  handle: (agent: PeerAgent) => T | Promise<T>,
): Promise<Answer<T>> {
  try {
    return { ok: true, value: await handle(agent) };
  } catch (error) {
    return failed(`HTTP 500: ${String(error)}`);
  }
}

function failed(failure: string): { ok: false; failure: string } {
  return { ok: false, failure };
}

/** `http://pg1:8008/patroni` → `pg1`. */
function placeOf(url: string): string {
  return /^https?:\/\/([^:/]+)/.exec(url)?.[1] ?? '';
}

import type { TickRecord } from '../../src/agent/ports.ts';
import type { ClusterView } from '../../src/model/cluster.ts';
import type { Tags } from '../../src/model/member.ts';
import type { Node } from '../../src/model/node.ts';
import { BEGINNING } from './agent-clock.ts';
import { applyDeed } from './apply-deed.ts';
import { castDeed } from './cast.ts';
import type { Sight } from './checkers/checker.ts';
import type { Deed } from './deeds.ts';
import { SimHost } from './host.ts';
import { HostTruth } from './host-truth.ts';
import { Links } from './links.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimStore } from './store.ts';
import { StoreTruth } from './store-truth.ts';
import type { TraceLine } from './trace.ts';
import { type Violation, Watchers } from './watchers.ts';
import { Workload } from './workload.ts';

/** Name of the only cluster. */
export const SCOPE = 'sim';
/** A supervisor starts an agent again that ended, after so many ms. */
const RESTART_SEC = 2000;

export interface WorldOptions {
  readonly seed: number;
  /** Hosts are `pg1` to `pgN`. */
  readonly nodes: number;
  /** The dynamic configuration of the new cluster, as it is written in `/config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, Tags>>;
  readonly fence?: Node['fence'];
  /** How many clients write; 1 unless it is said. */
  readonly clients?: number;
  /** What else the local configuration of every node says. */
  readonly node?: Partial<Node>;
  /** The agents of these hosts are not started with the others. */
  readonly asleep?: readonly string[];
  /** Keep what happens, for `trace`. */
  readonly trace?: boolean;
}

/**
 * A simulated cluster: agents that run the production code, on hosts, in a network, with a store,
 * clients, and everything that may befall them. The same options give the same world.
 */
export class World {
  readonly scheduler = new Scheduler();
  readonly links: Links;
  readonly store: SimStore;
  readonly hosts: ReadonlyMap<string, SimHost>;
  readonly workload: Workload;
  /** What is true of each host, in their order. */
  readonly truths: readonly HostTruth[];
  /** What each agent said last. */
  readonly said = new Map<string, string>();
  /** Every commit that a client was told of, in that order. */
  readonly acknowledged: number[] = [];
  readonly #options: WorldOptions;
  readonly #storeTruth: StoreTruth;
  readonly #watchers: Watchers;
  readonly #trace: TraceLine[] = [];
  /** Hosts whose agents were told to end: when they are started again. */
  readonly #starts = new Map<string, number>();
  #deeds = 0;

  constructor(options: WorldOptions) {
    const random = new Random(options.seed);
    const { scheduler } = this;
    this.#options = options;
    this.links = new Links(random.fork('links'));
    this.store = new SimStore({ scheduler, links: this.links, random: random.fork('store') });
    this.#storeTruth = new StoreTruth(SCOPE, this.store);
    const names = Array.from({ length: options.nodes }, (_, index) => `pg${index + 1}`);
    this.hosts = new Map(names.map((name) => [name, this.#makeHost(name, random.fork(name))]));
    this.truths = [...this.hosts.values()].map((host) => new HostTruth(host));
    this.#watchers = new Watchers(this.#sight(), ({ checker, text }) => {
      this.note('checker', `${checker}: ${text}`);
    });
    this.workload = new Workload({
      scheduler,
      random: random.fork('clients'),
      servers: this.truths,
      clients: options.clients ?? 1,
    });
    this.#listen();
    for (const host of this.hosts.values()) {
      if (!options.asleep?.includes(host.name)) host.startAgent();
    }
  }

  /** True milliseconds since the start. */
  get now(): number {
    return this.scheduler.now;
  }

  /** The operators' clock, which is never wrong: ms since 1970. */
  get wall(): number {
    return BEGINNING + Math.round(this.now);
  }

  get violations(): readonly Violation[] {
    return this.#watchers.violations;
  }

  /** Empty, unless a trace was asked for. */
  get trace(): readonly TraceLine[] {
    return this.#trace;
  }

  /** What is in the store now. */
  view(): ClusterView {
    return this.#storeTruth.view();
  }

  /** Lets so many true milliseconds pass. */
  run(ms: number): Promise<void> {
    return this.scheduler.runUntil(this.now + Math.max(0, ms));
  }

  /** Something happens from outside, now. What lasts ends by itself. */
  apply(drawn: Deed): void {
    this.#deeds += 1;
    const deed = castDeed(drawn, { view: this.view(), hosts: this.truths, turn: this.#deeds });
    this.note('world', JSON.stringify(deed));
    applyDeed(this, deed);
    this.#watchers.done(deed);
  }

  /** An agent that ends by itself is started again so much later. */
  planStart(host: string, ms: number): void {
    this.#starts.set(host, this.now + ms);
  }

  /** From now on the cluster must be whole. */
  expectRecovery(): void {
    this.#watchers.recovered();
  }

  /** Nothing but peace should have been seen since then. */
  expectPeace(): void {
    this.#watchers.atEnd();
  }

  /** Adds a line to the trace, if one is kept. */
  note(who: string, text: string): void {
    if (this.#options.trace) this.#trace.push({ at: this.now, who, text });
  }

  #makeHost(name: string, random: Random): SimHost {
    const { scheduler, links, store } = this;
    return new SimHost({
      name,
      scope: SCOPE,
      node: nodeOf(name, this.#options),
      random,
      room: {
        scheduler,
        links,
        store,
        hostAt: (place) => this.hosts.get(place),
        serverOf: (member) => this.hosts.get(member)?.postgres,
      },
      record: (tick) => this.#recordTick(name, tick),
      exited: (how) => this.#supervise(name, how),
      note: (text) => this.note(name, text),
    });
  }

  #listen(): void {
    this.scheduler.afterEvent = () => this.#watchers.afterEvent();
    this.store.onWrite((write) => {
      if (this.#options.trace) {
        this.note('store', `${write.name} = ${write.value ?? 'nothing'}, by ${write.by}`);
      }
      this.#watchers.written(write);
    });
    for (const truth of this.truths) {
      truth.onAck((commit) => {
        this.acknowledged.push(commit);
        this.#watchers.acked({ commit, host: truth });
      });
    }
  }

  #recordTick(name: string, tick: TickRecord): void {
    if (this.#options.trace) this.note(name, printTick(tick));
    this.said.set(name, tick.say);
    const truth = this.truths.find((each) => each.name === name);
    if (truth === undefined) return;
    truth.count(tick);
    this.#watchers.ticked(truth, tick);
  }

  #supervise(name: string, how: string): void {
    this.note(name, `the agent ${how}`);
    const planned = this.#starts.get(name);
    this.#starts.delete(name);
    const wait = planned === undefined ? RESTART_SEC : Math.max(100, planned - this.now);
    this.scheduler.after(wait, () => this.hosts.get(name)?.startAgent());
  }

  #sight(): Sight {
    const { scheduler, truths } = this;
    const truth = this.#storeTruth;
    return {
      get now(): number {
        return scheduler.now;
      },
      fence: this.#options.fence ?? 'required',
      hosts: truths,
      view: () => truth.view(),
      sync: () => truth.sync(),
      settings: () => truth.settings(),
    };
  }
}

function nodeOf(name: string, { config, tags, fence, node }: WorldOptions): Node {
  return {
    name,
    connUrl: `postgres://${name}:5432/postgres`,
    apiUrl: `http://${name}:8008/patroni`,
    version: '4.1.5',
    tags: tags?.[name] ?? {},
    fence: fence ?? 'required',
    watchdog: 'off',
    bootstrap: config ?? {},
    clonesWithoutLeader: false,
    removeDataDirectoryOnRewindFailure: false,
    removeDataDirectoryOnDivergedTimelines: false,
    ...node,
  };
}

function printTick({ rule, say, because, asked, did, problem }: TickRecord): string {
  const parts = [
    `${[...asked, rule].join(' > ')}: ${say}${because === undefined ? '' : ` (${because})`}`,
    ...(did.length > 0 ? [did.join(', ')] : []),
    ...(problem === undefined ? [] : [`PROBLEM ${problem}`]),
  ];
  return parts.join(' | ');
}

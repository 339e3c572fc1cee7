import { Agent } from '../../src/agent/agent.ts';
import type { AgentPorts, TickRecord } from '../../src/agent/ports.ts';
import type { Node } from '../../src/model/node.ts';
import { HostClock } from './agent-clock.ts';
import { Disk } from './disk.ts';
import { NO_GUARD, SimGuard } from './guard.ts';
import type { Undo } from './links.ts';
import { type PeerNetwork, SimPeers } from './peers.ts';
import { SimPostgres } from './postgres/sim-postgres.ts';
import type { PostgresWorld } from './postgres/world.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import { runReleaseProgram } from './release-program.ts';
import type { SimStore } from './store.ts';
import type { StoreSession } from './store-session.ts';

/** What all hosts share. */
interface MachineRoom extends PeerNetwork, PostgresWorld {
  readonly store: SimStore;
}

export interface HostOptions {
  readonly name: string;
  readonly scope: string;
  readonly node: Node;
  readonly room: MachineRoom;
  readonly random: Random;
  /** Everything that its agents do. */
  readonly record: (tick: TickRecord) => void;
  /** The agent ended and nobody outside has killed it: it is for the world to start another one. */
  readonly exited: (how: string) => void;
  /** What happens besides: of guard and release program. */
  readonly note: (text: string) => void;
}

/** After a pause of the whole host the guard runs within so many ms, and the agent after it. */
const GUARD_WAKES_WITHIN = 20;
/** A release program has started within so many ms. */
const STARTS_WITHIN = 300;

/** A machine with its clocks and disk, an agent, a guard and a PostgreSQL. */
export class SimHost implements Pick<HostOptions, 'name' | 'node'> {
  readonly name: string;
  readonly node: Node;
  readonly clock: HostClock;
  readonly guard: SimGuard;
  readonly postgres: SimPostgres;
  /** The process of the present agent, or of the last one. */
  agent: Process;
  /** The present agent itself. */
  program: Agent | undefined;
  powered = true;
  readonly #options: HostOptions;
  readonly #disk = new Disk();
  /** Of the present agent, or of the last one. */
  #dcs: StoreSession | undefined;
  /** The last program that was to give the lock away. */
  #releaser: Process | undefined;
  #pauses = 0;
  /** True times: the agent began or went on; the guard went on after a pause. */
  #agentRose = 0;
  #guardRose = 0;

  constructor(options: HostOptions) {
    const { name, room, random } = options;
    const { scheduler } = room;
    this.#options = options;
    this.name = name;
    this.node = options.node;
    this.clock = new HostClock(scheduler, random.fork('clock'));
    this.agent = new Process(`${name} agent`);
    this.agent.kill();
    this.postgres = new SimPostgres({
      host: this,
      world: room,
      random: random.fork('postgres'),
    });
    const { clock, postgres } = this;
    this.guard = new SimGuard({
      ...{ name, scheduler, clock, postgres },
      agent: () => this.agent,
      killAgent: () => this.#end('was killed by its guard'),
      release: () => this.#release(),
    });
  }

  /** True time since which the agent has been able to act; undefined: it is dead or frozen. */
  agentSince(): number | undefined {
    return this.agent.alive && !this.agent.frozen ? this.#agentRose : undefined;
  }

  /** The same of the guard. One that was started anew and knows of no deadline yet guards nobody. */
  guardSince(): number | undefined {
    const { process, startedAt, informed } = this.guard;
    if (process === undefined || process.frozen || !informed) return undefined;
    return Math.max(startedAt, this.#guardRose);
  }

  /** The session that its agent goes by, if it lives, frozen or not. */
  session(): string | undefined {
    return this.agent.alive ? this.#dcs?.session : undefined;
  }

  /** Nothing happens when one is there, or when the host is off. */
  startAgent(): void {
    if (this.agent.alive || !this.powered) return;
    const process = new Process(`${this.name} agent`);
    this.agent = process;
    this.#agentRose = this.#now;
    if (this.node.fence !== 'off') this.#startGuard();
    // Without a data directory nothing is known of an agent before: its claim to bootstrap ends.
    if (this.postgres.instance.directory !== 'initialized') this.#disk.clear();
    // What is started on a paused host stands still like the rest of it.
    if (this.#pauses > 0) process.freeze();
    const program = new Agent(this.#ports(process));
    this.program = program;
    process.onKill(() => this.guard.agentDied());
    this.#options.room.scheduler.after(0, () => void this.#run(program, process), process);
  }

  /** SIGKILL. PostgreSQL, the guard and the session in the store stay. */
  killAgent(): void {
    this.program = undefined;
    this.agent.kill();
  }

  /** SIGSTOP of the present agent, until it is undone. */
  freezeAgent(): Undo {
    const { agent } = this;
    agent.freeze();
    return once(() => this.#thawAgent(agent));
  }

  killGuard(): void {
    this.guard.kill();
  }

  /** Everything on it stands still. Pauses may overlap. */
  pauseHost(): void {
    this.#pauses += 1;
    if (this.#pauses > 1) return;
    this.agent.freeze();
    this.guard.process?.freeze();
    this.#releaser?.freeze();
    this.postgres.freeze();
  }

  /** Ends one pause: PostgreSQL goes on at once, the guard runs soon, the agent after it. */
  resumeHost(): void {
    if (this.#pauses === 0) return;
    this.#pauses -= 1;
    if (this.#pauses > 0) return;
    const { agent, guard } = this;
    const { process } = guard;
    const { scheduler } = this.#options.room;
    this.postgres.thaw();
    this.#releaser?.thaw();
    const wait = this.#options.random.next() * GUARD_WAKES_WITHIN;
    scheduler.after(wait, () => {
      process?.thaw();
      this.#guardRose = this.#now;
    });
    scheduler.after(wait + 1, () => this.#thawAgent(agent));
  }

  /** The power goes out. What was paused is not any more. */
  crash(): void {
    if (!this.powered) return;
    this.powered = false;
    this.killAgent();
    this.guard.kill();
    this.#releaser?.kill();
    if (this.#pauses > 0) this.postgres.thaw();
    this.#pauses = 0;
    this.postgres.crash();
  }

  /** The power is back: the agent starts, with clocks that begin anew. */
  boot(): void {
    if (this.powered) return;
    this.powered = true;
    this.clock.reboot();
    this.startAgent();
  }

  get #now(): number {
    return this.#options.room.scheduler.now;
  }

  #ports(process: Process): AgentPorts {
    const { name, node, guard } = this;
    const { room, scope, random } = this.#options;
    const memory = this.#disk.memoryOf(process);
    const dcs = room.store.connect({ host: name, name: node.name, process, memory });
    this.#dcs = dcs;
    return {
      node,
      scope,
      dcs,
      server: this.postgres,
      peers: new SimPeers(room, { host: name, process }),
      fence: node.fence === 'off' ? NO_GUARD : guard,
      clock: this.clock.ofProcess(process),
      recollection: this.#disk.recollection(),
      random: () => random.next(),
      record: (tick) => {
        if (process.alive) this.#options.record(tick);
      },
      exit: (code) => {
        if (process.alive) this.#end(`ended with code ${code}`);
      },
    };
  }

  async #run(program: Agent, process: Process): Promise<void> {
    let problem: string | undefined;
    try {
      await program.run();
    } catch (error) {
      problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    if (problem !== undefined) {
      this.#options.record({ rule: 'agent', say: 'the agent died', asked: [], did: [], problem });
    }
    if (process.alive) this.#end(`ended with code ${problem === undefined ? 0 : 1}`);
  }

  #end(how: string): void {
    this.killAgent();
    this.#options.exited(how);
  }

  #release(): void {
    const { name, node, postgres } = this;
    const { room, random, note } = this.#options;
    const process = new Process(`${name} release`);
    if (this.#pauses > 0) process.freeze();
    this.#releaser = process;
    void runReleaseProgram({
      ...{ host: name, name: node.name, process, disk: this.#disk, store: room.store, postgres },
      startsIn: STARTS_WITHIN * (0.1 + random.next()),
      note: (text) => note(`the release program: ${text}`),
    });
  }

  #startGuard(): void {
    if (this.guard.sight().guard === 'alive') return;
    this.guard.start();
    if (this.#pauses > 0) this.guard.process?.freeze();
  }

  #thawAgent(agent: Process): void {
    agent.thaw();
    if (agent === this.agent && !agent.frozen) this.#agentRose = this.#now;
  }
}

function once(run: () => void): Undo {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}

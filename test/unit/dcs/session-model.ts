import {
  claimForRelease,
  claimSession,
  type KeptSession,
  type SessionPlace,
  type Steps,
} from '../../../src/dcs/kept-session.ts';

/** What the model lets happen: all of it, in every order. */
export interface Bounds {
  readonly agents: number;
  readonly releasers: number;
  /** How often the lock changes hands, by agents. */
  readonly acquisitions: number;
  /** A supervisor starts an agent beside one that still lives. */
  readonly careless?: boolean;
  /** How the release program claims the session; by default as the real one. */
  readonly claim?: (place: SessionPlace, id: string) => Steps<boolean>;
  /** It looks for PostgreSQL before it claims the session, not after it. */
  readonly looksFirst?: boolean;
}

interface Lock {
  readonly session: string;
  readonly version: number;
}

interface Process {
  readonly pid: number;
  readonly kind: 'agent' | 'releaser';
  readonly steps: Steps<void>;
  alive: boolean;
  done: boolean;
  /** All that it was told: with this it is where it is. */
  readonly heard: unknown[];
  /** The session that an agent goes by. */
  session?: string;
  /** The session that a release program has claimed. */
  claimed?: string;
}

type File = { readonly id: string; readonly owner: number };

/**
 * One host with its state directory and its PostgreSQL, and the lock in the store. Requests to give
 * the lock away may arrive at any time, also when whoever sent them is dead.
 */
class Host {
  readonly #bounds: Bounds;
  readonly files = new Map<string, File>([['kept', { id: 'first', owner: 0 }]]);
  readonly processes: Process[] = [];
  readonly sent: Lock[] = [];
  lock: Lock | undefined = { session: 'first', version: 1 };
  /** A primary runs. */
  primary = false;
  #version = 1;
  #betrayed = false;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** All that may happen now. */
  actions(): [string, () => void][] {
    const { processes } = this;
    const living = processes.filter(({ alive }) => alive);
    const noAgent = !living.some(({ kind }) => kind === 'agent');
    const count = (kind: Process['kind']) => processes.filter((one) => one.kind === kind).length;
    const actions: [string, () => void][] = [];
    for (const one of living) {
      if (!one.done) actions.push([`step ${one.pid}`, () => this.#step(one)]);
      actions.push([
        `kill ${one.pid}`,
        () => {
          one.alive = false;
        },
      ]);
      if (one.kind === 'agent' && one.done) actions.push(...this.#deedsOf(one));
    }
    if ((noAgent || this.#bounds.careless) && count('agent') < this.#bounds.agents) {
      actions.push(['start agent', () => this.#start('agent')]);
    }
    if (this.primary) {
      actions.push(['stop PostgreSQL', () => this.#setPrimary(false)]);
    } else if (noAgent && count('releaser') < this.#bounds.releasers) {
      actions.push(['start releaser', () => this.#start('releaser')]);
    }
    this.sent.forEach((request, index) => {
      actions.push([`arrive ${index}`, () => this.#arrive(request, index)]);
    });
    return actions;
  }

  /** What must never be. */
  wrong(): string | undefined {
    if (this.#betrayed) return 'the lock was given away under a primary';
    const agents = this.processes.filter(({ kind, alive }) => kind === 'agent' && alive);
    for (const { claimed } of this.processes) {
      const victim = claimed && agents.find(({ session }) => session === claimed);
      if (victim) return `agent ${victim.pid} goes by ${claimed}, which was claimed for release`;
    }
    const sessions = agents.flatMap(({ session }) => session ?? []);
    return new Set(sessions).size < sessions.length ? 'two agents go by one session' : undefined;
  }

  /** Two hosts with the same picture have the same future. */
  picture(): string {
    const { processes, files, lock, sent, primary } = this;
    const living = processes
      .filter(({ alive }) => alive)
      .map(({ steps: _, ...one }) => [one, files.get(`taken by ${one.pid}`)]);
    // Of the dead only what they have claimed counts, and that they were there.
    const kinds = processes.map(({ kind }) => kind);
    const claimed = new Set(processes.map((one) => (one.alive ? undefined : one.claimed)));
    const kept = files.get('kept');
    const fate = kept && this.#fateOf(kept.owner, -1);
    const owner = fate === 'alive' ? kept?.owner : fate;
    const dead = [kinds.sort(), [...claimed].sort()];
    return JSON.stringify([kept?.id, owner, living, dead, lock, sent, primary]);
  }

  #deedsOf({ session = '' }: Process): [string, () => void][] {
    if (this.lock?.session === session) {
      if (this.primary) return [];
      return [
        ['let go', () => this.#setLock(undefined)],
        ['start PostgreSQL', () => this.#setPrimary(true)],
      ];
    }
    const version = this.#version + 1;
    if (this.lock || version > this.#bounds.acquisitions + 1) return [];
    return [['acquire', () => this.#setLock({ session, version })]];
  }

  #setPrimary(runs: boolean): void {
    this.primary = runs;
  }

  #setLock(lock: Lock | undefined): void {
    this.lock = lock;
    if (lock) this.#version = lock.version;
  }

  #start(kind: Process['kind']): void {
    const pid = this.processes.length + 1;
    const heard: unknown[] = [];
    const place = this.#placeOf(pid, heard);
    const one: Process = {
      ...{ pid, kind, heard, alive: true, done: false },
      steps: kind === 'agent' ? agent(place, () => one) : this.#releaser(place, () => one),
    };
    this.processes.push(one);
  }

  #step(one: Process): void {
    one.done = one.steps.next().done === true;
    one.heard.push('step');
    if (one.kind === 'releaser' && one.done) one.alive = false;
  }

  #arrive({ session, version }: Lock, index: number): void {
    this.sent.splice(index, 1);
    if (this.lock?.session !== session || this.lock.version !== version) return;
    this.lock = undefined;
    this.#betrayed = this.primary;
  }

  *#releaser(place: SessionPlace, self: () => Process): Steps<void> {
    const { claim = claimForRelease, looksFirst } = this.#bounds;
    const seen = (): boolean => {
      self().heard.push(this.primary);
      return this.primary;
    };
    const found = place.kept();
    if (found?.owner !== 'dead') return;
    yield;
    const { lock } = this;
    self().heard.push(lock);
    if (lock?.session !== found.id) return;
    yield;
    if (looksFirst) {
      if (seen()) return;
      yield;
    }
    if (!(yield* claim(place, found.id))) return;
    yield;
    if (!looksFirst && seen()) {
      place.giveBack();
      return;
    }
    self().claimed = found.id;
    yield;
    this.sent.push(lock);
    yield;
    place.discard();
  }

  #placeOf(pid: number, heard: unknown[]): SessionPlace {
    const own = `taken by ${pid}`;
    const tell = <T>(told: T): T => {
      heard.push(told ?? 'nothing');
      return told;
    };
    const move = (from: string, to: string): boolean => {
      const file = this.files.get(from);
      if (file === undefined) return false;
      this.files.delete(from);
      this.files.set(to, file);
      return true;
    };
    const read = (name: string): KeptSession | undefined => {
      const file = this.files.get(name);
      return file && { id: file.id, owner: this.#fateOf(file.owner, pid) };
    };
    return {
      kept: () => tell(read('kept')),
      take: () => tell(move('kept', own)),
      taken: () => tell(read(own)),
      keep: (id) => void this.files.set('kept', { id, owner: pid }),
      giveBack: () => {
        if (this.files.has('kept')) this.files.delete(own);
        else move(own, 'kept');
      },
      discard: () => void this.files.delete(own),
    };
  }

  #fateOf(owner: number, self: number): KeptSession['owner'] {
    if (owner === self) return 'self';
    return this.processes.some(({ pid, alive }) => pid === owner && alive) ? 'alive' : 'dead';
  }
}

/** As `SessionLease` does it: what was kept, or a new one that is written down before it is used. */
function* agent(place: SessionPlace, self: () => Process): Steps<void> {
  let session = yield* claimSession(place);
  if (session === undefined) {
    yield;
    session = `of ${self().pid}`;
    place.keep(session);
    yield;
  }
  self().session = session;
}

/** What was found: how many pictures there are, and the first way to one that must not be. */
export interface Findings {
  readonly pictures: number;
  readonly wrong: string | undefined;
}

/** Goes all ways, until nothing new can happen or something is wrong. */
export function explore(bounds: Bounds): Findings {
  const seen = new Set<string>();
  const ways: (readonly number[])[] = [[]];
  // It grows while it is gone through: the shortest ways come first.
  for (const way of ways) {
    const { host, names } = replay(bounds, way);
    const picture = host.picture();
    if (seen.has(picture)) continue;
    seen.add(picture);
    const wrong = host.wrong();
    if (wrong) return { pictures: seen.size, wrong: `${wrong}, after ${names.join(', ')}` };
    host.actions().forEach((_, index) => {
      ways.push([...way, index]);
    });
  }
  return { pictures: seen.size, wrong: undefined };
}

/** A generator cannot be copied: each way is gone from its beginning. */
function replay(bounds: Bounds, way: readonly number[]): { host: Host; names: string[] } {
  const host = new Host(bounds);
  const names = way.map((index) => {
    const [name, happen] = host.actions()[index] ?? ['', () => {}];
    happen();
    return name;
  });
  return { host, names };
}

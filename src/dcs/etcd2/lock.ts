import type { SessionMemory } from '../agent-dcs.ts';
import { EndpointFailure } from '../failure.ts';
import { type Leaf, leavesOf } from './api.ts';
import { again, type Call, type ClusterKeys, once, versionIn } from './keys.ts';

/** How often a renewal looks up the version of its lock, which a lost answer would have told. */
const LOOKS = 3;

/**
 * The leader key of a member, known as its own by the index at which it was made: a name alone may
 * be that of a namesake. The index is kept for the next agent.
 */
export class Lock {
  readonly #keys: ClusterKeys;
  readonly #name: string;
  readonly #memory: SessionMemory;
  #madeAt: string | undefined;
  /** Index of its last change; undefined: it has to be looked up. */
  #version: string | undefined;

  constructor(keys: ClusterKeys, name: string, memory: SessionMemory) {
    this.#keys = keys;
    this.#name = name;
    this.#memory = memory;
    this.#madeAt = memory.load();
  }

  isOurs(lock: Leaf | undefined): boolean {
    return lock?.value === this.#name && lock.created === this.#madeAt;
  }

  /**
   * Makes it, if there is none and nobody else does; it is ours only when it is kept. Should the
   * answer be lost, it is nobody's until it ends.
   */
  async make(call: Call, ttl: number): Promise<Leaf | undefined> {
    const change = this.#keys.put('leader', { value: this.#name, ttl }, { prevExist: 'false' });
    const answer = await once(call, change);
    return 'node' in answer ? leavesOf(answer.node)[0] : undefined;
  }

  keep({ created, version }: Leaf): void {
    this.#madeAt = created;
    this.#version = version;
    this.#memory.keep(created);
  }

  /** Looks it up; false when it is not ours (any more). */
  async find(call: Call): Promise<boolean> {
    const lock = await this.#keys.look(call, 'leader');
    this.#version = this.isOurs(lock) ? lock?.version : undefined;
    return this.#version !== undefined;
  }

  /** It ends after `ttl` seconds from now on; false when it is not ours any more. */
  async extend(call: Call, ttl: number): Promise<boolean> {
    for (let look = 1; look <= LOOKS; look++) {
      if (this.#version === undefined && !(await this.find(call))) return false;
      const answer = await again(call, this.#keys.refresh('leader', ttl, this.#version));
      this.#version = versionIn(answer);
      if (this.#version !== undefined) return true;
    }
    throw new EndpointFailure('our lock changes all the time', { maybeApplied: true });
  }

  /** Removes the version that is known: one that was made since stays. */
  async drop(call: Call): Promise<void> {
    const version = this.#version;
    this.#version = undefined;
    if (version !== undefined) await this.remove(call, version);
  }

  async remove(call: Call, version: string): Promise<void> {
    await again(call, this.#keys.remove('leader', version));
  }
}

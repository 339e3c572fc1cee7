import type { Clock } from '../../../system/clock.ts';
import type { DocumentName } from '../../../wire/keys.ts';
import type { Document } from '../../dcs.ts';
import type { Header, KeepAliveReply, KeyRange, RangeReply } from '../transport.ts';
import type { Asker, AtNode } from './asker.ts';
import { Feed } from './feed.ts';
import { type Entry, Mirror } from './mirror.ts';

export interface SightParts {
  readonly asker: Asker;
  readonly clock: Clock;
  /** What the keys of the cluster begin with, a slash at its end. */
  readonly prefix: string;
  /** All of them. */
  readonly range: KeyRange;
  /** The moment by which a watch that is begun now must have begun. */
  readonly deadline: () => number;
}

/**
 * What an agent sees of its documents, and how far that can be believed. The mirror counts as long
 * as a watch keeps it up to date, nothing has failed since, and a server has said not long ago that
 * this is all there is; otherwise the store is asked.
 */
export class Sight {
  readonly #parts: SightParts;
  readonly #mirror: Mirror;
  readonly #feed: Feed;
  /** When the mirror was last known to be as new as the store. */
  #provenAt = Number.NEGATIVE_INFINITY;
  /** Revision of the last change of our own. */
  #changedAt = 0;
  /** Something has failed since: only a look at the store itself counts. */
  #inDoubt = true;
  /** What the last read or watch has told its caller of. */
  #told: string;
  /** The store was found made anew, or gone back, since it was handed out. */
  #isAnother = false;

  constructor(parts: SightParts) {
    this.#parts = parts;
    this.#mirror = new Mirror(parts.prefix);
    this.#told = this.#mirror.watched;
    this.#feed = new Feed({
      ...parts,
      mirror: this.#mirror,
      look: (deadline) => this.look(deadline),
    });
  }

  /** When the store is known to have been like this. */
  get provenAt(): number {
    return this.#provenAt;
  }

  get(name: DocumentName): Entry | undefined {
    return this.#mirror.get(name);
  }

  /** What goes away with this lease. */
  boundTo(lease: string): readonly Entry[] {
    return this.#mirror.boundTo(lease);
  }

  /** The store is not the one of which `handOut` has told. */
  get isAnother(): boolean {
    return this.#isAnother;
  }

  /** Hands out what is seen. From then on only what changes is news. */
  handOut() {
    const { documents, revision, identity, watched } = this.#mirror;
    this.#told = watched;
    this.#isAnother = false;
    return { documents, revision, ...(identity === undefined ? {} : { identity }) };
  }

  /** Resolves when there is news, or when the signal is aborted; see `AgentDcs.watch`. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#feed.follow(signal, () => this.#mirror.watched !== this.#told);
    this.#told = this.#mirror.watched;
  }

  /** Ends the watch. */
  stop(): void {
    this.#inDoubt = true;
    this.#feed.stop();
  }

  /** Something has failed, or was not as it is seen here (P#2783). */
  doubt(): void {
    this.#inDoubt = true;
  }

  /** The store was changed by ourselves. */
  changed({ revision }: Header): void {
    this.#changedAt = Math.max(this.#changedAt, revision);
  }

  /** All that is known is seen here, and a watch tells what changes. */
  async isKnown(): Promise<boolean> {
    if (this.#inDoubt || this.#mirror.revision < this.#changedAt) return false;
    return this.#feed.isLive();
  }

  /**
   * A server has answered with the revision that it has: true when that is the one that is seen
   * here, so that nothing was missed until `sentAt`, when it was asked.
   */
  async isConfirmedBy({ header }: KeepAliveReply, sentAt: number): Promise<boolean> {
    const { identity, revision } = this.#mirror;
    if (header.clusterId !== identity || header.revision !== revision) return false;
    // Another server than the one that tells of changes may have answered.
    if (!(await this.isKnown())) return false;
    this.#provenAt = sentAt;
    return true;
  }

  /** Reads the documents anew; they stay news for the watch. */
  async look(deadline: number): Promise<readonly Document[]> {
    const { asker, range } = this.#parts;
    await this.take(
      (node, call) => node.range(range, call),
      (act) => asker.ask(deadline, act),
    );
    return this.#mirror.documents;
  }

  /** Does what shows all documents as a quorum knows them, and takes over what it shows. */
  async take<T extends RangeReply>(
    act: AtNode<T>,
    send: (act: AtNode<T>) => Promise<T>,
  ): Promise<T> {
    const askedAt = this.#mirror.revision;
    const sentAt = this.#parts.clock.monotonic();
    const reply = await send(act);
    this.#adopt(reply, askedAt);
    this.#inDoubt = false;
    this.#provenAt = sentAt;
    return reply;
  }

  #adopt(reply: RangeReply, askedAt: number): void {
    const { identity } = this.#mirror;
    const another =
      identity !== undefined &&
      (identity !== reply.header.clusterId || reply.header.revision < askedAt);
    if (this.#mirror.adopt(reply, askedAt)) this.#feed.heardElsewhere();
    if (!another) return;
    // The revisions of a store that was made anew, or has gone back, are counted anew.
    this.#changedAt = 0;
    this.#isAnother = true;
    this.#feed.stop();
  }
}

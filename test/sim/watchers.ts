import type { TickRecord } from '../../src/agent/ports.ts';
import { boundedLoss } from './checkers/bounded-loss.ts';
import type { Acked, Checker, HostSight, Sight, Written } from './checkers/checker.ts';
import { claim } from './checkers/claim.ts';
import { data } from './checkers/data.ts';
import { documents } from './checkers/documents.ts';
import { durability } from './checkers/durability.ts';
import { flapping } from './checkers/flapping.ts';
import { forbidden } from './checkers/forbidden.ts';
import { liveness } from './checkers/liveness.ts';
import { released } from './checkers/released.ts';
import { singlePrimary } from './checkers/single-primary.ts';
import { strict } from './checkers/strict.ts';
import { syncOrder } from './checkers/sync-order.ts';
import { timelines } from './checkers/timelines.ts';
import type { Deed } from './deeds.ts';

/** Something that must not be. */
export interface Violation {
  /** True milliseconds since the start. */
  readonly at: number;
  readonly checker: string;
  readonly text: string;
}

/** The checkers of one world, told of everything that happens in it. */
export class Watchers {
  readonly violations: Violation[] = [];
  readonly #sight: Sight;
  readonly #checkers: readonly Checker[];
  /** Who looks at what happens often: after every event, at every write and tick. */
  readonly #vigilant: readonly Checker[];
  readonly #ofWrites: readonly Checker[];
  readonly #ofTicks: readonly Checker[];
  readonly #onViolation: (violation: Violation) => void;
  /** Names of the servers that accept writes. */
  #writable: readonly string[] = [];

  constructor(sight: Sight, onViolation: (violation: Violation) => void) {
    this.#sight = sight;
    this.#onViolation = onViolation;
    this.#checkers = [
      singlePrimary(sight),
      durability(sight),
      boundedLoss(sight),
      strict(sight),
      syncOrder(sight),
      forbidden(sight),
      timelines(sight),
      data(sight),
      documents(),
      claim(),
      released(sight),
      liveness(sight),
      flapping(sight),
    ];
    this.#vigilant = this.#checkers.filter(({ afterEvent }) => afterEvent !== undefined);
    this.#ofWrites = this.#checkers.filter(({ written }) => written !== undefined);
    this.#ofTicks = this.#checkers.filter(({ ticked }) => ticked !== undefined);
  }

  afterEvent(): void {
    this.#seeRises();
    for (const checker of this.#vigilant) this.#hear(checker, checker.afterEvent?.());
  }

  written(write: Written): void {
    for (const checker of this.#ofWrites) this.#hear(checker, checker.written?.(write));
  }

  acked(ack: Acked): void {
    this.#ask((checker) => checker.acked?.(ack));
  }

  ticked(host: HostSight, tick: TickRecord): void {
    for (const checker of this.#ofTicks) this.#hear(checker, checker.ticked?.(host, tick));
  }

  done(deed: Deed): void {
    this.#ask((checker) => checker.done?.(deed));
  }

  recovered(): void {
    this.#ask((checker) => checker.recovered?.());
  }

  atEnd(): void {
    this.#ask((checker) => checker.atEnd?.());
  }

  #seeRises(): void {
    for (const host of this.#sight.hosts) {
      const writable = host.acceptsWrites();
      if (writable === this.#writable.includes(host.name)) continue;
      this.#writable = writable
        ? [...this.#writable, host.name]
        : this.#writable.filter((name) => name !== host.name);
      if (writable) this.#ask((checker) => checker.rise?.(host));
    }
  }

  /** Of each checker the first finding counts: what follows is mostly the same again. */
  #ask(question: (checker: Checker) => string | undefined): void {
    for (const checker of this.#checkers) this.#hear(checker, question(checker));
  }

  #hear({ name: checker }: Checker, text: string | undefined): void {
    if (text === undefined || this.violations.some((known) => known.checker === checker)) return;
    const violation = { at: this.#sight.now, checker, text };
    this.violations.push(violation);
    this.#onViolation(violation);
  }
}

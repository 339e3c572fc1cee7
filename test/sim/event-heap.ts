import type { Process } from './process.ts';

/** Something that is to happen. `run` is gone once it has happened or was cancelled. */
export interface Event {
  readonly time: number;
  /** Breaks ties: what was planned first happens first. */
  readonly sequence: number;
  readonly process: Process | undefined;
  run: (() => void) | undefined;
}

/** The events to come, as a binary heap with the earliest on top. */
export class EventHeap {
  readonly #events: Event[] = [];

  peek(): Event | undefined {
    return this.#events[0];
  }

  push(event: Event): void {
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = events[parent] as Event;
      if (!isBefore(event, above)) break;
      events[index] = above;
      index = parent;
    }
    events[index] = event;
  }

  /** Takes the earliest away. */
  pop(): Event | undefined {
    const events = this.#events;
    const top = events[0];
    const last = events.pop();
    if (last === undefined || last === top) return top;
    this.#sink(last);
    return top;
  }

  /** Puts `event` where it belongs, from the top down. */
  #sink(event: Event): void {
    const events = this.#events;
    const half = events.length >> 1;
    let index = 0;
    while (index < half) {
      let child = 2 * index + 1;
      let below = events[child] as Event;
      const right = events[child + 1];
      if (right !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (!isBefore(below, event)) break;
      events[index] = below;
      index = child;
    }
    events[index] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}

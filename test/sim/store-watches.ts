import type { StoreWeather } from './store-weather.ts';

/** A watch of one connection: it fires once. */
export interface Watcher {
  readonly host: string;
  /** What its owner has seen already. */
  readonly since: Seen;
  readonly fire: (why: 'changed' | 'broken') => void;
}

/** A moment of the store; a wiped or restored store counts its revisions anew. */
export interface Seen {
  readonly life: number;
  readonly revision: number;
}

/** The watches of all connections. A follower that is cut off tells its host no news. */
export class Watches {
  readonly #weather: StoreWeather;
  readonly #watchers = new Set<Watcher>();
  #life = 0;
  /** Revision of the last change that watches are told of. */
  #lastNews = 0;

  constructor(weather: StoreWeather) {
    this.#weather = weather;
  }

  get life(): number {
    return this.#life;
  }

  /** Fires at once when there is something to tell. */
  add(watcher: Watcher): void {
    if (this.#hasNews(watcher)) watcher.fire('changed');
    else this.#watchers.add(watcher);
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Something that is watched has changed. */
  news(revision: number): void {
    this.#lastNews = revision;
    this.cancel();
  }

  /** As if something had changed. */
  cancel(): void {
    this.#fire('changed', ({ host }) => this.#weather.staleSnapshot(host) === undefined);
  }

  /** All connections break. */
  break(): void {
    this.#fire('broken', () => true);
  }

  /** The store lost what it knew, or got it back from a backup. */
  newLife(): void {
    this.#life += 1;
    this.#lastNews = 0;
    this.break();
  }

  /** The follower that this host reads from is up to date again. */
  catchUp(host: string): void {
    this.#fire('changed', (watcher) => watcher.host === host && this.#hasNews(watcher));
  }

  #hasNews({ host, since }: Watcher): boolean {
    if (this.#weather.staleSnapshot(host) !== undefined) return false;
    return since.life !== this.#life || since.revision < this.#lastNews;
  }

  #fire(why: 'changed' | 'broken', concerns: (watcher: Watcher) => boolean): void {
    for (const watcher of [...this.#watchers]) {
      if (!concerns(watcher)) continue;
      this.#watchers.delete(watcher);
      watcher.fire(why);
    }
  }
}

import type { ClusterView } from '../../model/cluster.ts';
import { DcsError, Refusal } from '../../model/errors.ts';
import type { Member } from '../../model/member.ts';
import { parseSnapshot } from '../../wire/snapshot.ts';
import type { Session } from '../session.ts';
import { askForReport } from '../takeover/reports.ts';
import { groupViews, type Heard, memberKey } from './core/scene.ts';
import type { Look } from './core/state.ts';

/** How long a member may take to answer; meanwhile it is not asked again. */
const PATIENCE_MS = 2000;
/** How many are asked at the same time. */
const AT_ONCE = 32;

/** Which cluster is looked at, and how often. */
export interface Target {
  readonly scope: string;
  /** One Citus group of it. */
  readonly group: number | undefined;
  readonly everyMs: number;
}

/** Reads the store and asks the members, each on its own, so that none holds up another. */
export interface Looker {
  /** Asks those whose time has come. Returns at once. */
  tick(): void;
  /** What is known now, when that has changed since it was taken last. Throws what is our fault. */
  take(): Look | undefined;
}

/** Goes on from a first view; `news` is called whenever there is something to take. */
export function lookAgain(
  session: Session,
  target: Target,
  { first, news }: { readonly first: Look; readonly news: () => void },
): Looker {
  let look = first;
  let fresh = false;
  let mistake: { readonly error: unknown } | undefined;
  const heard = new Map<string, Heard>(first.heard);
  const change = (changed: Partial<Look>): void => {
    look = { ...look, ...changed };
    fresh = true;
    news();
  };
  const read = async (): Promise<void> => {
    const startedMs = session.clock.monotonic();
    try {
      const view = await readNow(session, target);
      change({ view, readMs: startedMs, failure: undefined });
    } catch (error) {
      if (!(error instanceof DcsError || error instanceof Refusal)) throw error;
      change({ failure: error.message });
    }
  };
  const ask = async (key: string, member: Member): Promise<void> => {
    const report = await askForReport(session, member, PATIENCE_MS);
    heard.set(key, { report, atMs: session.clock.now().getTime() });
    change({ heard: new Map(heard) });
  };
  const { start, startDue } = dueTimes(session, target.everyMs, (error) => {
    mistake = { error };
    news();
  });
  return {
    tick() {
      start('the store', read);
      const asked = groupViews(look.view).flatMap(({ group, members }) =>
        members
          .filter(({ apiUrl }) => apiUrl !== undefined)
          .map((member) => [memberKey(group, member.name), member] as const),
      );
      startDue(asked.map(([key, member]) => [key, () => ask(key, member)]));
    },
    take() {
      session.signal.throwIfAborted();
      if (mistake) throw mistake.error;
      if (!fresh) return undefined;
      fresh = false;
      return look;
    },
  };
}

async function readNow(session: Session, { scope, group }: Target): Promise<ClusterView> {
  const dcs = await session.dcs(scope, group);
  return parseSnapshot(scope, await dcs.read(session.signal), group);
}

/** Begins work again when its time has come, but never while it is still going on. */
function dueTimes(session: Session, everyMs: number, fail: (error: unknown) => void) {
  const nextAt = new Map<string, number>();
  const busy = new Set<string>();
  const start = (name: string, work: () => Promise<void>): void => {
    const now = session.clock.monotonic();
    if (busy.has(name) || now < (nextAt.get(name) ?? 0)) return;
    busy.add(name);
    nextAt.set(name, now + everyMs);
    work()
      .catch(fail)
      .finally(() => busy.delete(name));
  };
  return {
    start,
    /** Those who have waited longest first, so that many silent ones do not keep out the others. */
    startDue(jobs: readonly (readonly [name: string, work: () => Promise<void>])[]): void {
      const waited = [...jobs].sort(
        ([one], [other]) => (nextAt.get(one) ?? 0) - (nextAt.get(other) ?? 0),
      );
      for (const [name, work] of waited) if (busy.size < AT_ONCE) start(name, work);
    },
  };
}

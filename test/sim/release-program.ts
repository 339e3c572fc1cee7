import { claimForRelease, finish } from '../../src/dcs/kept-session.ts';
import { DcsError } from '../../src/model/errors.ts';
import type { Disk } from './disk.ts';
import { type Process, sleep } from './process.ts';
import type { SimStore } from './store.ts';
import { ask } from './store-request.ts';

/** What a release program works with. */
export interface ReleaseMeans {
  readonly process: Process;
  /** The place it is at. */
  readonly host: string;
  /** Of the member. */
  readonly name: string;
  readonly disk: Disk;
  readonly store: SimStore;
  readonly postgres: { running(): boolean };
  /** Milliseconds until it has started. */
  readonly startsIn: number;
  readonly note: (text: string) => void;
}

/** As `releaseLock` in `src/daemon/release`, and with the same claim of the session. Never rejects. */
export async function runReleaseProgram(means: ReleaseMeans): Promise<void> {
  const { process, store, note, startsIn } = means;
  await sleep(store.scheduler, startsIn, process);
  try {
    note(await releaseLock(means));
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    note(error.message);
  } finally {
    process.kill();
  }
}

async function releaseLock(means: ReleaseMeans): Promise<string> {
  const { process, host, name, disk, store, postgres } = means;
  const place = disk.placeOf(process);
  const session = place.kept();
  if (session?.owner !== 'dead') return 'nobody is dead whose session it is';
  const version = await ask(store, means, () => {
    return store.get('leader')?.value === name ? store.lockOf(session.id) : undefined;
  });
  if (version === undefined) return 'the lock is not ours';
  if (!finish(claimForRelease(place, session.id))) return 'an agent has come back';
  if (postgres.running()) {
    place.giveBack();
    return 'PostgreSQL runs';
  }
  try {
    await ask(store, means, () => {
      if (store.lockOf(session.id) !== version) return;
      store.commit(`release of ${host}`, [{ name: 'leader', value: undefined }]);
    });
    return `${name} has the lock no more`;
  } finally {
    place.discard();
  }
}

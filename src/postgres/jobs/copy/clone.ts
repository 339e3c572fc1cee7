import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSpec } from '../../../ha/job.ts';
import type { ReplicaMethod } from '../../../model/postgres-config.ts';
import { writeIfChanged } from '../../conf/write-file.ts';
import { slotIsThere } from '../../slot-there.ts';
import { fail, type JobRun, stopIfCancelled } from '../context.ts';
import { stopAtOnce } from '../stop.ts';
import { toolLogin } from '../tool-login.ts';
import { baseBackup, type CopySource, expectCluster } from './base-backup.ts';
import {
  install,
  isEmptyDirectory,
  newPlace,
  reachesOutside,
  removeAside,
  removeContents,
  removeUnfinished,
  setAside,
} from './data-directory.ts';
import { runReplicaMethod } from './replica-method.ts';

type CloneJob = JobSpec & { readonly kind: 'clone' };
type Method = 'basebackup' | ReplicaMethod;

/** Makes a copy of a source, or of a backup, and leaves it to be started as a standby. */
export async function clone({ from, discard, method: only }: CloneJob, run: JobRun): Promise<void> {
  const { dataDir, replicaMethods, replication } = run.config();
  const methods = (only ? [only] : replicaMethods).filter(
    (method) => from !== undefined || (method !== 'basebackup' && method.noLeader),
  );
  if (methods.length === 0) fail('no way to make a replica works without a leader');
  const source = from && {
    ...(await toolLogin(from, replication, run)),
    slot: (await slotIsThere(run.config(), from)) ? from.slot : undefined,
  };
  await stopAtOnce(run);
  await removeUnfinished(dataDir);
  const place = new Place(run);
  await firstThatWorks(methods, run, (method) => copyWith(method, { source, place, run }));
  // Neither of them is said of these data.
  await run.markers.clear('rewinding');
  await run.markers.clear('bootstrapping');
  run.configuration.forget();
  if (discard) await place.discard();
}

/** The way into the data directory: what is there already goes aside, once. */
class Place {
  readonly #run: JobRun;
  #aside: string | undefined;

  constructor(run: JobRun) {
    this.#run = run;
  }

  async clear(): Promise<void> {
    const { dataDir } = this.#run.config();
    if (await isEmptyDirectory(dataDir)) return;
    this.#aside = await setAside(dataDir);
    this.#run.log(`the data directory of before is now ${this.#aside}`);
  }

  async discard(): Promise<void> {
    if (this.#aside === undefined) return;
    this.#run.log(`removing ${this.#aside}`);
    try {
      await removeAside(this.#aside);
    } catch (error) {
      // The copy is complete all the same.
      this.#run.log(`${this.#aside} cannot be removed: ${String(error)}`);
    }
  }
}

async function firstThatWorks(
  methods: readonly Method[],
  run: JobRun,
  copy: (method: Method) => Promise<void>,
): Promise<void> {
  const failures: string[] = [];
  for (const method of methods) {
    stopIfCancelled(run);
    try {
      await copy(method);
      return;
    } catch (error) {
      stopIfCancelled(run);
      const { message } = error as Error;
      run.log(message, 'warning');
      failures.push(message);
    }
  }
  fail(failures.join('; '));
}

interface Copying {
  readonly source: CopySource | undefined;
  readonly place: Place;
  readonly run: JobRun;
}

async function copyWith(method: Method, copying: Copying): Promise<void> {
  const { source, run } = copying;
  if (method !== 'basebackup') await copyInPlace(method, copying);
  else if (source !== undefined) await copyBeside(source, copying);
  run.log(`replica has been created using ${method === 'basebackup' ? method : method.name}`);
}

/** The old data stay in their place until the copy is complete. */
async function copyBeside(source: CopySource, { place, run }: Copying): Promise<void> {
  const { dataDir } = run.config();
  // WAL and tablespaces elsewhere would meet the ones of before.
  if (await reachesOutside(dataDir)) await place.clear();
  const copy = await newPlace(dataDir);
  try {
    await baseBackup(source, copy, run);
    await expectCluster(copy, 'pg_basebackup');
    await markStandby(copy);
    stopIfCancelled(run);
    await place.clear();
    await install(copy, dataDir);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}

async function copyInPlace(method: ReplicaMethod, { source, place, run }: Copying): Promise<void> {
  const { dataDir } = run.config();
  if (!method.keepData) await place.clear();
  try {
    await runReplicaMethod(method, source, run);
    await expectCluster(dataDir, method.name);
    await markStandby(dataDir);
  } catch (error) {
    // What was there before is aside: this is only what the program left.
    if (!method.keepData) await removeContents(dataDir);
    throw error;
  }
}

/** Whoever starts it, it is not a second primary (R#439). */
async function markStandby(directory: string): Promise<void> {
  await writeIfChanged(join(directory, 'standby.signal'), '', 0o600);
}

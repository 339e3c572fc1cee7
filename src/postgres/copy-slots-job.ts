import type { JobSpec } from '../ha/job.ts';
import type { Source } from '../model/postgres.ts';
import { parseConninfo } from './conf/conninfo.ts';
import { followedMember } from './conf/standing.ts';
import { fetchSlots, type SlotFile, writeSlots } from './copy-slots.ts';
import { fail, type JobRun, stopIfCancelled } from './jobs/context.ts';
import { startQuietly } from './jobs/start.ts';
import { stopQuietly } from './jobs/stop.ts';

const ANSWER_MS = 3000;
const GENTLY = { mode: 'fast', checkpoint: false, limit: undefined } as const;

/**
 * Copies logical slots from the primary to this standby, which is stopped for it: PostgreSQL reads
 * their files only when it starts, and callbacks hear nothing of that. Nothing has happened when
 * they cannot be had.
 */
export async function copySlots(
  { from, names }: JobSpec & { readonly kind: 'copy-slots' },
  run: JobRun,
): Promise<void> {
  const { session, configuration, config, log } = run;
  const upstream = await presentSource(run);
  const slots = await fetchSlots(config(), from, names);
  stopIfCancelled(run);
  await stopQuietly(GENTLY, run);
  session.close();
  const failure = await attempt(() => configuration.hold(() => writeAll(config().dataDir, slots)));
  // Whatever became of the slots, the standby comes back.
  await startQuietly({ as: 'standby', from: upstream }, run);
  if (failure !== undefined) fail(failure);
  log(`copied slots from ${from.name}: ${names.join(', ')}`);
}

async function writeAll(dataDir: string, slots: readonly SlotFile[]): Promise<void> {
  await writeSlots(dataDir, slots);
}

async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where the standby streams from, to be told so again. */
async function presentSource({ session, configuration }: JobRun): Promise<Source | undefined> {
  const [rows] = await session.query(
    `SELECT pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('primary_conninfo') AS conninfo,
       pg_catalog.current_setting('primary_slot_name') AS slot`,
    { timeoutMs: ANSWER_MS },
  );
  const { standby, conninfo, slot } = rows?.[0] ?? {};
  if (standby !== true) fail('the server is not a running standby');
  const params = parseConninfo(String(conninfo));
  const host = params?.get('host');
  if (host === undefined) return undefined;
  const place = host.includes(':') ? `[${host}]` : host;
  return {
    name: followedMember(String(conninfo), await configuration.upstream()),
    connUrl: `postgres://${place}:${params?.get('port') ?? 5432}/postgres`,
    ...(slot ? { slot: String(slot) } : {}),
  };
}

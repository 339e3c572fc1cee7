import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../model/postgres.ts';
import type { PostgresConfig } from '../model/postgres-config.ts';
import { syncDirectory } from './conf/write-file.ts';
import { type Connection, connect } from './connect.ts';
import { askingCredentials, remoteTargets } from './remote.ts';

/** A logical slot as its file has it. */
export interface SlotFile {
  readonly name: string;
  /** `pg_replslot/NAME/state`. */
  readonly state: Buffer;
}

const CONNECT_MS = 3000;
const READ_MS = 10_000;

/**
 * Reads the files of logical slots from the primary, as pg_rewind's user or superuser. Rejects
 * where one is not there, or the source is no primary.
 */
export async function fetchSlots(
  config: PostgresConfig,
  source: Source,
  names: readonly string[],
): Promise<SlotFile[]> {
  const login = { database: 'postgres', credentials: askingCredentials(config) };
  const [target] = remoteTargets(source, login);
  if (!target) throw new Error(`${source.connUrl} names no host`);
  const connection = await connect({ ...target, timeoutMs: CONNECT_MS });
  try {
    const slots: SlotFile[] = [];
    for (const name of names) slots.push({ name, state: await readState(connection, name) });
    return slots;
  } catch (error) {
    throw new Error(`${source.name}: ${(error as Error).message}`);
  } finally {
    connection.close();
  }
}

async function readState(connection: Connection, name: string): Promise<Buffer> {
  const ours = connection.serverVersion >= 170_000 ? ' AND NOT failover' : '';
  const [rows] = await connection.query(
    `SELECT pg_catalog.encode(
       pg_catalog.pg_read_binary_file('pg_replslot/' || slot_name || '/state'), 'hex') AS state
     FROM pg_catalog.pg_get_replication_slots()
     WHERE slot_name = $1 AND slot_type = 'logical' AND NOT pg_catalog.pg_is_in_recovery()${ours}`,
    { values: [name], timeoutMs: READ_MS },
  );
  const state = rows?.[0]?.state;
  if (typeof state !== 'string') throw new Error(`there is no logical slot ${name} to be copied`);
  return Buffer.from(state, 'hex');
}

/** What PostgreSQL allows (slot.c): it becomes the name of a folder. */
const SLOT_NAME = /^[a-z0-9_]{1,63}$/;

/**
 * Puts slots into the data directory of a server that does not run: each whole or not at all, and
 * on disk when this resolves. A slot of that name makes way.
 */
export async function writeSlots(dataDir: string, slots: readonly SlotFile[]): Promise<void> {
  const folder = join(dataDir, 'pg_replslot');
  const { mode } = await stat(dataDir);
  for (const { name, state } of slots) {
    if (!SLOT_NAME.test(name)) throw new Error(`${name} is no name of a slot`);
    // PostgreSQL removes what ends like this when it starts (slot.c).
    const temporary = join(folder, `${name}.tmp`);
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { mode: mode & 0o770 });
    // As PostgreSQL does: readable for the group where the data directory is.
    await writeDurably(join(temporary, 'state'), state, mode & 0o660);
    await syncDirectory(temporary);
    await rm(join(folder, name), { recursive: true, force: true });
    await rename(temporary, join(folder, name));
  }
  await syncDirectory(folder);
}

async function writeDurably(path: string, content: Buffer, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

import pg from 'pg';
import type { Cluster } from './patroni.ts';
import { SUPERUSER } from './patroni-config.ts';

/** What a client that writes all the time has seen. */
interface Written {
  readonly rows: number;
  /** The longest time between two rows that the server acknowledged. */
  readonly longestGapMs: number;
}

export interface Writer {
  /** Ends the client, at the earliest after its next row. */
  stop(): Promise<Written>;
}

/**
 * Starts a client that inserts a row about every 10 ms into whichever member accepts it, and looks
 * for another one as soon as a member refuses. Resolves when its first row is written.
 */
export async function startWriter(cluster: Cluster): Promise<Writer> {
  const ports = cluster.members.map((member) => member.place.postgresPort);
  let client = await connectToPrimary(ports);
  await client.query('CREATE TABLE IF NOT EXISTS written (at timestamptz)');
  let ending = false;
  let rows = 0;
  let longestGapMs = 0;
  const write = async (): Promise<void> => {
    let last = performance.now();
    for (let finished = false; !finished; ) {
      try {
        await client.query('INSERT INTO written VALUES (now())');
        longestGapMs = Math.max(longestGapMs, performance.now() - last);
        last = performance.now();
        rows++;
        finished = ending;
        await pause();
      } catch {
        await client.end().catch(() => {});
        client = await connectToPrimary(ports);
      }
    }
    await client.end();
  };
  const done = write();
  return {
    async stop() {
      ending = true;
      await done;
      return { rows, longestGapMs };
    },
  };
}

async function connectToPrimary(ports: readonly number[]): Promise<pg.Client> {
  for (let tries = 0; tries < 6000; tries++) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: ports[tries % ports.length] ?? 0,
      database: 'postgres',
      user: SUPERUSER.username,
      password: SUPERUSER.password,
      connectionTimeoutMillis: 1000,
    });
    // The server may go away between two statements; the next one tells.
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query('SELECT pg_is_in_recovery() AS standby');
      if (rows[0]?.standby === false) return client;
    } catch {
      // Not this one, or not yet.
    }
    await client.end().catch(() => {});
    await pause();
  }
  throw new Error('No member accepts writes');
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

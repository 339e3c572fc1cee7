import pg from 'pg';

/** A server that the clients of a lab write to: by its Unix socket, whatever the network does. */
export interface LedgerServer {
  readonly name: string;
  readonly socketDirectory: string;
  readonly port: number;
}

/** A time in which a server accepted every write of a session; the clock is this process's own. */
interface Reign {
  readonly server: string;
  /** When the first write was acknowledged, and when the last one that was acknowledged was sent. */
  readonly from: number;
  until: number;
}

export interface LedgerResult {
  /** Writes that were acknowledged and are in the final table. */
  readonly kept: number;
  /** Writes that were acknowledged, and are not. */
  readonly lost: readonly string[];
  /** Milliseconds in which two servers surely accepted writes; by which pairs. */
  readonly twoWritable: readonly { readonly servers: string; readonly ms: number }[];
  /** The longest time between two acknowledged writes, on whatever server. */
  readonly longestGapMs: number;
}

const PAUSE_MS = 5;
const PROBE_MS = 20;
/** Writes that go on for so long will go on. */
const CALM_MS = 1000;
const QUERY_TIMEOUT_MS = 60_000;

/**
 * Clients that hold a session on every server and write whenever it lets them: what they were told
 * is done has to be there in the end, and no two servers may have let them at the same time.
 */
export class Ledger {
  readonly #servers: readonly LedgerServer[];
  readonly #reigns: Reign[] = [];
  readonly #acknowledged: string[] = [];
  readonly #sessions: Promise<void>[] = [];
  readonly #clients = new Set<pg.Client>();
  #lastAck: number | undefined;
  #longestGap = 0;
  #gapEnd: number | undefined;
  #ended = false;
  #next = 0;

  constructor(servers: readonly LedgerServer[]) {
    this.#servers = servers;
  }

  /** Makes the tables on the server that is primary now, and begins to write everywhere. */
  async open(primary: string): Promise<void> {
    const server = this.#servers.find(({ name }) => name === primary);
    if (!server) throw new Error(`There is no server ${primary}`);
    const client = clientOf(server);
    await client.connect();
    await client.query(
      'CREATE TABLE IF NOT EXISTS ledger (id text PRIMARY KEY);' +
        'CREATE TABLE IF NOT EXISTS probe (at timestamptz)',
    );
    await client.end();
    for (const one of this.#servers) {
      this.#sessions.push(this.#write(one), this.#probe(one));
    }
  }

  /** How many writes were acknowledged so far. */
  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Resolves when another write is acknowledged. */
  async progress(timeoutMs = 120_000): Promise<void> {
    const before = this.#acknowledged.length;
    const deadline = performance.now() + timeoutMs;
    while (this.#acknowledged.length === before) {
      if (performance.now() > deadline) throw new Error('nothing can be written');
      await pause(PAUSE_MS);
    }
  }

  /** The longest gap starts anew: what comes next is measured. */
  startGap(): void {
    this.#longestGap = 0;
    this.#gapEnd = undefined;
  }

  /** When the longest gap ended, as `performance.now()`. */
  get gapEnd(): number | undefined {
    return this.#gapEnd;
  }

  /** The longest time between two acknowledged writes since then, in milliseconds. */
  get longestGapMs(): number {
    return this.#longestGap;
  }

  /** Resolves when writes have gone on for a while without a gap worth the name. */
  async progressAfterGap(timeoutMs = 120_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let since = performance.now();
    let before = this.#acknowledged.length;
    let last = performance.now();
    while (performance.now() - since < CALM_MS) {
      await pause(PAUSE_MS);
      const now = performance.now();
      if (this.#acknowledged.length > before) {
        before = this.#acknowledged.length;
        last = now;
      } else if (now - last > CALM_MS / 5) since = now;
      if (now > deadline) throw new Error('nothing can be written');
    }
  }

  /** Ends the clients, and compares what they were told with what the primary has. */
  async close(primary: string): Promise<LedgerResult> {
    this.#ended = true;
    // One that waits for a synchronous standby may wait for ever.
    const patience = setTimeout(() => this.#clients.forEach(cut), 2000);
    await Promise.all(this.#sessions);
    clearTimeout(patience);
    this.#clients.forEach(cut);
    const server = this.#servers.find(({ name }) => name === primary);
    if (!server) throw new Error(`There is no server ${primary}`);
    const client = clientOf(server);
    await client.connect();
    const { rows } = await client.query({ text: 'SELECT id FROM ledger', rowMode: 'array' });
    await client.end();
    const there = new Set(rows.map(([id]: string[]) => id));
    const lost = this.#acknowledged.filter((id) => !there.has(id));
    return {
      kept: this.#acknowledged.length - lost.length,
      lost,
      twoWritable: overlaps(this.#reigns),
      longestGapMs: this.#longestGap,
    };
  }

  /** Ends the clients, and does not look at what came of them. */
  abandon(): void {
    this.#ended = true;
    this.#clients.forEach(cut);
  }

  async #write(server: LedgerServer): Promise<void> {
    await this.#session(server, PAUSE_MS, async (client, reign) => {
      const id = `${server.name}-${this.#next++}`;
      const sent = performance.now();
      await client.query('INSERT INTO ledger VALUES ($1)', [id]);
      this.#acknowledged.push(id);
      const now = performance.now();
      if (this.#lastAck !== undefined && now - this.#lastAck > this.#longestGap) {
        this.#longestGap = now - this.#lastAck;
        this.#gapEnd = now;
      }
      this.#lastAck = now;
      return extended(reign, server, sent);
    });
  }

  /** Says whether the server accepts writes, also while commits wait for a synchronous standby. */
  async #probe(server: LedgerServer): Promise<void> {
    await this.#session(server, PROBE_MS, async (client, reign) => {
      const sent = performance.now();
      await client.query(
        "BEGIN; SET LOCAL synchronous_commit = 'local'; INSERT INTO probe VALUES (now()); COMMIT",
      );
      return extended(reign, server, sent);
    });
  }

  /** Holds a session as long as it lasts, then makes another one; a refusal ends a reign. */
  async #session(
    server: LedgerServer,
    ms: number,
    write: (client: pg.Client, reign: Reign | undefined) => Promise<Reign>,
  ): Promise<void> {
    let client: pg.Client | undefined;
    let reign: Reign | undefined;
    while (!this.#ended) {
      try {
        if (client === undefined) {
          client = await connected(server);
          this.#clients.add(client);
        }
        const next = await write(client, reign);
        if (next !== reign) this.#reigns.push(next);
        reign = next;
      } catch (error) {
        reign = undefined;
        // A standby refuses, and the session stays; whatever else happens ends it.
        if ((error as { code?: string }).code !== READ_ONLY) {
          if (client) this.#clients.delete(client);
          client?.end().catch(() => {});
          client = undefined;
        } else {
          await client?.query('ROLLBACK').catch(() => {});
        }
      }
      await pause(ms);
    }
  }
}

/** PostgreSQL's manual, appendix A: read_only_sql_transaction. */
const READ_ONLY = '25006';

function extended(reign: Reign | undefined, server: LedgerServer, sent: number): Reign {
  if (reign === undefined) return { server: server.name, from: performance.now(), until: sent };
  reign.until = sent;
  return reign;
}

/** For each pair of servers, how long the reigns of the two overlap at the most. */
function overlaps(reigns: readonly Reign[]): { servers: string; ms: number }[] {
  const found: { servers: string; ms: number }[] = [];
  for (const [index, one] of reigns.entries()) {
    for (const other of reigns.slice(index + 1)) {
      if (one.server === other.server) continue;
      const ms = Math.min(one.until, other.until) - Math.max(one.from, other.from);
      if (ms > 0) found.push({ servers: `${one.server} and ${other.server}`, ms });
    }
  }
  return found;
}

/** Ends a session whatever it is doing; `end` waits for the statement that runs. */
function cut(client: pg.Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection;
  stream.destroy();
}

function clientOf({ socketDirectory, port }: LedgerServer): pg.Client {
  const client = new pg.Client({
    host: socketDirectory,
    port,
    user: 'postgres',
    database: 'postgres',
    connectionTimeoutMillis: 2000,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  client.on('error', () => {});
  return client;
}

async function connected(server: LedgerServer): Promise<pg.Client> {
  const client = clientOf(server);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

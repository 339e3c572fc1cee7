import type pg from 'pg';

/**
 * Loads the `pg` package when it is needed first. To find out whether it runs in a Cloudflare
 * worker, it (8.23, lib/stream.js) asks `navigator`, or else makes a `Response`; for that Node 20,
 * which has no `navigator`, loads all of its HTTP client: 8 MB of resident memory for nothing.
 */
export async function loadPg(): Promise<typeof pg> {
  const world = globalThis as { navigator?: unknown };
  if (world.navigator !== undefined) return (await import('pg')).default;
  world.navigator = { userAgent: 'Node.js' };
  try {
    return (await import('pg')).default;
  } finally {
    delete world.navigator;
  }
}

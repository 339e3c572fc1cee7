import { RestError, type RestReply } from '../../../../src/rest/member-api.ts';
import { type FakeOptions, type FakeSession, fakeSession } from '../fake-session.ts';

/** What `GET /patroni` says, as JSON would; a text is a member that does not answer. */
type Said = Record<string, unknown> | string;

/** A cluster `demo` of pg1 (the leader), pg2 and pg3 that tests move about. */
export interface World {
  readonly session: FakeSession;
  readonly says: Record<string, Said>;
  /** Bodies and paths of the orders that members received. */
  readonly orders: { member: string; path: string; body: unknown }[];
  /** Runs `change` so many milliseconds after now. */
  after(ms: number, change: () => void): void;
  set(document: string, value: string | object): void;
  remove(document: string): void;
}

export interface WorldOptions extends Omit<FakeOptions, 'rest' | 'onSleep' | 'documents'> {
  readonly config?: object;
  readonly sync?: object;
  /** What is said instead of what a healthy member says. */
  readonly says?: Record<string, Said>;
  readonly members?: Record<string, object>;
  /** Nobody holds the leader lock. */
  readonly leaderless?: boolean;
  readonly failover?: object;
  /** What happens on a POST: an answer, an error, or nothing. Default: refuses with 500. */
  readonly onPost?: (world: World) => RestReply | Promise<RestReply>;
}

export const PRIMARY = { state: 'running', role: 'primary', timeline: 1, xlog: { location: 5000 } };
export const REPLICA = {
  state: 'running',
  role: 'replica',
  timeline: 1,
  replication_state: 'streaming',
  xlog: { received_location: 5000, replayed_location: 5000 },
};

export function demoWorld(options: WorldOptions = {}): World {
  const { config, sync, says, members, leaderless, failover, onPost, ...fake } = options;
  const events: { at: number; change: () => void }[] = [];
  let now = 0;
  let version = 1000;
  const documents: Record<string, string> = {
    config: JSON.stringify({ ttl: 30, loop_wait: 10, ...config }),
    initialize: '7711208307656228743',
    status: JSON.stringify({ optime: 5000 }),
    ...(leaderless ? {} : { leader: 'pg1' }),
    ...(sync ? { sync: JSON.stringify(sync) } : {}),
    ...(failover ? { failover: JSON.stringify(failover) } : {}),
  };
  for (const [index, name] of ['pg1', 'pg2', 'pg3'].entries()) {
    documents[`members/${name}`] = JSON.stringify({
      conn_url: `postgres://10.0.0.${index + 1}:5432/postgres`,
      api_url: `http://10.0.0.${index + 1}:8008/patroni`,
      state: 'running',
      role: name === 'pg1' ? 'primary' : 'replica',
      xlog_location: 5000,
      timeline: 1,
      ...members?.[name],
    });
  }
  const session = fakeSession({
    ...fake,
    documents,
    onSleep: (ms) => {
      now = ms;
      for (const event of events.splice(0)) {
        if (event.at <= ms) event.change();
        else events.push(event);
      }
    },
    rest: (member, method, request) => {
      if (method === 'GET') return statusOf(world.says[member]);
      world.orders.push({ member, path: request.path, body: request.body });
      return onPost ? onPost(world) : { status: 500, body: 'unexpected' };
    },
  });
  const world: World = {
    session,
    says: { pg1: leaderless ? REPLICA : PRIMARY, pg2: REPLICA, pg3: REPLICA, ...says },
    orders: [],
    after: (ms, change) => void events.push({ at: now + ms, change }),
    set(document, value) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      session.documents.set(document, { value: text, version: String(version++) });
    },
    remove: (document) => void session.documents.delete(document),
  };
  return world;
}

function statusOf(said: Said | undefined): RestReply {
  if (typeof said === 'object') return { status: 200, body: JSON.stringify(said) };
  throw new RestError('refused', said ?? 'connection refused');
}

export interface HandOver {
  readonly to?: string;
  /** The answer to the POST, and when; absent: it never comes. */
  readonly answer?: RestReply;
  readonly oldReturns?: boolean;
}

/**
 * What Patroni does with a switchover: pg1 stops after 0.5 s, `to` has the lock after 2 s and
 * accepts writes after 2.3 s; pg1 follows after 4 s, the third member after 4.5 s.
 */
export function handOver(world: World, { to = 'pg2', answer, oldReturns }: HandOver = {}) {
  world.set('failover', { leader: 'pg1', member: to });
  world.after(500, () => {
    world.says.pg1 = { ...PRIMARY, state: 'stopping' };
  });
  world.after(1500, () => world.remove('leader'));
  world.after(2000, () => {
    world.set('leader', to);
    world.set('failover', '{}');
  });
  const follower = { ...REPLICA, timeline: 2 };
  world.after(2300, () => {
    world.says[to] = { ...PRIMARY, timeline: 2 };
  });
  if (oldReturns !== false) {
    world.after(4000, () => {
      world.says.pg1 = follower;
    });
  }
  world.after(4500, () => {
    world.says[to === 'pg2' ? 'pg3' : 'pg2'] = follower;
  });
  return new Promise<RestReply>((resolve) => {
    world.after(2500, () => {
      if (answer) resolve(answer);
    });
  });
}

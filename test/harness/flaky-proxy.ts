import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How a proxy treats its connections from now on. */
export type Mood =
  /** Passes everything on. */
  | 'pass'
  /** Accepts, reads, and never answers. */
  | 'hang'
  /** Passes requests on and keeps the answers to itself. */
  | 'lose-answers'
  /** Closes the connections that are open now when something comes on them; passes new ones on. */
  | 'reset-kept';

export interface FlakyProxy {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** How many connections it has accepted. */
  readonly accepted: number;
  mood: Mood;
  /** Passes so many answers on (as they come from the wire) and keeps those after them to itself. */
  loseAfter(answers: number): void;
  /** Closes all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** A TCP proxy in front of `target` (`host:port`) that can be made to misbehave at any time. */
export async function startFlakyProxy(target: string, mood: Mood = 'pass'): Promise<FlakyProxy> {
  const sockets = new Set<Socket>();
  const [targetHost = '', targetPort = ''] = target.split(':');
  const state = { mood, accepted: 0, moodSince: 0, answersLeft: Number.POSITIVE_INFINITY };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // The tests look at what the client makes of it, not at our side of a broken connection.
    socket.on('error', () => {});
    return socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    state.accepted += 1;
    const number = state.accepted;
    keep(client);
    const upstream = keep(connect(Number(targetPort), targetHost));
    client.on('data', (chunk) => {
      if (state.mood === 'hang') return;
      if (state.mood === 'reset-kept' && number <= state.moodSince) client.resetAndDestroy();
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (state.mood !== 'pass' && state.mood !== 'reset-kept') return;
      state.answersLeft -= 1;
      if (state.answersLeft >= 0) client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return state.accepted;
    },
    get mood() {
      return state.mood;
    },
    set mood(next) {
      state.mood = next;
      state.moodSince = state.accepted;
      state.answersLeft = Number.POSITIVE_INFINITY;
    },
    loseAfter(answers) {
      state.answersLeft = answers;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

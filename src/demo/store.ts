import type { Result } from '../ctl/result.ts';
import type { Session } from '../ctl/session.ts';
import type { ServedStore } from '../embedded/server/serve.ts';
import { Interrupted, Refusal } from '../model/errors.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';

export interface StoreOptions {
  /** `HOST:PORT`. */
  readonly listen: string;
  /** Other hosts may reach it. */
  readonly notProduction: boolean;
}

/** Runs the embedded store until Ctrl-C or SIGTERM, which is how it ends: exit code 130 or 143. */
export async function store(session: Session, options: StoreOptions): Promise<Result> {
  const { io, signal, clock } = session;
  const address = parseListenAddress(options.listen, options.notProduction);
  io.err('For trying out, never for production: one process, in memory, gone when it ends.');
  const { serveStore } = await import('../embedded/server/serve.ts');
  const served = await serveStore(clock, address).catch((error: unknown) => {
    throw cannotListen(address, error);
  });
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  io.out(`http://${host}:${served.port}`);
  io.err("It speaks etcd's v3 API, over gRPC and over HTTP. Ctrl-C ends it.");
  return untilInterrupted(served, signal);
}

async function untilInterrupted(served: ServedStore, signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await served.close();
  throw new Interrupted('The store has ended; what was in it is gone');
}

/** Why an address cannot be used, as the system says it. */
function cannotListen({ host, port }: ListenAddress, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  const taken = code === 'EADDRINUSE';
  return new Refusal(
    'cannot-listen',
    `The store cannot listen on ${host}:${port}: ${taken ? 'the port is in use' : message}`,
    { hint: 'choose another address with --listen; port 0 takes one that is free' },
  );
}

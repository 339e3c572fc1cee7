/** What the agent does when it is told something by a signal. */
export interface SignalOrders {
  /** SIGTERM and SIGINT, as in Patroni: stop PostgreSQL, give the lock away, end. */
  shutdown(signal: NodeJS.Signals): void;
  /** The same again: end without waiting for anything. */
  stopAtOnce(signal: NodeJS.Signals): void;
  /** SIGHUP. */
  reload(): void;
}

/** The part of `process` that gets signals. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Listens until the function that it returns is called. */
export function listenToSignals(source: SignalSource, orders: SignalOrders): () => void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) orders.stopAtOnce(signal);
    else orders.shutdown(signal);
    ending = true;
  };
  const reload = (): void => {
    if (!ending) orders.reload();
  };
  // Node would open a debugger for whoever can send it.
  const ignore = (): void => {};
  const listeners = [
    ['SIGTERM', end],
    ['SIGINT', end],
    ['SIGHUP', reload],
    ['SIGUSR1', ignore],
  ] as const;
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) source.off(signal, listener);
  };
}

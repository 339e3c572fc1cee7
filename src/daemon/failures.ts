import { impossible, type Logger } from '../system/log/log.ts';

/** The part of `process` that says when nobody caught an error. */
export interface FailureSource {
  on(event: 'uncaughtException', listener: (error: unknown, origin: string) => void): unknown;
}

/** What is done about it. */
export interface FailureOptions {
  readonly log: Logger;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

/** What the process ends with; a supervisor should start it again. */
const FAILED = 70;

/**
 * An error that nobody caught, also in a promise that nobody waits for: it is put on record, and
 * the process ends, for nothing is known of its state any more. The guard goes on with its
 * deadline, so a primary does not outlive its lease, and an agent that is started before then takes
 * over.
 */
export function endOnFailure(source: FailureSource, { log, exit }: FailureOptions): void {
  source.on('uncaughtException', (error, origin) => {
    try {
      impossible(log, `the agent ends, nobody caught an error (${origin})`, error);
    } finally {
      exit(FAILED);
    }
  });
}

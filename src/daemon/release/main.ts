import { printable } from '../../system/text.ts';
import { releaseLock } from './release-lock.ts';

// The program that the guard runs: its argument is the state directory, its output goes to the log
// of the guard. Not for people: with a PostgreSQL that the guard does not see it would do harm.

/** Longer than all that it does. */
const LIMIT_MS = 10_000;

function say(text: string): void {
  process.stderr.write(`release ${process.pid}: ${printable(text)}\n`);
}

setTimeout(() => {
  say('it takes too long');
  process.exit(1);
}, LIMIT_MS);
try {
  say(await releaseLock(process.argv[2] ?? '', say));
  process.exit();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

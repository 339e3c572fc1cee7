import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside this file, and seen from where a bundle may have put this code. */
const PLACES = ['./main.ts', './daemon/release/main.js', './release/main.js'];

/** The words by which the guard starts the program that gives the lock away. */
export function releaseCommand(stateDir: string): string[] {
  const program = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(
    existsSync,
  );
  if (program === undefined) return [];
  // The guard has hardly any environment, and this one decides which servers are trusted.
  const { NODE_EXTRA_CA_CERTS: trusted } = process.env;
  const env = trusted ? ['env', `NODE_EXTRA_CA_CERTS=${trusted}`] : [];
  return [...env, process.execPath, ...process.execArgv, program, stateDir];
}

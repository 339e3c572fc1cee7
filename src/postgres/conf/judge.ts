import { type ProgramPlaces, programPath } from '../programs.ts';
import { runProgram } from '../run-program.ts';
import type { Settings } from './forced.ts';

// Whether PostgreSQL would start with a configuration is asked of PostgreSQL itself: its own binary
// knows every parameter, unit, range and word of its version. One wrong value in the configuration
// of a cluster would else keep each of its servers from starting.

/**
 * The settings that this PostgreSQL takes. What is out of range becomes the nearest value that is
 * not, as Patroni has it; what is unknown or wrong is left out; each with a sentence. `complaints`
 * are PostgreSQL's lines on a file with these settings in it.
 */
export function acceptable(
  settings: ReadonlyMap<string, string>,
  complaints: readonly string[],
): Settings {
  const accepted = new Map(settings);
  const warnings: string[] = [];
  for (const line of complaints) {
    const name = /parameter "([^"]+)"/.exec(line)?.[1]?.toLowerCase();
    const value = name === undefined ? undefined : settings.get(name);
    if (name === undefined || value === undefined || !accepted.has(name)) continue;
    const nearest = nearestInRange(line);
    if (nearest === undefined || nearest === value) {
      accepted.delete(name);
      warnings.push(`parameter ${name} is left out: ${line}`);
    } else {
      accepted.set(name, nearest);
      warnings.push(`parameter ${name} is ${nearest} instead: ${line}`);
    }
  }
  return { settings: accepted, warnings };
}

const NUMBER = String.raw`(-?[\d.]+(?:e[-+]?\d+)?)`;

/** Newer versions write units behind the ends of the range. */
const OUT_OF_RANGE = new RegExp(
  `${NUMBER}[^"]* is outside the valid range for parameter "[^"]+"` +
    String.raw` \(${NUMBER} ?\w* \.\. ${NUMBER}`,
);

/** Both ends of a range are in the unit that a number without one is in. */
function nearestInRange(line: string): string | undefined {
  const [, given, least, most] = OUT_OF_RANGE.exec(line) ?? [];
  if (given === undefined || least === undefined || most === undefined) return undefined;
  return Number(given) < Number(least) ? least : most;
}

export interface JudgeCase {
  readonly places: ProgramPlaces;
  readonly dataDir: string;
  readonly confFile: string;
}

/**
 * What PostgreSQL has against this configuration file, one line each; nothing when it would take
 * it. Undefined when it could not be asked.
 */
export async function complaintsAbout(file: JudgeCase): Promise<string[] | undefined> {
  const { failure, end, stderr } = await runProgram({
    path: programPath(file.places, 'postgres'),
    // It prints one setting and ends, and does not look at the data.
    args: [
      ...['-D', file.dataDir, '-C', 'data_directory'],
      ...[`--config-file=${file.confFile}`, '--lc_messages=C', '--log_line_prefix='],
    ],
    timeoutMs: 10_000,
  });
  if (failure === undefined) return [];
  return end === 'failed' ? complaintLines(stderr) : undefined;
}

/** The messages in what a server that does not start prints. */
export function complaintLines(stderr: string): string[] {
  const lines = stderr.split('\n').flatMap((line) => /(?:LOG|FATAL): +(.*)/.exec(line)?.[1] ?? []);
  return lines.filter((line) => !/^(?:skipping missing )?configuration file /.test(line));
}

/**
 * `npm run sim -- --seed 7 --trace` shows what happens in one seed, with `--small` with the fewest
 * deeds that make it fail;
 * `npm run sim -- --seeds 2000 [--from N] [--jobs 2] [--profile NAME] [--bail] [--no-shrink]` runs
 * many. Ends with code 1 when any of them failed.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { printFailure, runFleet } from './fleet.ts';
import { PROFILE_NAMES, type Profile } from './plan.ts';

const OPTIONS = {
  seed: { type: 'string' },
  seeds: { type: 'string', default: '200' },
  from: { type: 'string', default: '1' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  profile: { type: 'string' },
  bail: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  small: { type: 'boolean', default: false },
  'no-shrink': { type: 'boolean', default: false },
} as const;

/** What was asked for; a mistake in it ends the process with one sentence. */
function read() {
  const { values } = parseArgs({ options: OPTIONS });
  const one = values.seed === undefined ? undefined : wholeNumber(values.seed);
  return {
    ...values,
    from: one ?? wholeNumber(values.from),
    seeds: one === undefined ? wholeNumber(values.seeds) : 1,
    jobs: one === undefined ? wholeNumber(values.jobs) : 1,
    profile: profileOf(values.profile),
  };
}

function orUsage<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is no whole number`);
  return Number(text);
}

function profileOf(name: string | undefined): Profile | undefined {
  if (name === undefined) return undefined;
  if (!PROFILE_NAMES.has(name)) throw new Error(`Profiles are: ${[...PROFILE_NAMES].join(', ')}`);
  return name as Profile;
}

const { from, seeds, jobs, profile, ...values } = orUsage(read);
const started = performance.now();
const report = await runFleet({
  from,
  seeds,
  jobs,
  profile,
  bail: values.bail,
  trace: values.trace,
  shrink: values.trace ? values.small : !values['no-shrink'],
  onText: (line) => console.log(line),
  onFailure: (failure) => console.log(`${printFailure(failure)}\n`),
});
const seconds = (performance.now() - started) / 1000;
const hours = report.simulatedMs / 3_600_000;
console.log(
  `${report.seeds} seeds in ${seconds.toFixed(1)} s, ${(report.seeds / seconds).toFixed(1)} a ` +
    `second; ${hours.toFixed(1)} cluster-hours; ${report.failures.length} failures`,
);
process.exitCode = report.failures.length === 0 ? 0 : 1;

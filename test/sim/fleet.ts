import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Profile } from './plan.ts';
import type { WorkerLine, WorkerOrder } from './worker.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * The optimizing compiler runs beside each child, and the two take each other's core: with less
 * inlining it has less to do, and what it makes is not slower.
 */
const FLAGS = [
  '--enable-source-maps',
  '--max-semi-space-size=32',
  '--max-inlined-bytecode-size-cumulative=300',
  '--no-polymorphic-inlining',
];

/** What a fleet of child processes is to run. */
export interface FleetOrder {
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
  readonly profile?: Profile | undefined;
  /** Every child ends with its first failure. */
  readonly bail?: boolean;
  readonly trace?: boolean;
  readonly shrink?: boolean;
  /** Gets what a child prints besides its reports: the trace. */
  readonly onText?: (line: string) => void;
  readonly onFailure?: (failure: Failure) => void;
}

/** A seed that failed. */
export type Failure = Extract<WorkerLine, { readonly kind: 'failure' }>;

/** What a fleet reports. */
export interface FleetReport {
  readonly seeds: number;
  readonly simulatedMs: number;
  readonly failures: readonly Failure[];
}

/**
 * Bundles the simulation into a temporary file, and runs seeds in child processes: the sources are
 * translated once, and one seed cannot disturb another. Rejects when a child does not end well.
 */
export async function runFleet(order: FleetOrder): Promise<FleetReport> {
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-sim-'));
  try {
    const file = join(directory, 'worker.mjs');
    await bundle(file);
    const jobs = Array.from({ length: Math.min(order.jobs, order.seeds) }, (_, index) => index);
    const reports = await Promise.all(jobs.map((index) => runWorker(file, order, index)));
    return {
      seeds: reports.reduce((sum, { seeds }) => sum + seeds, 0),
      simulatedMs: reports.reduce((sum, { simulatedMs }) => sum + simulatedMs, 0),
      failures: reports
        .flatMap(({ failures }) => failures)
        .sort((one, other) => one.seed - other.seed),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [WORKER],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'esm',
    legalComments: 'none',
    sourcemap: 'inline',
  });
}

async function runWorker(file: string, order: FleetOrder, index: number): Promise<FleetReport> {
  const task: WorkerOrder = {
    from: order.from + index,
    count: order.seeds - index,
    step: order.jobs,
    profile: order.profile,
    bail: order.bail ?? false,
    trace: order.trace ?? false,
    shrink: order.shrink ?? true,
  };
  const child = spawn(process.execPath, [...FLAGS, file, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const failures: Failure[] = [];
  let totals: Extract<WorkerLine, { readonly kind: 'totals' }> | undefined;
  for await (const text of createInterface(child.stdout)) {
    const line = parseLine(text);
    if (line?.kind === 'failure') {
      failures.push(line);
      order.onFailure?.(line);
    } else if (line?.kind === 'totals') totals = line;
    else order.onText?.(text);
  }
  const code = await ended;
  if (code !== 0 || totals === undefined) throw new Error(`a worker ended with code ${code}`);
  return { ...totals, failures };
}

/** Undefined for a line of a trace. */
function parseLine(text: string): WorkerLine | undefined {
  return text.startsWith('{"kind":') ? (JSON.parse(text) as WorkerLine) : undefined;
}

/** A failure as people read it, with how to see it again. */
export function printFailure(failure: Failure): string {
  const { seed, profile, checker, text, at, deeds, deedsBefore } = failure;
  return [
    `seed ${seed} (${profile}) at ${(at / 1000).toFixed(3)} s: ${checker}: ${text}`,
    `  ${failure.plan}`,
    `  ${deeds.length} of ${deedsBefore} deeds are enough:`,
    ...deeds.map((deed) => `    ${deed}`),
    `  npm run sim -- --seed ${seed} --trace --small`,
  ].join('\n');
}

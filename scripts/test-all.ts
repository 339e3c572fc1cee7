/**
 * Runs the test projects, two at a time, and prints, as its last line, how many
 * tests passed and failed. A project without tests, a skipped test and a file that could not be
 * loaded count as failed: nothing passes in silence. What a project says is printed when it ends;
 * what failed is told once more before the last line, since often only the end of a log is kept.
 * Names choose projects; with PGHERD_TESTS=all they run everything they have.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const EVERYTHING = process.env.PGHERD_TESTS === 'all';

/**
 * In this order they are begun, two at a time: one that computes beside one that mostly waits.
 * `cli`, whose tests on terminals need a machine that has time, is not beside `sim`.
 */
const PROJECTS = [
  ...(EVERYTHING ? ['everything'] : []),
  ...['integration', 'fast', 'contract', 'sim', 'interop', 'cli'],
];
const LANES = 2;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** What failed and why, a line or a few each. */
  readonly failures: readonly string[];
}

/** The part of vitest's JSON report that is used here. */
interface Report {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  /** Its path. */
  readonly name: string;
  readonly status: string;
  /** Why it could not be loaded. */
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages?: readonly string[];
  }[];
}

/** Lines of a failure's message that are told at the end; the whole is where the project's log is. */
const LINES_TOLD = 6;

async function runProject(project: string, directory: string): Promise<Counts> {
  const started = performance.now();
  console.log(`=== ${project} tests begin`);
  const file = join(directory, `${project}.json`);
  const log = join(directory, `${project}.log`);
  const output = openSync(log, 'w');
  const child = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { stdio: ['ignore', output, output] },
  );
  closeSync(output);
  const status = await new Promise((resolve) => child.once('close', resolve));
  process.stdout.write(readFileSync(log, 'utf8'));
  const counts = countsOf(project, readReport(file));
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${project}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s\n`);
  if (status === 0 || counts.failed > 0) return counts;
  return { ...counts, failed: 1, failures: [`${project}: an error outside of any test`] };
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function countsOf(project: string, report: Report | undefined): Counts {
  if (!report || report.numTotalTests === 0) {
    return { passed: 0, failed: 1, failures: [`${project}: no test was run`] };
  }
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + unloaded.length,
    failures: report.testResults.flatMap((file) => failuresOf(file)),
  };
}

function failuresOf(file: FileReport): string[] {
  const path = relative(process.cwd(), file.name);
  const tell = (what: string, why: string): string => {
    const lines = why.split('\n').filter((line) => !line.includes('/node_modules/'));
    return [`FAILED ${what}`, ...lines.slice(0, LINES_TOLD)].join('\n    ');
  };
  if (file.assertionResults.length === 0) {
    return file.status === 'failed' ? [tell(path, file.message)] : [];
  }
  return file.assertionResults
    .filter(({ status }) => status !== 'passed')
    .map(({ fullName, status, failureMessages }) =>
      tell(`${path}: ${fullName}`, failureMessages?.join('\n') || status),
    );
}

/** Takes the next project from the queue until there is none. */
async function runLane(queue: string[], directory: string): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    counts.push(await runProject(next, directory));
  }
  return counts;
}

const directory = mkdtempSync(join(tmpdir(), 'pgherd-tests-'));
const chosen = process.argv.slice(2);
const queue = chosen.length > 0 ? chosen : PROJECTS;
const lanes = Array.from({ length: LANES }, () => runLane(queue, directory));
const counts = (await Promise.all(lanes)).flat();
rmSync(directory, { recursive: true });
const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
for (const failure of counts.flatMap((each) => each.failures)) console.log(failure);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

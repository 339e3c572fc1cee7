/**
 * Runs the five test projects one after the other and prints, as its last line, how many tests
 * passed and failed. A project without tests, a skipped test and a file that could not be loaded
 * count as failed: nothing passes in silence.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROJECTS = ['fast', 'sim', 'cli', 'contract', 'interop'];

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The part of vitest's JSON report that is used here. */
interface Report {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

function runProject(project: string, directory: string): Counts {
  console.log(`\n=== ${project} tests`);
  const file = join(directory, `${project}.json`);
  const run = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const counts = countsOf(readReport(file));
  console.log(`${project}: ${counts.passed} passed, ${counts.failed} failed`);
  // A run that failed without a failed test: an error outside of any test.
  return run.status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function countsOf(report: Report | undefined): Counts {
  if (!report || report.numTotalTests === 0) return { passed: 0, failed: 1 };
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests - report.numPassedTests + unloaded.length,
  };
}

const directory = mkdtempSync(join(tmpdir(), 'pgherd-tests-'));
const only = process.argv.slice(2);
const projects = only.length > 0 ? only : PROJECTS;
const counts = projects.map((project) => runProject(project, directory));
rmSync(directory, { recursive: true });
const passed = counts.reduce((sum, each) => sum + each.passed, 0);
const failed = counts.reduce((sum, each) => sum + each.failed, 0);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

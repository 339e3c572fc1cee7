import { expect } from 'vitest';
import type { Cluster, ViewMember } from '../harness/patroni.ts';
import { waitFor } from '../harness/processes.ts';
import { type Output, type RunOptions, runPgherd } from '../harness/run.ts';
import { expectShape } from '../unit/schema.ts';

/** What `--json` printed; of the data, what a test looks at. */
export interface Printed {
  readonly code: number;
  readonly outcome: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command has its own data, checked by its schema
  readonly data: any;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

export interface LiveOptions extends RunOptions {
  /** Another one than the cluster's own. */
  readonly configFile?: string;
}

/** pgherd, pointed at a cluster. */
export interface Live {
  /** Runs `pgherd -c patroni.yml ARGS`. */
  text(args: string, options?: LiveOptions): Promise<Output>;
  /** The same with `--json`; fails unless the envelope and its data fit their schemas. */
  json(args: string, options?: LiveOptions): Promise<Printed>;
}

/** Runs pgherd against a cluster; arguments are separated by single blanks. */
export function live(cluster: () => Cluster): Live {
  const text: Live['text'] = (args, options) => {
    const file = options?.configFile ?? cluster().configFile;
    return runPgherd(['-c', file, ...args.split(' ')], options);
  };
  return {
    text,
    async json(args, options) {
      const output = await text(`${args} --json`, options);
      const what = `pgherd ${args}\n${output.stdout}\n${output.stderr}`;
      expect(output.stdout, what).toMatch(/^\{/);
      const printed = JSON.parse(output.stdout);
      expectShape('envelope', printed);
      if (printed.data !== null) expectShape(args.split(' ')[0] ?? '', printed.data);
      return { ...printed, code: output.code };
    },
  };
}

/** A command that has to end well; the message of the failure is all that it said. */
export async function expectDone(
  live: Live,
  args: string,
  options?: LiveOptions,
): Promise<Printed> {
  const printed = await live.json(args, options);
  expect({ args, ...printed }).toMatchObject({ code: 0, outcome: 'done', error: null });
  return printed;
}

/** A command that has to be refused, or to fail, with exit code 1 and one sentence. */
export async function expectFailed(live: Live, args: string): Promise<Printed> {
  const printed = await live.json(args);
  expect({ args, ...printed }).toMatchObject({ code: 1, outcome: 'failed' });
  expect(printed.error?.message).toMatch(/^\S.*[^.\s]$/);
  return printed;
}

/** Waits until the members, as an agent sees them, are as wanted. */
export async function until(
  cluster: Cluster,
  what: string,
  test: (view: readonly ViewMember[]) => boolean,
): Promise<void> {
  await waitFor(what, async () => test(await cluster.view()));
}

/** The members as Patroni's own patronictl shows them: name → row. */
export async function shown(cluster: Cluster): Promise<Map<string, Record<string, unknown>>> {
  const { stdout } = await cluster.patronictl(['list', '-f', 'json']);
  const rows: Record<string, unknown>[] = JSON.parse(stdout);
  return new Map(rows.map((row) => [String(row.Member), row]));
}

/** When PostgreSQL of each member was started: member → time. */
export async function startTimes(cluster: Cluster): Promise<Map<string, number>> {
  const times = await Promise.all(
    cluster.members.map(async (member): Promise<[string, number]> => {
      const [row] = await member.sql('SELECT extract(epoch FROM pg_postmaster_start_time()) AS at');
      return [member.name, Number(row?.at)];
    }),
  );
  return new Map(times);
}

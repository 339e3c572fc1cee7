/**
 * The second half of `make bench`: clusters of our agents and of Patroni's, in turns, with the same
 * PostgreSQL, etcd and settings. With `--write` the table goes into docs/benchmarks.md. Exit code 1
 * when a target is missed. `--rounds N`; words choose measurements by their names.
 */
import { parseArgs } from 'node:util';
import {
  type AgentProgram,
  patroniProgram,
  pgherdProgram,
} from '../test/harness/agent-programs.ts';
import { newestEtcd, postgresBinaries } from '../test/harness/servers.ts';
import type { LabHost } from '../test/lab/host.ts';
import { Lab } from '../test/lab/lab.ts';
import { bareNodeFootprint, measureIdle } from './agent/idle.ts';
import { measureLoad, openIdleSockets, type Target } from './agent/load.ts';
import { measureHostLoss, measureOutage, measureTwoPrimaries, OUTAGES } from './agent/outages.ts';
import { type Amounts, type Measured, reportAgents } from './agent/table.ts';
import { writeSection } from './page.ts';

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const rounds = Number(values.rounds);

/** As the issue of this benchmark sets them. */
const SETTINGS = { ttl: 20, loop_wait: 5, retry_timeout: 5 };
/** Sixty loops: one more or less of them does not count. */
const IDLE_SECONDS = 300;
const LOAD = { concurrency: 8, seconds: 5 };

interface Contender {
  readonly lab: Lab;
  readonly amounts: Amounts;
}

async function contender(program: AgentProgram): Promise<Contender> {
  const options = { etcd: newestEtcd(), binaries: postgresBinaries(), dcs: SETTINGS };
  const lab = new Lab({ program, ...options });
  await lab.start();
  return { lab, amounts: new Map() };
}

function note({ amounts }: Contender, measured: Measured, amount: number): void {
  amounts.set(measured, [...(amounts.get(measured) ?? []), amount]);
}

function isWanted(name: string): boolean {
  return positionals.length === 0 || positionals.some((word) => name.includes(word));
}

/** What HAProxy asks a leader, and the agent that answers. */
function primaryOf({ restUrl, agentPid }: LabHost): Target {
  return { url: `${restUrl}/primary`, pid: agentPid ?? 0 };
}

/** Everyone in turns, so that whatever else the machine does falls on all alike. */
async function inTurns(
  all: readonly Contender[],
  name: string,
  measure: (contender: Contender) => Promise<void>,
): Promise<void> {
  if (!isWanted(name)) return;
  for (let round = 1; round <= rounds; round++) {
    for (const one of all) {
      console.log(`${name}, round ${round}, ${one === all[0] ? 'pgherd' : 'Patroni'} ...`);
      await measure(one);
    }
  }
}

/** All at the same time: a cluster at rest disturbs nobody, and what else runs falls on all. */
async function measureAllIdle(all: readonly Contender[]): Promise<void> {
  console.log(`idle, ${IDLE_SECONDS} s ...`);
  const found = await Promise.all(all.map(({ lab }) => measureIdle(lab, IDLE_SECONDS)));
  for (const [index, one] of all.entries()) {
    const idle = found[index];
    if (!idle) continue;
    note(one, 'idle memory', idle.memory.resident);
    note(one, 'idle memory: private', idle.memory.private);
    note(one, 'idle CPU', idle.cpuMsPerMinute);
    note(one, 'idle requests', idle.requestsPerMinute);
  }
  const [ours] = all;
  const bare = await bareNodeFootprint();
  if (ours) note(ours, 'bare Node: memory', bare.resident);
  if (ours) note(ours, 'bare Node: memory, private', bare.private);
}

async function measureAll(all: readonly Contender[]): Promise<void> {
  if (isWanted('idle')) await measureAllIdle(all);
  await inTurns(all, 'load', async (one) => {
    const load = await measureLoad(primaryOf(await one.lab.leader()), LOAD);
    note(one, 'requests per second', load.requestsPerSecond);
    note(one, 'p99', load.p99Ms);
    note(one, 'processor time per request', load.microsecondsPerRequest);
  });
  await inTurns(all.slice(0, 1), 'idle sockets', async (one) => {
    const target = primaryOf(await one.lab.leader());
    const close = await openIdleSockets(target.url, 1000);
    const load = await measureLoad(target, LOAD);
    close();
    note(one, 'requests per second, 1,000 idle sockets', load.requestsPerSecond);
    note(one, 'p99, 1,000 idle sockets', load.p99Ms);
  });
  for (const outage of OUTAGES) {
    await inTurns(all, outage.name, async (one) => {
      const ledger = await one.lab.ledger();
      note(one, outage.name, await measureOutage(one.lab, ledger, outage));
      await one.lab.close(ledger);
    });
  }
  await inTurns(all, 'host lost', async (one) => {
    const ledger = await one.lab.ledger();
    const loss = await measureHostLoss(one.lab, ledger);
    note(one, 'host lost', loss.gapMs);
    note(one, 'host lost: after the lease', loss.afterLeaseMs);
    await one.lab.close(ledger);
  });
  for (const deed of ['killed', 'frozen'] as const) {
    await inTurns(all, `agent ${deed}`, async (one) => {
      const { ms, gapMs } = await measureTwoPrimaries(one.lab, deed);
      note(one, `agent ${deed}: two primaries`, ms);
      note(one, `agent ${deed}: gap`, gapMs);
    });
  }
}

const labs: Contender[] = [];
try {
  for (const program of [pgherdProgram(), patroniProgram()]) labs.push(await contender(program));
  await measureAll(labs);
  const [ours, theirs] = labs.map(({ amounts }) => amounts);
  const { text, missed } = reportAgents(ours ?? new Map(), theirs ?? new Map(), rounds);
  console.log(text);
  if (values.write) writeSection('agents', text);
  process.exitCode = missed === 0 ? 0 : 1;
} catch (error) {
  console.error(String(error));
  for (const { lab } of labs) console.error(lab.report());
  process.exitCode = 1;
} finally {
  for (const { lab } of labs) lab.stop();
}
process.exit();

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { releaseCommand } from '../../src/daemon/release/command.ts';
import { writeNotes } from '../../src/daemon/release/notes.ts';
import { fileSessionMemory } from '../../src/daemon/release/session-files.ts';
import {
  type AgentStore,
  type AgentStoreSettings,
  openAgentDcs,
} from '../../src/dcs/open-agent.ts';
import { GuardFence } from '../../src/fence/guard-client.ts';
import { agentClock } from '../../src/system/agent-clock.ts';

// The least of an agent with a lock: it takes and renews one, and feeds its guard, as it is told on
// stdin, with the session, the notes and the guard of a real one. The tests kill and freeze it.

const [stateDir = '', dataDir = '', settingsFile = ''] = process.argv.slice(2);
const settings: AgentStoreSettings = JSON.parse(readFileSync(settingsFile, 'utf8'));
const TTL = 30;

const { monotonic } = agentClock();
const warn = (text: string): void => tell('warning', text);
const context = { stateDir, scope: settings.scope, name: settings.name, warn };
const fence = new GuardFence({
  stateDirectory: stateDir,
  dataDirectory: dataDir,
  monotonic,
  onChange: () => tell('fence', fence.sight().fenced ? 'fenced' : 'free'),
  say: (text) => tell('say', text),
  releaser: releaseCommand(stateDir),
});

function tell(kind: string, more: string): void {
  process.stdout.write(`${kind} ${more}\n`);
}

function openDcs(): Promise<AgentStore> {
  return openAgentDcs(settings, {
    memory: fileSessionMemory(context),
    timeoutMs: () => 5000,
    loopWaitMs: () => 500,
    warn,
    readFile,
  });
}

/** As the real one begins: the session is taken before there is a guard. */
async function begin(dcs: AgentStore): Promise<void> {
  await dcs.peek();
  writeNotes(context, { namespace: settings.namespace, store: settings.store, dataDir });
  fence.start();
  await fence.ready();
  tell('ready', '');
}

/** What came of it, in one word. */
async function answer(act: () => Promise<string>): Promise<void> {
  tell('lock', await act().catch((error: unknown) => `unknown: ${String(error)}`));
}

const ORDERS: Readonly<Record<string, (dcs: AgentStore, ms: number) => void>> = {
  begin: (dcs) => void begin(dcs),
  look: (dcs) => void answer(async () => ((await dcs.read()).ownsLock ? 'ours' : 'not ours')),
  acquire: (dcs) => void answer(() => dcs.acquire({ ttl: TTL, sync: 'absent' })),
  renew: (dcs) => void answer(() => dcs.renew({ ttl: TTL })),
  extend(_, ms) {
    const deadline = monotonic() + ms;
    fence.extend(deadline);
    tell('deadline', String(deadline));
  },
  disarm() {
    fence.disarm();
    tell('disarmed', '');
  },
};

const store = await openDcs();
createInterface({ input: process.stdin }).on('line', (line) => {
  const [order = '', ms] = line.split(' ');
  ORDERS[order]?.(store, Number(ms));
});

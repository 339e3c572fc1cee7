import { createInterface } from 'node:readline';
import { GuardFence } from '../../src/fence/guard-client.ts';
import { agentClock } from '../../src/system/agent-clock.ts';

// The least of an agent: a program that feeds a guard as it is told on stdin, and says what it
// sees. The tests kill, freeze, block and starve it.

const [stateDirectory = '', dataDirectory = ''] = process.argv.slice(2);
const { monotonic } = agentClock();
const fence = new GuardFence({
  stateDirectory,
  dataDirectory,
  monotonic,
  onChange: () => tell('sight'),
  say: (text) => tell('say', text),
});

function tell(kind: 'sight' | 'deadline' | 'ready' | 'say', more: number | string = ''): void {
  const { guard, fenced } = fence.sight();
  const state = fenced ? 'fenced' : 'free';
  process.stdout.write(`${kind} ${guard} ${state} ${more}\n`);
}

function extend(ms: number): void {
  const deadline = monotonic() + ms;
  // Told first: the test must know of every deadline that the guard may know of.
  tell('deadline', deadline);
  fence.extend(deadline);
}

let feeding: NodeJS.Timeout | undefined;
const eaten: string[][] = [];

const ORDERS: Readonly<Record<string, (ms: number) => void>> = {
  extend,
  feed: (ms) => {
    extend(ms);
    feeding = setInterval(extend, 300, ms);
  },
  flood: (count) => {
    for (let at = 0; at < count; at += 1) fence.extend(monotonic() + 60_000);
    tell('sight');
  },
  starve: () => clearInterval(feeding),
  disarm: () => {
    clearInterval(feeding);
    fence.disarm();
  },
  start: () => {
    fence.start();
    void fence.ready().then(() => tell('ready'));
  },
  look: () => tell('sight'),
  block: () => {
    for (;;);
  },
  eat: () => {
    for (;;) eaten.push(Array.from({ length: 10_000 }, (_, at) => `${at} of ${eaten.length}`));
  },
  close: () => {
    clearInterval(feeding);
    void fence.close().then(() => process.exit(0));
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [order = '', ms] = line.split(' ');
  ORDERS[order]?.(Number(ms));
});

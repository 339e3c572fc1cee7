import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

// Stands in for the agent: leaves an orphan that dies, says which signals come and who is a zombie,
// and ends with 9 at SIGTERM.

const [, , file = ''] = process.argv;
const said: string[] = [];
const say = (text: string): void => {
  said.push(text);
  writeFileSync(file, `${said.join('\n')}\n`);
};

for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR2'] as const)
  process.on(signal, () => say(signal));
process.on('SIGTERM', () => {
  say(`zombies ${zombies()}`);
  process.exit(9);
});
setInterval(() => {}, 1000);

const parent = spawn('/bin/sh', ['-c', '(sleep 0.3; exit 0) & exit 0'], { stdio: 'ignore' });
parent.on('exit', () => setTimeout(() => say(`ready ${process.pid}`), 800));

function zombies(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  }).length;
}

import { readFileSync } from 'node:fs';

/** Clock ticks of Linux: 100 a second (getconf CLK_TCK). */
const TICK_MS = 10;

/** Milliseconds that a process has computed, with its children that have ended (proc(5), stat). */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * TICK_MS;
}

/**
 * Puts deliberate defects into the source, one at a time, and plays situations and seeds of
 * the simulation until one shows a violation: `npm run mutate`, `npm run mutate -- --seeds 500
 * lease` for those whose name has `lease` in it. Prints what found each, and ends with 1 when one
 * was not caught.
 */
import { parseArgs } from 'node:util';
import { allScenarios, catchDefect, seedsFrom } from '../test/mutations/catch-defect.ts';
import { MUTATIONS, type Mutation } from '../test/mutations/mutations.ts';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '20' }, jobs: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const search = { scenarios: allScenarios(), seeds: seedsFrom(1, Number(values.seeds)) };
const chosen = MUTATIONS.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
let missed = 0;

async function check(mutation: Mutation): Promise<void> {
  const start = performance.now();
  const result = await catchDefect(mutation, search).catch(String);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const caught = typeof result === 'object';
  if (!caught) missed += 1;
  const text = caught ? `${result.where}, ${result.checker}: ${result.text}` : (result ?? '');
  console.log(`${caught ? 'caught' : 'MISSED'} ${mutation.name} (${seconds} s) ${text}`);
}

const queue = [...chosen];
const workers = Array.from({ length: Number(values.jobs) }, async () => {
  for (let next = queue.shift(); next; next = queue.shift()) await check(next);
});
await Promise.all(workers);
console.log(`${chosen.length - missed} caught, ${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;

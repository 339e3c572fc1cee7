import { expect, it } from 'vitest';
import { onTerminal } from '../harness/pty.ts';
import { liveCluster } from './fixture.ts';
import { expectDone } from './live.ts';

const ENTER = '\r';
const { cluster, pgherd, roles } = liveCluster();

/** `top` on a terminal of 110 by 45. */
function top() {
  return onTerminal(['-c', cluster().configFile, 'top'], { cols: 110, rows: 45 });
}

it('shows one look with --json', async () => {
  const { data } = await expectDone(pgherd, 'top');
  expect(data.clusters[0].members.map(({ state }: { state: string }) => state)).toContain(
    'streaming',
  );
});

it('shows members, lags, and a member that does not answer any more', async () => {
  const { leader, replicas } = await roles();
  const [frozen = '', other = ''] = replicas;
  const terminal = top();
  await terminal.sees(new RegExp(`^. ${leader} .* Leader +running +\\d+$`, 'm'));
  await terminal.sees(new RegExp(`^. ${other} .* Replica +streaming +\\d+ .* B +\\d`, 'm'));
  cluster().member(frozen).freeze();
  await terminal.sees(new RegExp(`${frozen} is silent: `));
  cluster().member(frozen).thaw();
  await terminal.sees(new RegExp(`${frozen} answers again, it is streaming`));
  terminal.type('q');
  expect(await terminal.ended).toMatchObject({ code: 0, restored: true, cursorVisible: true });
});

it('hands the leadership over, and shows what came of it', async () => {
  const { leader, replicas } = await roles();
  const [candidate = ''] = replicas;
  const terminal = top();
  await terminal.sees(/^Events$/m);
  terminal.type('s');
  await terminal.sees(/\? Primary/);
  terminal.type(ENTER);
  await terminal.sees(/\? Candidate \[/);
  terminal.type(`${candidate}${ENTER}`);
  await terminal.sees(/\? When should the switchover/);
  terminal.type(ENTER);
  await terminal.sees(/\? Are you sure you want to switchover/);
  terminal.type(`y${ENTER}`);
  await terminal.sees(/Successfully switched over to [\s\S]*Press any key/);
  terminal.type(' ');
  await terminal.sees(new RegExp(`${candidate} is the leader now, it was ${leader}`));
  await terminal.sees(new RegExp(`^leader ${candidate} `, 'm'));
  terminal.type('q');
  expect(await terminal.ended).toMatchObject({ code: 0, restored: true, cursorVisible: true });
});

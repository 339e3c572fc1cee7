import type { Lab } from '../lab/lab.ts';

/** Switchovers, one after the other, to whoever is the best candidate. */
export async function switchoverStorm(lab: Lab, times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    const leader = await lab.leader();
    await post(leader.restUrl, 'switchover', { leader: leader.name });
    await lab.settled();
  }
}

/** Restarts of every member, the standbys first. */
export async function restartStorm(lab: Lab, times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    for (const host of [...(await lab.standbys()), await lab.leader()]) {
      await post(host.restUrl, 'restart', {});
    }
    await lab.settled();
  }
}

/** Sends an order; anything but 200 is a failure. */
export async function post(url: string, path: string, body: unknown): Promise<string> {
  const reply = await fetch(`${url}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`POST /${path}: ${reply.status} ${text}`);
  return text;
}

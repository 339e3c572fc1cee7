import { describe, expect, it } from 'vitest';
import { setPause } from '../../../src/ctl/actions/pause.ts';
import { askMember } from '../../../src/ctl/ask-member.ts';
import { Interrupted } from '../../../src/model/errors.ts';
import { demoDocuments } from './documents.ts';
import { fakeSession } from './fake-session.ts';

/** A session in which Ctrl-C is pressed while a member has not answered yet. */
function interruptedSession() {
  const controller = new AbortController();
  return fakeSession({
    documents: demoDocuments(),
    signal: controller.signal,
    rest: () => {
      controller.abort(new Interrupted());
      throw controller.signal.reason;
    },
  });
}

describe('Ctrl-C while a member has not answered', () => {
  const member = { name: 'pg\u001b1', apiUrl: 'http://10.0.0.1:8008/patroni' };

  it('says that an order may be carried out all the same', async () => {
    const attempt = askMember(interruptedSession(), member, { method: 'POST', path: 'reload' });
    await expect(attempt).rejects.toMatchObject({
      name: 'Interrupted',
      message: 'Interrupted: pg\\x1b1 may carry out the request (POST /reload) all the same',
    });
  });

  it('says nothing more where it was only asked', async () => {
    const attempt = askMember(interruptedSession(), member, { method: 'GET', path: 'patroni' });
    await expect(attempt).rejects.toMatchObject({ message: 'Interrupted' });
  });

  it('is told by pause, too', async () => {
    const options = { cluster: 'demo', group: undefined, wait: false, timeout: undefined };
    const attempt = setPause(interruptedSession(), { ...options, paused: true });
    await expect(attempt).rejects.toThrow('pg1 may carry out the request (PATCH /config)');
  });
});

import { describe, expect, test } from 'vitest';
import { Endpoints } from '../../../src/dcs/endpoints.ts';
import { EndpointFailure } from '../../../src/dcs/failure.ts';
import { DcsError } from '../../../src/model/errors.ts';
import { handClock } from './hand-clock.ts';

type Behaviour = 'answers' | 'refuses' | 'hangs' | 'loses' | { afterMs: number };

interface Server {
  readonly name: string;
  behaviour: Behaviour;
}

function setUp(...behaviours: Behaviour[]) {
  const clock = handClock();
  const warnings: string[] = [];
  const asked: string[] = [];
  const servers: Server[] = behaviours.map((behaviour, index) => ({
    name: `http://e${index + 1}:2379`,
    behaviour,
  }));
  const endpoints = new Endpoints(servers, {
    clock,
    callTimeoutMs: 5000,
    warn: (text) => warnings.push(text),
  });
  const ask = async (server: Server, signal: AbortSignal): Promise<string> => {
    asked.push(server.name);
    const { behaviour } = server;
    if (behaviour === 'refuses') {
      throw new EndpointFailure('connection refused', { maybeApplied: false });
    }
    if (behaviour === 'loses') {
      throw new EndpointFailure('it closed the connection', { maybeApplied: true });
    }
    if (behaviour === 'hangs') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new EndpointFailure('it did not answer in time', { maybeApplied: true });
    }
    if (typeof behaviour === 'object') await clock.sleep(behaviour.afterMs);
    return server.name;
  };
  return { clock, warnings, asked, servers, endpoints, ask };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a read', () => {
  test('asks one endpoint when that one answers', async () => {
    const { endpoints, ask, asked, warnings } = setUp('answers', 'answers', 'answers');
    expect(await endpoints.read(ask)).toBe('http://e1:2379');
    expect(asked).toEqual(['http://e1:2379']);
    expect(warnings).toEqual([]);
  });

  test('goes on at once when a connection is refused, and warns once per run', async () => {
    const { endpoints, ask, warnings } = setUp('refuses', 'answers');
    expect(await endpoints.read(ask)).toBe('http://e2:2379');
    expect(await endpoints.read(ask)).toBe('http://e2:2379');
    expect(warnings).toEqual(['etcd endpoint http://e1:2379 does not answer: connection refused']);
  });

  test('waits for etcd while it elects a leader', async () => {
    const { clock, endpoints, servers, warnings } = setUp('answers', 'hangs');
    let asked = 0;
    const elect = async (server: Server): Promise<string> => {
      if (server !== servers[0]) return new Promise(() => {});
      asked += 1;
      if (asked > 3) return 'elected';
      throw new EndpointFailure('leader changed', { maybeApplied: true, passing: true });
    };
    const answer = endpoints.read(elect);
    await clock.advance(599);
    expect(asked).toBe(3);
    await clock.advance(1);
    expect(await answer).toBe('elected');
    expect(warnings).toHaveLength(1);
  });

  test('says why, when etcd elects no leader until the deadline', async () => {
    const { clock, endpoints } = setUp('answers');
    const failure = errorOf(
      endpoints.read(async () => {
        throw new EndpointFailure('no leader', { maybeApplied: false, passing: true });
      }),
    );
    await clock.advance(5000);
    expect(await failure).toMatchObject({
      message: 'etcd does not answer: http://e1:2379: no leader',
    });
  });

  test('asks the endpoint that answered last first', async () => {
    const { endpoints, ask, asked } = setUp('refuses', 'answers');
    await endpoints.read(ask);
    await endpoints.read(ask);
    expect(asked).toEqual(['http://e1:2379', 'http://e2:2379', 'http://e2:2379']);
  });

  test('a black-holed endpoint of three costs less than a second', async () => {
    const { clock, endpoints, ask, warnings } = setUp('hangs', 'answers', 'answers');
    const answer = endpoints.read(ask);
    await clock.advance(1000);
    expect(await answer).toBe('http://e2:2379');
    expect(warnings).toEqual([
      'etcd endpoint http://e1:2379 does not answer: nothing was heard from it in time',
    ]);
  });

  test('still takes the answer of a slow endpoint when the others hang', async () => {
    const { clock, endpoints, ask } = setUp({ afterMs: 3000 }, 'hangs', 'hangs');
    const answer = endpoints.read(ask);
    await clock.advance(3000);
    expect(await answer).toBe('http://e1:2379');
  });

  test('ends by the deadline when all hang, and names them all', async () => {
    const { clock, endpoints, ask } = setUp('hangs', 'hangs');
    const failure = errorOf(endpoints.read(ask));
    await clock.advance(5000);
    expect(await failure).toBeInstanceOf(DcsError);
    expect(await failure).toMatchObject({
      message:
        'etcd does not answer: http://e1:2379: it did not answer in time; ' +
        'http://e2:2379: it did not answer in time',
    });
  });

  test('ends at once when all refuse', async () => {
    const { endpoints, ask } = setUp('refuses', 'refuses');
    await expect(endpoints.read(ask)).rejects.toThrow(
      'etcd does not answer: http://e1:2379: connection refused; http://e2:2379: connection refused',
    );
  });

  test('gives each of many hanging endpoints its turn before the deadline', async () => {
    const hanging = Array.from({ length: 19 }, (): Behaviour => 'hangs');
    const { clock, endpoints, ask } = setUp(...hanging, 'answers');
    const answer = endpoints.read(ask);
    await clock.advance(5000);
    expect(await answer).toBe('http://e20:2379');
  });

  test("takes etcd's refusal as the answer, without asking others", async () => {
    const { endpoints, asked, servers } = setUp('answers', 'answers');
    const refuse = async (server: Server): Promise<never> => {
      asked.push(server.name);
      throw new DcsError('permission denied');
    };
    await expect(endpoints.read(refuse)).rejects.toThrow('permission denied');
    expect(asked).toEqual([servers[0]?.name]);
  });

  test('ends with the reason of the signal that is aborted', async () => {
    const { clock, endpoints, ask } = setUp('hangs');
    const abort = new AbortController();
    const failure = errorOf(endpoints.read(ask, { signal: abort.signal }));
    await clock.advance(100);
    const reason = new Error('Ctrl-C');
    abort.abort(reason);
    expect(await failure).toBe(reason);
  });
});

describe('a write', () => {
  test('goes to the next endpoint while it has surely not been sent', async () => {
    const { endpoints, ask, warnings } = setUp('refuses', 'answers');
    expect(await endpoints.write(ask, endpoints.deadline())).toBe('http://e2:2379');
    expect(warnings).toHaveLength(1);
  });

  test('is never sent again once it may have been done', async () => {
    const { endpoints, ask, asked } = setUp('loses', 'answers');
    const failure = await errorOf(endpoints.write(ask, endpoints.deadline()));
    expect(failure).toBeInstanceOf(EndpointFailure);
    expect(failure).toMatchObject({ maybeApplied: true });
    expect(asked).toEqual(['http://e1:2379']);
  });

  test('is not sent to a second endpoint beside a silent first one', async () => {
    const { clock, endpoints, ask, asked } = setUp('hangs', 'answers');
    const failure = errorOf(endpoints.write(ask, endpoints.deadline()));
    await clock.advance(5000);
    expect(await failure).toMatchObject({ maybeApplied: true });
    expect(asked).toEqual(['http://e1:2379']);
  });

  test('leaves the endpoint that lost an answer for the next read to avoid', async () => {
    const { endpoints, ask, asked } = setUp('loses', 'answers');
    await errorOf(endpoints.write(ask, endpoints.deadline()));
    await endpoints.read(ask);
    expect(asked.at(-1)).toBe('http://e2:2379');
  });

  test('is a DcsError when nobody could be reached', async () => {
    const { endpoints, ask } = setUp('refuses');
    const failure = await errorOf(endpoints.write(ask, endpoints.deadline()));
    expect(failure).toBeInstanceOf(DcsError);
  });
});

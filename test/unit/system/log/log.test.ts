import { describe, expect, it } from 'vitest';
import { impossible, Log, type LogOptions, type Sink } from '../../../../src/system/log/log.ts';

/** A sink that takes as many lines as it is told to. */
class TestSink implements Sink {
  readonly lines: string[] = [];
  room = Number.POSITIVE_INFINITY;
  closed = false;
  ready: () => void = () => {};

  write(lines: readonly string[]): number {
    const taken = lines.slice(0, this.room);
    this.room -= taken.length;
    this.lines.push(...taken);
    return taken.length;
  }

  flush(lines: readonly string[]): void {
    this.lines.push(...lines);
  }

  close(): void {
    this.closed = true;
  }
}

const OPTIONS: LogOptions = {
  ...{ type: 'plain', format: '%(levelname)s %(name)s %(message)s', dateformat: undefined },
  ...{ staticFields: {}, level: 'INFO', tracebackLevel: 'ERROR', loggers: {}, maxQueueSize: 3 },
};

function open(options: Partial<LogOptions> = {}, secrets: string[] = []) {
  const sink = new TestSink();
  const log = new Log({
    options: { ...OPTIONS, ...options },
    secrets,
    openSink: (ready) => {
      sink.ready = ready;
      return sink;
    },
    now: () => 0,
  });
  return { log, sink, logger: log.logger('pgherd.test') };
}

describe('Log', () => {
  it('writes what is important enough', () => {
    const { sink, logger } = open();
    logger.debug('a');
    logger.info('b');
    logger.warning('c');
    expect(sink.lines).toEqual(['INFO pgherd.test b', 'WARNING pgherd.test c']);
  });

  it('has levels of their own for parts of the agent', () => {
    const { log, sink } = open({ loggers: { 'pgherd.rest': 'DEBUG', pgherd: 'ERROR' } });
    log.logger('pgherd.rest.server').debug('a');
    log.logger('pgherd.resting').warning('b');
    log.logger('other').info('c');
    expect(sink.lines).toEqual(['DEBUG pgherd.rest.server a', 'INFO other c']);
  });

  it('keeps what the sink does not take, in order, and gives it away when there is room', () => {
    const { log, sink, logger } = open();
    sink.room = 1;
    for (const text of ['a', 'b', 'c']) logger.info(text);
    expect([sink.lines.length, log.queueSize]).toEqual([1, 2]);
    sink.room = 10;
    sink.ready();
    expect(sink.lines.map((line) => line.at(-1))).toEqual(['a', 'b', 'c']);
    expect(log.queueSize).toBe(0);
  });

  it('loses and counts what there is no place for, and says so as soon as it can', () => {
    const { log, sink, logger } = open();
    sink.room = 0;
    for (const text of ['a', 'b', 'c', 'd', 'e']) logger.info(text);
    expect([log.queueSize, log.recordsLost]).toEqual([3, 2]);
    sink.room = 100;
    sink.ready();
    expect(sink.lines.at(-1)).toBe('WARNING pgherd.log QueueHandler has lost 2 log records');
    expect([sink.lines.length, log.recordsLost]).toEqual([4, 0]);
  });

  it('keeps everything without a limit', () => {
    const { log, sink, logger } = open({ maxQueueSize: 0 });
    sink.room = 0;
    for (let count = 0; count < 5000; count++) logger.info('x');
    expect([log.queueSize, log.recordsLost]).toEqual([5000, 0]);
  });

  it('never shows a secret', () => {
    const { sink, logger } = open({}, ['hunter22']);
    const error = new Error('cannot log in with hunter22');
    logger.error('postgres://u:other@h: hunter22', error);
    logger.error('failed', 'hunter22');
    expect(sink.lines.join('\n')).not.toMatch(/hunter22|other/);
    expect(sink.lines.join('\n')).toContain('cannot log in with ***');
  });

  it('shows stack traces with errors, or only while debugging', () => {
    const error = new Error('boom');
    const traced = open();
    traced.logger.error('failed', error);
    expect(traced.sink.lines[0]).toMatch(/^ERROR pgherd.test failed\nError: boom\n {4}at /);
    const short = open({ tracebackLevel: 'DEBUG' });
    short.logger.error('failed', error);
    expect(short.sink.lines).toEqual(["ERROR pgherd.test failed, DETAIL: 'boom'"]);
  });

  it('goes on with other options, and what waits goes to the new sink', () => {
    const { log, sink, logger } = open();
    sink.room = 0;
    logger.info('a');
    const other = new TestSink();
    const options = { ...OPTIONS, format: '%(message)s', level: 'DEBUG' };
    log.configure({ options, secrets: [], openSink: () => other });
    logger.debug('b');
    expect([sink.closed, other.lines]).toEqual([true, ['INFO pgherd.test a', 'b']]);
  });

  it('stays as it is when the new sink cannot be opened', () => {
    const { log, sink, logger } = open();
    const openSink = () => {
      throw new Error('no such directory');
    };
    expect(() => log.configure({ options: OPTIONS, secrets: [], openSink })).toThrow('no such');
    logger.info('a');
    expect([sink.closed, sink.lines.length]).toEqual([false, 1]);
  });

  it('writes what waits before it ends', () => {
    const { log, sink, logger } = open();
    sink.room = 0;
    logger.info('a');
    log.close();
    expect([sink.lines.length, sink.closed]).toEqual([1, true]);
  });

  it('is closed once, and says nothing after that', () => {
    const { log, sink, logger } = open();
    log.close();
    sink.closed = false;
    logger.info('a');
    log.close();
    expect([sink.lines, sink.closed]).toEqual([[], false]);
  });

  it('has a word for what must never happen', () => {
    const { sink, logger } = open();
    impossible(logger, 'two leaders');
    expect(sink.lines).toEqual(['CRITICAL pgherd.test IMPOSSIBLE: two leaders']);
  });
});

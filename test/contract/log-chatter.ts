import { writeSync } from 'node:fs';
import { stderrSink } from '../../src/system/log/descriptor-sink.ts';
import { Log } from '../../src/system/log/log.ts';

// Says more than a pipe can hold, and then that it is still alive.

const log = new Log({
  options: {
    ...{ type: 'plain', format: undefined, dateformat: undefined, staticFields: {}, level: 'INFO' },
    ...{ tracebackLevel: 'ERROR', loggers: {}, maxQueueSize: 1000 },
  },
  secrets: [],
  openSink: stderrSink,
  now: Date.now,
});
const logger = log.logger('chatter');
for (let count = 0; count < 5000; count++) logger.info('x'.repeat(200));
writeSync(1, `queue ${log.queueSize} lost ${log.recordsLost}\n`);
log.close();
process.exit(7);

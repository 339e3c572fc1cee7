import type { AgentSettings } from '../config/agent-settings.ts';
import { recognizableSecrets } from '../config/secrets.ts';
import { Refusal } from '../model/errors.ts';
import { stderrSink } from '../system/log/descriptor-sink.ts';
import { FileSink } from '../system/log/file-sink.ts';
import type { LogContext, Sink } from '../system/log/log.ts';
import { printable } from '../system/text.ts';

/**
 * What a `Log` is made with, and configured with when the settings were read again. Its `openSink`
 * throws a `Refusal` when the directory of the log cannot be written to.
 */
export function logContext({ log, raw }: Pick<AgentSettings, 'log' | 'raw'>): LogContext {
  const { dir, fileNum, fileSize, mode } = log;
  const openFile = (ready: () => void): Sink => {
    try {
      return new FileSink({ dir: dir ?? '', fileNum, fileSize, mode }, ready);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal('bad-config', `Cannot write into log.dir: ${printable(why)}`);
    }
  };
  return {
    options: log,
    secrets: recognizableSecrets(raw),
    openSink: dir === undefined ? stderrSink : openFile,
    now: Date.now,
  };
}

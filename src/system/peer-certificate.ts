import { isIP } from 'node:net';
import { connect, type SecureContext } from 'node:tls';

/** What a server's certificate says of itself. Milliseconds since 1970. */
export interface PeerCertificate {
  readonly subject: string;
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** How to look at it. */
export interface CertificateLook {
  readonly context: SecureContext;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Does a TLS handshake and says which certificate the server showed, whether it can be trusted or
 * not; nothing is sent. Rejects with an error of one short sentence, or with the signal's reason.
 */
export function peerCertificate(url: URL, look: CertificateLook): Promise<PeerCertificate> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { context, timeoutMs, signal } = look;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      host,
      port: Number(url.port || 443),
      ...(isIP(host) ? {} : { servername: host }),
      secureContext: context,
      // It is only looked at: an expired one is what we are here for.
      rejectUnauthorized: false,
    });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.on('error', () => {}).destroy();
      settle();
    };
    const abort = (): void => end(() => reject(signal.reason));
    const timer = setTimeout(
      () => end(() => reject(new Error('no TLS handshake in time'))),
      timeoutMs,
    );
    signal.addEventListener('abort', abort);
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('close', () => end(() => reject(new Error('the connection was closed'))));
    socket.once('secureConnect', () => {
      const { subject, valid_from: from, valid_to: to } = socket.getPeerCertificate();
      if (!subject) {
        end(() => reject(new Error('it showed no certificate')));
        return;
      }
      const names = [subject.CN].flat().join(', ');
      const dates = { validFromMs: Date.parse(from), validToMs: Date.parse(to) };
      end(() => resolve({ subject: names || 'no name', ...dates }));
    });
  });
}

import type { Json } from '../../../../src/model/json.ts';
import type { BodyReading } from '../../../../src/rest/server/body.ts';
import { type Call, readCluster } from '../../../../src/rest/server/call.ts';
import { SharedLook } from '../../../../src/rest/server/shared-look.ts';
import type { FakeBackend } from './fake-backend.ts';

/** A request with this body (or what is wrong with it), as a handler gets it. */
export function callOf(
  backend: FakeBackend,
  body: Readonly<Record<string, Json>> | number = {},
  more: Partial<Call> = {},
): Call {
  const reading = typeof body === 'number' ? { ok: false, status: body } : { ok: true, data: body };
  return {
    backend,
    looks: {
      status: new SharedLook(() => backend.freshStatus()),
      cluster: new SharedLook(() => readCluster(backend)),
    },
    query: undefined,
    begun: backend.now,
    gone: new AbortController().signal,
    readBody: async () => reading as BodyReading,
    ...more,
  };
}
